import { decodeGoText, isWellFormed } from './go-text.ts';
import { ZipError } from './zip-error.ts';

/** The central directory of a zip, read exactly as Go's `archive/zip` reads it. */

/** Random access to a file's bytes. */
export interface ByteSource {
  readonly size: number;
  /**
   * Exactly `length` bytes at `offset`, or it throws. The bytes stay valid until the next call only, so an
   * implementation may reuse its buffer.
   */
  read(offset: number, length: number): Uint8Array;
}

/** One entry of the central directory. */
export interface ZipMember {
  /** The full name; bytes that are no UTF-8 stand as lone surrogates (see `go-text.ts`). */
  readonly name: string;
  readonly utf8: boolean;
  /** 0 stored, 8 deflated; anything else cannot be read. */
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  /** Whether CRC and sizes stand behind the data, too (flag bit 3). */
  readonly hasDescriptor: boolean;
  /** Offset of the local header in the file. */
  readonly headerOffset: number;
}

/** Bounds on a directory: entries, and bytes of names, extra fields and comments. */
export interface DirectoryLimits {
  readonly maxMembers: number;
  readonly maxDirectoryBytes: number;
}

export const DIRECTORY_LIMITS: DirectoryLimits = { maxMembers: 500_000, maxDirectoryBytes: 128 << 20 };

const DIRECTORY_HEADER_SIGNATURE = 0x02014b50;
const DIRECTORY_64_LOCATOR_SIGNATURE = 0x07064b50;
const DIRECTORY_64_END_SIGNATURE = 0x06064b50;
const DIRECTORY_HEADER_LENGTH = 46;
const DIRECTORY_END_LENGTH = 22;
const DIRECTORY_64_LOCATOR_LENGTH = 20;
const DIRECTORY_64_END_LENGTH = 56;
const ZIP64_EXTRA_ID = 1;
const UINT32_MAX = 0xffffffff;

interface DirectoryEnd {
  readonly records: number;
  readonly size: number;
  readonly offset: number;
}

function notAZip(why: string): never {
  throw new ZipError('not-a-zip', `zip: not a valid zip file: ${why}`);
}

/** Offsets and sizes beyond 2^53 cannot be in a file, so that losing their last digits changes no answer. */
function uint64(buf: Buffer, at: number): number {
  return Number(buf.readBigUInt64LE(at));
}

