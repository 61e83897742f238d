import { formatDuration } from '../config/units.ts';
import type { Amount, FileAmount, LeftFiles, Litter, PruneReport } from '../store/prune/types.ts';
import { count, plain } from './plain.ts';

/** A ref whose modules were kept. */
export interface KeptRefText {
  readonly ref: string;
  readonly commit: string;
  readonly versions: number;
}

const LITTER: Readonly<Record<Litter, readonly [one: string, more: string]>> = {
  temp: ['temp file', 'temp files'],
  quarantine: ['file in quarantine', 'files in quarantine'],
  soft: ['old list or answer', 'old lists and answers'],
  sumdb: ['file of the checksum database', 'files of the checksum database'],
  index: ['index entry without files', 'index entries without files'],
  log: ['old log', 'old logs'],
};

/** Modules and hosts that the text shows; the JSON has all. */
const SHOWN = 10;

/** What a prune did, for a person at a terminal. Ends with a line end. */
export function pruneText(report: PruneReport, keepRefs: readonly KeptRefText[] = []): string {
  return `${[...lines(report, keepRefs)].join('\n')}\n`;
}

function* lines(report: PruneReport, keepRefs: readonly KeptRefText[]): Generator<string> {
  const { before, after, deleted, kept, dryRun, finished, failed, foreign, excessBytes, rules } = report;
  yield `${plain(report.store)}: ${versionsOf(before)}`;
  if (!finished)
    yield 'Stopped before the end: these are the figures of what was seen; the next prune goes on.';
  yield '';
  yield `${dryRun ? 'Would remove' : 'Removed'} ${versionsOf(deleted)}`;
  const { unused, age, size, resumed } = deleted.reasons;
  yield* reason(unused, `not used for ${formatDuration(rules.keepSinceMs)}`);
  yield* reason(age, `first seen more than ${formatDuration(rules.maxAgeMs ?? 0)} ago`);
  yield* reason(size, `least recently used, to get down to ${bytesOf(rules.maxBytes)}`);
  yield* reason(resumed, 'left by a prune that was ended');
  const swept = Object.entries(report.swept) as [Litter, FileAmount][];
  for (const [litter, { files, bytes }] of swept.filter(([, { files }]) => files > 0)) {
    const what = LITTER[litter][files === 1 ? 0 : 1];
    yield `${dryRun ? 'Would sweep' : 'Swept'} ${number(files)} ${what}, ${bytesOf(bytes)}`;
  }
  for (const { ref, commit, versions } of keepRefs) {
    yield `Keeps the ${count(versions, 'version')} that ${plain(ref)} (${commit.slice(0, 12)}) names`;
  }
  if (keepRefs.length > 0) yield `Kept for refs: ${versionsOf(kept.listed)}`;
  if (kept.recent.versions > 0) yield `Used within the last hour: ${versionsOf(kept.recent)}`;
  if (kept.meanwhile.versions > 0) yield `Used while this ran, and kept: ${versionsOf(kept.meanwhile)}`;
  yield `${dryRun ? 'Would leave' : 'Leaves'} ${versionsOf(after)}`;
  if (finished && excessBytes > 0) {
    yield `That is ${bytesOf(excessBytes)} more than ${bytesOf(rules.maxBytes)}: the rest is kept for refs, was used within the last hour, or could not be removed`;
  }
  yield* table('hosts', report.top.hosts);
  yield* table('modules', report.top.modules);
  yield* left(failed, 'could not be removed or read');
  yield* left(foreign, 'not of a store and left as it is');
}

function* reason(amount: Amount, why: string): Generator<string> {
  if (amount.versions > 0) yield `  ${versionsOf(amount)}: ${why}`;
}

function* table(what: string, rows: PruneReport['top']['modules']): Generator<string> {
  if (rows.length === 0) return;
  yield '';
  yield `Most of it by ${what}:`;
  for (const row of rows.slice(0, SHOWN)) {
    yield `${bytesOf(row.bytes).padStart(10)} ${number(row.versions).padStart(9)}  ${plain(row.name, 200)}`;
  }
  if (rows.length > SHOWN) yield `${''.padStart(20)}  and others`;
}

function* left({ count: all, first }: LeftFiles, what: string): Generator<string> {
  if (all === 0) return;
  yield '';
  yield `${number(all)} ${what}:`;
  for (const { path, why } of first.slice(0, SHOWN)) yield `  ${plain(path, 300)}: ${plain(why, 500)}`;
  if (all > SHOWN) yield `  and ${number(all - Math.min(SHOWN, first.length))} more`;
}

function versionsOf({ versions, bytes }: Amount): string {
  return `${number(versions)} version${versions === 1 ? '' : 's'}, ${bytesOf(bytes)}`;
}

function number(n: number): string {
  return n.toLocaleString('en-US');
}

/** Three digits and a unit of 1000. */
function bytesOf(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(value >= 9.995 ? 1 : 2)} ${units[unit]}`;
}
