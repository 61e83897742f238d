import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { type DiskStore, openDiskStore } from '../store/disk.ts';
import { asStoreError, errnoOf, StoreError } from '../store/errors.ts';
import { openExisting } from '../store/existing.ts';
import { statRegular } from '../store/files.ts';
import type { Hasher } from '../store/hasher.ts';
import { versionKeys } from '../store/layout.ts';
import type { FileKind, IndexEntry, ModVer } from '../store/types.ts';
import { UsageError } from './errors.ts';

/** The store that an import fills; undefined for a dry run where there is none yet. */
export interface ImportTarget {
  readonly store: DiskStore | undefined;
  readonly location: string;
  readonly isThere: (mv: ModVer, kind: FileKind, entry: IndexEntry) => Promise<boolean>;
}

/**
 * Opens the store in `dir`, which is made when it is missing or empty, but not among the files of somebody else. Throws
 * StoreError, UsageError.
 */
export async function openTarget(
  dir: string,
  { source, hasher, dryRun }: { readonly source: string; readonly hasher: Hasher; readonly dryRun: boolean },
): Promise<ImportTarget> {
  const isNew = await isMissingOrEmpty(dir);
  if (dryRun && isNew) {
    return { store: undefined, location: dir, isThere: () => Promise.resolve(false) };
  }
  refuseItself(source, await realPathOf(dir));
  const store = isNew
    ? await openDiskStore(dir, { hasher })
    : await openExisting(dir, { hasher, purpose: dryRun ? 'look' : 'serve' });
  if (!dryRun && !store.writable) {
    const why = `module store: ${dir} cannot be written; check its owner and permissions, or look with --dry-run`;
    throw new StoreError('store-read-only', dir, why);
  }
  return {
    store,
    location: store.location,
    isThere: async (mv, kind, entry) => {
      const keys = versionKeys(mv);
      if (keys === undefined || !(await store.parts.tree.hasDir(keys.dir))) return false;
      const stat = await statRegular(store.parts.tree.path(keys.files[kind]));
      return stat !== undefined && stat.size === entry[kind]?.size;
    },
  };
}

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
