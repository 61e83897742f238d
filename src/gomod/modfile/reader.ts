import { quote } from '../go-text.ts';
import { checkPathMajor, isDirectoryPath, splitPathVersion } from '../module-path.ts';
import { canonicalModuleVersion } from '../version.ts';
import { CommentReader } from './comments.ts';
import { isPrint, type UnicodeVersion } from './printable.ts';
import type { Block, Line, SyntaxTree } from './syntax.ts';
import type {
  Directive,
  GodebugDirective,
  GoModProblem,
  Located,
  RejectedLine,
  ReplaceDirective,
  ValueDirective,
} from './types.ts';
import { parseWord, Refused } from './words.ts';

/** A statement of one line, in or out of a block: its verb and where its arguments are. */
export interface Statement {
  readonly verb: string;
  readonly line: Line;
  readonly block: Block | undefined;
  /** Index of the token of the first argument, and of the one behind the last. */
  readonly from: number;
  readonly to: number;
}

export interface ReaderOptions {
  readonly unicode: UnicodeVersion;
  /** The name that go would print. */
  readonly file: string;
  /** Whether a directory may be written with backslashes, as go takes it on Windows only. */
  readonly windows: boolean;
}

/** More of a refused line is not kept: no statement has as many words. */
const MOST_WORDS = 32;

