import { availableParallelism } from 'node:os';
import { SumTable } from '../gomod/sum.ts';
import { openSumDbFor } from '../session/fetch/ask-sumdb.ts';
import { formatBytes } from '../session/summary.ts';
import { createHasher, type Hasher } from '../store/hasher.ts';
import { type AnyCachePlace, anyCachePlace, PLACE_OPTIONS } from './cache-place.ts';
import { incomplete, unmended, type VerifyOutcome, verifyJson, verifyText } from './cache-verify-report.ts';
import { openTarget } from './cache-verify-target.ts';
import { deliverReport, reportFile, reportFormat } from './deliver.ts';
import { EXIT, UsageError } from './errors.ts';
import { leanHeap } from './lean-heap.ts';
import type { Verb } from './modgate.ts';
import { type ParsedVerb, parseVerb, type VerbOptions, verbHelp } from './options.ts';
import { progressLine } from './progress.ts';
import { say } from './say.ts';
import { readSumFiles, sumFilesOf } from './sum-files.ts';

const OPTIONS = {
  ...PLACE_OPTIONS,
  repair: {
    type: 'boolean',
    help: 'move what is damaged to modgate/quarantine/, index what is proven, forget what is gone; deletes nothing',
  },
  'go-sum': {
    type: 'string',
    value: 'FILE',
    multiple: true,
    help: 'compare with this go.sum too, repeatable (always: those of the checkout)',
  },
  sumdb: { type: 'boolean', help: 'ask the checksum database of go env GOSUMDB about every version' },
  modcache: {
    type: 'boolean',
    help: 'verify a GOMODCACHE (DIR, or that of go env) by the go.sum files instead of a store',
  },
  jobs: { type: 'string', value: 'N', help: 'threads that hash, 1 to 256 (default: one for each core)' },
  format: { type: 'string', value: 'text|json', help: 'default text' },
  output: { type: 'string', value: 'FILE', help: 'write the report to FILE instead of stdout' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

const USAGE = 'modgate cache verify [DIR|URL] [options]';
const ABOUT = `Hashes every file of the module store again and compares it with the store's index, with go.sum, and with --sumdb
with the checksum database. Safe beside running jobs; without --repair nothing is written.
Of a bucket every object is read.

Exit code: 0 nothing damaged (or all of it repaired), 1 damage, 2 the options or the configuration cannot be used, 3 a
file or directory cannot be read or written, 4 somebody who was to be asked could not be, or not all was looked at.`;

/** Versions at once where each waits for the network. */
const ASKED_AT_ONCE = 32;
/** Versions at once for each thread, so that none waits for work. */
const PER_THREAD = 3;

export const cacheVerify: Verb = async args => {
  const parsed = parseVerb('cache verify', args, OPTIONS);
  const { values, rest } = parsed;
  if (values.help === true) {
    process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
    return EXIT.ok;
  }
  if (rest !== undefined) throw new UsageError(`cache verify takes one store\nusage: ${USAGE}`);
  const format = reportFormat(values.format as string | undefined);
  const output = reportFile(values.output as string | undefined);
  const threads = numberOfJobs(values.jobs as string | undefined);
  if (values.modcache === true) {
    if (values.repair === true || values.sumdb === true || values.store !== undefined) {
      throw new UsageError(
        '--modcache goes with none of --repair, --sumdb and --store: go cleans its own cache',
      );
    }
    const { verifyModcacheOf } = await import('./cache-verify-modcache.ts');
    const { text, code, platform } = await verifyModcacheOf(parsed, format, threads);
    await deliverReport(text, format, output, platform);
    return code;
  }
  const place = await anyCachePlace(parsed);
  leanHeap(place.store);
  const hasher = createHasher({ threads });
  try {
    const outcome = await verify(place, values, hasher, threads);
    const code = exitCode(outcome);
    for (const sentence of format === 'json' ? incomplete(outcome) : []) say(`warning: ${sentence}`);
    const text = format === 'json' ? verifyJson(outcome, code) : verifyText(outcome);
    await deliverReport(text, format, output, place.platform);
    return code;
  } finally {
    await hasher.close();
    await place.close();
  }
};

async function verify(
  place: AnyCachePlace,
  values: ParsedVerb['values'],
  hasher: Hasher,
  threads: number,
): Promise<VerifyOutcome> {
  const { platform, config } = place;
  const target = await openTarget(place.store, hasher, values.repair === true);
  const sums = new SumTable();
  const found = await sumFilesOf(platform.workspace);
  let goSums = 0;
  for await (const entries of readSumFiles(found, (values['go-sum'] ?? []) as readonly string[])) {
    sums.add(entries);
    goSums += 1;
  }
  const warn = (line: string) => say(`warning: ${line}`);
  const { workspace } = platform;
  const request = { env: process.env, config, goCommand: 'go', workspace, log: () => undefined, warn };
  const sumdb = values.sumdb === true ? await openSumDbFor({ ...request, ...target.answers }) : undefined;
  const asks = sumdb !== undefined && 'ask' in sumdb ? sumdb : undefined;
  const progress = progressLine(process.stderr, process.env);
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  const began = performance.now();
  try {
    const report = await target.verify({
      authorities: {
        goSum: (module, version, file) => sums.hashes(module, version, file),
        goSumTrusted: platform.trust.trusted,
        ...(asks === undefined ? {} : { sumdb: mv => asks.ask(mv) }),
      },
      atOnce: asks === undefined ? threads * PER_THREAD : Math.max(threads * PER_THREAD, ASKED_AT_ONCE),
      signal: ending.signal,
      onProgress: ({ versions, bytes, found: wrong }) =>
        progress.show(`${versions} versions, ${formatBytes(bytes)}, ${wrong} findings`),
    });
    const noSumDb = sumdb !== undefined && 'why' in sumdb ? { noSumDb: sumdb.why } : {};
    const { location, repairs } = target;
    return { store: location, report, repair: repairs, ms: performance.now() - began, goSums, ...noSumDb };
  } finally {
    progress.end();
    process.off('SIGINT', end);
    process.off('SIGTERM', end);
    await asks?.close();
    await target.close();
  }
}

function exitCode(outcome: VerifyOutcome): number {
  if (unmended(outcome.report) > 0) return EXIT.findings;
  if (outcome.report.counts.unreadable > 0) return EXIT.internal;
  return incomplete(outcome).length > 0 ? EXIT.incomplete : EXIT.ok;
}

function numberOfJobs(value: string | undefined): number {
  if (value === undefined) return Math.min(256, availableParallelism());
  const jobs = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (jobs < 1 || jobs > 256)
    throw new UsageError(`--jobs wants a number from 1 to 256, not ${JSON.stringify(value)}`);
  return jobs;
}
