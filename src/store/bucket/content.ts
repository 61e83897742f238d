import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { BucketError } from './errors.ts';
import type { ByteRange, Content } from './types.ts';
import type { Watch } from './watch.ts';

/** What one request carries. */
export interface Piece {
  /** Base64, as `x-amz-checksum-crc32` has it. */
  readonly crc32: string;
  readonly length: number;
  /** A new body for each attempt. The bytes of a stream are not a part of the signature, those of a buffer are. */
  body(watch: Watch): Buffer | Readable;
}

/** Buffers of more bytes go out as streams: signing hashes them in one go, and nothing else could run meanwhile. */
const MAX_SIGNED = 256 * 1024;
const SLICE = 256 * 1024;

export function sizeOf(content: Content): number {
  return Buffer.isBuffer(content) ? content.length : content.size;
}

/** A part of what is to be written. Rejects with BucketError `file` when the file has not got these bytes. */
export async function pieceOf(content: Content, range: ByteRange, location: string): Promise<Piece> {
  const length = range.end - range.start + 1;
  if (Buffer.isBuffer(content) && length <= MAX_SIGNED) {
    const bytes = content.subarray(range.start, range.end + 1);
    return { crc32: base64(crc32(bytes)), length, body: () => bytes };
  }
  const chunks = () => (Buffer.isBuffer(content) ? slices(content, range) : fileChunks(content.file, range));
  let sum = 0;
  let seen = 0;
  try {
    for await (const chunk of chunks()) {
      sum = crc32(chunk, sum);
      seen += chunk.length;
    }
  } catch (cause) {
    throw unreadable(location, (cause as NodeJS.ErrnoException).code ?? 'unknown', cause);
  }
  if (seen !== length) throw unreadable(location, 'it is shorter than it was');
  return {
    crc32: base64(sum),
    length,
    body: watch => Readable.from(watched(chunks(), watch), { objectMode: false, highWaterMark: SLICE }),
  };
}

async function* watched(chunks: AsyncIterable<Buffer>, watch: Watch): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    watch.progress();
    yield chunk;
  }
}

async function* slices(bytes: Buffer, { start, end }: ByteRange): AsyncGenerator<Buffer> {
  for (let at = start; at <= end; at += SLICE) yield bytes.subarray(at, Math.min(at + SLICE, end + 1));
}

function fileChunks(file: string, { start, end }: ByteRange): AsyncIterable<Buffer> {
  if (end < start) return slices(Buffer.alloc(0), { start, end });
  return createReadStream(file, { start, end, highWaterMark: SLICE });
}

function base64(sum: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(sum);
  return bytes.toString('base64');
}

function unreadable(location: string, why: string, cause?: unknown): BucketError {
  const message = `bucket ${location}: the local file to be written cannot be read (${why}); check the disk`;
  return new BucketError('file', message, { location, cause });
}
