import { isUndelivered } from '../session/audit/report.ts';
import { fails } from '../session/findings.ts';
import { stopSession } from '../session/stop.ts';
import { closingTable } from '../session/summary.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';
import { parseVerb, type VerbOptions, verbHelp } from './options.ts';
import { say } from './say.ts';

const OPTIONS = {
  session: {
    type: 'string',
    value: 'DIR',
    help: 'session directory (default: MODGATE_SESSION, else the one of this job)',
  },
  format: { type: 'string', value: 'text|json', help: 'how the summary is printed (default text)' },
  output: { type: 'string', value: 'FILE', help: 'write the summary to FILE too, as JSON' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

export const stop: Verb = async args => {
  const { values, positionals, rest } = parseVerb('stop', args, OPTIONS);
  if (values.help === true) {
    process.stdout.write(
      verbHelp(
        'modgate stop [options]',
        'Ends the session of this job, also when its proxy is dead, and sums it up.',
        OPTIONS,
      ),
    );
    return EXIT.ok;
  }
  if (positionals.length > 0 || rest !== undefined) throw new UsageError('stop takes options only');
  const format = values.format ?? 'text';
  if (format !== 'text' && format !== 'json')
    throw new UsageError(`--format wants text or json, not "${String(format)}"`);
  const session = values.session as string | undefined;
  const output = values.output as string | undefined;
  const stopped = await stopSession({
    env: process.env,
    cwd: process.cwd(),
    log: say,
    ...(session === undefined ? {} : { session }),
    ...(output === undefined ? {} : { output }),
  });
  if (stopped.summary === undefined) {
    say(`there is no session at ${stopped.sessionDir}; nothing to stop`);
    if (format === 'json') process.stdout.write('null\n');
    return EXIT.ok;
  }
  if (stopped.summary.buildCache !== undefined) {
    const { leaveBuilds } = await import('../session/build/leave.ts');
    const left = await leaveBuilds(stopped.sessionDir, Date.now());
    if (left !== undefined) say(`build cache: ${left}`);
  }
  for (const warning of stopped.summary.warnings) say(`warning: ${warning}`);
  process.stdout.write(
    format === 'json'
      ? `${JSON.stringify(stopped.summary)}\n`
      : closingTable(stopped.summary, stopped.modcacheAdvice),
  );
  const { findings, audit } = stopped.summary;
  if (fails(findings)) return EXIT.findings;
  return audit !== undefined && isUndelivered(audit) ? EXIT.incomplete : EXIT.ok;
};
