import { isAscii } from 'node:buffer';
import { decodeGoText, decodeRune } from '../go-text.ts';
import type { Located, Position, Span } from './types.ts';

/**
 * A file and the way from byte offsets to lines and columns. Offsets are all that the parser keeps; a position is
 * worked out when somebody asks for it, because few are ever looked at.
 */
export class Source {
  /** One character a byte, so that an index is a byte offset. */
  readonly raw: string;
  readonly ascii: boolean;
  #lineStarts: Int32Array | undefined;
  /** The last position given: the next one is mostly behind it on the same line, which may be very long. */
  #last: Position = { line: 1, column: 1, utf16: 1, byte: 0 };

  constructor(bytes: Uint8Array) {
    this.raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    this.ascii = isAscii(bytes);
  }

  /** The text between two offsets, as `decodeGoText` has it. */
  text(start: number, end: number): string {
    const piece = this.raw.slice(start, end);
    if (this.ascii || !/[\x80-\xff]/.test(piece)) return piece;
    return decodeGoText(Buffer.from(piece, 'latin1'));
  }

  /** Where a byte is. */
  position(byte: number): Position {
    this.#lineStarts ??= lineStarts(this.raw);
    const starts = this.#lineStarts;
    const line = lineOf(starts, byte);
    const lineStart = starts[line] ?? 0;
    if (this.ascii) {
      const column = byte - lineStart + 1;
      return { line: line + 1, column, utf16: column, byte };
    }
    const known = this.#last.line === line + 1 && this.#last.byte <= byte;
    let { byte: at, column, utf16 } = known ? this.#last : { byte: lineStart, column: 1, utf16: 1 };
    while (at < byte) {
      const { rune, size } = decodeRune(this.raw, at);
      at += size;
      column += 1;
      utf16 += rune > 0xffff ? 2 : 1;
    }
    this.#last = { line: line + 1, column, utf16, byte };
    return this.#last;
  }

  span(start: number, end: number): Span {
    return new OffsetSpan(this, start, end);
  }

  located(value: string, start: number, end: number): Located {
    return { value, span: new OffsetSpan(this, start, end) };
  }
}

class OffsetSpan implements Span {
  readonly #source: Source;
  readonly #start: number;
  readonly #end: number;

  constructor(source: Source, start: number, end: number) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
  }

  get start(): Position {
    return this.#source.position(this.#start);
  }

  get end(): Position {
    return this.#source.position(this.#end);
  }

  toJSON(): Span {
    return { start: this.start, end: this.end };
  }
}

function lineStarts(raw: string): Int32Array {
  const starts = [0];
  for (let at = raw.indexOf('\n'); at >= 0; at = raw.indexOf('\n', at + 1)) starts.push(at + 1);
  return Int32Array.from(starts);
}

/** Index of the last line that starts at or before the byte. */
function lineOf(starts: Int32Array, byte: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= byte) low = middle;
    else high = middle - 1;
  }
  return low;
}
