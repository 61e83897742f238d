/**
 * What can be wrong with a store. `log/*`: the log itself. `batch/*`: one raw object. `sequence/*`: the batches of one
 * proxy do not make one sequence.
 */
export type DeviationRule =
  | 'log/missing'
  | 'log/key'
  | 'log/unsigned'
  | 'log/rolled-back'
  | 'log/changed'
  | 'log/forked'
  | 'log/line'
  | 'log/tile'
  | 'batch/deleted'
  | 'batch/changed'
  | 'batch/unlogged'
  | 'batch/damaged'
  | 'sequence/gap'
  | 'sequence/mismatch';

/** One thing that is not as it was signed, sealed or counted. */
export interface Deviation {
  readonly rule: DeviationRule;
  /** What is wrong, in one sentence. */
  readonly what: string;
  /** The raw object, or the file of the log. */
  readonly where: string;
  /** RFC 3339: from when on it can have happened, as far as that is known. */
  readonly since?: string;
}

/** What stands in the signed log. */
export interface LogReport {
  /** Name of the log and of its key. */
  readonly origin: string;
  /** Lines that are signed. */
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** When it was signed, by the clock of the collector. */
  readonly time: string;
  /** Public key that the signature was checked by. */
  readonly key: string;
  /** `store`: the key lies in the store itself, so that who owns the store could have signed anything. */
  readonly keyFrom: 'store' | 'given';
}

/** Printed as JSON as it is. */
export interface VerifyReport {
  readonly schema: 1;
  readonly store: string;
  /** Null where the store has none. */
  readonly log: LogReport | null;
  /** Raw objects that were read, and requests in them. */
  readonly batches: number;
  readonly records: number;
  /** Batches that the collector deleted by its retention and said so. */
  readonly gone: number;
  /** Sessions that have not closed: they may be running, or died. */
  readonly open: number;
  /** Lines and batches that came after the checkpoint; they are proven by the next one. */
  readonly unsigned: number;
  /** Older checkpoints that the log was found to contain. */
  readonly checkpoints: number;
  /** At most 1000; `deviationCount` tells how many there are. */
  readonly deviations: readonly Deviation[];
  readonly deviationCount: number;
  readonly ok: boolean;
}

/** Longest list of deviations. */
export const MAX_DEVIATIONS = 1000;
