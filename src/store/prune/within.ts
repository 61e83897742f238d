import { readFile } from 'node:fs/promises';
import type { DiskStore } from '../disk.ts';
import { statRegular } from '../files.ts';
import { PRUNED } from '../layout.ts';
import { readUse } from '../stats/use-log.ts';
import { prune } from './prune.ts';
import type { PruneOptions, PruneReport } from './types.ts';

/** A prune that came to its end is good for this long, ms. */
const INTERVAL_MS = 24 * 3_600_000;
/** One that ran out of time is tried again after this, so that not every job pays for it. */
const RETRY_MS = 3_600_000;

export interface WithinOptions extends Omit<PruneOptions, 'dryRun' | 'until'> {
  /** Time that it may take, ms. */
  readonly budgetMs: number;
}

/**
 * The prune at the end of a session: only when the last one is a day old, or when the store has grown beyond
 * its size by what sessions have downloaded since. Undefined when there is nothing to do. Throws StoreError.
 */
export async function pruneWithin(
  store: DiskStore,
  options: WithinOptions,
): Promise<PruneReport | undefined> {
  if (!store.writable || !(await isDue(store, options))) return undefined;
  const { budgetMs, ...rest } = options;
  return await prune(store, { ...rest, dryRun: false, until: AbortSignal.timeout(budgetMs) });
}

async function isDue(
  store: DiskStore,
  { now, maxBytes }: Pick<PruneOptions, 'now' | 'maxBytes'>,
): Promise<boolean> {
  const last = await lastPrune(store);
  if (last === undefined) return true;
  const age = now - last.at;
  // The clock of a file server is seldom ours; a marker of another day says nothing.
  if (age < -RETRY_MS || age >= INTERVAL_MS) return true;
  if (!last.finished) return age >= RETRY_MS;
  let bytes = last.bytes;
  for await (const use of readUse(store, last.at)) bytes += use.bytesFromUpstream;
  return bytes > maxBytes && age >= RETRY_MS;
}

interface LastPrune {
  /** ms since the epoch. */
  readonly at: number;
  readonly finished: boolean;
  /** Of the store afterwards. */
  readonly bytes: number;
}

/** Undefined when there was none, or what it left is not readable. */
async function lastPrune(store: DiskStore): Promise<LastPrune | undefined> {
  const file = store.parts.tree.path(PRUNED);
  const stat = await statRegular(file);
  if (stat === undefined || stat.size > 4096) return undefined;
  try {
    const { finished, bytes } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    if (typeof bytes !== 'number' || !(bytes >= 0)) return undefined;
    return { at: stat.mtimeMs, finished: finished === true, bytes };
  } catch {
    return undefined;
  }
}
