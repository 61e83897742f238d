import { INDEX, MAX_INDEX_SIZE, QUARANTINE, SOFT, TEMP, USE_LOG } from '../layout.ts';
import type { FileAmount } from '../prune/types.ts';
import { Count, firstSeenIn, HIT_MS, hitRates } from '../stats/count.ts';
import type { StatsOptions } from '../stats/stats.ts';
import type { StoreStats } from '../stats/types.ts';
import type { ModVer } from '../types.ts';
import { bytesOf, isLoose, type ListedVersion, listedModules, writtenOf } from './contents.ts';
import { Notes, usesSince } from './prune/notes.ts';
import { ownObjects } from './prune/own-objects.ts';
import { readSmall } from './read-small.ts';
import type { Bucket } from './types.ts';
import { USES } from './use-notes.ts';

/** Index entries that are read at once. */
const READS_AT_ONCE = 64;

/**
 * Adds up what is in a bucket, as `storeStats` does for a directory. Two listings and one read of each index entry;
 * memory grows with the largest module. Throws BucketError.
 */
export async function bucketStats(bucket: Bucket, options: StatsOptions): Promise<StoreStats> {
  const { now, top } = options;
  const count = new Count(now, top);
  const foreign = () => undefined;
  const notes = await Notes.read(bucket, { now, keepSinceMs: Number.POSITIVE_INFINITY, foreign });
  let waiting: { readonly mv: ModVer; readonly dir: string; readonly state: ListedVersion }[] = [];
  const settle = async () => {
    const seen = await Promise.all(waiting.map(({ dir, mv, state }) => firstSeen(bucket, mv, dir, state)));
    waiting.forEach(({ mv, state }, at) => {
      count.add(mv, {
        bytes: bytesOf(state),
        files: Object.keys(state.files).length,
        used: Math.max(notes.uses.of(mv) ?? 0, state.index?.modified ?? 0, writtenOf(state)),
        seen: seen[at],
        indexed: state.index !== undefined,
      });
    });
    waiting = [];
    options.onProgress?.(count.versions);
  };
  for await (const { dir, path, versions } of listedModules(bucket)) {
    for (const state of versions.values()) {
      if (isLoose(state)) continue;
      waiting.push({ mv: { path, version: state.version }, dir, state });
      if (waiting.length >= READS_AT_ONCE) await settle();
    }
  }
  await settle();
  const rates = await hitRates(usesSince(bucket, now - HIT_MS), now);
  return { ...count.end(), beside: await beside(bucket), hitRates: rates, unread: 0 };
}

async function firstSeen(
  bucket: Bucket,
  mv: ModVer,
  dir: string,
  { stem, index }: ListedVersion,
): Promise<number | undefined> {
  if (index === undefined) return undefined;
  return firstSeenIn((await readSmall(bucket, `${INDEX}/${dir}/${stem}.json`, MAX_INDEX_SIZE))?.bytes, mv);
}

async function beside(bucket: Bucket): Promise<StoreStats['beside']> {
  const none = () => ({ files: 0, bytes: 0 });
  const sums = { soft: none(), sumdb: none(), quarantine: none(), temp: none(), log: none() };
  const places = [
    [SOFT, sums.soft],
    [QUARANTINE, sums.quarantine],
    [TEMP, sums.temp],
    [USE_LOG, sums.log],
    [USES, sums.log],
  ] as const;
  const add = (sum: { files: number; bytes: number }, size: number): void => {
    sum.files += 1;
    sum.bytes += size;
  };
  for await (const { key, size } of ownObjects(bucket)) {
    const place = places.find(([prefix]) => key.startsWith(`${prefix}/`));
    if (place !== undefined) add(place[1], size);
  }
  for await (const { size } of bucket.list('sumdb/')) add(sums.sumdb, size);
  return sums satisfies Record<string, FileAmount>;
}
