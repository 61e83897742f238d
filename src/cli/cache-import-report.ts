import { harmlessJson } from '../report/json.ts';
import { count, list, plain } from '../report/plain.ts';
import { wrap } from '../report/width.ts';
import { formatBytes } from '../session/summary.ts';
import { WORDS } from '../store/import/recognise.ts';
import { type ImportReport, REFUSALS, type Refusal, type Source } from '../store/import/types.ts';
import { EXIT } from './errors.ts';

/** An import with what is known beside it. */
export interface ImportOutcome {
  readonly source: Source;
  readonly store: string;
  readonly report: ImportReport;
  readonly dryRun: boolean;
  readonly ms: number;
  /** Number of go.sum files that counted. */
  readonly goSums: number;
  /** Why nobody asked the checksum database, which was to be asked. */
  readonly noSumDb?: string;
}

/** Findings of a kind that the text shows; JSON has more. */
const SHOWN = 20;
/** Most of what nobody vouches for is simply private. */
const SHOWN_UNVOUCHED = 5;
const WIDTH = 80;

const TITLES: Readonly<Record<Refusal, string>> = {
  'wrong-hash': 'Refused: not the hash that others know',
  damaged: 'Refused: damaged',
  unreadable: 'Could not be read',
  unasked: 'Left out: the checksum database did not answer',
  unvouched: 'Left out: nobody vouches for it',
  'not-whole': 'Left out: not whole',
  foreign: 'Left out: no file of a module',
};

/** Wrong and damaged files first: that is what somebody has to look into. */
export function importExitCode({ report, noSumDb }: ImportOutcome): number {
  const { counts, stopped } = report;
  if (counts['wrong-hash'] + counts.damaged > 0) return EXIT.findings;
  if (counts.unreadable > 0) return EXIT.internal;
  const unasked = counts.unasked > 0 || (noSumDb !== undefined && counts.unvouched > 0);
  return unasked || stopped ? EXIT.incomplete : EXIT.ok;
}

/** What keeps an import from being whole, as sentences. */
export function incompleteImport({ report, noSumDb }: ImportOutcome): string[] {
  const said: string[] = [];
  if (noSumDb !== undefined && report.counts.unvouched > 0) {
    said.push(`The checksum database was not asked: ${plain(noSumDb)}.`);
  }
  if (report.counts.unasked > 0) {
    const versions = count(report.counts.unasked, 'version');
    said.push(
      `The checksum database did not answer for ${versions}: import again when it can be reached, or name go.sum files with --go-sum.`,
    );
  }
  if (report.stopped) said.push('It was ended before everything was looked at; the next import goes on.');
  return said;
}

/** For people: what was left out by kind, then what came in. At most 80 columns of our own words. */
export function importText(outcome: ImportOutcome): string {
  const { source, store, report, ms, dryRun } = outcome;
  const { imported, present, vouched, versions } = report;
  const lines = REFUSALS.flatMap(refusal => section(refusal, report));
  lines.push(
    `Source    ${plain(source.root)}: ${WORDS[source.kind]}, ${plain(source.why)}`,
    `Store     ${plain(store)}`,
    `Looked at ${count(versions, 'version')} in ${(ms / 1000).toFixed(1)} s`,
    `Known     ${count(present.versions, 'version')}, ${count(present.files, 'file')} that the store had already`,
    `${dryRun ? 'Would take' : 'Imported '} ${count(imported.versions, 'version')}, ${count(imported.files, 'file')}, ${formatBytes(imported.bytes)}`,
    `Vouched   ${list([
      `${vouched.sumdb} by the checksum database`,
      `${vouched.gosum} by go.sum`,
      `${vouched['first-seen']} pinned as first seen`,
    ])}`,
  );
  const tail = [...incompleteImport(outcome), verdict(outcome)].flatMap(sentence => wrap(sentence, WIDTH));
  return `${[...lines.flatMap(fold), '', ...tail].join('\n')}\n`;
}

function section(refusal: Refusal, report: ImportReport): string[] {
  const total = report.counts[refusal];
  if (total === 0) return [];
  const shown = report.findings
    .filter(finding => finding.refusal === refusal)
    .slice(0, refusal === 'unvouched' ? SHOWN_UNVOUCHED : SHOWN);
  const lines = shown.flatMap(({ path, what }) => [
    `  ${plain(path)}`,
    ...wrap(plain(what), WIDTH - 4).map(line => `    ${line}`),
  ]);
  const rest = total - shown.length;
  if (rest > 0) lines.push(`  and ${rest} more (--format json tells of 1000)`);
  return [`${TITLES[refusal]} (${total})`, ...lines, ''];
}

function verdict(outcome: ImportOutcome): string {
  const { report, dryRun } = outcome;
  const { counts } = report;
  const bad = counts['wrong-hash'] + counts.damaged;
  const nothing = dryRun ? ' Nothing was written: this was a dry run.' : '';
  if (bad > 0) {
    const what = `${count(bad, 'file')} of the source ${bad === 1 ? 'is' : 'are'} not what ${bad === 1 ? 'it' : 'they'} should be, and ${bad === 1 ? 'was' : 'were'} not taken`;
    return `${what}. Whoever uses that source may get them: look there.${nothing}`;
  }
  if (counts.unreadable > 0) {
    return `${count(counts.unreadable, 'file')} could not be read: check the disk and the permissions.${nothing}`;
  }
  if (incompleteImport(outcome).length > 0) return `What came in is whole.${nothing}`;
  if (counts.unvouched > 0) {
    return `For what is left out, name go.sum files with --go-sum, or pin private modules with --pin-private if you trust this source.${nothing}`;
  }
  return `All that can be taken over is in the store.${nothing}`;
}

function fold(line: string): string[] {
  const [head = '', ...more] = line.startsWith(' ') ? [line] : wrap(line, WIDTH);
  return [head, ...more.map(rest => `          ${rest}`)];
}

/** The contract of `cache import --format json`. */
export function importJson(outcome: ImportOutcome): string {
  const { source, store, report, dryRun, ms, goSums, noSumDb } = outcome;
  const { versions, imported, present, vouched, counts, passedOver, stopped, findings } = report;
  return harmlessJson(
    {
      schema: 1,
      source: { path: source.root, kind: source.kind, why: source.why },
      store,
      dryRun,
      exitCode: importExitCode(outcome),
      versions,
      imported,
      present,
      vouched,
      counts,
      passedOver,
      stopped,
      goSums,
      ...(noSumDb === undefined ? {} : { noSumDb }),
      ms: Math.round(ms),
      findings: findings.map(({ refusal, path, mv, file, what, hashes }) => ({
        refusal,
        path,
        ...(mv === undefined ? {} : { module: mv.path, version: mv.version }),
        ...(file === undefined ? {} : { file }),
        what,
        ...hashes,
      })),
    },
    2,
  );
}
