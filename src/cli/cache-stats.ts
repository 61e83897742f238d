import { KeepListError } from '../check/errors.ts';
import { type OpenStore, pruneStore, requirePlace } from '../session/cache/prune.ts';
import { existingTree } from '../store/existing.ts';
import type { PruneProgress } from '../store/prune/types.ts';
import { type StatsOptions, storeStats } from '../store/stats/stats.ts';
import { type AnyCachePlace, anyCachePlace, PLACE_OPTIONS } from './cache-place.ts';
import { type StatsOutcome, statsJson, statsText } from './cache-stats-report.ts';
import { deliverReport, reportFile, reportFormat } from './deliver.ts';
import { EXIT, UsageError } from './errors.ts';
import { leanHeap } from './lean-heap.ts';
import type { Verb } from './modgate.ts';
import { parseVerb, type VerbOptions, verbHelp } from './options.ts';
import { progressLine } from './progress.ts';

const OPTIONS = {
  ...PLACE_OPTIONS,
  top: {
    type: 'string',
    value: 'N',
    help: 'hosts, owners and modules that are told by name, 1 to 10000 (default 20)',
  },
  format: { type: 'string', value: 'text|json', help: 'default text' },
  output: { type: 'string', value: 'FILE', help: 'write the report to FILE instead of stdout' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

const USAGE = 'modgate cache stats [DIR|URL] [options]';
const ABOUT = `Tells how large the module store is, what takes the room, how it grows, how often jobs found in it what they needed,
and what modgate cache prune would do with it now. Removes no module.

Exit code: 0, 2 the options or the configuration cannot be used, 3 the store cannot be read.`;

export const cacheStats: Verb = async args => {
  const parsed = parseVerb('cache stats', args, OPTIONS);
  const { values, rest } = parsed;
  if (values.help === true) {
    process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
    return EXIT.ok;
  }
  if (rest !== undefined) throw new UsageError(`cache stats takes one store\nusage: ${USAGE}`);
  const format = reportFormat(values.format as string | undefined);
  const output = reportFile(values.output as string | undefined);
  const top = topOf(values.top as string | undefined);
  const place = await anyCachePlace(parsed);
  leanHeap(place.store);
  const progress = progressLine(process.stderr, process.env);
  try {
    const now = Date.now();
    const onProgress = (versions: number) => progress.show(`${versions} versions`);
    const counted = await statsOf(place.store, { now, top, onProgress });
    const preview = await previewOf(place, now, ({ versions }) =>
      progress.show(`${versions} versions looked at for a prune`),
    );
    progress.end();
    const outcome = { ...counted, ...preview };
    const text = format === 'json' ? statsJson(outcome) : statsText(outcome);
    await deliverReport(text, format, output, place.platform);
    return EXIT.ok;
  } finally {
    progress.end();
    await place.close();
  }
};

async function statsOf(at: OpenStore, options: StatsOptions): Promise<Pick<StatsOutcome, 'store' | 'stats'>> {
  if (at.kind === 'bucket') {
    const { bucketStats } = await import('../store/bucket/stats.ts');
    await requirePlace(at, true);
    return { store: at.bucket.location, stats: await bucketStats(at.bucket, options) };
  }
  const tree = await existingTree(at.dir);
  return { store: tree.root, stats: await storeStats(tree, options) };
}

/** A dry run by the configuration; without the refs to keep where they cannot be told now. */
async function previewOf(
  { store, config, platform, token }: AnyCachePlace,
  now: number,
  onProgress: (progress: PruneProgress) => void,
): Promise<Pick<StatsOutcome, 'prune' | 'unknownRefs'>> {
  const request = {
    store,
    rules: config.cache,
    dryRun: true,
    onProgress,
    now,
    platform,
    env: process.env,
    token,
  };
  try {
    return { prune: (await pruneStore(request)).report };
  } catch (error) {
    if (!(error instanceof KeepListError)) throw error;
    const rules = { ...config.cache, 'keep-refs': [] };
    return { prune: (await pruneStore({ ...request, rules })).report, unknownRefs: error.message };
  }
}

function topOf(value: string | undefined): number {
  if (value === undefined) return 20;
  const top = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (top < 1 || top > 10_000) {
    throw new UsageError(`--top wants a number from 1 to 10000, not ${JSON.stringify(value)}`);
  }
  return top;
}
