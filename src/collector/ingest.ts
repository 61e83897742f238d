import { createHash } from 'node:crypto';
import { decodeBatch, refuseFuture } from '../audit/decode.ts';
import { BatchError } from '../audit/errors.ts';
import { isGzip } from '../audit/gzip-member.ts';
import { rawKey } from '../audit/raw/key.ts';
import { packRaw } from '../audit/raw/pack.ts';
import type { Receipt } from '../audit/record.ts';
import type { Ack, RawStore } from '../audit/types.ts';
import type { BatchLog } from './batch-log/log.ts';
import { factsOf } from './facts.ts';
import type { EvidenceStore } from './identity/evidence.ts';
import { type Proof, refuseContradiction } from './identity/proof.ts';
import type { Indexer } from './indexer.ts';
import type { BatchFacts } from './types.ts';

/** A batch as it came in. */
export interface Delivery {
  /** gzip of the NDJSON. */
  readonly gzip: Buffer;
  /** The digest that the sender says it has; undefined when it says none. */
  readonly digest: string | undefined;
  /** Name of the token that it came with. */
  readonly writer: string;
  /** What a token of its forge proves; undefined for a batch that somebody with a static token brings. */
  readonly proof?: Proof;
}

export interface IngestParts {
  readonly raw: RawStore;
  readonly evidence: Pick<EvidenceStore, 'put'>;
  readonly indexer: Pick<Indexer, 'add' | 'room'>;
  /** Undefined where the log cannot be written to: batches are more important than it. */
  readonly batchLog: Pick<BatchLog, 'has' | 'append'> | undefined;
  /** ms since 1970. */
  readonly now: () => number;
}

/**
 * Takes a batch: checks it, stores it durably, hands it to the index and says so. The answer does not wait until the
 * index has it, which is made from the raw objects and can be made from them again; a batch only waits a moment for
 * those before it where they come faster than the index takes them. It waits until the batch is in the log.
 *
 * Throws BatchError, RawError, IdentityError `contradicts`; nothing is stored then. CollectorError `storage` where the log cannot be written: the
 * sender brings the batch again, which then only needs its line.
 */
export async function ingest(
  { raw, evidence, indexer, batchLog, now }: IngestParts,
  delivery: Delivery,
): Promise<Ack> {
  // Before it is decoded: whoever waits holds no more than the bytes that came.
  await indexer.room();
  const { key, object, facts, ...ack } = take(delivery, now());
  // First, so that no receipt vouches for what cannot be shown.
  // And only with the first: the token has to be one of the time in the receipt.
  if (delivery.proof !== undefined && (await raw.get(key)) === undefined)
    await evidence.put(key, delivery.proof.evidence);
  const outcome = await raw.put(key, object);
  if (outcome === 'stored') indexer.add(key, facts);
  const dup = outcome === 'exists';
  if (batchLog === undefined) return { ...ack, dup };
  const there = dup && !batchLog.has(ack.digest) ? await raw.get(key) : undefined;
  const checkpoint = await batchLog.append({ kind: 'batch', key, sha256: sha256Of(there ?? object) });
  return { ...ack, dup, checkpoint: checkpoint.toString() };
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

interface Taken extends Omit<Ack, 'dup'> {
  readonly key: string;
  /** The raw object. */
  readonly object: Buffer;
  readonly facts: BatchFacts;
}

/** All that is needed of a batch, so that its thousands of records are not kept while the disk is waited for. */
function take({ gzip, digest, writer, proof }: Delivery, received: number): Taken {
  if (!isGzip(gzip)) throw new BatchError('not-gzip', 'the body is no gzip, as Content-Encoding says');
  const batch = decodeBatch(gzip, digest === undefined ? {} : { digest });
  refuseFuture(batch, received);
  if (proof !== undefined) refuseContradiction(proof, batch.header);
  const receipt: Receipt = {
    kind: 'rcpt',
    v: 1,
    received: new Date(received).toISOString(),
    writer,
    assurance: proof?.assurance ?? 'relayed',
  };
  const key = rawKey(batch);
  return {
    key,
    object: packRaw(receipt, gzip),
    facts: factsOf(receipt, batch, key),
    digest: batch.digest,
    refused: batch.refused,
    time: receipt.received,
  };
}
