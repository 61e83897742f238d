import { Lexer, SyntaxStop, type TokenKind, type Tokens } from './lexer.ts';
import type { UnicodeVersion } from './printable.ts';
import { Source } from './source.ts';

/**
 * The syntax of go.mod and go.work without their meaning: statements and comments as indices into the tokens of the
 * file, which lose nothing. Follows `golang.org/x/mod/modfile/read.go`, its order of errors included.
 */

/** Stands in a list of comments for a blank line. */
export const BLANK_LINE = -1;

/** Comments that belong to something, as indices of tokens. Those above it may hold `BLANK_LINE`. */
export interface Comments {
  /** Those on lines of their own above it. */
  before: readonly number[];
  /** Those behind it. */
  suffix: number[];
}

/** Tokens that stand on one line. */
export interface Line extends Comments {
  readonly kind: 'line';
  /** Index of its first token, and of the one behind its last. */
  readonly from: number;
  readonly to: number;
}

/** `verb ( … )`. */
export interface Block extends Comments {
  readonly kind: 'block';
  /** The tokens in front of the parenthesis. */
  readonly from: number;
  readonly to: number;
  readonly lines: Line[];
  readonly open: Comments;
  readonly close: Comments;
}

/** Comments between blank lines, which belong to no statement. */
export interface CommentBlock extends Comments {
  readonly kind: 'comments';
}

export type Statement = Line | Block | CommentBlock;

export interface SyntaxTree {
  readonly source: Source;
  readonly tokens: Tokens;
  readonly statements: readonly Statement[];
  /** Comments behind a token that go gives to nothing else. */
  readonly before: readonly number[];
  /** Where go stopped reading; the statements are those in front of it. */
  readonly stop: SyntaxStop | undefined;
}

const NONE: readonly number[] = Object.freeze([]);
/** Shared by everything without comments; replaced, never written to. */
const NO_SUFFIX = NONE as number[];

/** Reads the syntax of a file. `file` is its name in go's messages. Never throws. */
export function parseSyntax(bytes: Uint8Array, file: string, unicode: UnicodeVersion): SyntaxTree {
  const source = new Source(bytes);
  const parser = new Parser(source, file, unicode);
  let stop: SyntaxStop | undefined;
  try {
    parser.parseFile();
  } catch (error) {
    if (!(error instanceof SyntaxStop)) throw error;
    stop = error;
  }
  const { tokens, statements, before } = parser;
  return { source, tokens, statements, before, stop };
}

class Parser {
  readonly statements: Statement[] = [];
  readonly before: number[] = [];
  readonly tokens: Tokens;
  readonly #lexer: Lexer;
  readonly #source: Source;
  readonly #file: string;
  /** Kind of the token that is next; the lexer is never further than that. */
  #peek: TokenKind = 'newline';
  /** What a comment behind a token belongs to when its own line cannot have it. */
  #last: Comments | undefined;

  constructor(source: Source, file: string, unicode: UnicodeVersion) {
    this.#source = source;
    this.#file = file;
    this.#lexer = new Lexer(source, unicode);
    this.tokens = this.#lexer.tokens;
  }

