import { crc32, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { BatchError } from './errors.ts';

const MIN_HEADER = 10;
const TRAILER = 8;
const CHUNK = 64 * 1024;
/** Longest extra field, name and comment in front of the data. */
const MAX_HEADER = 64 * 1024;

const FHCRC = 2;
const FEXTRA = 4;
const FNAME = 8;
const FCOMMENT = 16;
const RESERVED = 0xe0;

/** One gzip member, inflated. */
export interface Member {
  readonly content: Buffer;
  /** Where the next member, or whatever follows, begins. */
  readonly end: number;
}

/** Whether bytes begin as gzip does (RFC 1952). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Inflates the gzip member at `start` and nothing behind it: Node's gunzip joins members and passes over what follows
 * them, so that two readers could take the same file for two contents. Holds at most `limit` bytes and one chunk.
 * Throws BatchError: `too-large` past the limit, `not-gzip` for anything that is no whole, undamaged member.
 */
export function inflateMember(bytes: Buffer, start: number, limit: number): Member {
  const data = headerEnd(bytes, start);
  const { buffer: content, used } = inflate(bytes.subarray(data), limit, declared(bytes, data, limit));
  const trailer = data + used;
  if (trailer + TRAILER > bytes.length) throw damaged('it ends before its checksum');
  if (bytes.readUInt32LE(trailer) !== crc32(content)) throw damaged('its checksum is another');
  if (bytes.readUInt32LE(trailer + 4) !== content.length) throw damaged('its length is another');
  return { content, end: trailer + TRAILER };
}

function headerEnd(bytes: Buffer, start: number): number {
  if (bytes.length - start < MIN_HEADER + TRAILER || !isGzip(bytes.subarray(start))) {
    throw damaged('it does not begin as one');
  }
  const flags = bytes[start + 3] ?? 0;
  if (bytes[start + 2] !== 8 || (flags & RESERVED) !== 0) throw damaged('it uses what RFC 1952 leaves open');
  let at = start + MIN_HEADER;
  if (flags & FEXTRA && at + 2 <= bytes.length) at += 2 + bytes.readUInt16LE(at);
  for (const flag of [FNAME, FCOMMENT]) {
    if ((flags & flag) === 0) continue;
    const zero = bytes.subarray(0, start + MAX_HEADER).indexOf(0, at);
    if (zero < 0) throw damaged('its header does not end');
    at = zero + 1;
  }
  if (flags & FHCRC && at + 2 <= bytes.length) {
    if (bytes.readUInt16LE(at) !== (crc32(bytes.subarray(start, at)) & 0xffff)) {
      throw damaged('the checksum of its header is another');
    }
    at += 2;
  }
  if (at + TRAILER > bytes.length) throw damaged('it ends in its header');
  return at;
}

/** The length that the end of the file tells, where it can be true: one chunk of that size saves a copy. */
function declared(bytes: Buffer, data: number, limit: number): number {
  const length = bytes.readUInt32LE(bytes.length - 4);
  // Deflate makes nothing smaller than a 1032nd part.
  return length < limit && length <= 1032 * (bytes.length - data) ? length + 1 : CHUNK;
}

function inflate(bytes: Buffer, limit: number, chunkSize: number): { buffer: Buffer; used: number } {
  const options: ZlibOptions = {
    maxOutputLength: limit,
    chunkSize: Math.max(chunkSize, 64),
    info: true,
  };
  try {
    // With `info`, the result is the output and the engine, which knows where the data ended.
    const result = inflateRawSync(bytes, options) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    return { buffer: result.buffer, used: result.engine.bytesWritten };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new BatchError('too-large', `the gzip data inflates to more than ${limit} bytes`, {
        cause: error,
      });
    }
    throw damaged(error instanceof Error ? error.message : String(error), error);
  }
}

function damaged(why: string, cause?: unknown): BatchError {
  return new BatchError('not-gzip', `the bytes are no whole gzip member: ${why}`, { cause });
}
