import { resolve } from 'node:path';
import { writeWhole } from '../check/policy/baseline-file.ts';
import type { Platform } from '../platform/types.ts';
import { UsageError } from './errors.ts';

export type ReportFormat = 'text' | 'json';

/** The value of `--format`. Throws UsageError. */
export function reportFormat(value: string | undefined): ReportFormat {
  if (value === undefined || value === 'text' || value === 'json') return value ?? 'text';
  throw new UsageError(`--format wants text or json, not ${JSON.stringify(value)}`);
}

/** The value of `--output`. Throws UsageError. */
export function reportFile(value: string | undefined): string | undefined {
  if (value === '') throw new UsageError('--output wants the name of a file');
  return value;
}

/** Writes a report to a file of `--output`, else to stdout, as the log of the platform may have it. Throws CheckError `io`. */
export async function deliverReport(
  text: string,
  format: ReportFormat,
  output: string | undefined,
  platform: Pick<Platform, 'escapeLog'>,
): Promise<void> {
  if (output !== undefined) return await writeWhole(resolve(output), text);
  // JSON is harmless as it is, and has to stay what it says.
  const lines =
    format === 'json'
      ? text
      : text
          .split('\n')
          .map(line => platform.escapeLog(line))
          .join('\n');
  process.stdout.write(lines);
}
