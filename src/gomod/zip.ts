import { createHash, hash } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { DirhashError, type HashLine, hash1 } from './dirhash.ts';
import { quote } from './go-text.ts';
import { checkModuleZip, type ModuleZipLimits } from './module-zip.ts';
import { type ByteSource, type DirectoryLimits, readZipDirectory, type ZipMember } from './zip-directory.ts';
import { ZipError } from './zip-error.ts';

/**
 * The h1 of module zips, with every check that go makes on the way. CPU-bound: members up to
 * `WHOLE_MEMBER_BYTES` are inflated synchronously, so run it on a worker thread.
 */

export { checkModuleZip, MODULE_ZIP_LIMITS, type ModuleZipLimits } from './module-zip.ts';
export { type ByteSource, type DirectoryLimits, readZipDirectory, type ZipMember } from './zip-directory.ts';
export { ZipError, type ZipErrorCode } from './zip-error.ts';

export type ZipLimits = ModuleZipLimits & DirectoryLimits;

/**
 * Members up to this size are read and inflated in one piece, larger ones in chunks. Over 200 module zips of
 * 454 MB more than this only cost memory: outputs that wait for the garbage collector.
 */
export const WHOLE_MEMBER_BYTES = 1 << 20;

const LOCAL_HEADER_SIGNATURE = 0x04034b50;
const LOCAL_HEADER_LENGTH = 30;
const DESCRIPTOR_SIGNATURE = 0x08074b50;
const WINDOW_BYTES = 1 << 20;
const CHUNK_BYTES = 256 << 10;
const STORED = 0;
const DEFLATED = 8;

/** A zip is read from front to end in many small steps: one window saves most system calls. */
class WindowedSource implements ByteSource {
  readonly size: number;
  readonly #source: ByteSource;
  #window: Uint8Array = new Uint8Array(0);
  #start = 0;

  constructor(source: ByteSource) {
    this.#source = source;
    this.size = source.size;
  }

  read(offset: number, length: number): Uint8Array {
    if (!(offset >= 0 && offset + length <= this.size)) {
      throw new ZipError(
        'bad-member',
        `the zip refers to bytes ${offset} to ${offset + length}, but ends at ${this.size}`,
      );
    }
    const within = offset - this.#start;
    if (within >= 0 && within + length <= this.#window.length)
      return this.#window.subarray(within, within + length);
    if (length > WINDOW_BYTES / 2) {
      // The source may reuse its buffer, and then the window is gone.
      this.#window = new Uint8Array(0);
      return this.#source.read(offset, length);
    }
    this.#window = this.#source.read(offset, Math.min(WINDOW_BYTES, this.size - offset));
    this.#start = offset;
    return this.#window.subarray(0, length);
  }
}

function memberError(
  code: 'bad-member' | 'bad-crc',
  member: ZipMember,
  why: string,
  cause?: unknown,
): ZipError {
  return new ZipError(code, `${quote(member.name)} in zip: ${why}`, { cause });
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Offset of a member's data; the local header's own lengths decide it, not the directory's. */
function dataOffset(source: ByteSource, member: ZipMember): number {
  const head = view(source.read(member.headerOffset, LOCAL_HEADER_LENGTH));
  if (head.readUInt32LE(0) !== LOCAL_HEADER_SIGNATURE)
    throw memberError('bad-member', member, 'no local header');
  return member.headerOffset + LOCAL_HEADER_LENGTH + head.readUInt16LE(26) + head.readUInt16LE(28);
}

/** Compares CRCs as Go does: with the descriptor where there is one, else with the directory unless that is 0. */
function checkCrc(source: ByteSource, member: ZipMember, dataEnd: number, actual: number): void {
  if (member.hasDescriptor) {
    const signed = view(source.read(dataEnd, 4)).readUInt32LE(0) === DESCRIPTOR_SIGNATURE;
    const descriptor = view(source.read(dataEnd + (signed ? 4 : 0), 12));
    if (descriptor.readUInt32LE(0) !== member.crc32) {
      throw memberError('bad-crc', member, 'checksum error, the data descriptor differs from the directory');
    }
  } else if (member.crc32 === 0) return;
  if (actual !== member.crc32) throw memberError('bad-crc', member, 'checksum error');
}

/** Is told what a zip holds while it is hashed; that it is what it should be is known only when that has ended. */
export interface ContentSink {
  /** All members, before the first is read. */
  begin(members: readonly ZipMember[]): void;
  /** The next member, in the order of `begin`. */
  member(): void;
  /** The next bytes of its content; they are valid during the call only. */
  content(part: Uint8Array): void;
}

interface Digest {
  readonly sha256hex: string;
  readonly crc: number;
}

function inflateWhole(member: ZipMember, data: Uint8Array): Uint8Array {
  const { uncompressedSize } = member;
  try {
    // One output buffer of the declared size and a little more: nothing to join, and a lie is found at once.
    return inflateRawSync(data, {
      chunkSize: Math.max(64, uncompressedSize + 16),
      maxOutputLength: Math.max(1, uncompressedSize),
    });
  } catch (cause) {
    throw memberError('bad-member', member, 'its data cannot be inflated to the declared size', cause);
  }
}

function digestWhole(member: ZipMember, data: Uint8Array, sink: ContentSink | undefined): Digest {
  const content = member.method === STORED ? data : inflateWhole(member, data);
  if (content.byteLength !== member.uncompressedSize) {
    throw memberError(
      'bad-member',
      member,
      `${content.byteLength} bytes long, not ${member.uncompressedSize}`,
    );
  }
  sink?.content(content);
  return { sha256hex: hash('sha256', content, 'hex'), crc: crc32(content) };
}

function* chunks(source: ByteSource, offset: number, length: number): Generator<Buffer> {
  for (let done = 0; done < length; done += CHUNK_BYTES) {
    yield Buffer.from(source.read(offset + done, Math.min(CHUNK_BYTES, length - done)));
  }
}

async function digestChunked(
  source: ByteSource,
  member: ZipMember,
  offset: number,
  copy: ContentSink | undefined,
): Promise<Digest> {
  const sum = createHash('sha256');
  let crc = 0;
  let length = 0;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      length += chunk.length;
      if (length > member.uncompressedSize) {
        done(memberError('bad-member', member, 'its data is longer than declared'));
        return;
      }
      copy?.content(chunk);
      sum.update(chunk);
      crc = crc32(chunk, crc);
      done();
    },
  });
  const input = Readable.from(chunks(source, offset, member.compressedSize), { objectMode: false });
  try {
    if (member.method === STORED) await pipeline(input, sink);
    else await pipeline(input, createInflateRaw({ chunkSize: CHUNK_BYTES }), sink);
  } catch (cause) {
    if (cause instanceof ZipError) throw cause;
    throw memberError('bad-member', member, 'its data cannot be inflated', cause);
  }
  if (length !== member.uncompressedSize) {
    throw memberError('bad-member', member, `${length} bytes long, not ${member.uncompressedSize}`);
  }
  return { sha256hex: sum.digest('hex'), crc };
}

