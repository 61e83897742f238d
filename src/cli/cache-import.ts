import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { didYouMean } from '../config/suggest.ts';
import { SumTable } from '../gomod/sum.ts';
import { oneLine } from '../platform/escape.ts';
import { formatBytes } from '../session/summary.ts';
import { createHasher, type Hasher } from '../store/hasher.ts';
import { importFrom } from '../store/import/import.ts';
import { keptAnswers } from '../store/import/kept-answers.ts';
import { recognise } from '../store/import/recognise.ts';
import { SOURCE_KINDS, type Source, type SourceKind } from '../store/import/types.ts';
import type { Representation } from '../store/types.ts';
import { openAuthorities } from './cache-import-authorities.ts';
import {
  type ImportOutcome,
  importExitCode,
  importJson,
  importText,
  incompleteImport,
} from './cache-import-report.ts';
import { openTarget } from './cache-import-target.ts';
import { type AnyCachePlace, anyCachePlace, PLACE_OPTIONS } from './cache-place.ts';
import { deliverReport, reportFile, reportFormat } from './deliver.ts';
import { EXIT, UsageError } from './errors.ts';
import type { Verb } from './modgate.ts';
import { type ParsedVerb, parseVerb, type VerbOptions, verbHelp } from './options.ts';
import { progressLine } from './progress.ts';
import { say } from './say.ts';
import { readSumFiles } from './sum-files.ts';

