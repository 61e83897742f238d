import type { Link } from './recover.ts';

/** Sums over the batches of a session. */
export interface Tally {
  readonly batches: number;
  /** Requests in batches that the store has or that wait. */
  readonly records: number;
  /** Batches that the store has. */
  readonly sent: number;
  /** Batches that it does not have. */
  readonly left: number;
  /** Those of them that are files in the spool; the others go with this process. */
  readonly onDisk: number;
  /** Lines that the store took for no records. */
  readonly refused: number;
  /** Requests up to the last batch that are in none: the closing batch tells the store how many. */
  readonly lost: number;
}

/** A batch as the process that works on its session knows it. */
export interface OwnLink extends Omit<Link, 'state'> {
  state: Link['state'] | 'volatile';
  /** The journal names it. */
  noted: boolean;
  readonly bytes: number;
  /** Why it is not tried again by this process. */
  kept?: string;
}

/** @param refused lines that the store took for no records */
export function tallyOf(links: readonly OwnLink[], refused: number): Tally {
  const of = (...states: readonly OwnLink['state'][]) => links.filter(({ state }) => states.includes(state));
  const records = of('sent', 'spooled', 'volatile').reduce((sum, link) => sum + link.records, 0);
  return {
    batches: links.length,
    records,
    sent: of('sent').length,
    left: of('spooled', 'volatile').length,
    onDisk: of('spooled').length,
    refused,
    lost: (links.at(-1)?.lastSeq ?? 0) - records,
  };
}
