/** Stands in a decoded text for what is only known when the job runs. */
export const HOLE = '\0';

/** An expansion: `$NAME`, `${{ … }}`, `$(…)`. */
export interface Hole {
  /** The variable that is read, where it is a plain one. */
  readonly name: string | undefined;
  /** What follows it in the text holds when the variable is not set (`${NAME:-text}`). */
  readonly optional: boolean;
  /** Its length in the file. */
  readonly length: number;
}

const NO_HOLES: ReadonlyMap<number, Hole> = new Map();

/**
 * Decoded text of a file (quotes, escapes and continuations resolved), which knows of each of its characters
 * where it stands. Indices and offsets count UTF-16 units; an expansion is one HOLE.
 */
export class Text {
  readonly text: string;
  readonly holes: ReadonlyMap<number, Hole>;
  /** Index of the first character of each piece that was taken over whole, and its offset in the file. */
  readonly #starts: readonly number[];
  readonly #offsets: readonly number[];

  constructor(text: string, starts: readonly number[], offsets: readonly number[], holes = NO_HOLES) {
    this.text = text;
    this.#starts = starts;
    this.#offsets = offsets;
    this.holes = holes;
  }

  get length(): number {
    return this.text.length;
  }

  /** The piece that holds the character at `index`. */
  #piece(index: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Offset in the file of the character at `index`, which may be the length. */
  at(index: number): number {
    const piece = this.#piece(index);
    return (this.#offsets[piece] ?? 0) + index - (this.#starts[piece] ?? 0);
  }

  /** Offset in the file just after the last character before `index`. */
  endAt(index: number): number {
    if (index === 0) return this.at(0);
    return this.at(index - 1) + (this.holes.get(index - 1)?.length ?? 1);
  }

  slice(from: number, to = this.length): Text {
    const builder = new TextBuilder();
    builder.copy(this, from, to);
    return builder.build(this.at(from));
  }

  /** The characters without the holes that `drop` says. */
  without(drop: (hole: Hole) => boolean): string {
    if (this.holes.size === 0) return this.text;
    let out = '';
    let from = 0;
    for (const [index, hole] of this.holes) {
      if (!drop(hole)) continue;
      out += this.text.slice(from, index);
      from = index + 1;
    }
    return out + this.text.slice(from);
  }

  /** Calls back for each run of characters that stand in the file as they are. */
  eachPiece(from: number, to: number, visit: (from: number, to: number, offset: number) => void): void {
    let piece = this.#piece(from);
    for (let at = from; at < to; piece++) {
      const end = Math.min(to, this.#starts[piece + 1] ?? this.length);
      visit(at, end, (this.#offsets[piece] ?? 0) + at - (this.#starts[piece] ?? 0));
      at = end;
    }
  }
}

/** The whole text of a file. Its NULs become U+FFFD, so that a HOLE is never one of them. */
export function wholeText(text: string): Text {
  return new Text(text.replaceAll(HOLE, '\ufffd'), [0], [0]);
}

export class TextBuilder {
  readonly #parts: string[] = [];
  readonly #starts: number[] = [];
  readonly #offsets: number[] = [];
  readonly #holes = new Map<number, Hole>();
  #length = 0;
  /** Offset of what would go on with the last piece. */
  #next = -1;

  get length(): number {
    return this.#length;
  }

  #push(part: string, offset: number): void {
    if (part === '') return;
    if (offset !== this.#next) {
      this.#starts.push(this.#length);
      this.#offsets.push(offset);
    }
    this.#parts.push(part);
    this.#length += part.length;
    this.#next = offset + part.length;
  }

  copy(from: Text, start: number, end: number): void {
    from.eachPiece(start, end, (a, b, offset) => {
      if (from.holes.size > 0) {
        for (let i = from.text.indexOf(HOLE, a); i !== -1 && i < b; i = from.text.indexOf(HOLE, i + 1)) {
          const hole = from.holes.get(i);
          if (hole) this.#holes.set(this.#length + i - a, hole);
        }
      }
      this.#push(from.text.slice(a, b), offset);
    });
  }

  /** One or more characters that stand at `offset` in another form. */
  put(text: string, offset: number): void {
    this.#push(text, offset);
  }

  hole(hole: Hole, offset: number): void {
    this.#holes.set(this.#length, hole);
    this.#push(HOLE, offset);
    this.#next = -1;
  }

  /** `emptyAt` is where an empty text would stand. */
  build(emptyAt: number): Text {
    if (this.#length === 0) return new Text('', [0], [emptyAt]);
    return new Text(this.#parts.join(''), this.#starts, this.#offsets, this.#holes);
  }
}
