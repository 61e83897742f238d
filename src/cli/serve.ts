import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { CollectorError } from '../collector/errors.ts';
import { openForges } from '../collector/forges/open.ts';
import { openVerifier } from '../collector/identity/open.ts';
import { readTokens } from '../collector/tokens.ts';
import { loadConfig } from '../config/load.ts';
import type { LoadedConfig } from '../config/types.ts';
import { type ListenAddress, parseListenAddress } from '../platform/listen-address.ts';
import { startCollector } from '../server/collector.ts';
import type { Tls } from '../server/listen.ts';
import { VERSION } from '../session/version.ts';
import { DATABASE_OPTION, databaseOption } from './database-option.ts';
import { reportFormat } from './deliver.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';
import { type ParsedVerb, parseVerb, type VerbOptions, verbHelp } from './options.ts';
import { say } from './say.ts';

const OPTIONS = {
  listen: { type: 'string', value: 'HOST:PORT', help: 'address to listen on (default 127.0.0.1:7780)' },
  data: {
    type: 'string',
    value: 'DIR',
    help: 'directory of the raw batches, and of the index where no database is named; required',
  },
  ...DATABASE_OPTION,
  config: {
    type: 'string',
    value: 'FILE',
    help: 'configuration file, of which `serve` counts (default .modgate.yaml or .github/modgate.yaml here)',
  },
  'tls-cert': { type: 'string', value: 'FILE', help: 'PEM file of the certificate chain' },
  'tls-key': { type: 'string', value: 'FILE', help: 'PEM file of its key' },
  'insecure-http': {
    type: 'boolean',
    help: 'plain http on an address that other machines reach, behind a proxy that does TLS',
  },
  format: { type: 'string', value: 'text|json', help: 'how the address is printed (default text)' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

const USAGE = 'modgate serve --data DIR [options]';
const ABOUT = `The audit store: takes the batches of jobs, keeps them, and answers who brought in a module and where it is used.
Tokens come from the variables that serve.writers and serve.readers name, else from MODGATE_WRITE_TOKEN and
MODGATE_READ_TOKEN; without any it listens on loopback only. It ends in order on SIGTERM, SIGINT and ctrl-c.

Exit code: 0, 2 options or configuration cannot be used, 3 the directory or the database cannot be used.`;

/**
 * The young generation of the main thread stays as it is at the start: it would grow by some 25 MB under load, for
 * requests that are short-lived anyway. V8 reads this flag each time it would grow, so it holds for a running process.
 */
const SMALL_YOUNG_GENERATION = '--semi-space-growth-factor=1';
const DEFAULT_LISTEN = '127.0.0.1:7780';

export const serve: Verb = async args => {
  const parsed = parseVerb('serve', args, OPTIONS);
  const { values, positionals, rest } = parsed;
  if (values.help === true) {
    process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
    return EXIT.ok;
  }
  if (positionals.length > 0 || rest !== undefined) {
    throw new UsageError(`serve takes options only\nusage: ${USAGE}`);
  }
  const data = values.data as string | undefined;
  if (!data)
    throw new UsageError(`--data is missing: name the directory of the raw batches\nusage: ${USAGE}`);
  const format = reportFormat(values.format as string | undefined);
  const at = listenOption(values.listen as string | undefined);
  const { env } = process;
  const cwd = process.cwd();
  const explicit = values.config as string | undefined;
  const loaded = await loadConfig({ workspace: cwd, cwd, explicit });
  for (const warning of loaded.warnings) say(`warning: ${warning}`);
  setFlagsFromString(SMALL_YOUNG_GENERATION);
  const collector = await startCollector({
    at,
    dir: resolve(cwd, data),
    database: databaseOption(values.database as string | undefined, env),
    tokens: readTokens(loaded.config.serve, env),
    verify: openVerifier(loaded.config.serve.issuers, { env, version: VERSION, now: Date.now }),
    tls: await tlsOf(values, loaded, cwd),
    insecureHttp: values['insecure-http'] === true,
    retention: loaded.config.serve.retention,
    forges: openForges(loaded.config.serve.forges, {
      env,
      version: VERSION,
      now: Date.now,
      sleep: async (ms, signal) => void (await delay(ms, undefined, { signal })),
    }),
    version: VERSION,
    log: line => say(`${new Date().toISOString()} ${line}`),
  });
  const ended = endSignal();
  const { url, engine } = collector;
  const ready = { url, engine, pid: process.pid, version: VERSION };
  process.stdout.write(
    format === 'json' ? `${JSON.stringify(ready)}\n` : `modgate serve listens on ${url}\n`,
  );
  try {
    const why = await Promise.race([ended, collector.failed]);
    say(`${new Date().toISOString()} ends on ${why}`);
    return EXIT.ok;
  } finally {
    await collector.stop();
  }
};

/** The first signal ends in order; a second one at once, as without a handler. */
function endSignal(): Promise<string> {
  return new Promise(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.once(signal, () => resolve(signal));
  });
}

function listenOption(value: string | undefined): ListenAddress {
  const at = parseListenAddress(value ?? DEFAULT_LISTEN);
  if (at !== undefined) return at;
  throw new UsageError(
    `--listen wants HOST:PORT (like 127.0.0.1:7780 or 0.0.0.0:7780), not ${JSON.stringify(value)}`,
  );
}

/** Certificate and key: options first, then `serve.tls`, whose files lie beside the configuration. */
async function tlsOf(
  values: ParsedVerb['values'],
  { config, file }: LoadedConfig,
  cwd: string,
): Promise<Tls | undefined> {
  const cert = values['tls-cert'] as string | undefined;
  const key = values['tls-key'] as string | undefined;
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError('--tls-cert and --tls-key go together: give both or none');
  }
  const named = cert === undefined || key === undefined ? config.serve.tls : { cert, key };
  if (named === undefined) return undefined;
  const base = cert === undefined && file !== undefined ? dirname(file) : cwd;
  return { cert: await pem(resolve(base, named.cert)), key: await pem(resolve(base, named.key)) };
}

async function pem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CollectorError('settings', `the TLS file ${file} cannot be read: ${why}`);
  }
}
