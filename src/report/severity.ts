import { LEVELS, type Level, type RuleId } from '../config/rule-ids.ts';
import type { Finding, Status } from '../policy/finding.ts';
import type { CheckReport } from './types.ts';

/** Rules about where code comes from and whether it is what it says: their errors are security findings. */
const SECURITY =
  /^(?:host|module|sum|env)\/|^path\/(?:malformed|lookalike)$|^replace\/(?:local-escapes|local-absolute|target-not-allowed|unpinned)$/;

export function isSecurity(rule: RuleId): boolean {
  return SECURITY.test(rule);
}

/** CVSS-like score that GitHub turns into high, medium and low; it has to be a string. */
export function securitySeverity(level: Level): string {
  return level === 'error' ? '8.0' : level === 'warning' ? '5.0' : '2.0';
}

export type CodeQualitySeverity = 'info' | 'minor' | 'major' | 'critical' | 'blocker';

export function codeQualitySeverity(rule: RuleId, level: Level): CodeQualitySeverity {
  if (level === 'note') return 'info';
  if (level === 'warning') return 'minor';
  return isSecurity(rule) ? 'critical' : 'major';
}

const STATUS_RANK: Readonly<Record<Status, number>> = { new: 0, existing: 1, waived: 2, baseline: 3 };

/** Worst first: new ones, by level, security before hygiene; then as they were given. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  const rank = ({ status, level, rule }: Finding): number =>
    STATUS_RANK[status] * 8 + (LEVELS.length - LEVELS.indexOf(level)) * 2 + (isSecurity(rule) ? 0 : 1);
  return findings.toSorted((a, b) => rank(a) - rank(b));
}

/** New findings that this check fails for. */
export function failing(report: CheckReport): (finding: Finding) => boolean {
  if (!report.failed) return () => false;
  const highest = LEVELS.findLast(level =>
    report.findings.some(finding => finding.status === 'new' && finding.level === level),
  );
  const from = LEVELS.indexOf(report.failOn ?? highest ?? 'error');
  return finding => finding.status === 'new' && LEVELS.indexOf(finding.level) >= from;
}
