import { decodeRune, quoteRune } from '../go-text.ts';
import { isPrint, type UnicodeVersion } from './printable.ts';
import type { Source } from './source.ts';

/** What a token is; the punctuation stands for itself. */
export type TokenKind =
  | 'word'
  | 'string'
  | 'comment'
  | 'newline'
  | 'end'
  | '('
  | ')'
  | '['
  | ']'
  | '{'
  | '}'
  | ',';

/** The tokens of a file in order: where each begins and ends. Between two of them is only blank space. */
export class Tokens {
  #offsets = new Int32Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  start(index: number): number {
    return this.#offsets[2 * index] ?? 0;
  }

  end(index: number): number {
    return this.#offsets[2 * index + 1] ?? 0;
  }

  push(start: number, end: number): void {
    const at = 2 * this.#length++;
    if (at + 1 >= this.#offsets.length) {
      const more = new Int32Array(2 * this.#offsets.length);
      more.set(this.#offsets);
      this.#offsets = more;
    }
    this.#offsets[at] = start;
    this.#offsets[at + 1] = end;
  }
}

/** Where go stops reading, and its words. Internal: parsing catches it. */
export class SyntaxStop extends Error {
  readonly start: number;
  readonly end: number;
  constructor(message: string, start: number, end = start) {
    super(message);
    this.start = start;
    this.end = end;
  }
}

const BLANK = 1;
const NEWLINE = 2;
const PUNCTUATION = 3;
const QUOTE = 4;
const SLASH = 5;
const IDENT = 6;

/** What an ASCII character begins; 0 for what may begin nothing. */
const CLASS = new Uint8Array(128).fill(IDENT, 0x21, 0x7f);
for (const ch of ' \t\r') CLASS[ch.charCodeAt(0)] = BLANK;
for (const ch of '()[]{},') CLASS[ch.charCodeAt(0)] = PUNCTUATION;
for (const ch of '"`') CLASS[ch.charCodeAt(0)] = QUOTE;
CLASS[0x0a] = NEWLINE;
CLASS[0x2f] = SLASH;

const LF = 0x0a;
const CR = 0x0d;
const SLASH_CHAR = 0x2f;
const STAR = 0x2a;
const BACKSLASH = 0x5c;
const BACKQUOTE = 0x60;

/**
 * Reads one token after the other, as go's own lexer does: one ahead of the parser, so that of two errors the one
 * that go meets first is told.
 */
export class Lexer {
  readonly tokens = new Tokens();
  readonly #source: Source;
  readonly #raw: string;
  readonly #unicode: UnicodeVersion;
  #at = 0;
  #lineHasToken = false;
  /** True for the last comment read when something stands before it on its line. */
  isSuffix = false;

  constructor(source: Source, unicode: UnicodeVersion) {
    this.#source = source;
    this.#raw = source.raw;
    this.#unicode = unicode;
  }

  /**
   * Appends the next token, an empty one at the end of the file, and tells its kind. A comment ends before its line
   * end, which is the next token but belongs to the comment. Throws `SyntaxStop`.
   */
  next(): TokenKind {
    const raw = this.#raw;
    let at = this.#at;
    let code = raw.charCodeAt(at);
    while (CLASS[code] === BLANK) code = raw.charCodeAt(++at);
    if (Number.isNaN(code)) return this.#take('end', at, at);
    switch (CLASS[code]) {
      case NEWLINE:
        this.#lineHasToken = false;
        return this.#take('newline', at, at + 1);
      case PUNCTUATION:
        this.#lineHasToken = true;
        return this.#take(raw.charAt(at) as TokenKind, at, at + 1);
      case QUOTE:
        this.#lineHasToken = true;
        return this.#take('string', at, this.#endOfString(at, code));
      case SLASH:
        if (raw.charCodeAt(at + 1) === SLASH_CHAR) {
          this.isSuffix = this.#lineHasToken;
          return this.#take('comment', at, endOfComment(raw, at));
        }
    }
    const end = this.#endOfWord(at);
    if (end === at) this.#refuse(at);
    this.#lineHasToken = true;
    return this.#take('word', at, end);
  }

  #take(kind: TokenKind, start: number, end: number): TokenKind {
    this.tokens.push(start, end);
    this.#at = end;
    return kind;
  }

  #endOfString(start: number, quote: number): number {
    const raw = this.#raw;
    for (let at = start + 1; ; at++) {
      const code = raw.charCodeAt(at);
      if (code === quote) return at + 1;
      if (code === LF) throw new SyntaxStop('unexpected newline in string', at);
      // What follows a backslash is taken whatever it is, a line end too.
      if (code === BACKSLASH && quote !== BACKQUOTE) at += 1;
      if (at >= raw.length) throw new SyntaxStop('unexpected EOF in string', start, raw.length);
    }
  }

  #endOfWord(start: number): number {
    const raw = this.#raw;
    for (let at = start; ; ) {
      const code = raw.charCodeAt(at);
      const kind = CLASS[code];
      if (kind === IDENT || kind === QUOTE) {
        at += 1;
      } else if (kind === SLASH) {
        const next = raw.charCodeAt(at + 1);
        if (next === SLASH_CHAR) return at;
        if (next === STAR) {
          throw new SyntaxStop('mod files must use // comments (not /* */ comments)', at, at + 2);
        }
        at += 1;
      } else {
        if (!(code >= 0x80)) return at;
        const { rune, size } = decodeRune(raw, at);
        // An invalid byte reads as U+FFFD, which is printable.
        if (rune >= 0 && (rune === 0x20 || !isPrint(rune, this.#unicode))) return at;
        at += size;
      }
    }
  }

  #refuse(at: number): never {
    const { size } = decodeRune(this.#raw, at);
    const shown = quoteRune(this.#source.text(at, at + size), rune => isPrint(rune, this.#unicode));
    throw new SyntaxStop(`unexpected input character ${shown}`, at, at + size);
  }
}

function endOfComment(raw: string, start: number): number {
  const newline = raw.indexOf('\n', start);
  if (newline < 0) return raw.length;
  return raw.charCodeAt(newline - 1) === CR ? newline - 1 : newline;
}
