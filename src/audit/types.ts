import type { Phase, RefusedLine } from './record.ts';

/** A batch as it goes out: its bytes never change, so that its digest names it everywhere. */
export interface SealedBatch {
  /** SHA-256 of the NDJSON bytes, lower-case hex. */
  readonly digest: string;
  readonly jobUid: string;
  readonly inst: string;
  readonly no: number;
  readonly phase: Phase;
  /** Requests in it. */
  readonly records: number;
  /** gzip of the NDJSON. */
  readonly gzip: Buffer;
}

/** What a store says of a batch that it has now, durably. Body of the collector's answer to POST /v1/batches. */
export interface Ack {
  readonly digest: string;
  /** The store had it already. */
  readonly dup: boolean;
  /** Lines that are no valid record: kept in the raw batch, counted nowhere. */
  readonly refused: readonly RefusedLine[];
  /** The store's clock, RFC 3339. */
  readonly time: string;
}

/** A place for batches. `put` resolves when the batch is durable there; rejects with DeliveryError. */
export interface AuditTarget {
  /** For messages: without credentials. */
  readonly name: string;
  put(batch: SealedBatch, signal: AbortSignal): Promise<Ack>;
}
