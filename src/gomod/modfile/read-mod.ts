import { checkPathMajor, splitPathVersion } from '../module-path.ts';
import type { UnicodeVersion } from './printable.ts';
import { named, type Statement, StatementReader } from './reader.ts';
import { parseSyntax, type SyntaxTree } from './syntax.ts';
import type {
  ExcludeDirective,
  GodebugDirective,
  GoMod,
  GoModProblem,
  ModuleDirective,
  ReplaceDirective,
  RequireDirective,
  RetractDirective,
  ValueDirective,
} from './types.ts';

export interface ReadOptions {
  /** As go reads the go.mod of a dependency: unknown statements and those of main modules only are passed over. */
  readonly lax?: boolean;
  /** 15 as Go 1.26, which is the default; 17 as Go 1.27. */
  readonly unicode?: UnicodeVersion;
  /** Name of the file in go's messages; `go.mod` or `go.work` when it is not given. */
  readonly file?: string;
  /** True for what go says on Windows, where the directory of a replace may hold backslashes. */
  readonly windows?: boolean;
}

const BLOCK_VERBS: ReadonlySet<string> = new Set([
  'module',
  'godebug',
  'require',
  'exclude',
  'replace',
  'retract',
  'tool',
  'ignore',
]);
const LAX_VERBS: ReadonlySet<string> = new Set(['go', 'module', 'retract', 'require', 'ignore']);

/**
 * Reads a go.mod. Never throws: what go refuses is in `problems`, in the order in which go tells it, and its lines are
 * in `mod.rejected`. At a lexical or syntax error go stops, so `problems` has that one alone and `mod` what stands in
 * front of it.
 */
export function readGoMod(
  bytes: Uint8Array,
  { lax = false, unicode = 15, file = 'go.mod', windows = false }: ReadOptions = {},
): { mod: GoMod; problems: readonly GoModProblem[]; syntax: SyntaxTree } {
  const syntax = parseSyntax(bytes, file, unicode);
  const reader = new GoModReader(new StatementReader(syntax, { unicode, file, windows }), lax);
  return { mod: reader.read(), problems: reader.problems, syntax };
}

class GoModReader {
  readonly #reader: StatementReader;
  readonly #lax: boolean;
  #module: ModuleDirective | undefined;
  /** A module statement counts though it is refused: a second one is a repetition. */
  #moduleSeen = false;
  #go: ValueDirective | undefined;
  #toolchain: ValueDirective | undefined;
  readonly #godebug: GodebugDirective[] = [];
  readonly #require: RequireDirective[] = [];
  readonly #exclude: ExcludeDirective[] = [];
  readonly #replace: ReplaceDirective[] = [];
  readonly #retract: RetractDirective[] = [];
  readonly #tool: ValueDirective[] = [];
  readonly #ignore: ValueDirective[] = [];

  constructor(reader: StatementReader, lax: boolean) {
    this.#reader = reader;
    this.#lax = lax;
  }

  get problems(): readonly GoModProblem[] {
    return this.#reader.problems;
  }

  read(): GoMod {
    this.#reader.eachStatement(BLOCK_VERBS, this.#lax, statement => this.#add(statement));
    return {
      module: this.#module,
      go: this.#go,
      toolchain: this.#toolchain,
      godebug: this.#godebug,
      require: this.#require,
      exclude: this.#exclude,
      replace: this.#replace,
      retract: this.#retract,
      tool: this.#tool,
      ignore: this.#ignore,
      rejected: this.#reader.rejected,
    };
  }