function readBuffer(source: ByteSource, offset: number, length: number): Buffer {
  const bytes = source.read(offset, length);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Searched from the end; a comment longer than the rest of the file ends the search, as in Go. */
function findEndSignature(buf: Buffer): number {
  const at = buf.lastIndexOf('PK\x05\x06', buf.length - DIRECTORY_END_LENGTH, 'latin1');
  if (at < 0 || at + DIRECTORY_END_LENGTH > buf.length) return -1;
  const comment = buf.readUInt16LE(at + DIRECTORY_END_LENGTH - 2);
  return at + DIRECTORY_END_LENGTH + comment > buf.length ? -1 : at;
}

function findEnd(source: ByteSource): { readonly buf: Buffer; readonly offset: number } {
  for (const want of [1024, 65 * 1024]) {
    const length = Math.min(want, source.size);
    const buf = readBuffer(source, source.size - length, length);
    const at = length < DIRECTORY_END_LENGTH ? -1 : findEndSignature(buf);
    if (at >= 0) return { buf: buf.subarray(at), offset: source.size - length + at };
    if (length === source.size) break;
  }
  return notAZip('no end of central directory found (was it cut off, or is it another kind of file?)');
}

/** Where the zip64 end record lies, or undefined when there is no locator for one. */
function findZip64End(source: ByteSource, endOffset: number): number | undefined {
  const at = endOffset - DIRECTORY_64_LOCATOR_LENGTH;
  if (at < 0) return undefined;
  const buf = readBuffer(source, at, DIRECTORY_64_LOCATOR_LENGTH);
  const isLocator = buf.readUInt32LE(0) === DIRECTORY_64_LOCATOR_SIGNATURE;
  return isLocator && buf.readUInt32LE(4) === 0 && buf.readUInt32LE(16) === 1 ? uint64(buf, 8) : undefined;
}

function readZip64End(source: ByteSource, at: number): DirectoryEnd {
  if (at + DIRECTORY_64_END_LENGTH > source.size) notAZip('the zip64 end record lies outside the file');
  const buf = readBuffer(source, at, DIRECTORY_64_END_LENGTH);
  if (buf.readUInt32LE(0) !== DIRECTORY_64_END_SIGNATURE) notAZip('no zip64 end record where it should be');
  return { records: uint64(buf, 32), size: uint64(buf, 40), offset: uint64(buf, 48) };
}

/** The directory's end record, and by how many bytes all offsets are off (a prefix before the zip). */
function readEnd(source: ByteSource): { readonly end: DirectoryEnd; readonly base: number } {
  const found = findEnd(source);
  let end: DirectoryEnd = {
    records: found.buf.readUInt16LE(10),
    size: found.buf.readUInt32LE(12),
    offset: found.buf.readUInt32LE(16),
  };
  let endOffset = found.offset;
  // The middle comparison with 0xffff and not 0xffffffff is Go's.
  if (end.records === 0xffff || end.size === 0xffff || end.offset === UINT32_MAX) {
    const at = findZip64End(source, endOffset);
    if (at !== undefined) {
      end = readZip64End(source, at);
      endOffset = at;
    }
  }
  const base = endOffset - end.size - end.offset;
  const start = base + end.offset;
  if (!(start >= 0 && start < source.size)) notAZip('its central directory lies outside the file');
  return { end, base: base > 0 && headerAt(source, end.offset) !== undefined ? 0 : base };
}

interface Header {
  readonly member: ZipMember;
  readonly length: number;
}

function parseHeader(head: Buffer, tail: Buffer): ZipMember | undefined {
  const nameLength = head.readUInt16LE(28);
  const extra = tail.subarray(nameLength, nameLength + head.readUInt16LE(30));
  let compressedSize = head.readUInt32LE(20);
  let uncompressedSize = head.readUInt32LE(24);
  let headerOffset = head.readUInt32LE(42);
  let needUncompressed = uncompressedSize === UINT32_MAX;
  let needCompressed = compressedSize === UINT32_MAX;
  let needOffset = headerOffset === UINT32_MAX;

  for (let at = 0; extra.length - at >= 4; ) {
    const tag = extra.readUInt16LE(at);
    const size = extra.readUInt16LE(at + 2);
    at += 4;
    if (extra.length - at < size) break;
    if (tag === ZIP64_EXTRA_ID) {
      const wanted = [needUncompressed, needCompressed, needOffset].filter(Boolean).length;
      if (size < 8 * wanted) return undefined;
      let field = at;
      const next = () => {
        field += 8;
        return uint64(extra, field - 8);
      };
      if (needUncompressed) uncompressedSize = next();
      if (needCompressed) compressedSize = next();
      if (needOffset) headerOffset = next();
      needUncompressed = needCompressed = needOffset = false;
    }
    at += size;
  }
  if (needCompressed || needOffset) return undefined;

  const name = decodeGoText(tail.subarray(0, nameLength));
  return {
    name,
    utf8: isWellFormed(name),
    method: head.readUInt16LE(10),
    crc32: head.readUInt32LE(16),
    compressedSize,
    uncompressedSize,
    hasDescriptor: (head.readUInt16LE(8) & 8) !== 0,
    headerOffset,
  };
}

/** The directory header at an offset, or undefined when there is none or it is cut off or malformed. */
function headerAt(source: ByteSource, at: number): Header | undefined {
  if (at + DIRECTORY_HEADER_LENGTH > source.size) return undefined;
  const head = Buffer.from(source.read(at, DIRECTORY_HEADER_LENGTH));
  if (head.readUInt32LE(0) !== DIRECTORY_HEADER_SIGNATURE) return undefined;
  const tailLength = head.readUInt16LE(28) + head.readUInt16LE(30) + head.readUInt16LE(32);
  const tailAt = at + DIRECTORY_HEADER_LENGTH;
  if (tailAt + tailLength > source.size) return undefined;
  const member = parseHeader(head, readBuffer(source, tailAt, tailLength));
  return member && { member, length: DIRECTORY_HEADER_LENGTH + tailLength };
}

/**
 * The members of a zip in directory order, as Go's `zip.NewReader` lists them: zip64, comments and a prefix
 * before the zip are understood, names are not judged. Pass a `ByteSource` that is quick for small reads.
 *
 * @throws ZipError `not-a-zip` or, beyond the limits, `too-large`
 */
export function readZipDirectory(source: ByteSource, limits: Partial<DirectoryLimits> = {}): ZipMember[] {
  const { maxMembers, maxDirectoryBytes } = { ...DIRECTORY_LIMITS, ...limits };
  const { end, base } = readEnd(source);
  const members: ZipMember[] = [];
  const start = base + end.offset;
  let at = start;
  // The count in the end record is modulo 65536, so that only a header that is none ends the list.
  for (let header = headerAt(source, at); header !== undefined; header = headerAt(source, at)) {
    at += header.length;
    if (members.length >= maxMembers || at - start > maxDirectoryBytes) {
      const bounds = `${maxMembers} entries or ${maxDirectoryBytes} bytes`;
      throw new ZipError('too-large', `the zip's directory has more than ${bounds}`);
    }
    const { member } = header;
    members.push(base === 0 ? member : { ...member, headerOffset: member.headerOffset + base });
  }
  if (members.length % 65536 !== end.records % 65536) {
    notAZip(`its directory should have ${end.records} entries, but ${members.length} can be read`);
  }
  return members;
}
