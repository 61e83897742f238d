import { UsageError } from './errors.ts';
import type { VerbOptions } from './options.ts';

/** `--database` of the verbs that work on a collector's index. */
export const DATABASE_OPTION = {
  database: {
    type: 'string',
    value: 'URL',
    help: 'PostgreSQL for the index: postgres://..., or env:NAME for a variable that has the URL (default DIR/index.db)',
  },
} as const satisfies VerbOptions;

/**
 * The value of `--database`. Others on the machine can read a URL with a password on a command line, so that a variable
 * can hold it. Throws UsageError, in which no URL is shown.
 */
export function databaseOption(
  value: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (value === undefined) return undefined;
  const variable = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(value)?.[1];
  const url = variable === undefined ? value : env[variable];
  if (!url) throw new UsageError(`--database names the variable ${variable ?? ''}, which is not set`);
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new UsageError(
    '--database wants postgres://USER@HOST/NAME, or env:NAME for a variable that has it; without it the index is a file in --data',
  );
}
