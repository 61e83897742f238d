import { gzipSync } from 'node:zlib';
import { decodeBatch } from '../decode.ts';
import { BatchError } from '../errors.ts';
import { inflateMember, isGzip } from '../gzip-member.ts';
import { BATCH_LIMITS, type BatchLimits } from '../limits.ts';
import { type Batch, type Receipt, receipt as receiptSchema } from '../record.ts';
import { parseLine } from '../strict-json.ts';

/** A receipt is one short line. */
const MAX_RECEIPT = 16 * 1024;
/** Longest raw object, bytes: a receipt and a batch, as they are compressed. */
export const MAX_RAW = BATCH_LIMITS.compressed + MAX_RECEIPT;

/** A raw object, read. */
export interface RawBatch {
  readonly receipt: Receipt;
  readonly batch: Batch;
}

/**
 * A raw object: the receipt as a gzip member of its own, then the gzip of the batch as it came. `zcat` shows the
 * receipt and then the batch; the bytes that the sender named by their digest stay as they are.
 */
export function packRaw(receipt: Receipt, gzip: Buffer): Buffer {
  const line = gzipSync(`${JSON.stringify(receipt)}\n`, { level: 6 });
  line[9] = 0xff;
  return Buffer.concat([line, gzip]);
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