  /** Index of the token that is next. */
  get #index(): number {
    return this.tokens.length - 1;
  }

  /** Takes the next token and reads one more; the line end of a comment goes with the comment. */
  #advance(): void {
    const taken = this.#peek;
    if (taken === 'end') return;
    this.#peek = this.#lexer.next();
    if (taken === 'comment' && this.#peek === 'newline') this.#peek = this.#lexer.next();
  }

  get #atLineEnd(): boolean {
    return (
      this.#peek === 'newline' || this.#peek === 'end' || (this.#peek === 'comment' && this.#lexer.isSuffix)
    );
  }

  parseFile(): void {
    this.#peek = this.#lexer.next();
    let comments: number[] = [];
    const flush = () => {
      if (comments.length === 0) return;
      const block: CommentBlock = { kind: 'comments', before: comments, suffix: NO_SUFFIX };
      this.statements.push(block);
      this.#last = block;
      comments = [];
    };
    for (;;) {
      switch (this.#peek) {
        case 'newline':
          this.#advance();
          flush();
          break;
        case 'comment':
          comments.push(this.#index);
          this.#advance();
          break;
        case 'end':
          flush();
          return;
        default: {
          const before = comments.length > 0 ? comments : NONE;
          if (comments.length > 0) comments = [];
          this.#parseStatement(before);
        }
      }
    }
  }

  /**
   * Statements and lines are added before their line end is taken, because the look at what follows may be the end of
   * all reading.
   */
  #parseStatement(before: readonly number[]): void {
    const from = this.#index;
    this.#advance();
    while (!this.#atLineEnd) {
      const open = this.#index;
      const kind = this.#peek;
      this.#advance();
      if (kind !== '(') continue;
      if (this.#atLineEnd) {
        this.#parseBlock(from, open, before);
        return;
      }
      if (this.#peek !== ')') continue;
      const close = this.#index;
      this.#advance();
      if (this.#atLineEnd) {
        this.#emptyBlock(from, open, close, before);
        return;
      }
    }
    this.#endLine(from, before, this.statements);
  }

  /** Adds the line of the tokens up to here, and takes its end with the comment there. */
  #endLine(from: number, before: readonly number[], list: { push(line: Line): unknown }): void {
    const to = this.#index;
    const line: Line = { kind: 'line', from, to, before, suffix: NO_SUFFIX };
    list.push(line);
    // A line with a string over two lines is passed over when comments are given out.
    const oneLine = !this.#spansLines(from, to - 1);
    if (oneLine) this.#last = line;
    this.#takeLineEnd(oneLine ? line : this.#last);
  }

  #takeLineEnd(owner: Comments | undefined): void {
    if (this.#peek === 'comment') {
      if (owner === undefined) this.before.push(this.#index);
      else if (owner.suffix.length === 0) owner.suffix = [this.#index];
      else owner.suffix.push(this.#index);
    }
    this.#advance();
  }

  #spansLines(first: number, last: number): boolean {
    const { raw } = this.#source;
    for (let i = first; i <= last; i++) {
      const start = this.tokens.start(i);
      if (raw.charCodeAt(start) === 0x22 && raw.slice(start, this.tokens.end(i)).includes('\n')) return true;
    }
    return false;
  }

  #emptyBlock(from: number, open: number, close: number, before: readonly number[]): void {
    const block = newBlock(from, open, before);
    this.statements.push(block);
    this.#last = this.#spansLines(from, close) ? block.close : block;
    this.#takeLineEnd(this.#last);
  }

  #parseBlock(from: number, open: number, before: readonly number[]): void {
    const block = newBlock(from, open, before);
    this.statements.push(block);
    this.#last = block.open;
    let comments: number[] = [];
    if (this.#peek === 'comment') this.#takeLineEnd(block.open);
    for (;;) {
      switch (this.#peek) {
        case 'newline':
          this.#advance();
          if (comments.length === 0 ? block.lines.length > 0 : comments.at(-1) !== BLANK_LINE) {
            comments.push(BLANK_LINE);
          }
          break;
        case 'comment':
          comments.push(this.#index);
          this.#advance();
          break;
        case 'end':
          throw this.#unterminated(from);
        case ')':
          block.close.before = comments.length === 1 && comments[0] === BLANK_LINE ? NONE : comments;
          this.#advance();
          if (!this.#atLineEnd) {
            const at = this.tokens.end(this.#index);
            throw new SyntaxStop('syntax error (expected newline after closing paren)', at);
          }
          this.#last = block.close;
          this.#takeLineEnd(block.close);
          return;
        default: {
          const above = comments.length > 0 ? comments : NONE;
          if (comments.length > 0) comments = [];
          this.#parseLine(above, block.lines);
        }
      }
    }
  }

  #parseLine(before: readonly number[], list: Line[]): void {
    const from = this.#index;
    this.#advance();
    while (!this.#atLineEnd) this.#advance();
    this.#endLine(from, before, list);
  }

  #unterminated(from: number): SyntaxStop {
    const { line, column } = this.#source.position(this.tokens.start(from));
    const at = this.#source.raw.length;
    return new SyntaxStop(`syntax error (unterminated block started at ${this.#file}:${line}:${column})`, at);
  }
}

function newBlock(from: number, to: number, before: readonly number[]): Block {
  return {
    kind: 'block',
    from,
    to,
    lines: [],
    before,
    suffix: NO_SUFFIX,
    open: { before: NONE, suffix: NO_SUFFIX },
    close: { before: NONE, suffix: NO_SUFFIX },
  };
}
