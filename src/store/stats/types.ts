import type { Amount, FileAmount } from '../prune/types.ts';
import type { Groups } from './groups.ts';

/** Versions by how long ago they were last used; each version is in one of them. */
export interface AgeAmount extends Amount {
  /** The longest that it may be; null for the last, which has no bound. */
  readonly withinDays: number | null;
}

export interface MonthAmount extends Amount {
  /** `yyyy-mm`, UTC. */
  readonly month: string;
}

/** What sessions took from the store and from upstreams. */
export interface HitRate {
  readonly days: number;
  readonly sessions: number;
  readonly requests: number;
  readonly fromStore: number;
  readonly fromUpstream: number;
  readonly bytesFromStore: number;
  readonly bytesFromUpstream: number;
  /** Module versions that came into the store. */
  readonly added: number;
}

/** Bytes of versions count their files and index entries. */
export interface StoreStats {
  /** All versions of modules; those of Go's own toolchains are counted apart. */
  readonly modules: Amount & { readonly files: number };
  readonly toolchains: Amount & { readonly files: number };
  readonly byHost: Groups;
  /** By the first two elements of the path, which on the known forges are host and owner. */
  readonly byOwner: Groups;
  readonly byModule: Groups;
  readonly lastUse: readonly AgeAmount[];
  /** Months in which versions were first seen, oldest first, the last 24 of them. */
  readonly firstSeen: readonly MonthAmount[];
  /** First seen before those months. */
  readonly earlier: Amount;
  /** Versions without an index entry: not served until they are proven. */
  readonly unindexed: Amount;
  readonly beside: Readonly<Record<'soft' | 'sumdb' | 'quarantine' | 'temp' | 'log', FileAmount>>;
  readonly hitRates: readonly HitRate[];
  /** Directories that could not be read. */
  readonly unread: number;
}