const OPTIONS = {
  ...PLACE_OPTIONS,
  from: {
    type: 'string',
    value: 'KIND',
    help: `what SOURCE is, where that cannot be told: ${SOURCE_KINDS.join(', ')}`,
  },
  'go-sum': {
    type: 'string',
    value: 'FILE',
    multiple: true,
    help: 'take what this go.sum vouches for without asking the checksum database, repeatable',
  },
  manifest: {
    type: 'string',
    value: 'DIGEST',
    help: 'take an archive only when its manifest has this SHA-256, which cache export printed',
  },
  offline: {
    type: 'boolean',
    help: 'ask nobody over the network: go.sum files and what SOURCE and store keep of the checksum database have to do',
  },
  'pin-private': {
    type: 'boolean',
    help: 'take private modules that nobody vouches for too, and pin their hashes as first seen: trusts SOURCE for them',
  },
  'no-info': {
    type: 'boolean',
    help: 'leave .info files to the upstream: no hash tells whether they are right',
  },
  'dry-run': { type: 'boolean', help: 'only tell what would come in' },
  jobs: { type: 'string', value: 'N', help: 'threads that hash, 1 to 256 (default: one for each core)' },
  format: { type: 'string', value: 'text|json', help: 'default text' },
  output: { type: 'string', value: 'FILE', help: 'write the report to FILE instead of stdout' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

const USAGE = 'modgate cache import SOURCE [options]';
const ABOUT = `Copies into the module store what a GOMODCACHE, the disk storage of Athens, the cache directory of goproxy, any GOPROXY
tree, or an archive of modgate cache export has: of it all whose hash the checksum database or a go.sum vouches for. Each
file is hashed anew; what was recorded beside it (.ziphash, an index) and what was unpacked from it count for nothing.
The rest is listed with the reason. What the store has already is not looked at again, so an import can be repeated.

Exit code: 0 done, 1 a file has another hash than it should have or is damaged, 2 the options or SOURCE cannot be used,
3 something cannot be read or written, 4 the checksum database could not be asked, or it was ended early.`;

/** Versions at once where each waits for the network. */
const ASKED_AT_ONCE = 32;

export const cacheImport: Verb = async args => {
  const parsed = parseVerb('cache import', args, OPTIONS);
  const { values, positionals, rest } = parsed;
  if (values.help === true) {
    process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
    return EXIT.ok;
  }
  const [named, ...more] = positionals;
  if (named === undefined || named === '' || more.length > 0 || rest !== undefined) {
    throw new UsageError(`cache import wants one source\nusage: ${USAGE}`);
  }
  const format = reportFormat(values.format as string | undefined);
  const output = reportFile(values.output as string | undefined);
  const threads = numberOfJobs(values.jobs as string | undefined);
  const forced = kindOf(values.from as string | undefined);
  const manifest = digestOf(values.manifest as string | undefined);
  // Millions of short-lived objects: a young generation that grows with them takes 100 MB and saves no time.
  setFlagsFromString('--semi-space-growth-factor=1');
  const source = await recognise(named, forced);
  if (manifest !== undefined && source.kind !== 'archive') {
    throw new UsageError(`--manifest goes with an archive, and ${source.root} is none: ${source.why}`);
  }
  const place = await anyCachePlace({ values, positionals: [] });
  const hasher = createHasher({ threads });
  const scratch = await mkdtemp(join(tmpdir(), 'modgate-import-'));
  try {
    const outcome = await run({ source, place, values, hasher, threads, scratch, manifest });
    for (const sentence of format === 'json' ? incompleteImport(outcome) : []) say(`warning: ${sentence}`);
    const text = format === 'json' ? importJson(outcome) : importText(outcome);
    await deliverReport(text, format, output, place.platform);
    return importExitCode(outcome);
  } finally {
    await hasher.close();
    await place.close();
    await rm(scratch, { recursive: true, force: true });
  }
};

interface Run {
  readonly source: Source;
  readonly place: AnyCachePlace;
  readonly values: ParsedVerb['values'];
  readonly hasher: Hasher;
  readonly threads: number;
  readonly scratch: string;
  readonly manifest: string | undefined;
}

async function run({
  source,
  place,
  values,
  hasher,
  threads,
  scratch,
  manifest,
}: Run): Promise<ImportOutcome> {
  const dryRun = values['dry-run'] === true;
  const sums = new SumTable();
  let goSums = 0;
  for await (const entries of readSumFiles([], (values['go-sum'] ?? []) as readonly string[])) {
    sums.add(entries);
    goSums += 1;
  }
  const target = await openTarget(place.store, { source: source.root, scratch, hasher, dryRun });
  const { authorities, noSumDb, close } = await openAuthorities(place, {
    sums,
    offline: values.offline === true,
    pinPrivate: values['pin-private'] === true,
    kept: keptAnswers(source, scratch),
    soft: target.soft,
    keeps: !dryRun,
  });
  const progress = progressLine(process.stderr, process.env);
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const began = performance.now();
  try {
    const report = await importFrom(source, target.store, {
      hasher,
      authorities,
      ...(target.isThere === undefined ? {} : { isThere: target.isThere }),
      // An import is much at once, of which little is used soon: original zips take a quarter of the disk.
      representation: formOf(place),
      infos: values['no-info'] !== true,
      dryRun,
      atOnce: Math.max(ASKED_AT_ONCE, threads * 2),
      zipsAtOnce: threads + 1,
      scratch,
      ...(manifest === undefined ? {} : { manifest }),
      signal: ending.signal,
      onProgress: ({ versions, imported, bytes, findings }) =>
        progress.show(
          `${versions} versions, ${imported} imported, ${formatBytes(bytes)}, ${findings} left out`,
        ),
    });
    const ms = performance.now() - began;
    for (const { path, what } of target.damage) say(`warning: store: ${path}: ${what}`);
    const unasked = noSumDb === undefined ? {} : { noSumDb };
    return { source, store: target.location, report, dryRun, ms, goSums, ...unasked };
  } finally {
    progress.end();
    process.off('SIGINT', end).off('SIGTERM', end);
    await close();
  }
}

/** A bucket keeps original zips, as transfer counts there. */
function formOf({ store, config }: AnyCachePlace): Representation {
  return store.kind === 'directory' && config.cache.zips === 'stored' ? 'stored' : 'original';
}

function kindOf(value: string | undefined): SourceKind | undefined {
  if (value === undefined) return undefined;
  const kind = SOURCE_KINDS.find(known => known === value);
  if (kind !== undefined) return kind;
  const near = didYouMean(value, SOURCE_KINDS);
  throw new UsageError(
    `--from wants one of ${SOURCE_KINDS.join(', ')}, not "${oneLine(value)}"${near === undefined ? '' : `; did you mean ${near}?`}`,
  );
}

/** As `sha256sum` prints it, or with `sha256:` before it. */
function digestOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const digest = /^(?:sha256:)?([0-9a-f]{64})$/.exec(value)?.[1];
  if (digest !== undefined) return digest;
  throw new UsageError(`--manifest wants a SHA-256 of 64 hex digits, not ${JSON.stringify(oneLine(value))}`);
}

function numberOfJobs(value: string | undefined): number {
  if (value === undefined) return Math.min(256, availableParallelism());
  const jobs = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (jobs < 1 || jobs > 256) {
    throw new UsageError(`--jobs wants a number from 1 to 256, not ${JSON.stringify(value)}`);
  }
  return jobs;
}
