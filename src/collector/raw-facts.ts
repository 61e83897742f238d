import { BatchError } from '../audit/errors.ts';
import { rawKey } from '../audit/raw/key.ts';
import type { RawBatch } from '../audit/raw/object.ts';
import { unpackRaw } from '../audit/raw/object.ts';
import type { RawStore } from '../audit/types.ts';
import { factsOf } from './facts.ts';
import type { BatchFacts } from './types.ts';

/**
 * A raw object; undefined when it is not there any more. Throws BatchError for one that is no raw object, or not the
 * one that its name tells of.
 */
export async function readRaw(raw: Pick<RawStore, 'get'>, key: string): Promise<RawBatch | undefined> {
  const bytes = await raw.get(key);
  if (bytes === undefined) return undefined;
  const object = unpackRaw(bytes);
  if (rawKey(object.batch) === key) return object;
  throw new BatchError(
    'digest',
    `it holds the batch ${object.batch.digest}, not the one that its name tells of`,
  );
}

/** What the index keeps of a raw object. Throws as `readRaw`. */
export async function readRawFacts(raw: Pick<RawStore, 'get'>, key: string): Promise<BatchFacts | undefined> {
  const object = await readRaw(raw, key);
  return object === undefined ? undefined : factsOf(object.receipt, object.batch, key);
}
