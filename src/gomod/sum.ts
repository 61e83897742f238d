import { fields } from './go-text.ts';
import { checkPath } from './module-path.ts';
import { isValid } from './version.ts';

/** Reading go.sum and go.work.sum, which have one format. */

/** Which file of a version a hash is of. */
export type SumFile = 'zip' | 'mod';

/** One line of a go.sum. `line` counts from 1. */
export interface SumEntry {
  readonly module: string;
  /** Without the `/go.mod` that marks hashes of go.mod files. */
  readonly version: string;
  readonly file: SumFile;
  /** The hash with its algorithm, `h1:` and base64; another algorithm only in `ParsedSum.unknown`. */
  readonly h1: string;
  readonly line: number;
}

/** A line that could not be used. `line` counts from 1; 0 is the file as a whole. */
export interface SumProblem {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

export interface ParsedSum {
  readonly entries: readonly SumEntry[];
  readonly problems: readonly SumProblem[];
  /** Hashes of algorithms that go does not know either: it treats them as missing. */
  readonly unknown: readonly SumEntry[];
}

/** Bounds on what is read, in bytes, lines, bytes a line, and problems told apart. */
export interface SumLimits {
  readonly maxBytes: number;
  readonly maxLines: number;
  readonly maxLineBytes: number;
  readonly maxProblems: number;
}

export const SUM_LIMITS: SumLimits = {
  maxBytes: 16 << 20,
  maxLines: 200_000,
  maxLineBytes: 8 << 10,
  maxProblems: 100,
};

/** The h1 of an empty go.mod, which an old bug of go wrote for things that are no modules. Go drops it. */
const EMPTY_GO_MOD = 'h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=';

const H1 = /^h1:[A-Za-z0-9+/]{43}=$/;

/** Whether text is an `h1:` hash in the form that go writes. */
export function isH1(text: string): boolean {
  return H1.test(text);
}

function readLine(text: string, line: number): SumEntry | string | undefined {
  const parts = fields(text);
  const [module, versioned, h1] = parts;
  if (module === undefined) return undefined;
  if (versioned === undefined || h1 === undefined || parts.length !== 3) {
    return `wrong number of fields ${parts.length}, not 3 (module, version, hash)`;
  }
  if (h1 === EMPTY_GO_MOD) return undefined;
  const isMod = versioned.endsWith('/go.mod');
  const version = isMod ? versioned.slice(0, -'/go.mod'.length) : versioned;
  const why = checkPath(module);
  if (why !== undefined) return why;
  if (!isValid(version)) return 'the second field is not a semantic version';
  if (h1.startsWith('h1:') && !isH1(h1)) return 'the hash is not h1: and 44 characters of base64';
  return { module, version, file: isMod ? 'mod' : 'zip', h1, line };
}

/**
 * Parses a go.sum or go.work.sum. Lines that go would stop at become problems and the rest is still read;
 * what exceeds the limits is cut off and is a problem, too. Never throws, linear in the size of the file.
 *
 * @param file how the file is named in problems
 */
export function parseGoSum(bytes: Uint8Array, file: string, limits: Partial<SumLimits> = {}): ParsedSum {
  const { maxBytes, maxLines, maxLineBytes, maxProblems } = { ...SUM_LIMITS, ...limits };
  const entries: SumEntry[] = [];
  const unknown: SumEntry[] = [];
  const problems: SumProblem[] = [];
  let dropped = 0;
  const complain = (line: number, reason: string) => {
    if (problems.length < maxProblems) problems.push({ file, line, reason });
    else dropped++;
  };

  const data = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, maxBytes));
  let line = 0;
  for (let at = 0; at < data.length; ) {
    if (++line > maxLines) {
      complain(line, `more than ${maxLines} lines: the rest was not read`);
      break;
    }
    const newline = data.indexOf(10, at);
    const end = newline < 0 ? data.length : newline;
    if (newline < 0 && data.length < bytes.byteLength) break;
    const length = end - at;
    const read =
      length > maxLineBytes
        ? `longer than ${maxLineBytes} bytes`
        : readLine(data.toString('utf8', at, end), line);
    if (typeof read === 'string') complain(line, read);
    else if (read !== undefined) (read.h1.startsWith('h1:') ? entries : unknown).push(read);
    at = end + 1;
  }
  if (data.length < bytes.byteLength) {
    problems.push({ file, line: 0, reason: `larger than ${maxBytes} bytes: the rest was not read` });
  }
  if (dropped > 0) problems.push({ file, line: 0, reason: `${dropped} more lines could not be used` });
  return { entries, problems, unknown };
}

/** The hashes of any number of sum files, by module, version and file. */
export class SumTable {
  readonly #hashes = new Map<string, readonly string[]>();
  readonly #modules = new Set<string>();

  /** Takes in entries; a hash that is there already is not repeated. */
  add(entries: Iterable<SumEntry>): void {
    for (const { module, version, file, h1 } of entries) {
      if (!h1.startsWith('h1:')) continue;
      this.#modules.add(module);
      const key = `${module} ${version} ${file}`;
      const known = this.#hashes.get(key);
      if (known === undefined) this.#hashes.set(key, [h1]);
      else if (!known.includes(h1)) this.#hashes.set(key, [...known, h1]);
    }
  }

  /**
   * All `h1:` hashes on record, in the order in which they were added; empty when there is none. More than
   * one is legal, and go stops at the first that differs from what it downloaded.
   */
  hashes(module: string, version: string, file: SumFile): readonly string[] {
    return this.#hashes.get(`${module} ${version} ${file}`) ?? [];
  }

  /** Whether there is a hash of any version of a module. */
  names(module: string): boolean {
    return this.#modules.has(module);
  }

  /** Number of files (not hashes) on record. */
  get size(): number {
    return this.#hashes.size;
  }
}
