import { setImmediate as breathe } from 'node:timers/promises';
import { parseGoSum, SUM_LIMITS, type SumEntry, type SumProblem } from '../../gomod/sum.ts';
import { readBounded } from '../workspace.ts';

/** Parsed at once, bytes: a go.sum of a pull request may be as long as its author likes. */
const STEP = 1024 * 1024;

/** `parseGoSum` in steps, between which requests are answered. */
export async function parseSumInSteps(
  bytes: Buffer,
  file: string,
): Promise<{ readonly entries: readonly SumEntry[]; readonly problems: readonly SumProblem[] }> {
  const entries: SumEntry[] = [];
  const problems: SumProblem[] = [];
  let lines = 0;
  for (let start = 0; start < bytes.length; ) {
    const newline = start + STEP >= bytes.length ? -1 : bytes.indexOf(0x0a, start + STEP);
    const end = newline < 0 ? bytes.length : newline + 1;
    const part = bytes.subarray(start, end);
    const parsed = parseGoSum(part, file, { maxLines: Math.max(0, SUM_LIMITS.maxLines - lines) });
    for (const entry of parsed.entries) entries.push({ ...entry, line: entry.line + lines });
    for (const problem of parsed.problems) {
      if (problems.length < SUM_LIMITS.maxProblems) {
        problems.push({ ...problem, line: problem.line === 0 ? 0 : problem.line + lines });
      }
    }
    for (let at = part.indexOf(0x0a); at >= 0; at = part.indexOf(0x0a, at + 1)) lines++;
    start = end;
    if (lines >= SUM_LIMITS.maxLines) break;
    if (start < bytes.length) await breathe();
  }
  return { entries, problems };
}

/** Most go.sum files of a checkout that are read. */
const MAX_SUM_FILES = 200;

/** The lines of go.sum files, file by file; one that cannot be read is passed over. */
export async function* readSumFiles(paths: readonly string[]): AsyncGenerator<{
  readonly path: string;
  readonly entries: readonly SumEntry[];
  readonly problems: readonly SumProblem[];
}> {
  for (const path of paths.slice(0, MAX_SUM_FILES)) {
    const bytes = await readBounded(path, SUM_LIMITS.maxBytes + 1);
    if (bytes !== undefined) yield { path, ...(await parseSumInSteps(bytes, path)) };
  }
}
