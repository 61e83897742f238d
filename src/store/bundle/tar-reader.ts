import { BundleError } from './types.ts';

/** A member as its header tells of it. */
export interface TarMember {
  /** Every byte a character: names of a store are ASCII, and nothing is to be lost of the others. */
  readonly name: string;
  readonly type: 'file' | 'directory' | 'other';
  /** Bytes of its body. */
  readonly size: number;
}

const BLOCK = 512;
const MAX_PAX_SIZE = 64 * 1024;
const MAX_LONG_NAME = 4 * 1024;
/** Largest body that is read as a whole. */
const MAX_WHOLE = 32 * 1024 * 1024;
const ZEROS = Buffer.alloc(BLOCK);

/**
 * Reads a POSIX or GNU tar as its bytes come. Members are told in order; whatever of a body was not read is skipped
 * at the next `next`. Strict where readers of tar differ, so that nothing in an archive can mean one thing here and
 * another to somebody else's tar: it is then damaged.
 *
 * All methods reject with BundleError: `damaged`, or `too-large` as soon as the archive unpacks to more than `limit`.
 */
export class TarReader {
  /** Most bytes that the archive may have from its beginning; may be changed at any time. */
  limit: number;
  readonly #source: AsyncIterator<Buffer>;
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  #came = 0;
  /** Bytes of the current member's body, and of the padding behind it, that were not read yet. */
  #body = 0;
  #padding = 0;

  constructor(source: AsyncIterable<Buffer>, limit: number) {
    this.#source = source[Symbol.asyncIterator]();
    this.limit = limit;
  }

  /** Bytes of the archive that were read. */
  get offset(): number {
    return this.#came - this.#chunk.length + this.#at;
  }

  /** Bytes behind the current place that came already. */
  get ready(): number {
    return this.#chunk.length - this.#at;
  }

