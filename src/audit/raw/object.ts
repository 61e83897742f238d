import { decodeBatch } from '../decode.ts';
import { BatchError } from '../errors.ts';
import { inflateMember, isGzip } from '../gzip-member.ts';
import { BATCH_LIMITS, type BatchLimits } from '../limits.ts';
import { type Batch, type Receipt, receipt as receiptSchema } from '../record.ts';
import { parseLine } from '../strict-json.ts';
import { MAX_RECEIPT } from './pack.ts';

/** A raw object, read. */
export interface RawBatch {
  readonly receipt: Receipt;
  readonly batch: Batch;
}

/** Reads a raw object. Throws BatchError, `malformed` also where the receipt is none. */
export function unpackRaw(bytes: Buffer, limits: BatchLimits = BATCH_LIMITS): RawBatch {
  const { content, end } = inflateMember(bytes, 0, MAX_RECEIPT);
  const receipt = readReceipt(content.toString());
  const gzip = bytes.subarray(end);
  if (!isGzip(gzip)) throw new BatchError('malformed', 'no batch follows the receipt of this raw object');
  return { receipt, batch: decodeBatch(gzip, { limits }) };
}

function readReceipt(text: string): Receipt {
  try {
    if (!text.endsWith('\n')) throw new SyntaxError('does not end');
    const parsed = receiptSchema.safeParse(parseLine(text.slice(0, -1)));
    if (parsed.success) return parsed.data;
    throw new SyntaxError(`is none: ${parsed.error.issues[0]?.message}`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new BatchError(
      'malformed',
      `the first line of a raw object is its receipt, and this one ${error.message}`,
    );
  }
}