const GO_VERSION = /^([1-9][0-9]*)\.(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?([a-z]+[0-9]+)?$/;
/** In dependencies `v1.14` and `1.20-pre` count as the version in them. */
const LAX_GO_VERSION = /^v?([1-9][0-9]*\.(?:0|[1-9][0-9]*))[^0-9].*$/;
const TOOLCHAIN = /^default$|^go1($|\.)/;

/**
 * What go.mod and go.work have in common: the meaning of the statements that both know, and the words in which go
 * refuses one. Every method that may refuse gives undefined after it has noted why.
 */
export class StatementReader {
  readonly tree: SyntaxTree;
  readonly comments: CommentReader;
  readonly problems: GoModProblem[] = [];
  readonly rejected: RejectedLine[] = [];
  readonly #options: ReaderOptions;

  constructor(tree: SyntaxTree, options: ReaderOptions) {
    this.tree = tree;
    this.comments = new CommentReader(tree);
    this.#options = options;
    if (tree.stop !== undefined) {
      const { message, start, end } = tree.stop;
      this.#problem(message, start, end);
    }
  }

  /**
   * Gives every statement of a verb that may stand alone or, when it is among `blockVerbs`, in a block. Other blocks
   * are refused; in lax mode they are passed over.
   */
  eachStatement(blockVerbs: ReadonlySet<string>, lax: boolean, read: (statement: Statement) => void): void {
    for (const x of this.tree.statements) {
      if (x.kind === 'comments') continue;
      const verb = this.text(x.from);
      if (x.kind === 'line') {
        read({ verb, line: x, block: undefined, from: x.from + 1, to: x.to });
      } else if (x.to - x.from === 1 && blockVerbs.has(verb)) {
        for (const line of x.lines) read({ verb, line, block: x, from: line.from, to: line.to });
      } else if (!lax) {
        this.#refuseBlock(x, verb);
      }
    }
  }

  go(statement: Statement, lax: boolean): ValueDirective | undefined {
    const value = this.#only(statement, 'go directive expects exactly one argument');
    if (value === undefined) return undefined;
    const version = GO_VERSION.test(value) ? value : lax ? LAX_GO_VERSION.exec(value)?.[1] : undefined;
    if (version === undefined) {
      return this.refuse(statement, `invalid go version '${value}': must match format 1.23.0`);
    }
    return this.valueDirective(statement, version);
  }

  toolchain(statement: Statement): ValueDirective | undefined {
    const value = this.#only(statement, 'toolchain directive expects exactly one argument');
    if (value === undefined) return undefined;
    if (!TOOLCHAIN.test(value)) {
      const why = `invalid toolchain version '${value}': must match format go1.23.0 or default`;
      return this.refuse(statement, why);
    }
    return this.valueDirective(statement, value);
  }

  godebug(statement: Statement): GodebugDirective | undefined {
    const usage = 'usage: godebug key=value';
    const argument = this.#only(statement, usage);
    if (argument === undefined) return undefined;
    const equals = argument.indexOf('=');
    if (equals < 0 || /["`',]/.test(argument)) return this.refuse(statement, usage);
    const { span } = this.located(statement.from, argument);
    const parts = { key: argument.slice(0, equals), value: argument.slice(equals + 1) };
    return { ...parts, argument: span, ...this.directive(statement) };
  }

  /** `tool`, `ignore`, `use`. */
  oneValue(statement: Statement, usage: string): ValueDirective | undefined {
    if (this.#only(statement, usage) === undefined) return undefined;
    const value = this.string(statement, statement.from);
    return value === undefined ? undefined : this.valueDirective(statement, value);
  }

  replace(statement: Statement): ReplaceDirective | undefined {
    const { from, to, verb } = statement;
    const count = to - from;
    const arrow = from + (count >= 2 && this.text(from + 1) === '=>' ? 1 : 2);
    if (to < arrow + 2 || to > arrow + 3 || this.text(arrow) !== '=>') {
      const form = `${verb} module/path [v1.2.3] =>`;
      return this.refuse(statement, `usage: ${form} other/module v1.4\n\t or ${form} ../local/directory`);
    }
    const oldPath = this.string(statement, from);
    if (oldPath === undefined) return undefined;
    const { pathMajor, ok } = splitPathVersion(oldPath);
    if (!ok) return this.refuse(statement, `${named(verb, oldPath)}invalid module path`);
    let oldVersion: string | undefined;
    if (arrow === from + 2) {
      oldVersion = this.version(statement, oldPath, from + 1);
      if (oldVersion === undefined) return undefined;
      const wrong = checkPathMajor(oldVersion, pathMajor);
      if (wrong !== undefined) return this.refuse(statement, named(verb, oldPath) + wrong);
    }
    const newPath = this.string(statement, arrow + 1);
    if (newPath === undefined) return undefined;
    let newVersion: string | undefined;
    if (to === arrow + 2) {
      const wrong = this.#checkDirectory(newPath);
      if (wrong !== undefined) return this.refuse(statement, wrong);
    } else {
      newVersion = this.version(statement, newPath, arrow + 2);
      if (newVersion === undefined) return undefined;
      if (isDirectoryPath(newPath)) {
        const path = this.quote(newPath);
        return this.refuse(statement, `replacement module directory path ${path} cannot have version`);
      }
    }
    return {
      oldPath: this.located(from, oldPath),
      oldVersion: oldVersion === undefined ? undefined : this.located(from + 1, oldVersion),
      newPath: this.located(arrow + 1, newPath),
      newVersion: newVersion === undefined ? undefined : this.located(arrow + 2, newVersion),
      ...this.directive(statement),
    };
  }

  #checkDirectory(path: string): string | undefined {
    if (!isDirectoryPath(path)) {
      return path.includes('@')
        ? "replacement module must match format 'path version', not 'path@version'"
        : 'replacement module without version must be directory path (rooted or starting with . or ..)';
    }
    if (!this.#options.windows && path.includes('\\')) {
      return 'replacement directory appears to be Windows path (on a non-windows system)';
    }
    return undefined;
  }

  /** The only argument as it is written. */
  #only(statement: Statement, usage: string): string | undefined {
    const { from, to } = statement;
    return to - from === 1 ? this.text(from) : this.refuse(statement, usage);
  }

  /** An argument as a value: unquoted. */
  string(statement: Statement, index: number): string | undefined {
    const word = this.word(index);
    if (typeof word === 'string') return word;
    return this.refuse(statement, `invalid quoted string: ${word.why}`);
  }

  /** An argument as a canonical version. */
  version(statement: Statement, path: string, index: number): string | undefined {
    const text = this.unfixedVersion(statement, path, index);
    if (text === undefined) return undefined;
    const version = canonicalModuleVersion(text);
    if (version !== '') return version;
    return this.#refuseVersion(statement, path, text, 'must be of the form v1.2.3');
  }

  /** An argument as a version that may be none. */
  unfixedVersion(statement: Statement, path: string, index: number): string | undefined {
    const word = this.word(index);
    if (typeof word === 'string') return word;
    return this.#refuseVersion(statement, path, this.text(index), word.why);
  }

  #refuseVersion(statement: Statement, path: string, version: string, why: string): undefined {
    const message = `${named(statement.verb, path)}version ${this.quote(version)} invalid: ${why}`;
    return this.refuse(statement, message);
  }

  word(index: number): string | Refused {
    const { source, tokens } = this.tree;
    const raw = source.raw.slice(tokens.start(index), tokens.end(index));
    return parseWord(raw, source.ascii ? raw : this.text(index));
  }

  /** A token as it is written. */
  text(index: number): string {
    const { source, tokens } = this.tree;
    return source.text(tokens.start(index), tokens.end(index));
  }

  /** As `%q` of the release whose Unicode is asked for. */
  quote(text: string): string {
    return quote(text, rune => isPrint(rune, this.#options.unicode));
  }

  located(index: number, value: string): Located {
    const { source, tokens } = this.tree;
    return source.located(value, tokens.start(index), tokens.end(index));
  }

  valueDirective(statement: Statement, value: string): ValueDirective {
    return { value: this.located(statement.from, value), ...this.directive(statement) };
  }

  directive({ line, block }: Statement): Directive {
    const { source, tokens } = this.tree;
    const span = source.span(tokens.start(line.from), tokens.end(line.to - 1));
    return { span, comments: this.comments.of(line, block) };
  }

  /** Notes that go refuses a statement, and keeps its words. */
  refuse(statement: Statement, message: string): undefined {
    const { line, verb, from, to } = statement;
    this.#problemOfTokens(message, line.from, line.to);
    this.#reject(verb, line.from, line.to, from, to);
    return undefined;
  }

  #refuseBlock(block: Block, verb: string): void {
    const { from, to, lines } = block;
    const words = Array.from({ length: to - from }, (_, i) => this.text(from + i));
    this.#problemOfTokens(`unknown block type: ${words.join(' ')}`, from, to);
    if (to - from > 1 || lines.length === 0) this.#reject(verb, from, to, from + 1, to);
    for (const line of lines) this.#reject(verb, line.from, line.to, line.from, line.to);
  }

  #reject(verb: string, lineFrom: number, lineTo: number, from: number, to: number): void {
    const { source, tokens } = this.tree;
    const words: Located[] = [];
    for (let i = from; i < to && words.length < MOST_WORDS; i++) {
      const word = this.word(i);
      words.push(this.located(i, word instanceof Refused ? this.text(i) : word));
    }
    const span = source.span(tokens.start(lineFrom), tokens.end(lineTo - 1));
    this.rejected.push({ verb, words, span });
  }

  #problemOfTokens(message: string, from: number, to: number): void {
    const { tokens } = this.tree;
    this.#problem(message, tokens.start(from), tokens.end(to - 1));
  }

  #problem(message: string, start: number, end: number): void {
    // After a syntax error go looks no further, so what the statements in front of it lack is not told.
    if (this.tree.stop !== undefined && this.problems.length > 0) return;
    const { source } = this.tree;
    const hasColumn = source.position(start).column > 1;
    this.problems.push({ message, span: source.span(start, end), hasColumn });
  }
}

/** How go begins a message about a module. */
export function named(verb: string, path: string): string {
  return path === '' ? `${verb}: ` : `${verb} ${path}: `;
}