  #add(statement: Statement): void {
    const reader = this.#reader;
    const { verb } = statement;
    if (this.#lax && !LAX_VERBS.has(verb)) return;
    switch (verb) {
      case 'require':
        push(this.#require, this.#requirement(statement));
        break;
      case 'exclude':
        push(this.#exclude, this.#exclusion(statement));
        break;
      case 'replace':
        push(this.#replace, reader.replace(statement));
        break;
      case 'retract':
        push(this.#retract, this.#retraction(statement));
        break;
      case 'godebug':
        push(this.#godebug, reader.godebug(statement));
        break;
      case 'tool':
        push(this.#tool, reader.oneValue(statement, 'tool directive expects exactly one argument'));
        break;
      case 'ignore':
        push(this.#ignore, reader.oneValue(statement, 'ignore directive expects exactly one argument'));
        break;
      case 'module':
        if (this.#moduleSeen) reader.refuse(statement, 'repeated module statement');
        else this.#module = this.#moduleDirective(statement);
        this.#moduleSeen = true;
        break;
      case 'go':
        if (this.#go !== undefined) reader.refuse(statement, 'repeated go statement');
        else this.#go = reader.go(statement, this.#lax);
        break;
      case 'toolchain':
        if (this.#toolchain !== undefined) reader.refuse(statement, 'repeated toolchain statement');
        else this.#toolchain = reader.toolchain(statement);
        break;
      default:
        reader.refuse(statement, `unknown directive: ${verb}`);
    }
  }

  #moduleDirective(statement: Statement): ModuleDirective | undefined {
    const reader = this.#reader;
    const { line, block, from, to } = statement;
    if (to - from !== 1) return reader.refuse(statement, 'usage: module module/path');
    const path = reader.string(statement, from);
    if (path === undefined) return undefined;
    const deprecated = reader.comments.deprecation(line, block);
    return { path: reader.located(from, path), deprecated, ...reader.directive(statement) };
  }

  /** Path and version of a require or exclude. */
  #pathAndVersion(statement: Statement): { path: string; version: string } | undefined {
    const reader = this.#reader;
    const { verb, from, to } = statement;
    if (to - from !== 2) return reader.refuse(statement, `usage: ${verb} module/path v1.2.3`);
    const path = reader.string(statement, from);
    if (path === undefined) return undefined;
    const version = reader.version(statement, path, from + 1);
    if (version === undefined) return undefined;
    const { pathMajor, ok } = splitPathVersion(path);
    if (!ok) return reader.refuse(statement, 'invalid module path');
    const wrong = checkPathMajor(version, pathMajor);
    if (wrong !== undefined) return reader.refuse(statement, named(verb, path) + wrong);
    return { path, version };
  }

  #requirement(statement: Statement): RequireDirective | undefined {
    const found = this.#pathAndVersion(statement);
    if (found === undefined) return undefined;
    const reader = this.#reader;
    const { span, comments } = reader.directive(statement);
    return {
      path: reader.located(statement.from, found.path),
      version: reader.located(statement.from + 1, found.version),
      indirect: reader.comments.isIndirect(statement.line),
      span,
      comments,
    };
  }

  #exclusion(statement: Statement): ExcludeDirective | undefined {
    const found = this.#pathAndVersion(statement);
    if (found === undefined) return undefined;
    const reader = this.#reader;
    return {
      path: reader.located(statement.from, found.path),
      version: reader.located(statement.from + 1, found.version),
      ...reader.directive(statement),
    };
  }

  #retraction(statement: Statement): RetractDirective | undefined {
    const reader = this.#reader;
    const interval = this.#interval(statement);
    if (interval === undefined) return undefined;
    const { low, high, next } = interval;
    if (next < statement.to && !this.#lax) {
      const extra = reader.quote(reader.text(next));
      return reader.refuse(statement, `unexpected token after version: ${extra}`);
    }
    const rationale = reader.comments.rationale(statement.line, statement.block);
    return { low, high, rationale, ...reader.directive(statement) };
  }

  #interval(statement: Statement): Interval | undefined {
    const reader = this.#reader;
    const { from, to } = statement;
    // Go keeps silent about other forms in dependencies, so that there may be more of them one day.
    const refuse = (why: string) => (this.#lax ? undefined : reader.refuse(statement, why));
    const text = (index: number) => (index < to ? reader.text(index) : undefined);
    const version = (index: number) => {
      if (this.#lax && typeof reader.word(index) !== 'string') return undefined;
      const value = reader.unfixedVersion(statement, '', index);
      return value === undefined ? undefined : reader.located(index, value);
    };
    if (from === to || text(from) === '(') return refuse("expected '[' or version");
    if (text(from) !== '[') {
      const only = version(from);
      return only && { low: only, high: only, next: from + 1 };
    }
    if (from + 1 >= to) return refuse("expected version after '['");
    const low = version(from + 1);
    if (low === undefined) return undefined;
    if (text(from + 2) !== ',') return refuse("expected ',' after version");
    if (from + 3 >= to) return refuse("expected version after ','");
    const high = version(from + 3);
    if (high === undefined) return undefined;
    if (text(from + 4) !== ']') return refuse("expected ']' after version");
    return { low, high, next: from + 5 };
  }
}

interface Interval {
  readonly low: RetractDirective['low'];
  readonly high: RetractDirective['high'];
  /** Index of the token behind it. */
  readonly next: number;
}

function push<T>(list: T[], item: T | undefined): void {
  if (item !== undefined) list.push(item);
}
