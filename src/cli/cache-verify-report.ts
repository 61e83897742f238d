import { harmlessJson } from '../report/json.ts';
import { count, list, plain } from '../report/plain.ts';
import { wrap } from '../report/width.ts';
import { formatBytes } from '../session/summary.ts';
import { FINDING_KINDS, type Finding, type FindingKind, type VerifyReport } from '../store/verify/types.ts';

/** A verification with what is known beside it. */
export interface VerifyOutcome {
  readonly store: string;
  readonly report: VerifyReport;
  readonly repair: boolean;
  readonly ms: number;
  /** Number of go.sum files that were compared with. */
  readonly goSums: number;
  /** Why the checksum database, which was to be asked, is not there. */
  readonly noSumDb?: string;
}

/** Findings of a kind that the text shows; JSON has more. */
const SHOWN = 20;
/** Most files nobody vouches for are simply private. */
const SHOWN_UNVOUCHED = 5;

const WIDTH = 80;

const TITLES: Readonly<Record<FindingKind, string>> = {
  damaged: 'Damaged',
  contradicted: 'Not the hash that others know',
  unreadable: 'Could not be read',
  unindexed: 'Not in the index',
  missing: 'In the index, and not there',
  unvouched: 'Vouched for by nobody but the index',
  junk: 'Not a file of a store',
};

/** Files that are wrong and were not mended. */
export function unmended({ counts, repaired }: VerifyReport): number {
  return counts.damaged - repaired.damaged + counts.contradicted - repaired.contradicted;
}

/** What keeps a verification from being whole, as sentences. */
export function incomplete({ report, noSumDb }: VerifyOutcome): string[] {
  const said: string[] = [];
  if (noSumDb !== undefined) said.push(`The checksum database was not asked: ${plain(noSumDb)}.`);
  if (report.unasked.versions > 0) {
    const { versions, why } = report.unasked;
    said.push(`The checksum database did not answer for ${count(versions, 'version')}: ${plain(why)}.`);
  }
  if (report.changing > 0) {
    said.push(
      `${count(report.changing, 'version')} changed each time it was looked at: jobs are at work on it; verify again later.`,
    );
  }
  if (report.stopped) said.push('It was ended before everything was looked at.');
  return said;
}

/** For people: what is wrong by kind, then what was looked at and what to do next. At most 80 columns of our own words. */
export function verifyText(outcome: VerifyOutcome): string {
  const { report, store, ms } = outcome;
  const lines: string[] = [];
  for (const kind of FINDING_KINDS) lines.push(...section(kind, report));
  const { versions, files, bytes, vouched } = report;
  const hashes = vouched.sumdb + vouched.gosum + vouched.index + vouched.nobody;
  lines.push(
    `Store     ${plain(store)}`,
    `Looked at ${count(versions, 'version')}, ${count(files, 'file')}, ${formatBytes(bytes)} in ${(ms / 1000).toFixed(1)} s`,
    `Vouched   ${count(hashes, 'hash').replace('hashs', 'hashes')}: ${list([
      `${vouched.sumdb} by the checksum database`,
      `${vouched.gosum} by go.sum`,
      `${vouched.index} by the index`,
      `${vouched.nobody} by nobody`,
    ])}`,
  );
  const tail = [...incomplete(outcome), verdict(outcome)].flatMap(sentence => wrap(sentence, WIDTH));
  return `${[...lines.flatMap(fold), '', ...tail].join('\n')}\n`;
}

function section(kind: FindingKind, report: VerifyReport): string[] {
  const total = report.counts[kind];
  if (total === 0) return [];
  const shown = report.findings
    .filter(f => f.kind === kind)
    .slice(0, kind === 'unvouched' ? SHOWN_UNVOUCHED : SHOWN);
  const lines = shown.flatMap(finding => [
    `  ${plain(finding.path)}`,
    ...wrap(plain(finding.what), WIDTH - 4).map(line => `    ${line}`),
    ...(finding.outcome === 'left' ? [] : [`    ${fate(finding)}`]),
  ]);
  const rest = total - shown.length;
  if (rest > 0) lines.push(`  and ${rest} more (--format json tells of 1000)`);
  return [`${TITLES[kind]} (${total})`, ...lines, ''];
}

function fate({ outcome, movedTo }: Finding): string {
  if (outcome === 'quarantined') return `→ moved to ${plain(movedTo ?? '')}`;
  return outcome === 'indexed' ? '→ proven, and in the index now' : '→ the index tells of it no more';
}

function verdict({ report, repair }: VerifyOutcome): string {
  const bad = unmended(report);
  const mended = Object.values(report.repaired).reduce((a, b) => a + b);
  const did = mended === 0 ? '' : ` ${count(mended, 'finding')} mended.`;
  if (bad === 0 && report.counts.unreadable > 0) {
    return `${count(report.counts.unreadable, 'file')} could not be read: check the disk and the permissions.${did}`;
  }
  if (bad === 0) {
    const open =
      report.counts.missing + report.counts.unindexed - report.repaired.missing - report.repaired.unindexed;
    const left = open === 0 ? '' : ` ${count(open, 'file')} will be fetched anew when asked for.`;
    return `${mended === 0 ? 'No damage was found.' : 'No damage is left.'}${did}${left}`;
  }
  const next = repair
    ? 'What is left needs a look: see above.'
    : 'Next: modgate cache verify --repair moves them to modgate/quarantine/, and jobs fetch them anew.';
  return `${count(bad, 'file')} ${bad === 1 ? 'is' : 'are'} not what ${bad === 1 ? 'it' : 'they'} should be.${did} ${next}`;
}

function fold(line: string): string[] {
  const [head = '', ...more] = line.startsWith(' ') ? [line] : wrap(line, WIDTH);
  return [head, ...more.map(rest => `          ${rest}`)];
}

/** The contract of `cache verify --format json`. */
export function verifyJson(outcome: VerifyOutcome, exitCode: number): string {
  const { report, store, repair, ms, goSums, noSumDb } = outcome;
  const { findings, counts, repaired, versions, files, bytes, vouched, unasked, changing, stopped } = report;
  return harmlessJson(
    {
      schema: 1,
      store,
      repair,
      exitCode,
      versions,
      files,
      bytes,
      ms: Math.round(ms),
      vouched,
      counts,
      repaired,
      goSums,
      ...(noSumDb === undefined ? {} : { noSumDb }),
      unasked,
      changing,
      stopped,
      findings: findings.map(({ kind, path, mv, file, what, outcome: fateOf, movedTo }) => ({
        kind,
        path,
        ...(mv === undefined ? {} : { module: mv.path, version: mv.version }),
        ...(file === undefined ? {} : { file }),
        what,
        outcome: fateOf,
        ...(movedTo === undefined ? {} : { movedTo }),
      })),
    },
    2,
  );
}
