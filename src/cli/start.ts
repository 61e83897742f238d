import { type EnvFormat, formatEnvironment } from '../session/environment.ts';
import { startSession } from '../session/start.ts';
import { closingTable, summarize } from '../session/summary.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';
import { parseVerb, verbHelp } from './options.ts';
import { say } from './say.ts';
import { SESSION_OPTIONS, startFlags } from './session-options.ts';

const FORMATS: readonly EnvFormat[] = ['shell', 'dotenv', 'json', 'github'];
const OPTIONS = {
  ...SESSION_OPTIONS,
  format: {
    type: 'string',
    value: FORMATS.join('|'),
    help: 'how the environment is printed (default shell)',
  },
  foreground: {
    type: 'boolean',
    help: 'stay, and end by a signal; checkout and store may appear later (for the container of a CI service)',
  },
} as const;

const ABOUT = `Starts the module proxy of this job, or finds the one that runs, and prints the environment for go:
  eval "$(modgate start --owner $$)"        in a shell
  modgate start --format github >> "$GITHUB_ENV"
  MODGATE_SECRET=<32 hex digits> modgate start --foreground --listen 0.0.0.0:8080`;

export const start: Verb = async args => {
  const { values, positionals, rest } = parseVerb('start', args, OPTIONS);
  if (values.help === true) {
    process.stdout.write(verbHelp('modgate start [options]', ABOUT, OPTIONS));
    return EXIT.ok;
  }
  if (positionals.length > 0 || rest !== undefined) {
    throw new UsageError(
      'start takes no command; use modgate run -- COMMAND, or start, then COMMAND, then stop',
    );
  }
  const format = (values.format ?? 'shell') as EnvFormat;
  if (!FORMATS.includes(format))
    throw new UsageError(`--format wants ${FORMATS.join(', ')}, not "${format}"`);
  const foreground = values.foreground === true;
  const request = { env: process.env, cwd: process.cwd(), flags: startFlags(values), log: say };
  const session = await startSession(foreground ? { ...request, foreground: sumUp } : request);
  for (const warning of session.warnings) say(`warning: ${warning}`);
  // The log of a service is no place for the secret, which its user has chosen himself.
  if (!foreground || values.listen === undefined) {
    process.stdout.write(formatEnvironment(session.env, format));
  }
  return EXIT.ok;
};

async function sumUp(sessionDir: string): Promise<void> {
  const summary = await summarize(sessionDir);
  if (summary !== undefined) process.stderr.write(closingTable(summary));
}
