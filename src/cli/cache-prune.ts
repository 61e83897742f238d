import { parseDuration, parseSize } from '../config/units.ts';
import { gitRefProblem } from '../config/values.ts';
import { harmlessJson } from '../report/json.ts';
import { pruneText } from '../report/prune-text.ts';
import { type PruneOutcome, pruneStore } from '../session/cache/prune.ts';
import { anyCachePlace, PLACE_OPTIONS } from './cache-place.ts';
import { deliverReport, reportFile, reportFormat } from './deliver.ts';
import { EXIT, UsageError } from './errors.ts';
import { leanHeap } from './lean-heap.ts';
import type { Verb } from './modgate.ts';
import { type ParsedVerb, parseVerb, type VerbOptions, verbHelp } from './options.ts';
import { progressLine } from './progress.ts';
import { say } from './say.ts';

const OPTIONS = {
  ...PLACE_OPTIONS,
  'keep-since': {
    type: 'string',
    value: 'TIME',
    help: 'remove versions that were not used for this long (default: cache.keep-since)',
  },
  'max-age': {
    type: 'string',
    value: 'TIME',
    help: 'also remove versions that were first seen longer ago, however much they are used',
  },
  'max-size': {
    type: 'string',
    value: 'SIZE',
    help: 'then remove the least recently used until the store is no larger (default: cache.max-size)',
  },
  'keep-ref': {
    type: 'string',
    value: 'REF',
    multiple: true,
    help: 'keep what the go.mod and go.sum files of this branch, tag or commit name; repeatable (default: cache.keep-refs)',
  },
  'dry-run': { type: 'boolean', help: 'only tell what would go' },
  budget: { type: 'string', value: 'TIME', help: 'stop after this long; the next prune does the rest' },
  format: { type: 'string', value: 'text|json', help: 'how the report is printed (default text)' },
  output: { type: 'string', value: 'FILE', help: 'write the report to FILE instead of stdout' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies VerbOptions;

const USAGE = 'modgate cache prune [DIR|URL] [options]';
const ABOUT = `Removes from the module store in DIR, or in the bucket of URL, what nobody used for long. What was used within the last hour stays whatever
the rules say, so that it can run beside jobs; there is no lock, and a prune that was ended is taken up by the next.

Exit code: 0 done, 2 the options or the directory cannot be used, 3 something could not be removed or read, 4 the
modules of a ref could not be told, so that nothing was removed.`;

export const cachePrune: Verb = async args => {
  const parsed = parseVerb('cache prune', args, OPTIONS);
  const { values } = parsed;
  if (values.help === true) {
    process.stdout.write(verbHelp(USAGE, ABOUT, OPTIONS));
    return EXIT.ok;
  }
  if (parsed.rest !== undefined) throw new UsageError(`there is nothing to run here\nusage: ${USAGE}`);
  const format = reportFormat(values.format as string | undefined);
  const output = reportFile(values.output as string | undefined);
  const own = rulesOf(values);
  const budget = duration(values, 'budget');

  const { config, store, platform, token, close } = await anyCachePlace(parsed);
  leanHeap(store);
  const stop = new AbortController();
  const interrupted = () => stop.abort();
  // The second one ends the process, which is as safe.
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const progress = progressLine(process.stderr, process.env);
  let outcome: PruneOutcome;
  try {
    outcome = await pruneStore({
      store,
      rules: { ...config.cache, ...own },
      dryRun: values['dry-run'] === true,
      until: budget === undefined ? stop.signal : AbortSignal.any([stop.signal, AbortSignal.timeout(budget)]),
      onProgress: ({ phase, versions, deleted }) =>
        progress.show(`${DOING[phase]}: ${versions} versions, ${deleted.versions} removed`),
      now: Date.now(),
      platform,
      env: process.env,
      token,
    });
  } finally {
    progress.end();
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await close();
  }
  const { report, keepRefs, warnings } = outcome;
  for (const warning of warnings) say(`warning: ${warning}`);
  const text = format === 'json' ? harmlessJson({ ...report, keepRefs }) : pruneText(report, keepRefs);
  await deliverReport(text, format, output, platform);
  if (stop.signal.aborted) {
    say('ended before it was done; what is left is for the next prune');
    return EXIT.internal;
  }
  return report.failed.count > 0 ? EXIT.internal : EXIT.ok;
};

const DOING = { look: 'looking', shrink: 'removing the least recently used' } as const;

type Rules = Partial<Parameters<typeof pruneStore>[0]['rules']>;

function rulesOf(values: ParsedVerb['values']): Rules {
  const refs = values['keep-ref'] as readonly string[] | undefined;
  for (const ref of refs ?? []) {
    const problem = gitRefProblem(ref);
    if (problem !== undefined) throw new UsageError(`--keep-ref ${JSON.stringify(ref)} ${problem}`);
  }
  const keepSince = duration(values, 'keep-since');
  const maxAge = duration(values, 'max-age');
  const maxSize = size(values, 'max-size');
  return {
    ...(keepSince === undefined ? {} : { 'keep-since': keepSince }),
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(maxSize === undefined ? {} : { 'max-size': maxSize }),
    ...(refs === undefined ? {} : { 'keep-refs': [...refs] }),
  };
}

function duration(values: ParsedVerb['values'], name: keyof typeof OPTIONS): number | undefined {
  const text = values[name] as string | undefined;
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined) {
    throw new UsageError(
      `--${name} wants a number and a unit, like 30d, 2h or 15m, not ${JSON.stringify(text)}`,
    );
  }
  return ms;
}

function size(values: ParsedVerb['values'], name: keyof typeof OPTIONS): number | undefined {
  const text = values[name] as string | undefined;
  if (text === undefined) return undefined;
  const bytes = parseSize(text);
  if (bytes === undefined) {
    throw new UsageError(`--${name} wants a size, like 20GB or 512MiB, not ${JSON.stringify(text)}`);
  }
  return bytes;
}
