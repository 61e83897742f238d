import { stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { parseDuration } from '../config/units.ts';
import { matchGlobs } from '../gomod/module-path.ts';
import { openSumDbFor } from '../session/fetch/ask-sumdb.ts';
import { readGoSettings } from '../session/fetch/go-command.ts';
import { neededBy } from '../session/fetch/needed.ts';
import { chooseSumDb } from '../session/fetch/sumdb-key.ts';
import { formatBytes } from '../session/summary.ts';
import type { GoSettings } from '../session/types.ts';
import { exportStore } from '../store/export/export.ts';
import type { ExportProgress, SumDbProofs } from '../store/export/types.ts';
import { Wanted } from '../store/export/wanted.ts';
import { createHasher, type Hasher } from '../store/hasher.ts';
import { type ExportOutcome, exportExitCode, exportJson, exportText } from './cache-export-report.ts';
import { type ExportSource, openSource } from './cache-export-source.ts';
import { type AnyCachePlace, anyCachePlace, PLACE_OPTIONS } from './cache-place.ts';
import { deliverReport, reportFile, reportFormat } from './deliver.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';
import { type ParsedVerb, parseVerb, type VerbOptions, verbHelp } from './options.ts';
import { progressLine } from './progress.ts';
import { say } from './say.ts';

const OPTIONS = {
  ...PLACE_OPTIONS,
  for: {
    type: 'string',
    value: 'DIR',
    multiple: true,
    help: 'only what the go.mod, go.sum and go.work files below DIR need; repeatable',
  },
  'go-sum': {
    type: 'string',
    value: 'FILE',
    multiple: true,
    help: 'only what this go.sum lists, beside what --for needs; repeatable',
  },
  modules: {
    type: 'string',
    value: 'GLOBS',
    multiple: true,
    help: 'only modules that match, as in GOPRIVATE: github.com/acme/*; repeatable',
  },
  'keep-since': {
    type: 'string',
    value: 'TIME',
    help: 'only versions that were used within this time, like 30d',
  },
  sumdb: {
    type: 'boolean',
    help: 'ask the checksum database for records and tiles that the store lacks',
  },
  partial: { type: 'boolean', help: 'write the export although something that is needed is missing' },
  jobs: { type: 'string', value: 'N', help: 'threads that hash, 1 to 256 (default: one for each core)' },
  format: { type: 'string', value: 'text|json', help: 'default text' },
  output: { type: 'string', value: 'FILE', help: 'write the report to FILE instead of stdout' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

const USAGE = 'modgate cache export DEST [options]';
const ABOUT = `Writes what is in the module store as a plain GOPROXY tree into the directory DEST, for GOPROXY=file://…, or into one
archive when DEST ends in .tar.zst or .tar, which modgate cache import takes, also where there is no network. Every
file is compared with the index first; DEST is there whole or not at all. An earlier export there is replaced. The
SHA-256 of the manifest stands for all of the export.

Exit code: 0 done, 1 something in the store is damaged and was left out, 2 the options or DEST cannot be used, 3 a file
cannot be read or written, 4 something that is needed is not in the store.`;

export const cacheExport: Verb = async args => {
  const parsed = parseVerb('cache export', args, OPTIONS);
  const { values, positionals, rest } = parsed;
  if (values.help === true) {
    process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
    return EXIT.ok;
  }
  const [dest, ...more] = positionals;
  if (dest === undefined || dest === '' || more.length > 0 || rest !== undefined) {
    throw new UsageError(`cache export wants one place to write to\nusage: ${USAGE}`);
  }
  const format = reportFormat(values.format as string | undefined);
  const output = reportFile(values.output as string | undefined);
  const threads = numberOfJobs(values.jobs as string | undefined);
  const usedSince = sinceOf(values['keep-since'] as string | undefined);
  // Millions of short-lived objects: a young generation that grows with them takes 100 MB and saves no time.
  setFlagsFromString('--semi-space-growth-factor=1');
  const place = await anyCachePlace({ values, positionals: [] });
  const hasher = createHasher({ threads });
  try {
    const outcome = await run(resolve(dest), place, values, hasher, usedSince);
    const text = format === 'json' ? exportJson(outcome) : exportText(outcome);
    await deliverReport(text, format, output, place.platform);
    return exportExitCode(outcome);
  } finally {
    await hasher.close();
    await place.close();
  }
};

async function run(
  dest: string,
  place: AnyCachePlace,
  values: ParsedVerb['values'],
  hasher: Hasher,
  usedSince: number | undefined,
): Promise<ExportOutcome> {
  const source = await openSource(place.store, hasher);
  try {
    return await exportSource(source, dest, place, values, usedSince);
  } finally {
    await source.close();
  }
}

async function exportSource(
  source: ExportSource,
  dest: string,
  place: AnyCachePlace,
  values: ParsedVerb['values'],
  usedSince: number | undefined,
): Promise<ExportOutcome> {
  const { env } = process;
  const { store, location, damage } = source;
  const go = await readGoSettings('go', env, tmpdir());
  const dirs = ((values.for ?? []) as readonly string[]).map(dir => resolve(dir));
  const selection = await selectionOf(dirs, values, go, usedSince);
  const { sumdb, noSumDb, close } = await proofsOf(place, source, values, go);
  const progress = progressLine(process.stderr, env);
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const began = performance.now();
  try {
    const report = await exportStore({
      store,
      dest,
      selection,
      damage,
      partial: values.partial === true,
      ...(sumdb === undefined ? {} : { sumdb }),
      onProgress: told => progress.show(inWords(told)),
      signal: ending.signal,
    });
    const ms = performance.now() - began;
    const asked = values.sumdb === true;
    return { store: location, report, ms, dirs, asked, ...(noSumDb === undefined ? {} : { noSumDb }) };
  } finally {
    progress.end();
    process.off('SIGINT', end).off('SIGTERM', end);
    await close();
  }
}

async function selectionOf(
  dirs: readonly string[],
  values: ParsedVerb['values'],
  go: GoSettings | undefined,
  usedSince: number | undefined,
): Promise<Wanted> {
  const sums = (values['go-sum'] ?? []) as readonly string[];
  const globs = ((values.modules ?? []) as readonly string[]).join(',');
  const filters = {
    ...(globs === '' ? {} : { modules: (path: string) => matchGlobs(globs, path) }),
    ...(usedSince === undefined ? {} : { usedSince }),
  };
  if (dirs.length === 0 && sums.length === 0) return new Wanted(filters);
  for (const dir of dirs) await requireKind('--for', dir, 'directory');
  for (const file of sums) await requireKind('--go-sum', resolve(file), 'file');
  const needed = await neededBy({ dirs, sums, local: go?.GOVERSION, platform: goPlatform() });
  for (const problem of needed.problems) say(`warning: ${problem}`);
  if (dirs.length > 0 && needed.files.length === 0) {
    throw new UsageError(
      `--for: there is no go.mod that can be read below ${dirs.join(', ')}; name a checkout`,
    );
  }
  return new Wanted({ ...filters, needs: needed.needs, toolchains: needed.toolchains });
}

async function requireKind(option: string, name: string, kind: 'directory' | 'file'): Promise<void> {
  const found = await stat(name).catch(() => undefined);
  const fits = kind === 'directory' ? found?.isDirectory() : found?.isFile();
  if (fits !== true) throw new UsageError(`${option}: ${name} is no ${kind} that can be read`);
}

/** The machine in Go's words. */
function goPlatform(): string {
  const arch: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  return `${os}-${arch[process.arch] ?? process.arch}`;
}

interface OpenProofs {
  readonly sumdb?: SumDbProofs;
  /** Why there are none. */
  readonly noSumDb?: string;
  readonly close: () => Promise<void>;
}

async function proofsOf(
  { platform, config }: AnyCachePlace,
  { store }: ExportSource,
  values: ParsedVerb['values'],
  go: GoSettings | undefined,
): Promise<OpenProofs> {
  const close = () => Promise.resolve();
  const choice =
    go === undefined
      ? { why: 'its key is in the Go installation, and there is no go on PATH' }
      : await chooseSumDb(go);
  if ('why' in choice) return { noSumDb: choice.why, close };
  const { name, key } = choice;
  if (values.sumdb !== true) return { sumdb: { name, key }, close };
  const opened = await openSumDbFor({
    env: process.env,
    config,
    goCommand: 'go',
    workspace: platform.workspace,
    kept: async key => (await store.getSoft(key))?.bytes,
    log: () => undefined,
    warn: line => say(`warning: ${line}`),
  });
  if ('why' in opened) return { sumdb: { name, key }, noSumDb: opened.why, close };
  return { sumdb: { name, key, ask: path => opened.serve(path) }, close: () => opened.close() };
}

function inWords({ doing, done, of, bytes }: ExportProgress): string {
  const number = of === undefined ? `${done}` : `${done} of ${of}`;
  if (doing === 'look') return `${number} versions seen`;
  if (doing === 'prove') return `${number} records proven`;
  if (doing === 'check') return `${number} versions compared, ${formatBytes(bytes)}`;
  return `${number} files written, ${formatBytes(bytes)}`;
}

function sinceOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = parseDuration(value);
  if (ms === undefined) {
    throw new UsageError(
      `--keep-since wants a number and a unit, like 30d, 2h or 15m, not ${JSON.stringify(value)}`,
    );
  }
  return Date.now() - ms;
}

function numberOfJobs(value: string | undefined): number {
  if (value === undefined) return Math.min(256, availableParallelism());
  const jobs = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (jobs < 1 || jobs > 256) {
    throw new UsageError(`--jobs wants a number from 1 to 256, not ${JSON.stringify(value)}`);
  }
  return jobs;
}
