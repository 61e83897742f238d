import { harmlessJson } from './json.ts';
import { clip, MAX_FIELD, plain, sentence } from './plain.ts';
import { codeQualitySeverity, worstFirst } from './severity.ts';
import type { CheckReport, Rendered } from './types.ts';

/** A bound on the artifact; the widget of a merge request shows a few hundred. */
const MAX_ENTRIES = 25_000;

/**
 * GitLab's Code Quality report: an array, `[]` when there is nothing. It holds all that stands at the head and is
 * not accepted on record, because GitLab itself compares it with the report of the target branch.
 */
export function codeQuality(report: CheckReport): Rendered {
  const current = worstFirst(
    report.findings.filter(({ status }) => status === 'new' || status === 'existing'),
  );
  const shown = current.slice(0, MAX_ENTRIES);
  const entries = shown.map(({ rule, level, file, line, message, fix, fingerprint }) => ({
    description: `${sentence(plain(message))} Fix: ${sentence(plain(fix))}`,
    check_name: rule,
    fingerprint,
    severity: codeQualitySeverity(rule, level),
    location: { path: clip(file.replace(/^(?:\.?\/)+/, ''), MAX_FIELD) || '.', lines: { begin: line } },
  }));
  const text = harmlessJson(entries, 2);
  return shown.length === current.length
    ? { text }
    : { text, cut: `… and ${current.length - shown.length} more findings` };
}
