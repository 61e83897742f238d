import type { DiskStore } from './disk.ts';
import { moduleDir } from './layout.ts';
import type { WalkReport } from './prune/directories.ts';
import { readVersions } from './prune/module-versions.ts';
import { removeVersions } from './prune/remove-module.ts';
import type { IndexEntry, ModVer } from './types.ts';

/** What became of a version that is to be forgotten. */
export type Forgotten =
  | {
      readonly state: 'forgotten';
      /** What the store knew of it; undefined where it had no index entry. */
      readonly entry: IndexEntry | undefined;
      /** Files that went. */
      readonly files: number;
    }
  | { readonly state: 'unknown' }
  /** Somebody uses or fetches it all the time. */
  | { readonly state: 'busy' };

const TRIES = 5;

/**
 * Takes a version out of a store with all that was known of it, its pinned hashes included, so that the next fetch is
 * the first. Safe beside running jobs, as pruning is. Throws StoreError, and what `fs` throws.
 */
export async function forget(store: DiskStore, mv: ModVer): Promise<Forgotten> {
  const key = moduleDir(mv.path);
  if (key === undefined) return { state: 'unknown' };
  const module = { key, path: mv.path };
  for (let tries = 0; tries < TRIES; tries++) {
    const states = readVersions(store.location, module, REPORT);
    const state = states.find(({ version }) => version === mv.version);
    if (state === undefined) return { state: 'unknown' };
    const entry = await store.entry(mv);
    const { outcomes } = await removeVersions(store, module, [state], {
      all: states.length === 1,
      pins: 'go',
      // What was used a moment ago goes, too.
      now: Number.POSITIVE_INFINITY,
      failed: REPORT.failed,
    });
    if (outcomes.get(state) === 'removed') return { state: 'forgotten', entry, files: state.kinds.length };
  }
  return { state: 'busy' };
}

const REPORT: WalkReport = {
  foreign: () => undefined,
  failed: (_key, error) => {
    throw error;
  },
  empty: () => undefined,
};
