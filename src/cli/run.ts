import { runCommand } from '../session/run.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';
import { parseVerb, verbHelp } from './options.ts';
import { say } from './say.ts';
import { SESSION_OPTIONS, startFlags } from './session-options.ts';

const USAGE = 'modgate run [options] -- COMMAND [ARGS...]';

export const run: Verb = async args => {
  const { values, positionals, rest } = parseVerb('run', args, SESSION_OPTIONS);
  if (values.help === true) {
    process.stdout.write(
      verbHelp(
        USAGE,
        `Runs COMMAND with the module proxy around it. The exit code is that of COMMAND, 128 + n when signal n ended
it; before COMMAND runs: 2 when the options, the configuration or COMMAND cannot be used, 3 when the proxy
cannot start.`,
        SESSION_OPTIONS,
      ),
    );
    return EXIT.ok;
  }
  if (positionals.length > 0 || rest === undefined || rest.length === 0) {
    throw new UsageError(`the command goes after --, like: modgate run -- go build ./...\nusage: ${USAGE}`);
  }
  return await runCommand({
    env: process.env,
    cwd: process.cwd(),
    flags: startFlags(values),
    command: rest,
    log: say,
  });
};
