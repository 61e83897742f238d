import * as fsp from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { OpenStore } from '../session/cache/prune.ts';
import { requireBucketStore } from '../store/bucket/existing.ts';
import { BucketLayer } from '../store/bucket/layer.ts';
import { openDiskStore } from '../store/disk.ts';
import { openExisting } from '../store/existing.ts';
import type { Hasher } from '../store/hasher.ts';
import type { Damage } from '../store/index-files.ts';
import { LayeredStore } from '../store/layers/layered.ts';
import { versionKeys } from '../store/layout.ts';
import type { FileKind, ModVer, Store } from '../store/types.ts';
import { say } from './say.ts';

/** The store that is exported. */
export interface ExportSource {
  readonly store: Store;
  /** For messages: the directory or the URL. */
  readonly location: string;
  /** What was found damaged so far, by its key. */
  readonly damage: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/** Beyond that it is not known any more what is damaged; the report tells of fewer. */
const MAX_DAMAGE = 100_000;

/**
 * Opens a store to be read. What is needed of a bucket comes into a temporary directory first, where every file is
 * compared and every zip hashed whole, as in a job. Throws StoreError, BucketError.
 */
export async function openSource(named: OpenStore, hasher: Hasher): Promise<ExportSource> {
  const damage = new Map<string, string>();
  const onDamage = ({ path: key, what }: Damage) => {
    if (damage.size < MAX_DAMAGE) damage.set(key, what);
  };
  if (named.kind === 'directory') {
    const store = await openExisting(named.dir, { hasher, purpose: 'look', onDamage });
    return { store, location: store.location, damage, close: () => Promise.resolve() };
  }
  const { bucket } = named;
  await requireBucketStore(bucket);
  const scratch = await fsp.mkdtemp(path.join(tmpdir(), 'modgate-export-'));
  const close = () => fsp.rm(scratch, { recursive: true, force: true });
  try {
    const local = await openDiskStore(scratch, { hasher, alone: true });
    const layer = new ReadLayer(bucket, { writable: false, onDamage });
    layer.onRefused = key =>
      onDamage({ path: key, what: 'it is not what its index entry in the bucket says' });
    const warn = (line: string) => say(`warning: ${line}`);
    const store = new LayeredStore({ local, layers: [layer], hasher, warn, log: () => undefined });
    return { store, location: bucket.location, damage, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A bucket that is only read, and that tells what of it was found wrong after it came. */
class ReadLayer extends BucketLayer {
  onRefused: (key: string) => void = () => undefined;

  override refuse(mv: ModVer, kind: FileKind): void {
    super.refuse(mv, kind);
    const keys = versionKeys(mv);
    if (keys !== undefined) this.onRefused(keys.files[kind]);
  }
}
