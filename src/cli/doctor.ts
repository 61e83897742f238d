import { deliverReport, reportFormat } from './deliver.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';
import { parseVerb, type VerbOptions, verbHelp } from './options.ts';
import { storeOf } from './session-options.ts';

const OPTIONS = {
  config: {
    type: 'string',
    value: 'FILE',
    help: 'configuration file (default .modgate.yaml or .github/modgate.yaml)',
  },
  store: {
    type: 'string',
    value: 'STORE',
    multiple: true,
    help: 'directory of the module store, s3://bucket/prefix or auto; repeatable, read in that order',
  },
  format: { type: 'string', value: 'text|json', help: 'how the result is printed (default text)' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

const USAGE = 'modgate doctor [options]';
const ABOUT = `Tries what a job with this configuration needs (each host by name, connection, TLS and HTTP, the checksum
database, private modules, credentials, Go, disks, the cache service, the audit store, the clock), changes nothing,
and says what works, what does not, and how to mend that. It takes 30 s at most.

Exit code: 0 everything works, 1 something that the configuration needs does not, 2 the options or the configuration
cannot be used.`;

export const doctor: Verb = async args => {
  const { values, positionals, rest } = parseVerb('doctor', args, OPTIONS);
  if (values.help === true) {
    process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
    return EXIT.ok;
  }
  if (positionals.length > 0 || rest !== undefined) {
    throw new UsageError(`doctor takes options only\nusage: ${USAGE}`);
  }
  const format = reportFormat(values.format as string | undefined);
  const config = values.config as string | undefined;
  const store = storeOf(values.store);
  const [{ diagnose }, { countsOf, doctorJson, doctorText }] = await Promise.all([
    import('../doctor/diagnose.ts'),
    import('../doctor/report.ts'),
  ]);
  const flags = {
    ...(config === undefined ? {} : { config }),
    ...(store === undefined ? {} : { store }),
  };
  const { diagnosis, platform } = await diagnose({ env: process.env, cwd: process.cwd(), flags });
  const text = format === 'json' ? doctorJson(diagnosis) : doctorText(diagnosis, process.stdout.columns);
  await deliverReport(text, format, undefined, platform);
  // A git or a name server that is still waited for somewhere must not hold the step.
  setTimeout(() => process.exit(), HOLD_MS).unref();
  return countsOf(diagnosis.checks).failed > 0 ? EXIT.findings : EXIT.ok;
};

/** For the output to be taken, ms. */
const HOLD_MS = 500;
