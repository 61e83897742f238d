import path from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { TOOLCHAIN } from '../../gomod/toolchain.ts';
import { readRegular, statRegular } from '../files.ts';
import { parseEntry } from '../index-entry.ts';
import { INDEX, MAX_INDEX_SIZE, QUARANTINE, SOFT, TEMP, USE_LOG } from '../layout.ts';
import { moduleDirectories } from '../prune/directories.ts';
import { lastUse, readVersions, type VersionState } from '../prune/module-versions.ts';
import { Sum } from '../prune/tally.ts';
import type { Amount, FileAmount } from '../prune/types.ts';
import type { Tree } from '../tree.ts';
import type { ModVer } from '../types.ts';
import { walkFiles } from '../walk.ts';
import { RunningGroups } from './groups.ts';
import type { HitRate, MonthAmount, StoreStats } from './types.ts';
import { readUse } from './use-log.ts';

const DAY_MS = 86_400_000;

/** Bounds of the classes of last use, in days. */
const AGES = [1, 7, 30, 90] as const;
const MONTHS = 24;
const HIT_DAYS = [30, 365] as const;

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
      count.add(mv, state, index === undefined ? undefined : await firstSeen(tree, mv, index));
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
  return { ...count.end(), beside, hitRates: await hitRates(tree, now), unread };
}

class Count {
  readonly #now: number;
  readonly #hosts: RunningGroups;
  readonly #owners: RunningGroups;
  readonly #modules: RunningGroups;
  readonly #all = new Sum();
  readonly #toolchains = new Sum();
  readonly #unindexed = new Sum();
  readonly #ages = [...AGES, null].map(withinDays => ({ withinDays, sum: new Sum() }));
  readonly #months: Months;
  #files = 0;
  #toolchainFiles = 0;
  versions = 0;

  constructor(now: number, top: number) {
    this.#now = now;
    this.#hosts = new RunningGroups(top);
    this.#owners = new RunningGroups(top);
    this.#modules = new RunningGroups(top);
    this.#months = new Months(now);
  }

  add(mv: ModVer, state: VersionState, seen: number | undefined): void {
    const amount = { versions: 1, bytes: state.bytes };
    this.versions += 1;
    if (state.touched === undefined) this.#unindexed.add(state.bytes);
    const age = this.#now - lastUse(state);
    this.#ages
      .find(({ withinDays }) => withinDays === null || age <= withinDays * DAY_MS)
      ?.sum.add(state.bytes);
    if (seen !== undefined) this.#months.add(seen, amount);
    if (mv.path === TOOLCHAIN) {
      this.#toolchains.add(state.bytes);
      this.#toolchainFiles += state.kinds.length;
      return;
    }
    this.#all.add(state.bytes);
    this.#files += state.kinds.length;
    const [host = '', owner] = mv.path.split('/', 2);
    this.#hosts.add(host, amount);
    this.#owners.add(owner === undefined ? host : `${host}/${owner}`, amount);
    this.#modules.add(mv.path, amount);
  }

  end(): Omit<StoreStats, 'beside' | 'hitRates' | 'unread'> {
    return {
      modules: { ...this.#all.amount, files: this.#files },
      toolchains: { ...this.#toolchains.amount, files: this.#toolchainFiles },
      byHost: this.#hosts.end(),
      byOwner: this.#owners.end(),
      byModule: this.#modules.end(),
      lastUse: this.#ages.map(({ withinDays, sum }) => ({ withinDays, ...sum.amount })),
      ...this.#months.end(),
      unindexed: this.#unindexed.amount,
    };
  }
}

/** Sums of the last months; what an entry says of a later time than now counts as now. */
class Months {
  readonly #now: number;
  readonly #sums = new Map<string, Sum>();
  readonly #earlier = new Sum();

  constructor(now: number) {
    this.#now = now;
    const date = new Date(now);
    for (let back = MONTHS - 1; back >= 0; back--) {
      this.#sums.set(monthOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - back)), new Sum());
    }
  }

  add(seen: number, { bytes, versions }: Amount): void {
    (this.#sums.get(monthOf(Math.min(seen, this.#now))) ?? this.#earlier).add(bytes, versions);
  }

  end(): { readonly firstSeen: MonthAmount[]; readonly earlier: Amount } {
    const firstSeen = [...this.#sums].map(([month, sum]) => ({ month, ...sum.amount }));
    return { firstSeen, earlier: this.#earlier.amount };
  }
}

function monthOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 7);
}

/** ms since the epoch; undefined when the index does not tell. */
async function firstSeen(tree: Tree, mv: ModVer, index: string): Promise<number | undefined> {
  const found = await readRegular(tree.path(index), MAX_INDEX_SIZE);
  if (found === undefined || found.bytes === 'oversize') return undefined;
  const entry = parseEntry(found.bytes, mv);
  const seen = entry === undefined ? Number.NaN : Date.parse(entry.firstSeen);
  return Number.isNaN(seen) ? undefined : seen;
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

async function hitRates(tree: Tree, now: number): Promise<HitRate[]> {
  const none = { sessions: 0, requests: 0, fromStore: 0, fromUpstream: 0 };
  const rates = HIT_DAYS.map(days => ({ days, ...none, bytesFromStore: 0, bytesFromUpstream: 0, added: 0 }));
  for await (const use of readUse({ location: tree.root }, now - Math.max(...HIT_DAYS) * DAY_MS)) {
    for (const rate of rates) {
      if (Date.parse(use.t) < now - rate.days * DAY_MS) continue;
      rate.sessions += 1;
      rate.requests += use.requests;
      rate.fromStore += use.fromStore;
      rate.fromUpstream += use.fromUpstream;
      rate.bytesFromStore += use.bytesFromStore;
      rate.bytesFromUpstream += use.bytesFromUpstream;
      rate.added += use.added;
    }
  }
  return rates;
}
