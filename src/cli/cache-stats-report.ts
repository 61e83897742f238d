import { formatDuration } from '../config/units.ts';
import { harmlessJson } from '../report/json.ts';
import { clip, count, list, plain } from '../report/plain.ts';
import { wrap } from '../report/width.ts';
import { formatBytes } from '../session/summary.ts';
import type { Amount, PruneReport } from '../store/prune/types.ts';
import type { Groups } from '../store/stats/groups.ts';
import type { HitRate, StoreStats } from '../store/stats/types.ts';

/** A store in figures, and what a prune by the configuration would do to it. */
export interface StatsOutcome {
  readonly store: string;
  readonly stats: StoreStats;
  /** Of a dry run. */
  readonly prune: PruneReport;
  /** Why the modules of the refs to keep are not known: the dry run counts without them. */
  readonly unknownRefs?: string;
}

const WIDTH = 80;
const LABEL = 12;
const NAME = 46;

/** For people, in 80 columns. */
export function statsText(outcome: StatsOutcome): string {
  const { store, stats } = outcome;
  const { modules, toolchains, beside, unindexed, unread } = stats;
  const blocks: string[][] = [
    [
      labelled('Store', [plain(store)]),
      labelled('Modules', [
        `${count(stats.byModule.count, 'module')} in ${count(modules.versions, 'version')}, ${count(modules.files, 'file')}, ${formatBytes(modules.bytes)}`,
      ]),
      labelled('Toolchains', [`${count(toolchains.versions, 'version')}, ${formatBytes(toolchains.bytes)}`]),
      labelled('Beside', wrap(besideWords(beside), WIDTH - LABEL)),
      ...(unindexed.versions === 0
        ? []
        : [
            labelled('Not indexed', [`${amountWords(unindexed)}: modgate cache verify --repair proves them`]),
          ]),
      ...(unread === 0 ? [] : [labelled('Not read', [`${unread} directories: check their permissions`])]),
    ],
    groups('Hosts', stats.byHost, modules),
    groups('Owners', stats.byOwner, modules),
    groups('Modules', stats.byModule, modules),
    table(
      'Last used',
      stats.lastUse.map(
        (age, at) => [ageWords(age.withinDays, stats.lastUse[at - 1]?.withinDays), age] as const,
      ),
    ),
    table('First seen', [
      ...(stats.earlier.versions === 0 ? [] : [['earlier', stats.earlier] as const]),
      ...stats.firstSeen.filter(({ versions }) => versions > 0).map(month => [month.month, month] as const),
    ]),
    [
      ...stats.hitRates.map(rate => labelled('Hit rate', wrap(hitWords(rate), WIDTH - LABEL))),
      labelled('Prune', wrap(pruneWords(outcome), WIDTH - LABEL)),
    ],
  ];
  return `${blocks
    .filter(block => block.length > 0)
    .map(block => block.join('\n'))
    .join('\n\n')}\n`;
}

function labelled(label: string, lines: readonly string[]): string {
  return lines.map((line, at) => `${(at === 0 ? label : '').padEnd(LABEL)}${line}`).join('\n');
}

function besideWords(beside: StoreStats['beside']): string {
  const { soft, sumdb, quarantine, temp, log } = beside;
  return list([
    `lists and absences ${formatBytes(soft.bytes)}`,
    `checksum database ${formatBytes(sumdb.bytes)}`,
    `quarantine ${formatBytes(quarantine.bytes)} (${count(quarantine.files, 'file')})`,
    `temporary ${formatBytes(temp.bytes)}`,
    `log ${formatBytes(log.bytes)}`,
  ]);
}

function groups(title: string, { count: all, top }: Groups, whole: Amount): string[] {
  if (all === 0) return [];
  const more = all > top.length ? ` (the largest ${top.length} of ${all})` : '';
  return table(
    `${title}${more}`,
    top.map(each => [each.name, each] as const),
    whole,
  );
}

function table(title: string, rows: readonly (readonly [string, Amount])[], whole?: Amount): string[] {
  if (rows.length === 0) return [];
  const lines = rows.map(([name, { versions, bytes }]) => {
    const part =
      whole === undefined || whole.bytes === 0 ? '' : `${Math.round((100 * bytes) / whole.bytes)} %`;
    return `  ${clip(plain(name), NAME).padEnd(NAME)} ${String(versions).padStart(10)} ${formatBytes(bytes).padStart(11)} ${part.padStart(6)}`.trimEnd();
  });
  return [`${title.padEnd(NAME + 2)} ${'versions'.padStart(10)} ${'size'.padStart(11)}`, ...lines];
}

function ageWords(within: number | null, above: number | null | undefined): string {
  if (within === null) return `longer than ${above} days ago`;
  return above === undefined || above === null ? 'within a day' : `${above} to ${within} days ago`;
}

function hitWords({
  days,
  sessions,
  requests,
  fromStore,
  bytesFromStore,
  bytesFromUpstream,
  added,
}: HitRate): string {
  if (sessions === 0) return `last ${days} days: no session has left figures`;
  const bytes = bytesFromStore + bytesFromUpstream;
  return `last ${days} days: ${percent(fromStore, requests)} of ${count(requests, 'request')} and ${percent(bytesFromStore, bytes)} of ${formatBytes(bytes)} came from the store, in ${count(sessions, 'session')}; ${count(added, 'version')} came in`;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`;
}

function amountWords({ versions, bytes }: Amount): string {
  return `${count(versions, 'version')} (${formatBytes(bytes)})`;
}

function pruneWords({ prune, unknownRefs }: StatsOutcome): string {
  const { deleted, rules, after, excessBytes } = prune;
  const { unused, size } = deleted.reasons;
  const rest = `keep-since ${formatDuration(rules.keepSinceMs)}, max-size ${formatBytes(rules.maxBytes)}`;
  const less = unknownRefs === undefined ? '' : ' at most, because what keep-refs keep cannot be told now';
  const over = excessBytes > 0 ? `, ${formatBytes(excessBytes)} too much, which running jobs hold` : '';
  const what =
    deleted.versions === 0
      ? 'nothing would go'
      : `${amountWords(deleted)} would go${less}: ${amountWords(unused)} unused for long, ${amountWords(size)} to make room`;
  return `${what}; ${formatBytes(after.bytes)} would stay${over} (${rest})`;
}

/** The contract of `cache stats --format json`. */
export function statsJson({ store, stats, prune, unknownRefs }: StatsOutcome): string {
  const { before, after, deleted, kept, swept, rules, excessBytes } = prune;
  const refs = unknownRefs === undefined ? {} : { unknownRefs };
  const wouldPrune = { rules, ...refs, before, after, deleted, kept, swept, excessBytes };
  return harmlessJson({ schema: 1, store, ...stats, prune: wouldPrune }, 2);
}
