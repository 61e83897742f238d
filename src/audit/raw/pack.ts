import { gzipSync } from 'node:zlib';
import { BATCH_LIMITS } from '../limits.ts';
import type { Receipt } from '../record.ts';

/** A receipt is one short line. */
export const MAX_RECEIPT = 16 * 1024;
/** Longest raw object, bytes: a receipt and a batch, as they are compressed. */
export const MAX_RAW = BATCH_LIMITS.compressed + MAX_RECEIPT;

/**
 * A raw object: the receipt as a gzip member of its own, then the gzip of the batch as it came. `zcat` shows the
 * receipt and then the batch; the bytes that the sender named by their digest stay as they are.
 */
export function packRaw(receipt: Receipt, gzip: Buffer): Buffer {
  const line = gzipSync(`${JSON.stringify(receipt)}\n`, { level: 6 });
  line[9] = 0xff;
  return Buffer.concat([line, gzip]);
}
