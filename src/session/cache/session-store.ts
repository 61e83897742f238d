import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DiskStore, type DiskStoreOptions, openDiskStore } from '../../store/disk.ts';
import { StoreError } from '../../store/errors.ts';
import type { Hasher } from '../../store/hasher.ts';
import { FILE_KINDS } from '../../store/layout.ts';
import type { Store } from '../../store/types.ts';
import { hideFromGit } from '../checkout-dir.ts';
import { readOnly } from '../read-only.ts';
import { isArchived, leavesStore } from '../settings/configure.ts';
import type { DaemonRequest, RestoreReport } from '../types.ts';
import type { RestoreDeps } from './restore.ts';
import { noteDamaged } from './restored.ts';

/** The store asked for; one in the session directory when that one cannot be used: only speed is at stake. */
export async function openStore(
  request: DaemonRequest,
  hasher: Hasher,
  warn: (line: string) => void,
): Promise<Store> {
  const options: DiskStoreOptions = {
    hasher,
    // What a runner or a cache service brings into a job's own store was in other hands in between (#5).
    proof: request.store.lifetime === 'job' ? 'full' : 'digest',
    alone: request.store.lifetime === 'job' && !isArchived(request),
    onDamage: ({ mv, path, what }) => {
      warn(`store: ${path}: ${what}; it is fetched again`);
      const kind = FILE_KINDS.find(k => path.endsWith(`.${k}`));
      if (mv !== undefined && kind !== undefined) void noteDamaged(request.sessionDir, mv, kind);
    },
  };
  const { dir, fallbackDir } = request.store;
  await hideFromGit(dir, request.workspace);
  try {
    if (leavesStore(request)) return await untouched(request, options);
    const store = await openDiskStore(dir, options);
    if (!store.writable) {
      warn(
        `the module store ${dir} cannot be written: modules are read from it, and new ones last for this job only`,
      );
    }
    return store;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    warn(`${error.message}; this job uses ${fallbackDir} instead and downloads what is missing`);
    return await openDiskStore(fallbackDir, { ...options, alone: true });
  }
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
  return await restoreStore({ ...deps, store: store as DiskStore });
}
