import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DiskStore, type DiskStoreOptions, openDiskStore } from '../../store/disk.ts';
import { StoreError } from '../../store/errors.ts';
import type { Hasher } from '../../store/hasher.ts';
import type { LayeredStore } from '../../store/layers/layered.ts';
import { FILE_KINDS } from '../../store/layout.ts';
import type { Store } from '../../store/types.ts';
import { hideFromGit } from '../checkout-dir.ts';
import { readOnly } from '../read-only.ts';
import { isArchived, leavesStore } from '../settings/configure.ts';
import type { DaemonRequest, RestoreReport } from '../types.ts';
import type { RestoreDeps } from './restore.ts';
import { noteDamaged } from './restored.ts';

/**
 * The store asked for, with the layers behind it; one in the session directory when that one cannot be used: only speed
 * is at stake.
 */
export async function openStore(
  request: DaemonRequest,
  hasher: Hasher,
  log: (line: string) => void,
  warn: (line: string) => void,
): Promise<Store> {
  const { lifetime, layers = [] } = request.store;
  const isPrivate = request.store.private === true;
  const options: DiskStoreOptions = {
    hasher,
    // What a runner or a cache service brings into a job's own store was in other hands in between (#5).
    proof: lifetime === 'job' && !isPrivate ? 'full' : 'digest',
    alone: lifetime === 'job' && !isArchived(request),
    onDamage: ({ mv, path, what }) => {
      warn(`store: ${path}: ${what}; it is fetched again`);
      const kind = FILE_KINDS.find(k => path.endsWith(`.${k}`));
      if (mv !== undefined && kind !== undefined) void noteDamaged(request.sessionDir, mv, kind);
    },
  };
  await hideFromGit(request.store.dir, request.workspace);
  if (layers.length > 0) return await openLayered(request, options, { hasher, log, warn });
  if (leavesStore(request))
    return await orFallback(request, options, warn, () => untouched(request, options));
  return await orFallback(request, options, warn, async () => {
    const store = await openDiskStore(request.store.dir, options);
    if (!store.writable) {
      warn(
        `the module store ${store.location} cannot be written: modules are read from it, and new ones last for this job only`,
      );
    }
    return store;
  });
}

async function orFallback(
  { store: { fallbackDir } }: DaemonRequest,
  options: DiskStoreOptions,
  warn: (line: string) => void,
  open: () => Promise<Store>,
): Promise<Store> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    warn(`${error.message}; this job uses ${fallbackDir} instead and downloads what is missing`);
    return await openDiskStore(fallbackDir, { ...options, alone: true });
  }
}

/** With layers the store in front is always one that can be written: one that cannot is the first layer. */
async function openLayered(
  request: DaemonRequest,
  options: DiskStoreOptions,
  deps: { hasher: Hasher; log: (line: string) => void; warn: (line: string) => void },
): Promise<Store> {
  const { dir, fallbackDir } = request.store;
  const { openLayers } = await import('./open-layers.ts');
  const { DiskLayer } = await import('../../store/layers/disk-layer.ts');
  const fallback = () => openDiskStore(fallbackDir, { ...options, proof: 'digest', alone: true });
  const leaves = leavesStore(request);
  let front: DiskStore | undefined;
  try {
    if (!leaves) front = await openDiskStore(dir, options);
    else if (await isThere(dir)) front = await openDiskStore(dir, { ...options, purpose: 'look' });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    deps.warn(`${error.message}; this job uses ${fallbackDir} instead`);
  }
  if (front?.writable === true) return await openLayers(front, [], { request, ...deps });
  if (front !== undefined && !leaves) {
    deps.warn(
      `the module store ${front.location} cannot be written: modules are read from it, and this job keeps its own elsewhere`,
    );
  }
  const first = front === undefined ? [] : [new DiskLayer(front, false)];
  return await openLayers(await fallback(), first, { request, ...deps });
}

async function isThere(dir: string): Promise<boolean> {
  return await stat(dir).then(
    found => found.isDirectory(),
    () => false,
  );
}

/**
 * A store of which not even the times of its directories may change: a runner archives and uploads all of it when
 * anything in it is newer than the archive that it came from.
 */
async function untouched({ store, sessionDir }: DaemonRequest, options: DiskStoreOptions): Promise<Store> {
  const restored = await stat(store.dir).catch(() => undefined);
  // Nothing was restored: an empty store must not become the archive of later jobs.
  if (restored === undefined) return await openDiskStore(store.fallbackDir, { ...options, alone: true });
  const tempDir = join(sessionDir, 'tmp');
  await mkdir(tempDir, { recursive: true, mode: 0o700 });
  return readOnly(await openDiskStore(store.dir, { ...options, purpose: 'look' }), tempDir);
}

/** Brings in the shared cache, where there is one. Never rejects: what it lost is a warning. */
export async function startRestore(
  deps: Omit<RestoreDeps, 'store'>,
  store: Store,
): Promise<RestoreReport | undefined> {
  if (Object.keys(deps.request.cacheEnv).length === 0) {
    deps.restoring.end();
    return undefined;
  }
  const { restoreStore } = await import('./restore.ts');
  return await restoreStore({ ...deps, store: diskOf(store) });
}

/** The store of this machine, which alone is restored, saved and pruned here. */
export function diskOf(store: Store): DiskStore {
  return layeredOf(store)?.local ?? (store as DiskStore);
}

/** The store as one with layers, where it has some. */
export function layeredOf(store: Store): LayeredStore | undefined {
  return 'local' in store ? (store as LayeredStore) : undefined;
}
