import { createHash, type Hash, hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { DirhashError, type HashLine, hash1 } from './dirhash.ts';
import { decodeGoText, isWellFormed } from './go-text.ts';
import { checkModuleZip } from './module-zip.ts';
import { END_LENGTH, hasStoredHeader, LOCAL_LENGTH, MAX_MEMBERS, storedZip } from './stored-zip.ts';
import type { ZipMember } from './zip-directory.ts';
import { ZipError } from './zip-error.ts';

/** Characters of all names, and of all directories in them: more than modules have, little beside what zips may cost. */
const MAX_NAMES = 8 << 20;
const MAX_TREE = 16 << 20;
/** Of a local header, and of the name behind it. */
const MAX_HEADER = LOCAL_LENGTH + 0xffff;
const DIRECTORY_SIGNATURE = 0x02014b50;
/** A directory of this size has Go look for another one before it: see `readZipDirectory`. */
const AMBIGUOUS_SIZE = 0xffff;

/**
 * The h1 of a zip that is read once, from front to end, as it comes from somebody who may not be believed. Only of one
 * that is, byte for byte, what `storedZip` makes of its members: then its local headers and its directory tell the
 * same, nothing lies between, before or behind them, and what was hashed is what `go` finds by the directory.
 */
export class StoredZipStream {
  readonly #members: ZipMember[] = [];
  readonly #lines: HashLine[] = [];
  /** The beginning of a header whose rest did not come yet. */
  #begun: Buffer = Buffer.alloc(0);
  /** Bytes that the content of the last member still has. */
  #left = 0;
  #crc = 0;
  #sum: Hash | undefined;
  /** The directory that the zip must have, from when its members ended. */
  #directory: Buffer | undefined;
  #size = 0;
  #names = 0;
  #other = false;

  /** The next bytes of the zip; they are not kept. */
  update(part: Buffer): void {
    this.#size += part.length;
    for (let at = 0; at < part.length && !this.#other; ) {
      if (this.#directory !== undefined) at += this.#compare(this.#directory, part.subarray(at));
      else if (this.#left > 0) at += this.#content(part.subarray(at, at + this.#left));
      else at += this.#header(part.subarray(at));
    }
  }

  /**
   * To be called after the last byte. The h1 of what came as the zip of a module version, with every check of
   * `hashZip`; undefined when it has another form or is no such zip: who wants to know more has to read it anew.
   */
  finish(mv: { readonly path: string; readonly version: string }): string | undefined {
    if (this.#other || this.#directory?.length !== 0) return undefined;
    try {
      checkModuleZip(this.#members, this.#size, mv, { maxTreeBytes: MAX_TREE });
      return hash1(this.#lines);
    } catch (error) {
      if (error instanceof ZipError || error instanceof DirhashError) return undefined;
      throw error;
    }
  }

  /** Takes what there is of a header; returns how many bytes that are. */
  #header(rest: Buffer): number {
    const begun = this.#begun;
    const bytes = begun.length === 0 ? rest : Buffer.concat([begun, rest.subarray(0, MAX_HEADER)]);
    const need = bytes.length < LOCAL_LENGTH ? LOCAL_LENGTH : LOCAL_LENGTH + bytes.readUInt16LE(26);
    if (bytes.length >= 4 && bytes.readUInt32LE(0) === DIRECTORY_SIGNATURE) {
      this.#begun = Buffer.alloc(0);
      this.#endMembers();
      if (this.#directory !== undefined && begun.length > 0) this.#compare(this.#directory, begun);
      return 0;
    }
    if (bytes.length < need) {
      this.#begun = Buffer.from(bytes);
      return bytes.length - begun.length;
    }
    this.#begun = Buffer.alloc(0);
    this.#begin(bytes.subarray(0, need));
    return need - begun.length;
  }

  #begin(header: Buffer): void {
    const name = decodeGoText(header.subarray(LOCAL_LENGTH));
    const size = header.readUInt32LE(22);
    const member: ZipMember = {
      name,
      utf8: isWellFormed(name),
      method: 0,
      crc32: header.readUInt32LE(14),
      compressedSize: size,
      uncompressedSize: size,
      hasDescriptor: false,
      headerOffset: 0,
    };
    this.#names += name.length;
    const isDir = name.endsWith('/');
    if (
      !hasStoredHeader(header, member) ||
      (isDir && size > 0) ||
      this.#names > MAX_NAMES ||
      this.#members.length === MAX_MEMBERS
    ) {
      this.#other = true;
      return;
    }
    this.#members.push(member);
    this.#left = size;
    this.#crc = 0;
    this.#sum = undefined;
    if (size === 0) this.#endMember(hash('sha256', '', 'hex'));
  }

  #content(part: Buffer): number {
    const last = part.length === this.#left;
    this.#left -= part.length;
    this.#crc = crc32(part, this.#crc);
    if (last && this.#sum === undefined) this.#endMember(hash('sha256', part, 'hex'));
    else {
      this.#sum ??= createHash('sha256');
      this.#sum.update(part);
      if (last) this.#endMember(this.#sum.digest('hex'));
    }
    return part.length;
  }

  #endMember(sha256hex: string): void {
    const member = this.#members.at(-1);
    if (member === undefined || member.crc32 !== this.#crc) this.#other = true;
    else this.#lines.push({ name: member.name, sha256hex });
  }

  #endMembers(): void {
    const directory = storedZip(this.#members)?.directory();
    if (directory === undefined || directory.length - END_LENGTH === AMBIGUOUS_SIZE) this.#other = true;
    else this.#directory = directory;
  }

  /** Compares what came with what must come; returns how many bytes that are. */
  #compare(directory: Buffer, part: Buffer): number {
    if (!directory.subarray(0, part.length).equals(part)) this.#other = true;
    this.#directory = directory.subarray(part.length);
    return part.length;
  }
}
