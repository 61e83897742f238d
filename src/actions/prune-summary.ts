import type { CachePruneReport } from './prune-cache.ts';
import type { Reason, SharedEntry } from './prune-entries.ts';
import { formatBytes, markdownText } from './summary.ts';

/** Rows in the order in which a reader wants them; what went first. */
const REASONS: Readonly<Record<Reason, { readonly keep: boolean; readonly says: string }>> = {
  replaced: { keep: false, says: 'newer entries have taken their place' },
  'ref-gone': { keep: false, says: 'branch gone, or pull request closed' },
  unread: { keep: false, says: 'not read for eight days' },
  'old-format': { keep: false, says: 'of a version of modgate that wrote another format' },
  newest: { keep: true, says: 'newest of its branch' },
  parent: { keep: true, says: 'holds files that a newest entry needs' },
  'perhaps-parent': { keep: true, says: 'may be needed by an entry that this job cannot read' },
  'in-use': { keep: true, says: 'of the last hours: jobs that run may build on it' },
  'not-ours': { keep: true, says: 'of another version of modgate' },
};

/** Why an entry went or stayed, as half a sentence. */
export function reasonText(why: Reason): string {
  return REASONS[why].says;
}

export function bytesOf(entries: readonly SharedEntry[]): number {
  return entries.reduce((sum, entry) => sum + entry.bytes, 0);
}

/** What became of the shared cache, in Markdown for the job's page. */
export function cacheMarkdown(report: CachePruneReport, dryRun: boolean): string {
  const gone = new Set(report.deleted);
  const stays = report.verdicts.map(verdict => verdict.entry).filter(entry => !gone.has(entry));
  const lines = [
    `### modgate: shared cache${dryRun ? ' (dry run: nothing was deleted)' : ''}`,
    '',
    '| | | entries | bytes |',
    '|---|---|--:|--:|',
  ];
  for (const [why, { keep, says }] of Object.entries(REASONS)) {
    const of = report.verdicts.filter(verdict => verdict.why === why).map(verdict => verdict.entry);
    const rows: readonly [string, readonly SharedEntry[]][] = keep
      ? [['stays', of]]
      : [
          [dryRun ? 'would go' : 'went', of.filter(entry => gone.has(entry))],
          ['to go', of.filter(entry => !gone.has(entry))],
        ];
    for (const [what, entries] of rows) {
      if (entries.length === 0) continue;
      lines.push(`| ${what} | ${says} | ${entries.length} | ${formatBytes(bytesOf(entries))} |`);
    }
  }
  if (report.verdicts.length === 0) lines.push('| | no entry of modgate | 0 | 0 B |');
  const all = report.repositoryBytes;
  lines.push(
    '',
    `modgate has ${formatBytes(bytesOf(stays))} in ${stays.length} entries` +
      (all === undefined ? '.' : ` of the ${formatBytes(all)} that all caches of this repository take.`),
  );
  for (const warning of report.warnings.slice(0, 20)) lines.push(`- ⚠️ ${markdownText(warning)}`);
  return `${lines.join('\n')}\n`;
}
