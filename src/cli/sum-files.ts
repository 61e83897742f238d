import { resolve } from 'node:path';
import type { SumEntry } from '../gomod/sum.ts';
import { parseSumInSteps } from '../session/fetch/read-sums.ts';
import { findModuleFiles, readBounded } from '../session/workspace.ts';
import { UsageError } from './errors.ts';
import { say } from './say.ts';

/** Larger go.sum files are read to here. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_FILES = 200;

/** The go.sum and go.work.sum files of a checkout. */
export async function sumFilesOf(workspace: string): Promise<readonly string[]> {
  const { goSums } = await findModuleFiles(workspace);
  if (goSums.length > MAX_FILES)
    say(`warning: of ${goSums.length} go.sum files the first ${MAX_FILES} are read`);
  return goSums.slice(0, MAX_FILES);
}

/**
 * Entries of sum files, file by file. What cannot be used of them is told on stderr. Throws UsageError for a file of
 * `named` that cannot be read.
 */
export async function* readSumFiles(
  found: readonly string[],
  named: readonly string[],
): AsyncGenerator<readonly SumEntry[]> {
  for (const file of new Set([...found, ...named.map(name => resolve(name))])) {
    const bytes = await readBounded(file, MAX_BYTES);
    if (bytes === undefined) {
      if (found.includes(file)) continue;
      throw new UsageError(`--go-sum: ${file} cannot be read; name a go.sum or go.work.sum file`);
    }
    const { entries, problems } = await parseSumInSteps(bytes, file);
    const [first] = problems;
    if (first !== undefined) {
      const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
      say(`warning: ${file}:${first.line}: ${first.reason}${more}; the rest is used`);
    }
    yield entries;
  }
}
