import { toByteString } from './go-text.ts';
import { MODULE_ZIP_LIMITS } from './module-zip.ts';
import type { ZipMember } from './zip-directory.ts';

/**
 * A module zip written anew without compression: the same members in the same order, and so the same h1, in a form
 * that neither `go` nor we have to inflate. Its bytes depend on names and contents alone, so that it is one file on
 * every machine, whatever deflated the original.
 */
export interface StoredZip {
  /** Bytes of the whole zip. */
  readonly size: number;
  /** The local header of the member at `index`; the `uncompressedSize` bytes of its content follow. */
  header(index: number): Buffer;
  /** The directory and its end; follow the content of the last member. */
  directory(): Buffer;
}

/** Without the extensions for more members, which no module that people write needs. */
export const MAX_MEMBERS = 0xfffe;
const LOCAL_SIGNATURE = 0x04034b50;
const DIRECTORY_SIGNATURE = 0x02014b50;
const END_SIGNATURE = 0x06054b50;
export const LOCAL_LENGTH = 30;
const DIRECTORY_LENGTH = 46;
export const END_LENGTH = 22;
/** What a reader has to understand: 1.0, nothing special. */
const VERSION = 10;
const UTF8_FLAG = 0x800;
/** The first of January 1980, the zero of the format. */
const DATE = 0x21;

/**
 * How a zip with these members looks when it is stored. Undefined when its bytes would not depend on names and
 * contents alone or it would be beyond what go accepts: then the original has to do.
 *
 * The CRCs are those that the members declare: whoever writes the zip compares them with the contents.
 */
export function storedZip(members: readonly ZipMember[]): StoredZip | undefined {
  if (members.length > MAX_MEMBERS) return undefined;
  const size = members.reduce(
    (sum, { name, uncompressedSize }) =>
      sum + LOCAL_LENGTH + DIRECTORY_LENGTH + 2 * toByteString(name).length + uncompressedSize,
    END_LENGTH,
  );
  if (size > MODULE_ZIP_LIMITS.maxZipBytes || !members.every(isPlain)) return undefined;
  const at = (index: number): ZipMember => {
    const member = members[index];
    if (member === undefined) throw new RangeError(`no member ${index} among ${members.length}`);
    return member;
  };
  return {
    size,
    header: index => localHeader(at(index)),
    directory: () => directoryOf(members),
  };
}

/** A CRC of 0 is one that Go does not look at, except where there is nothing to sum up. */
function isPlain({ name, utf8, crc32, uncompressedSize }: ZipMember): boolean {
  const sums = uncompressedSize === 0 ? crc32 === 0 || name.endsWith('/') : crc32 !== 0;
  return utf8 && sums && name.length > 0 && toByteString(name).length <= 0xffff;
}

/** The fields that local and directory header share, and the name that follows the one or the other. */
function sharedFields({ name, crc32, uncompressedSize }: ZipMember): { fields: Buffer; name: Buffer } {
  const bytes = Buffer.from(toByteString(name), 'latin1');
  const fields = Buffer.alloc(LOCAL_LENGTH - 4);
  fields.writeUInt16LE(VERSION, 0);
  fields.writeUInt16LE(bytes.every(byte => byte < 0x80) ? 0 : UTF8_FLAG, 2);
  fields.writeUInt16LE(DATE, 8);
  fields.writeUInt32LE(name.endsWith('/') ? 0 : crc32, 10);
  fields.writeUInt32LE(uncompressedSize, 14);
  fields.writeUInt32LE(uncompressedSize, 18);
  fields.writeUInt16LE(bytes.length, 22);
  return { fields, name: bytes };
}

/** Whether a local header, its name included, is the one that `storedZip` writes for the member. */
export function hasStoredHeader(header: Uint8Array, member: ZipMember): boolean {
  return localHeader(member).equals(header);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function localHeader(member: ZipMember): Buffer {
  const { fields, name } = sharedFields(member);
  return Buffer.concat([signature(LOCAL_SIGNATURE), fields, name]);
}

function directoryOf(members: readonly ZipMember[]): Buffer {
  const parts: Buffer[] = [];
  let offset = 0;
  let length = 0;
  for (const member of members) {
    const { fields, name } = sharedFields(member);
    const head = Buffer.alloc(DIRECTORY_LENGTH);
    head.writeUInt32LE(DIRECTORY_SIGNATURE, 0);
    head.writeUInt16LE(VERSION, 4);
    fields.copy(head, 6);
    head.writeUInt32LE(offset, 42);
    parts.push(head, name);
    offset += LOCAL_LENGTH + name.length + member.uncompressedSize;
    length += head.length + name.length;
  }
  const end = Buffer.alloc(END_LENGTH);
  end.writeUInt32LE(END_SIGNATURE, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, end]);
}
