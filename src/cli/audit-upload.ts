import { resolve } from 'node:path';
import { BatchFiles, findBatchFiles, isSession } from '../audit/batch-files.ts';
import { type Delivered, deliver } from '../audit/deliver.ts';
import { RawError } from '../audit/errors.ts';
import { recover } from '../audit/recover.ts';
import { openTarget } from '../audit/targets/open.ts';
import type { AuditTarget } from '../audit/types.ts';
import { AUDIT_TOKEN_ENV } from '../config/defaults.ts';
import { platformOf } from '../session/start.ts';
import { VERSION } from '../session/version.ts';
import { settingsOf, storeTrust } from './audit-settings.ts';
import { reportFormat } from './deliver.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';
import { type ParsedVerb, parseVerb, type VerbOptions, verbHelp } from './options.ts';
import { progressLine } from './progress.ts';
import { say } from './say.ts';

const OPTIONS = {
  store: {
    type: 'string',
    value: 'URL|DIR',
    help: 'where the batches go: a collector, a directory, gitlab-package: (default audit.store of the configuration)',
  },
  'token-env': {
    type: 'string',
    value: 'NAME',
    help: `variable that holds the token of the store (default audit.token-env, else ${AUDIT_TOKEN_ENV})`,
  },
  delete: {
    type: 'boolean',
    help: 'remove files that the store has then; those of a session are removed without it',
  },
  patience: {
    type: 'string',
    value: 'SECONDS',
    help: 'how long a store that is away is waited for, 0 to 86400 (default 60)',
  },
  config: {
    type: 'string',
    value: 'FILE',
    help: 'configuration file (default .modgate.yaml or .github/modgate.yaml)',
  },
  format: { type: 'string', value: 'text|json', help: 'default text' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

const USAGE = 'modgate audit upload [DIR|FILE ...] [options]';
const ABOUT = `Sends batches of audit records that lie as files: what a session could not send (its directory, or the spool in it),
artifacts of jobs, raw objects of another store. Without an argument, what the session of this job left. A batch that
the store has already is sent again without any effect.

Exit code: 0 the store has everything, 2 the options or the configuration cannot be used, 3 files cannot be read,
4 something is left.`;

export const auditUpload: Verb = async args => {
  const { values, positionals, rest } = parseVerb('audit upload', args, OPTIONS);
  if (values.help === true) {
    process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
    return EXIT.ok;
  }
  if (rest !== undefined) throw new UsageError(`audit upload takes directories and files\nusage: ${USAGE}`);
  const format = reportFormat(values.format as string | undefined);
  const patienceMs = patienceOf(values.patience as string | undefined);
  const target = await targetOf(values);
  const paths = positionals.length > 0 ? positionals.map(path => resolve(path)) : [ownSession()];
  const files = (await Promise.all(paths.map(path => filesAt(path, positionals.length > 0)))).flat();
  const progress = progressLine(process.stderr, process.env);
  let done = 0;
  const source = new BatchFiles(files, {
    remove: values.delete === true,
    onRefused: (file, refused) => {
      for (const { line, why } of refused) say(`warning: ${file}: line ${line} is no record: ${why}`);
    },
  });
  try {
    const delivered = await deliver(target, source, {
      patienceMs,
      onAck: () => progress.show(`${++done} of ${files.length} batches sent`),
      onRetry: error => say(`warning: ${error.message}`),
    });
    progress.end();
    tell(format, target, delivered, source);
    return delivered.left === 0 ? EXIT.ok : EXIT.incomplete;
  } finally {
    progress.end();
  }
};

function tell(format: 'text' | 'json', target: AuditTarget, delivered: Delivered, source: BatchFiles): void {
  const { sent, records, duplicates, refusedLines, left, error } = delivered;
  const kept = source.kept();
  for (const { file, why } of kept) say(`error: ${file}: ${why}`);
  if (error !== undefined) say(`error: ${error.message}`);
  if (format === 'json') {
    const told = { store: target.name, sent, records, duplicates, refused: refusedLines, left, kept };
    process.stdout.write(`${JSON.stringify({ ...told, ...(error ? { error: error.message } : {}) })}\n`);
    return;
  }
  const had = duplicates === 0 ? '' : `, ${duplicates} of them were there already`;
  const lines = refusedLines === 0 ? '' : `; ${count(refusedLines, 'line')} refused`;
  process.stdout.write(
    `${count(sent, 'batch', 'batches')} with ${count(records, 'record')} sent to ${target.name}${had}${lines}; ${left} left\n`,
  );
}

async function filesAt(path: string, named: boolean) {
  try {
    if (await isSession(path)) await warnOfUnsealed(path);
    return await findBatchFiles(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') {
      throw new RawError(
        'io',
        `the batches at ${path} cannot be read: ${message}; see to the rights on them`,
        {
          cause: error,
        },
      );
    }
    if (named) throw new UsageError(`there is nothing at ${path}: name a directory or a file with batches`);
    say(`there is no session at ${path}; nothing to send`);
    return [];
  }
}

/** Records of a daemon that was killed are in no batch until somebody ends its session. */
async function warnOfUnsealed(sessionDir: string): Promise<void> {
  const { chain, unsealed } = await recover(sessionDir);
  if (chain.length === 0 || (unsealed === 0 && chain.at(-1)?.phase === 'close')) return;
  say(
    `warning: the session in ${sessionDir} is not closed, and ${count(unsealed, 'record')} of it ${unsealed === 1 ? 'is' : 'are'} in no batch yet; modgate stop --session ${sessionDir} ends it and sends them`,
  );
}

function ownSession(): string {
  const { env } = process;
  return env.MODGATE_SESSION || platformOf(env, process.cwd()).sessionDir;
}

/** `--store`, else `audit.store` of the configuration; in a change that of its target branch, for a token goes there. */
async function targetOf(values: ParsedVerb['values']): Promise<AuditTarget> {
  const { env } = process;
  const cwd = process.cwd();
  const option = values.store as string | undefined;
  const settings = settingsOf(values);
  // A bare word is a directory here: nothing else on a command line could be meant.
  let store =
    option !== undefined && /^[^:/\\]+$/.test(option) && option !== 'artifact' ? `./${option}` : option;
  let tokenEnv = (values['token-env'] as string | undefined) ?? AUDIT_TOKEN_ENV;
  if (store === undefined) {
    const { config } = await settings();
    store = config.audit.store ?? undefined;
    if (values['token-env'] === undefined) tokenEnv = config.audit['token-env'];
  }
  if (store === undefined) {
    throw new UsageError(
      'there is no audit store: name one with --store, or set audit.store in the configuration',
    );
  }
  if (store === 'artifact') {
    throw new UsageError('artifact is where files of a job wait; name the store that they are to go to');
  }
  return openTarget(store, {
    env,
    cwd,
    version: VERSION,
    token: () => env[tokenEnv] || undefined,
    jobToken: () => env.CI_JOB_TOKEN || undefined,
    reportsDir: undefined,
    trust: storeTrust(store, settings),
  });
}

function patienceOf(value: string | undefined): number {
  if (value === undefined) return 60_000;
  const seconds = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (seconds <= 86_400) return seconds * 1000;
  throw new UsageError(`--patience wants a number of seconds from 0 to 86400, not ${JSON.stringify(value)}`);
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