  /** The next member; undefined after the last one, when nothing but zeros followed. */
  async next(): Promise<TarMember | undefined> {
    let longName: string | undefined;
    for (;;) {
      await this.#skipRest();
      const header = await this.#exactly(BLOCK);
      if (header.equals(ZEROS)) {
        if (longName !== undefined) throw damaged('it ends after the name of a member');
        await this.#end();
        return undefined;
      }
      const { name, flag, size } = parseHeader(header);
      this.#body = size;
      this.#padding = (BLOCK - (size % BLOCK)) % BLOCK;
      if (flag === 'x') longName = paxPath(await this.#small(MAX_PAX_SIZE)) ?? longName;
      else if (flag === 'L') longName = untilNul(await this.#small(MAX_LONG_NAME));
      else if (flag === 'g') {
        if (paxPath(await this.#small(MAX_PAX_SIZE)) !== undefined)
          throw damaged('a pax header names all members');
      } else if (flag === 'K') await this.#small(MAX_LONG_NAME);
      else return { name: longName ?? name, type: typeOf(flag, size), size };
    }
  }

  /** The next bytes of the body as they came, at most `max`; undefined at its end. */
  async some(max: number): Promise<Buffer | undefined> {
    if (this.#body === 0) return undefined;
    if (this.#at === this.#chunk.length) await this.#fill();
    const end = Math.min(this.#chunk.length, this.#at + this.#body, this.#at + max);
    const part = this.#chunk.subarray(this.#at, end);
    this.#at = end;
    this.#body -= part.length;
    return part;
  }

  /** The rest of the body, in memory of its own when `copy`; for small bodies only. */
  async whole(copy = false): Promise<Buffer> {
    const size = this.#body;
    if (size > MAX_WHOLE) throw damaged('a member is larger than it can be');
    this.#body = 0;
    const bytes = await this.#exactly(size);
    return copy && bytes.buffer === this.#chunk.buffer ? Buffer.from(bytes) : bytes;
  }

  async #small(max: number): Promise<Buffer> {
    if (this.#body > max) throw damaged('the name of a member is too long');
    return this.whole();
  }

  async #exactly(size: number): Promise<Buffer> {
    if (this.#chunk.length - this.#at >= size) {
      this.#at += size;
      return this.#chunk.subarray(this.#at - size, this.#at);
    }
    const whole = Buffer.allocUnsafeSlow(size);
    for (let filled = 0; filled < size; ) {
      if (this.#at === this.#chunk.length) await this.#fill();
      const count = this.#chunk.copy(whole, filled, this.#at);
      this.#at += count;
      filled += count;
    }
    return whole;
  }

  async #skipRest(): Promise<void> {
    let left = this.#body + this.#padding;
    this.#body = 0;
    this.#padding = 0;
    while (left > 0) {
      if (this.#at === this.#chunk.length) await this.#fill();
      const count = Math.min(left, this.#chunk.length - this.#at);
      this.#at += count;
      left -= count;
    }
  }

  async #fill(): Promise<void> {
    if (!(await this.#more())) throw damaged('it broke off');
  }

  async #more(): Promise<boolean> {
    do {
      const { value, done } = await this.#source.next();
      if (done === true) return false;
      this.#chunk = value;
      this.#at = 0;
      this.#came += value.length;
      if (this.#came > this.limit) {
        throw new BundleError(
          'too-large',
          `a cache entry unpacks to more than the ${this.limit} bytes that its manifest accounts for; what came before that was kept`,
          { why: `it unpacks to more than ${this.limit} bytes` },
        );
      }
    } while (this.#chunk.length === 0);
    return true;
  }

  /** One block of zeros was read: the second one and the filling up to a whole record must be zeros too. */
  async #end(): Promise<void> {
    const second = await this.#exactly(BLOCK);
    let zeros = second.equals(ZEROS);
    do {
      for (; zeros && this.#at < this.#chunk.length; this.#at += BLOCK) {
        const part = this.#chunk.subarray(this.#at, this.#at + BLOCK);
        zeros = part.equals(ZEROS.subarray(0, part.length));
      }
      this.#at = this.#chunk.length;
    } while (zeros && (await this.#more()));
    if (!zeros) throw damaged('something follows its end');
  }
}

function parseHeader(header: Buffer): { name: string; flag: string; size: number } {
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i] ?? 0;
  if (octal(header, 148, 8) !== sum) throw damaged('a header does not have its checksum');
  const magic = header.toString('latin1', 257, 265);
  const posix = magic === 'ustar\u000000';
  if (!posix && magic !== 'ustar  \0') throw damaged('it is no POSIX or GNU tar');
  const size = octal(header, 124, 12);
  if (size === undefined) throw damaged('a header does not tell a size');
  const short = untilNul(header.subarray(0, 100));
  const prefix = posix ? untilNul(header.subarray(345, 500)) : '';
  const name = prefix === '' ? short : `${prefix}/${short}`;
  return { name, flag: String.fromCharCode(header[156] ?? 0), size };
}

function typeOf(flag: string, size: number): TarMember['type'] {
  if (flag === '0' || flag === '\0') return 'file';
  // Whether a link or a directory with a size has a body is told differently by every tar.
  if (/^[1-6]$/.test(flag) && size !== 0) throw damaged('a member without a body has a size');
  return flag === '5' ? 'directory' : 'other';
}

function octal(header: Buffer, at: number, length: number): number | undefined {
  const text = /^ *([0-7]{1,11})[ \0]*$/.exec(header.toString('latin1', at, at + length));
  return text?.[1] === undefined ? undefined : Number.parseInt(text[1], 8);
}

function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}

/** The `path` of a pax header. Throws for records that would change what we take for the member. */
function paxPath(bytes: Buffer): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const digits = space < 0 || space - at > 6 ? '' : bytes.toString('latin1', at, space);
    const end = at + Number(digits);
    if (!/^[1-9]\d*$/.test(digits) || end > bytes.length || end <= space + 1 || bytes[end - 1] !== 0x0a) {
      throw damaged('a pax header is malformed');
    }
    const record = bytes.toString('latin1', space + 1, end - 1);
    const equals = record.indexOf('=');
    const key = record.slice(0, equals);
    if (equals < 1) throw damaged('a pax header is malformed');
    if (key === 'size' || key.startsWith('GNU.sparse')) throw damaged('a pax header redefines a size');
    if (key === 'path') path = record.slice(equals + 1);
    at = end;
  }
  return path;
}

function damaged(why: string): BundleError {
  return new BundleError(
    'damaged',
    `a cache entry is damaged: ${why}; what came before that was kept, the rest is fetched anew`,
    { why },
  );
}