const EMPTY_SHA256 = hash('sha256', '', 'hex');

/** SHA-256 of a member's content, after size and CRC were found right. */
async function digestMember(
  source: ByteSource,
  member: ZipMember,
  sink: ContentSink | undefined,
): Promise<string> {
  const offset = dataOffset(source, member);
  const { name, method, compressedSize, uncompressedSize } = member;
  if (name.endsWith('/')) {
    if (uncompressedSize !== 0) throw memberError('bad-member', member, 'a directory with data');
    return EMPTY_SHA256;
  }
  if (method !== STORED && method !== DEFLATED) {
    throw memberError('bad-member', member, `unsupported compression algorithm ${method}`);
  }
  const end = offset + compressedSize;
  if (end > source.size) throw memberError('bad-member', member, 'its data lies outside the file');
  const whole = compressedSize <= WHOLE_MEMBER_BYTES && uncompressedSize <= WHOLE_MEMBER_BYTES;
  const digest = whole
    ? digestWhole(member, source.read(offset, compressedSize), sink)
    : await digestChunked(source, member, offset, sink);
  checkCrc(source, member, end, digest.crc);
  return digest.sha256hex;
}

/**
 * The h1 of the members of a zip, with Go's own rules and no more (`dirhash.HashZip`). Of members with one
 * name the last one's content counts for all.
 *
 * @throws ZipError
 */
export async function hashZipMembers(source: ByteSource, members: readonly ZipMember[]): Promise<string> {
  return hashLines(await digestMembers(source, members));
}

async function digestMembers(
  source: ByteSource,
  members: readonly ZipMember[],
  sink?: ContentSink,
): Promise<HashLine[]> {
  const compressed = members.reduce((sum, { compressedSize }) => sum + compressedSize, 0);
  // Members that share their bytes would let a small zip cost any amount of inflating.
  if (compressed > source.size) throw new ZipError('bad-member', 'the members of the zip overlap');
  const digests = new Map<string, string>();
  sink?.begin(members);
  for (const member of members) {
    if (!member.utf8) throw new ZipError('bad-name', `${quote(member.name)} in zip: invalid UTF-8`);
    sink?.member();
    digests.set(member.name, await digestMember(source, member, sink));
  }
  return members.map(({ name }) => ({ name, sha256hex: digests.get(name) ?? '' }));
}

function hashLines(lines: readonly HashLine[]): string {
  try {
    return hash1(lines);
  } catch (cause) {
    if (cause instanceof DirhashError) throw new ZipError('bad-name', cause.message, { cause });
    throw cause;
  }
}

/** What a module zip is made of. */
export interface ZipContent {
  readonly h1: string;
  /** What the h1 is made of: a line for each member, in the order of the zip. */
  readonly lines: readonly HashLine[];
  /** Sum of the members' sizes in bytes. */
  readonly uncompressed: number;
}

/**
 * Checks a zip as go does before it accepts it for a module version, and gives its h1.
 *
 * @throws ZipError; what `source.read` throws is passed on
 */
export async function readModuleZip(
  source: ByteSource,
  mv: { readonly path: string; readonly version: string },
  limits: Partial<ZipLimits> = {},
  sink?: ContentSink,
): Promise<ZipContent> {
  const windowed = new WindowedSource(source);
  const members = readZipDirectory(windowed, limits);
  checkModuleZip(members, source.size, mv, limits);
  const lines = await digestMembers(windowed, members, sink);
  const uncompressed = members.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  return { h1: hashLines(lines), lines, uncompressed };
}

/**
 * `readModuleZip` without the lines: the h1, the number of members, and the bytes of their contents.
 *
 * @throws ZipError; what `source.read` throws is passed on
 */
export async function hashZip(
  source: ByteSource,
  mv: { readonly path: string; readonly version: string },
  limits: Partial<ZipLimits> = {},
  sink?: ContentSink,
): Promise<{ h1: string; members: number; uncompressed: number }> {
  const { h1, lines, uncompressed } = await readModuleZip(source, mv, limits, sink);
  return { h1, members: lines.length, uncompressed };
}
