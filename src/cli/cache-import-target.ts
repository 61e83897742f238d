import * as fsp from 'node:fs/promises';
import path from 'node:path';
import type { OpenStore } from '../session/cache/prune.ts';
import { requireBucketStore } from '../store/bucket/existing.ts';
import { BucketLayer } from '../store/bucket/layer.ts';
import { openDiskStore } from '../store/disk.ts';
import { asStoreError, errnoOf, StoreError } from '../store/errors.ts';
import { openExisting } from '../store/existing.ts';
import { statRegular } from '../store/files.ts';
import type { Hasher } from '../store/hasher.ts';
import { importIntoBucket } from '../store/import/bucket-target.ts';
import type { ImportStore } from '../store/import/types.ts';
import type { Damage } from '../store/index-files.ts';
import { versionKeys } from '../store/layout.ts';
import type { FileKind, IndexEntry, ModVer, Store } from '../store/types.ts';
import { UsageError } from './errors.ts';

/** The store that an import fills. */
export interface ImportTarget {
  /** Undefined for a dry run where there is none yet. */
  readonly store: ImportStore | undefined;
  readonly location: string;
  /** Where answers of the checksum database are kept, and found; undefined where they are not. */
  readonly soft?: Pick<Store, 'getSoft' | 'putSoft'>;
  readonly isThere?: (mv: ModVer, kind: FileKind, entry: IndexEntry) => Promise<boolean>;
  /** What the store did not keep of what was vouched for, because it knows better. */
  readonly damage: readonly Damage[];
}

export interface TargetQuestion {
  /** Absolute, links resolved. */
  readonly source: string;
  /** For files on their way to a bucket. */
  readonly scratch: string;
  readonly hasher: Hasher;
  readonly dryRun: boolean;
}

/** Opens the store that was named. Throws StoreError, UsageError, BucketError. */
export async function openTarget(store: OpenStore, question: TargetQuestion): Promise<ImportTarget> {
  return store.kind === 'directory'
    ? await openDirectory(store.dir, question)
    : await openBucketTarget(store, question);
}

async function openBucketTarget(
  { bucket, readOnly }: Extract<OpenStore, { kind: 'bucket' }>,
  { scratch, dryRun }: TargetQuestion,
): Promise<ImportTarget> {
  const { location } = bucket;
  if (readOnly && !dryRun) {
    throw new UsageError(
      `${location} is only to be read (mode=read): leave that away, or look with --dry-run`,
    );
  }
  await requireBucketStore(bucket).catch((error: unknown) => {
    if (!(error instanceof StoreError) || error.code !== 'store-missing') throw error;
  });
  const damage: Damage[] = [];
  const layer = new BucketLayer(bucket, {
    writable: !dryRun,
    onDamage: told => {
      if (damage.length < MAX_DAMAGE) damage.push(told);
    },
  });
  const soft: ImportTarget['soft'] = {
    getSoft: key => layer.getSoft(key),
    putSoft: async (key, bytes) => {
      await layer.putSoft(key, bytes);
    },
  };
  return { store: importIntoBucket(layer, scratch), location, soft, damage };
}

/** A directory that is missing or empty is made into a store, but not one with the files of somebody else. */
async function openDirectory(dir: string, { source, hasher, dryRun }: TargetQuestion): Promise<ImportTarget> {
  const isNew = await isMissingOrEmpty(dir);
  if (dryRun && isNew) return { store: undefined, location: dir, damage: [] };
  refuseItself(source, await realPathOf(dir));
  const damage: Damage[] = [];
  const onDamage = (told: Damage) => {
    if (damage.length < MAX_DAMAGE) damage.push(told);
  };
  const store = isNew
    ? await openDiskStore(dir, { hasher, onDamage })
    : await openExisting(dir, { hasher, onDamage, purpose: dryRun ? 'look' : 'serve' });
  if (!dryRun && !store.writable) {
    const why = `module store: ${dir} cannot be written; check its owner and permissions, or look with --dry-run`;
    throw new StoreError('store-read-only', dir, why);
  }
  return {
    store,
    location: store.location,
    soft: store,
    damage,
    isThere: async (mv, kind, entry) => {
      const keys = versionKeys(mv);
      if (keys === undefined || !(await store.parts.tree.hasDir(keys.dir))) return false;
      const stat = await statRegular(store.parts.tree.path(keys.files[kind]));
      return stat !== undefined && stat.size === entry[kind]?.size;
    },
  };
}

/** Beyond that it is not told any more what the store did not keep. */
const MAX_DAMAGE = 100;

async function isMissingOrEmpty(dir: string): Promise<boolean> {
  try {
    for await (const _ of await fsp.opendir(dir)) return false;
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true;
    // A file in its place is told of by whoever opens the store.
    if (errnoOf(error) === 'ENOTDIR') return false;
    throw asStoreError(error, dir, 'read');
  }
}

/** Of a directory that may not be there yet: by the nearest one above it that is. */
async function realPathOf(dir: string): Promise<string> {
  try {
    return await fsp.realpath(dir);
  } catch (error) {
    const above = path.dirname(dir);
    if (errnoOf(error) !== 'ENOENT' || above === dir) throw asStoreError(error, dir, 'read');
    return path.join(await realPathOf(above), path.basename(dir));
  }
}

/** A store within the source would be imported into itself. */
function refuseItself(source: string, store: string): void {
  const within = (inner: string, outer: string) => {
    const relative = path.relative(outer, inner);
    return relative === '' || !(relative.startsWith('..') || path.isAbsolute(relative));
  };
  if (!within(store, source) && !within(source, store)) return;
  throw new UsageError(
    `the source ${source} and the store ${store} are one in the other; name another store with --store`,
  );
}
