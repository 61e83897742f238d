import { TOOLCHAIN } from '../../gomod/toolchain.ts';
import { parseEntry } from '../index-entry.ts';
import { Sum } from '../prune/tally.ts';
import type { Amount } from '../prune/types.ts';
import type { ModVer } from '../types.ts';
import { RunningGroups } from './groups.ts';
import type { HitRate, MonthAmount, StoreStats } from './types.ts';
import type { Use } from './use-log.ts';

const DAY_MS = 86_400_000;

/** Bounds of the classes of last use, in days. */
const AGES = [1, 7, 30, 90] as const;
const MONTHS = 24;
const HIT_DAYS = [30, 365] as const;
/** How far back `hitRates` looks, ms. */
export const HIT_MS = Math.max(...HIT_DAYS) * DAY_MS;

/** What of a version is counted. Times in ms since the epoch. */
export interface CountedVersion {
  readonly bytes: number;
  readonly files: number;
  readonly used: number;
  /** When its index entry says that it was first seen; undefined when it does not tell. */
  readonly seen: number | undefined;
  readonly indexed: boolean;
}

/** Sums over a walk that comes to all of one host, owner and module in a row. */
export class Count {
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

  add(mv: ModVer, { bytes, files, used, seen, indexed }: CountedVersion): void {
    const amount = { versions: 1, bytes };
    this.versions += 1;
    if (!indexed) this.#unindexed.add(bytes);
    const age = this.#now - used;
    this.#ages.find(({ withinDays }) => withinDays === null || age <= withinDays * DAY_MS)?.sum.add(bytes);
    if (seen !== undefined) this.#months.add(seen, amount);
    if (mv.path === TOOLCHAIN) {
      this.#toolchains.add(bytes);
      this.#toolchainFiles += files;
      return;
    }
    this.#all.add(bytes);
    this.#files += files;
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

/** @param uses of sessions that ended within the last `HIT_MS` */
export async function hitRates(uses: AsyncIterable<Use>, now: number): Promise<HitRate[]> {
  const none = { sessions: 0, requests: 0, fromStore: 0, fromUpstream: 0 };
  const rates = HIT_DAYS.map(days => ({ days, ...none, bytesFromStore: 0, bytesFromUpstream: 0, added: 0 }));
  for await (const use of uses) {
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

/** When a version was first seen, as the bytes of its index entry tell: ms since the epoch. */
export function firstSeenIn(bytes: Buffer | 'oversize' | undefined, mv: ModVer): number | undefined {
  const entry = bytes === undefined || bytes === 'oversize' ? undefined : parseEntry(bytes, mv);
  const seen = entry === undefined ? Number.NaN : Date.parse(entry.firstSeen);
  return Number.isNaN(seen) ? undefined : seen;
}
