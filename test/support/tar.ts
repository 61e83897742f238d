/** One member of an archive as a hostile packer may write it; everything but the name has a default. */
export interface RawMember {
  readonly name: string;
  readonly body?: Uint8Array;
  /** One character; default `0`, a regular file. */
  readonly type?: string;
  readonly link?: string;
  readonly mode?: number;
  /** Text of the size field where it is not that of the body. */
  readonly size?: string;
  /** Default `ustar\0` and `00`. */
  readonly magic?: string;
  /** Put into the header before its checksum is computed. */
  readonly prefix?: string;
  /** Overwrites the checksum. */
  readonly checksum?: string;
}

const BLOCK = 512;

/** Header, body and padding of one member. */
export function rawMember(member: RawMember): Buffer {
  const { name, body = Buffer.alloc(0), type = '0', link = '', mode = 0o644 } = member;
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 100, 'latin1');
  header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100, 'latin1');
  header.write('0000000\u00000000000\0', 108, 'latin1');
  header.write(member.size ?? `${body.length.toString(8).padStart(11, '0')}\0`, 124, 12, 'latin1');
  header.write('00000000000\0', 136, 'latin1');
  header.write('        ', 148, 'latin1');
  header.write(type, 156, 1, 'latin1');
  header.write(link, 157, 100, 'latin1');
  header.write(member.magic ?? 'ustar\u000000', 257, 8, 'latin1');
  header.write(member.prefix ?? '', 345, 155, 'latin1');
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(member.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)]);
}

/** A pax header for the member after it. */
export function paxHeader(records: Readonly<Record<string, string>>, type: 'x' | 'g' = 'x'): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = Buffer.byteLength(rest) + 1;
    while (String(length).length + Buffer.byteLength(rest) !== length) length++;
    return `${length}${rest}`;
  });
  return rawMember({ name: 'PaxHeader', type, body: Buffer.from(lines.join('')) });
}

/** The two blocks that end an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/** Name, type and body of each member of a plain archive without long names, for changing and rebuilding it. */
export function rawMembers(tar: Buffer): { name: string; type: string; body: Buffer }[] {
  const members: { name: string; type: string; body: Buffer }[] = [];
  const text = (at: number, length: number) => tar.toString('latin1', at, at + length).replace(/\0.*$/s, '');
  for (let at = 0; tar[at] !== 0; ) {
    const prefix = text(at + 345, 155);
    const name = prefix === '' ? text(at, 100) : `${prefix}/${text(at, 100)}`;
    const size = Number.parseInt(text(at + 124, 12), 8);
    members.push({ name, type: text(at + 156, 1), body: tar.subarray(at + BLOCK, at + BLOCK + size) });
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return members;
}
