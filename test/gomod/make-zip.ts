import { crc32, deflateRawSync } from 'node:zlib';

/** A member to write; everything but name and data can be made a lie. */
export interface ZipPart {
  readonly name: string | Buffer;
  readonly data: Buffer;
  readonly stored?: boolean;
  readonly method?: number;
  readonly crc?: number;
  readonly size?: number;
  readonly compressedSize?: number;
  /** Behind the compressed data, and counted as part of it. */
  readonly trailing?: Buffer;
  readonly descriptor?: 'signed' | 'bare' | 'wrong';
  readonly localExtra?: Buffer;
  /** Sizes and offset in a zip64 extra field instead of the header. */
  readonly zip64?: boolean;
}

export interface ZipShape {
  readonly prefix?: Buffer;
  readonly comment?: Buffer;
  /** A zip64 end record and locator. */
  readonly zip64?: boolean;
  /** Entries that the end record claims. */
  readonly records?: number;
}

function u16(...values: number[]): Buffer {
  const buf = Buffer.alloc(values.length * 2);
  for (const [i, value] of values.entries()) buf.writeUInt16LE(value, i * 2);
  return buf;
}

function u32(...values: number[]): Buffer {
  const buf = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) buf.writeUInt32LE(value, i * 4);
  return buf;
}

function u64(...values: number[]): Buffer {
  const buf = Buffer.alloc(values.length * 8);
  for (const [i, value] of values.entries()) buf.writeBigUInt64LE(BigInt(value), i * 8);
  return buf;
}

function writePart(part: ZipPart, offset: number): { local: Buffer; central: Buffer } {
  const name = Buffer.from(part.name);
  const method = part.method ?? (part.stored ? 0 : 8);
  const packed = part.stored ? part.data : deflateRawSync(part.data);
  const data = Buffer.concat([packed, part.trailing ?? Buffer.alloc(0)]);
  const crc = part.crc ?? crc32(part.data);
  const size = part.size ?? part.data.length;
  const compressed = part.compressedSize ?? data.length;
  const flags = part.descriptor === undefined ? 0 : 8;
  const localExtra = part.localExtra ?? Buffer.alloc(0);
  const local = [
    u32(0x04034b50),
    u16(20, flags, method, 0, 0),
    flags ? u32(0, 0, 0) : u32(crc, compressed, size),
    u16(name.length, localExtra.length),
    name,
    localExtra,
    data,
  ];
  if (part.descriptor === 'signed') local.push(u32(0x08074b50, crc, compressed, size));
  if (part.descriptor === 'bare') local.push(u32(crc, compressed, size));
  if (part.descriptor === 'wrong') local.push(u32(0x08074b50, (crc ^ 1) >>> 0, compressed, size));
  const extra = part.zip64
    ? Buffer.concat([u16(0x5455, 5), Buffer.alloc(5), u16(1, 24), u64(size, compressed, offset)])
    : Buffer.alloc(0);
  const central = [
    u32(0x02014b50),
    u16(20, 20, flags, method, 0, 0),
    part.zip64 ? u32(crc, 0xffffffff, 0xffffffff) : u32(crc, compressed, size),
    u16(name.length, extra.length, 0, 0, 0),
    u32(0, part.zip64 ? 0xffffffff : offset),
    name,
    extra,
  ];
  return { local: Buffer.concat(local), central: Buffer.concat(central) };
}

/** Writes a zip of the parts, well-formed unless told otherwise. */
export function makeZip(parts: readonly ZipPart[], shape: ZipShape = {}): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const part of parts) {
    const { local, central } = writePart(part, offset);
    locals.push(local);
    centrals.push(central);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const records = shape.records ?? parts.length;
  const comment = shape.comment ?? Buffer.alloc(0);
  const end64 = [
    u32(0x06064b50),
    u64(44),
    u16(45, 45),
    u32(0, 0),
    u64(records, records, directory.length, offset),
    u32(0x07064b50, 0),
    u64(offset + directory.length),
    u32(1),
  ];
  const end = [
    u32(0x06054b50),
    u16(0, 0, shape.zip64 ? 0xffff : records, shape.zip64 ? 0xffff : records),
    shape.zip64 ? u32(0xffffffff, 0xffffffff) : u32(directory.length, offset),
    u16(comment.length),
    comment,
  ];
  return Buffer.concat([
    shape.prefix ?? Buffer.alloc(0),
    ...locals,
    directory,
    ...(shape.zip64 ? end64 : []),
    ...end,
  ]);
}
