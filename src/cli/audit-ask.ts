import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Answers } from '../collector/answers.ts';
import type { Forge } from '../collector/forges/types.ts';
import { LISTS, type Params, parseQuestion, type QuestionName } from '../collector/questions.ts';
import { type AuditStore, parseAuditStore } from '../config/audit-store.ts';
import { redactUrl } from '../config/redact.ts';
import { detectPlatform } from '../platform/detect.ts';
import { systemProbe } from '../platform/system-probe.ts';
import type { NamedStore } from '../session/settings/named-store.ts';
import { VERSION } from '../session/version.ts';
import { ARGUMENTS, isPaged, optionsOf, paramOptions } from './audit-options.ts';
import { answerCsv, answerText } from './audit-report.ts';
import { settingsOf, storeTrust } from './audit-settings.ts';
import { deliverReport, reportFile } from './deliver.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';
import { type ParsedVerb, parseVerb, verbHelp } from './options.ts';
import { type ProgressLine, progressLine } from './progress.ts';
import { say } from './say.ts';

const ABOUT: Readonly<Record<QuestionName, string>> = {
  who: 'Who first brought in a module, when, and by which job; then the same for each of its versions.',
  used: 'Where a module is used now: by the newest closed jobs of the default branch of each repository.',
  log: 'The records of the proxies, newest first.',
  conflicts:
    'Versions that came with more than one hash: a tag was moved, or somebody served something else.',
  jobs: 'Jobs whose records are not complete: open (no end came), gap (something is missing), mismatch (they contradict).',
  diff: 'The modules of one job and of another: what came, what went, what changed its version.',
  repositories: 'Repositories that sent records, and when they last did.',
  uncovered:
    'Repositories of the owners in serve.forges that have a go.mod and sent no record; archived and empty ones are left out.',
};

const EXITS =
  'Exit code: 0 also when there is no such record, 2 the question or the store is wrong, 3 the store does not answer.';

/** Asks a store: a collector over HTTP, or a directory. */
interface Source {
  ask<N extends QuestionName>(name: N, params: Params): Promise<Answers[N]>;
  close(): Promise<void>;
}

/** `modgate audit NAME`: one question. */
export const auditAsk =
  (name: QuestionName): Verb =>
  async args => {
    const options = optionsOf(name);
    const usage = [
      'modgate audit',
      name,
      ...ARGUMENTS[name].map(argument => argument.toUpperCase()),
      '[options]',
    ].join(' ');
    const parsed = parseVerb(`audit ${name}`, args, options);
    const { values } = parsed;
    if (values.help === true) {
      process.stdout.write(verbHelp(usage, `${ABOUT[name]}\n\n${EXITS}`, options));
      return EXIT.ok;
    }
    const params = paramsOf(name, parsed, usage);
    // Wrong questions end here, before a store is looked for.
    parseQuestion(name, params, Date.now());
    const format = formatOf(values.format as string | undefined);
    const output = reportFile(values.output as string | undefined);
    const progress = progressLine(process.stderr, process.env);
    const source = await openSource(name, values, progress);
    try {
      const answer =
        values.all === true ? await everyPage(source, name, params) : await source.ask(name, params);
      progress.end();
      await print(name, answer, format, output);
    } finally {
      progress.end();
      await source.close();
    }
    return EXIT.ok;
  };

function paramsOf(name: QuestionName, { values, positionals, rest }: ParsedVerb, usage: string): Params {
  const wanted = ARGUMENTS[name];
  if (rest !== undefined || positionals.length !== wanted.length) {
    const what =
      wanted.length === 0 ? 'no argument' : wanted.map(argument => argument.toUpperCase()).join(' and ');
    throw new UsageError(`audit ${name} takes ${what}\nusage: ${usage}`);
  }
  const params: Record<string, string> = {};
  for (const [index, argument] of wanted.entries()) params[argument] = positionals[index] ?? '';
  for (const param of paramOptions(name)) {
    const value = values[param];
    if (typeof value === 'string') params[param] = value;
  }
  return params;
}

function formatOf(value: string | undefined): 'text' | 'json' | 'csv' {
  if (value === undefined || value === 'text' || value === 'json' || value === 'csv') return value ?? 'text';
  throw new UsageError(`--format wants text, json or csv, not ${JSON.stringify(value)}`);
}

