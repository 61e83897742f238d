import path from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { readRegular, statRegular } from '../files.ts';
import { INDEX, MAX_INDEX_SIZE, QUARANTINE, SOFT, TEMP, USE_LOG } from '../layout.ts';
import { moduleDirectories } from '../prune/directories.ts';
import { lastUse, readVersions } from '../prune/module-versions.ts';
import type { FileAmount } from '../prune/types.ts';
import type { Tree } from '../tree.ts';
import type { ModVer } from '../types.ts';
import { walkFiles } from '../walk.ts';
import { Count, firstSeenIn, HIT_MS, hitRates } from './count.ts';
import type { StoreStats } from './types.ts';
import { readUse } from './use-log.ts';

/** Longest time without a turn for others, ms. */
const TURN_MS = 50;

export interface StatsOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Hosts, owners and modules that are told by name. */
  readonly top: number;
  readonly onProgress?: (versions: number) => void;
}

/**
 * Adds up what is in a store. Reads only; memory grows with the largest directory and not with the store, time is
 * linear in the number of files. Throws StoreError when our own directories cannot be read.
 */
export async function storeStats(tree: Tree, options: StatsOptions): Promise<StoreStats> {
  const { now, top } = options;
  const count = new Count(now, top);
  let unread = 0;
  const report = { foreign: () => undefined, failed: () => void unread++, empty: () => undefined };
  let turn = performance.now();
  for (const module of moduleDirectories(tree.root, report)) {
    for (const state of readVersions(tree.root, module, report)) {
      if (state.kinds.length === 0) continue;
      const mv = { path: module.path, version: state.version };
      const index = state.touched === undefined ? undefined : `${INDEX}/${module.key}/${state.stem}.json`;
      count.add(mv, {
        bytes: state.bytes,
        files: state.kinds.length,
        used: lastUse(state),
        seen: index === undefined ? undefined : await firstSeen(tree, mv, index),
        indexed: index !== undefined,
      });
      if (performance.now() - turn < TURN_MS) continue;
      options.onProgress?.(count.versions);
      await breathe();
      turn = performance.now();
    }
  }
  const beside = {
    soft: await below(tree, SOFT),
    sumdb: await below(tree, 'sumdb'),
    quarantine: await below(tree, QUARANTINE),
    temp: await below(tree, TEMP),
    log: await below(tree, USE_LOG),
  };
  const uses = readUse({ location: tree.root }, now - HIT_MS);
  return { ...count.end(), beside, hitRates: await hitRates(uses, now), unread };
}

async function firstSeen(tree: Tree, mv: ModVer, index: string): Promise<number | undefined> {
  return firstSeenIn((await readRegular(tree.path(index), MAX_INDEX_SIZE))?.bytes, mv);
}

async function below(tree: Tree, start: string): Promise<FileAmount> {
  let files = 0;
  let bytes = 0;
  for await (const key of walkFiles(tree.root, start, { maxNames: Number.MAX_SAFE_INTEGER })) {
    const stat = await statRegular(path.join(tree.root, key));
    files += 1;
    bytes += stat?.size ?? 0;
  }
  return { files, bytes };
}
