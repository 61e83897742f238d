import type { Ack, SealedBatch } from './types.ts';

/** A batch that is not tried again for now. */
export interface Kept {
  readonly no: number;
  readonly digest: string;
  readonly why: string;
}

/** Batches that wait for a store, as the delivery sees them. Methods reject with the error of the system. */
export interface Source {
  /** The oldest batch that waits; undefined when none does. */
  next(): Promise<SealedBatch | undefined>;
  /** The store has it. `offsetMs`: what the store's clock is ahead, where it has one of its own. */
  acked(batch: SealedBatch, ack: Ack, offsetMs: number | undefined): Promise<void>;
  /** It is not to be tried again by this process; its file stays. */
  keep(batch: SealedBatch, why: string): Promise<void>;
  /** Makes two of it; false where that cannot be done. */
  split(batch: SealedBatch): Promise<boolean>;
  kept(): readonly Kept[];
  /** Batches that no store has acknowledged yet, those kept included. */
  waiting(): number;
}
