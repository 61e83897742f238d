import { decodeBatch, refuseFuture } from '../audit/decode.ts';
import { BatchError } from '../audit/errors.ts';
import { isGzip } from '../audit/gzip-member.ts';
import { rawKey } from '../audit/raw/key.ts';
import { packRaw } from '../audit/raw/pack.ts';
import type { Receipt } from '../audit/record.ts';
import type { Ack, RawStore } from '../audit/types.ts';
import { factsOf } from './facts.ts';
import type { Indexer } from './indexer.ts';

/** A batch as it came in. */
export interface Delivery {
  /** gzip of the NDJSON. */
  readonly gzip: Buffer;
  /** The digest that the sender says it has; undefined when it says none. */
  readonly digest: string | undefined;
  /** Name of the token that it came with. */
  readonly writer: string;
}

export interface IngestParts {
  readonly raw: RawStore;
  readonly indexer: Pick<Indexer, 'add'>;
  /** ms since 1970. */
  readonly now: () => number;
}

/**
 * Takes a batch: checks it, stores it durably, hands it to the index and says so. The answer does not wait for the
 * index, which is made from the raw objects and can be made from them again. Throws BatchError, RawError; nothing is
 * stored then.
 */
export async function ingest({ raw, indexer, now }: IngestParts, delivery: Delivery): Promise<Ack> {
  if (!isGzip(delivery.gzip))
    throw new BatchError('not-gzip', 'the body is no gzip, as Content-Encoding says');
  const batch = decodeBatch(delivery.gzip, delivery.digest === undefined ? {} : { digest: delivery.digest });
  const received = now();
  refuseFuture(batch, received);
  const receipt: Receipt = {
    kind: 'rcpt',
    v: 1,
    received: new Date(received).toISOString(),
    writer: delivery.writer,
    assurance: 'relayed',
  };
  const key = rawKey(batch);
  const outcome = await raw.put(key, packRaw(receipt, delivery.gzip));
  if (outcome === 'stored') indexer.add(key, factsOf(receipt, batch, key));
  return {
    digest: batch.digest,
    dup: outcome === 'exists',
    refused: batch.refused,
    time: receipt.received,
  };
}
