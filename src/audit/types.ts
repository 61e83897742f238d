import type { Phase, RefusedLine } from './record.ts';

/** A batch as it goes out: its bytes never change, so that its digest names it everywhere. */
export interface SealedBatch {
  /** SHA-256 of the NDJSON bytes, lower-case hex. */
  readonly digest: string;
  readonly jobUid: string;
  readonly inst: string;
  readonly no: number;
  readonly phase: Phase;
  /** Its name where raw batches lie: `raw/v1/dt=DATE/ISSUER/JOB/INST-NO-DIGEST.ndjson.gz`. */
  readonly key: string;
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
  /** The signed checkpoint of the store's log, which covers this batch; undefined where the store keeps none. */
  readonly checkpoint?: string;
}

/** A place for batches. `put` resolves when the batch is durable there; rejects with DeliveryError. */
export interface AuditTarget {
  /** For messages: without credentials. */
  readonly name: string;
  /** `Ack.time` is the clock of another machine, which records can be dated by. */
  readonly ownClock?: true;
  put(batch: SealedBatch, signal: AbortSignal): Promise<Ack>;
}

/** Where raw batches lie: immutable objects under names that follow from their bytes. Rejects with RawError. */
export interface RawStore {
  /** Durable when it resolves. `exists`: an object of that name was there; nothing is written. */
  put(key: string, bytes: Buffer): Promise<'stored' | 'exists'>;
  /** Undefined when there is none. */
  get(key: string): Promise<Buffer | undefined>;
  /** All keys, in order. */
  list(): AsyncIterable<string>;
  delete(key: string): Promise<void>;
}
