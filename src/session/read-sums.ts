import { setImmediate as breathe } from 'node:timers/promises';
import { parseGoSum, SUM_LIMITS, type SumEntry, type SumProblem } from '../gomod/sum.ts';

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
