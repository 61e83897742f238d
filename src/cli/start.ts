import { type EnvFormat, formatEnvironment } from '../session/environment.ts';
import { startSession } from '../session/start.ts';
import { EXIT, UsageError } from './errors.ts';
import { say, type Verb } from './modgate.ts';
import { parseVerb, verbHelp } from './options.ts';
import { SESSION_OPTIONS, startFlags } from './session-options.ts';

const FORMATS: readonly EnvFormat[] = ['shell', 'dotenv', 'json', 'github'];
const OPTIONS = {
  ...SESSION_OPTIONS,
  format: {
    type: 'string',
    value: FORMATS.join('|'),
    help: 'how the environment is printed (default shell)',
  },
} as const;

const ABOUT = `Starts the module proxy of this job, or finds the one that runs, and prints the environment for go:
  eval "$(modgate start --owner $$)"        in a shell
  modgate start --format github >> "$GITHUB_ENV"`;

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
  const session = await startSession({
    env: process.env,
    cwd: process.cwd(),
    flags: startFlags(values),
    log: say,
  });
  for (const warning of session.warnings) say(`warning: ${warning}`);
  process.stdout.write(formatEnvironment(session.env, format));
  return EXIT.ok;
};