async function openSource(
  name: QuestionName,
  values: ParsedVerb['values'],
  progress: ProgressLine,
): Promise<Source> {
  const onProgress = (text: string): void => progress.show(text);
  const { env } = process;
  const settings = settingsOf(values);
  const store = await storeOf(values, settings);
  if (store.kind === 'collector') {
    const token = env.MODGATE_READ_TOKEN || env.MODGATE_AUDIT_TOKEN || undefined;
    const { collectorClient } = await import('../server/ask.ts');
    const trust = storeTrust(store.url, settings);
    return await collectorClient({ url: store.url, token, env, trust, onLooking: onProgress });
  }
  if (store.kind !== 'directory') {
    throw new UsageError(
      'the audit store of the configuration cannot be asked: batches are only laid down there; name a collector or a directory with --store',
    );
  }
  const { openDirectoryStore } = await import('../collector/directory-store.ts');
  const dir = resolve(/^file:/i.test(store.path) ? fileURLToPath(store.path) : store.path);
  const forges = name === 'uncovered' ? await forgesOf(await settings()) : [];
  const opened = await openDirectoryStore({ dir, tempDir: tmpdir(), log: say, forges, onProgress });
  return {
    ask: (asked, params) => opened.ask(asked, parseQuestion(asked, params, Date.now())),
    close: () => opened.close(),
  };
}

/** `--store`, else `audit.store` of the configuration. */
async function storeOf(
  values: ParsedVerb['values'],
  settings: () => Promise<NamedStore>,
): Promise<AuditStore> {
  const option = values.store as string | undefined;
  if (option !== undefined) {
    // A bare word is a directory here: nothing else on a command line could be meant.
    const parsed = parseAuditStore(option);
    if (typeof parsed !== 'string') return parsed;
    if (/^[^:]+$/.test(option)) return { kind: 'directory', path: option };
    throw new UsageError(`--store ${JSON.stringify(redactUrl(option))} ${parsed}`);
  }
  const named = (await settings()).config.audit.store;
  if (named === null) {
    throw new UsageError(
      'there is no audit store: name a collector or a directory with --store, or set audit.store in the configuration',
    );
  }
  const parsed = parseAuditStore(named);
  if (typeof parsed === 'string')
    throw new UsageError(`audit.store ${JSON.stringify(redactUrl(named))} ${parsed}`);
  return parsed;
}

/** A directory has no collector that would ask the forges. */
async function forgesOf({ config }: NamedStore): Promise<Forge[]> {
  const { openForges } = await import('../collector/forges/open.ts');
  return openForges(config.serve.forges, {
    env: process.env,
    version: VERSION,
    now: Date.now,
    sleep: async (ms, signal) => void (await delay(ms, undefined, { signal })),
  });
}

/** All pages as one answer. */
async function everyPage<N extends QuestionName>(
  source: Source,
  name: N,
  params: Params,
): Promise<Answers[N]> {
  const [list = ''] = LISTS[name];
  const first = await source.ask(name, { limit: '1000', ...params });
  if (!isPaged(name)) return first;
  const rows: unknown[] = [];
  let page = first as unknown as Record<string, unknown>;
  for (;;) {
    for (const row of page[list] as unknown[]) rows.push(row);
    if (typeof page.next !== 'string') return { ...first, [list]: rows, next: null };
    page = (await source.ask(name, { limit: '1000', ...params, after: page.next })) as unknown as typeof page;
  }
}

async function print<N extends QuestionName>(
  name: N,
  answer: Answers[N],
  format: 'text' | 'json' | 'csv',
  output: string | undefined,
): Promise<void> {
  const platform = detectPlatform(process.env, systemProbe(process.cwd()));
  const whole = answer as { readonly next?: unknown };
  const lists = LISTS[name].map(key => (answer as unknown as Record<string, readonly unknown[]>)[key] ?? []);
  const more = typeof whole.next === 'string';
  if (lists.every(list => list.length === 0)) {
    say(more ? 'nothing on this page' : NOTHING[name]);
  }
  if (format !== 'json' && more) say(`there is more: --after ${whole.next}, or --all for every page`);
  if (format === 'json') return await deliverReport(`${JSON.stringify(answer)}\n`, 'json', output, platform);
  const text = format === 'csv' ? answerCsv(name, answer) : answerText(name, answer);
  // CSV is made harmless cell by cell, and has to stay what it is.
  await deliverReport(text, format === 'csv' ? 'json' : 'text', output, platform);
}

const NOTHING: Readonly<Record<QuestionName, string>> = {
  who: 'no record names this module or version',
  used: 'no repository uses this module now, as far as the records tell',
  log: 'no record fits',
  conflicts: 'no version came with more than one hash',
  jobs: 'there are no such jobs',
  diff: 'both jobs had the same modules',
  repositories: 'no repository sent a record',
  uncovered: 'every repository with a go.mod sent records',
};
