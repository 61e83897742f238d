import type { Finding } from '../policy/finding.ts';
import { count, list, plain } from './plain.ts';
import { worstFirst } from './severity.ts';
import type { CheckReport } from './types.ts';

/** Digits of a commit that people compare. */
const SHORT_COMMIT = 12;

/** `2 errors and 1 warning`, or `no findings`. */
function counts({ summary }: CheckReport): string {
  const parts = [
    summary.errors > 0 ? count(summary.errors, 'error') : '',
    summary.warnings > 0 ? count(summary.warnings, 'warning') : '',
    summary.notes > 0 ? count(summary.notes, 'note') : '',
  ].filter(part => part !== '');
  return parts.length === 0 ? 'no findings' : list(parts);
}

/** `2 errors and 1 warning are new; 12 files and 48 modules were checked`; untrusted text is in none of it. */
export function headline(report: CheckReport): string {
  const { summary, findings, compared } = report;
  if (summary.files === 0 && findings.length === 0) {
    return 'there is no go.mod or go.work file here, so there is nothing to check';
  }
  const fresh = summary.errors + summary.warnings + summary.notes;
  const news = compared.mode === 'full' ? '' : fresh === 1 ? ' is new' : fresh > 1 ? ' are new' : '';
  const judged = `${count(summary.files, 'file')} and ${count(summary.modules, 'module')} were checked`;
  return `${fresh === 0 && compared.mode === 'diff' ? 'nothing new was found' : counts(report)}${news}; ${judged}`;
}

/** `4 existing, 1 waived, 2 in the baseline`; undefined when there is none. */
function acceptedCounts({ summary, fixed }: CheckReport): string | undefined {
  const parts = [
    summary.existing > 0 ? `${summary.existing} that the base has too` : '',
    summary.waived > 0 ? `${summary.waived} waived` : '',
    summary.baseline > 0 ? `${summary.baseline} in the baseline` : '',
    fixed.length > 0 ? `${fixed.length} fixed` : '',
  ].filter(part => part !== '');
  return parts.length === 0 ? undefined : parts.join(', ');
}

const short = (commit: string): string => plain(commit).slice(0, SHORT_COMMIT);

export interface Circumstance {
  readonly label: string;
  readonly text: string;
}

/** What a reader needs to know to trust the numbers: base, policy, what was left out. Plain, untrusted text shown. */
export function circumstances(report: CheckReport): Circumstance[] {
  const out: Circumstance[] = [];
  const accepted = acceptedCounts(report);
  if (accepted !== undefined) out.push({ label: 'besides', text: accepted });
  const { compared, policy } = report;
  out.push({
    label: 'compared',
    text:
      compared.mode === 'full'
        ? 'with no base, so every finding counts'
        : `with ${plain(compared.base, 200)} at ${short(compared.commit)}`,
  });
  const files = policy.files.slice(0, 8).map(file => plain(file, 200));
  if (policy.files.length > files.length) files.push(`${policy.files.length - files.length} more`);
  const at = policy.commit === undefined ? '' : ` at ${short(policy.commit)}`;
  out.push({ label: 'policy', text: files.length === 0 ? 'the default one' : `${list(files)}${at}` });
  if (report.skipped.length > 0) {
    const why = report.skipped.slice(0, 10).map(({ why, count }) => `${count} ${plain(why, 200)}`);
    const rest = report.skipped.length - why.length;
    out.push({ label: 'skipped', text: `${why.join(', ')}${rest > 0 ? `, … ${rest} more reasons` : ''}` });
  }
  return out;
}

/** What the policy in the change says, next to what counts. */
export interface PreviewWords {
  /** A sentence part behind the file's name, like `would fail, with 3 findings`. */
  readonly verdict: string;
  /** Findings that only the edited policy has. */
  readonly more: readonly Finding[];
  /** New findings that the edited policy does not have. */
  readonly gone: readonly Finding[];
}

export function previewWords(
  report: CheckReport,
  preview: NonNullable<CheckReport['preview']>,
): PreviewWords {
  const fresh = (findings: readonly Finding[]) =>
    worstFirst(findings.filter(({ status }) => status === 'new'));
  const then = fresh(preview.findings);
  const now = fresh(report.findings);
  const lacking = (from: readonly Finding[], others: readonly Finding[]) => {
    const there = new Set(others.map(({ fingerprint, level }) => `${level} ${fingerprint}`));
    return from.filter(({ fingerprint, level }) => !there.has(`${level} ${fingerprint}`));
  };
  const more = lacking(then, now);
  const gone = lacking(now, then);
  const same = more.length === 0 && gone.length === 0 && now.length > 0 ? 'the same ' : '';
  const verdict = `would ${preview.failed ? 'fail' : 'pass'}, with ${same}${then.length === 0 ? 'no findings' : count(then.length, 'finding')}`;
  return { verdict, more, gone };
}

/** `go.mod:3:9`. */
export function placeOf({ file, line, column }: Finding): string {
  return `${plain(file, 1024)}:${line}:${column}`;
}

/** `and 37 more findings`, with where they are. */
export function cutLine(n: number, where: string): string {
  return `… and ${count(n, 'more finding')}; see ${where}`;
}
