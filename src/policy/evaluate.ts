import type { Policy, Waiver } from '../config/policy.ts';
import { LEVELS, type Level, RULE_IDS } from '../config/rule-ids.ts';
import { type Baseline, type BaselineEntry, canBeBaselined } from './baseline.ts';
import type { Finding, Status } from './finding.ts';
import { type OwnFinding, staleEntries, unusedWaivers, waiverFindings } from './own-findings.ts';
import type { Rule } from './rule.ts';
import { numbered, runRules, type Unclassified } from './run-rules.ts';
import { isAbove, isWaivable, lower } from './settings.ts';
import type { Tree } from './tree.ts';
import { type CheckedWaiver, checkWaivers, WaiverIndex } from './waivers.ts';

export interface EvaluateRequest {
  readonly tree: Tree;
  /** What the tree is compared with; undefined when everything counts. */
  readonly base: Tree | undefined;
  /** With a base that of the base, waivers included. */
  readonly policy: Policy;
  /** The baseline that counts: with a base that of the base. Undefined when there is none. */
  readonly baseline: Baseline | undefined;
  /**
   * What the head's own files say, when a base's count: what they no longer hold is not reported as stale or
   * unused. What they hold besides has no effect.
   */
  readonly head?: { readonly waivers?: readonly Waiver[]; readonly baseline?: Baseline };
  readonly now: Date;
  /** A scheduled run of the default branch. */
  readonly scheduled: boolean;
  /** No finding counts for more than this, and none fails. */
  readonly cap?: Level;
  /** Directory that alone was read; nothing is said about what is accepted elsewhere. Empty for all. */
  readonly within?: string;
  /** Instead of all rules. */
  readonly rules?: readonly Rule[];
}

export interface Evaluation {
  /** Worst first: status, level, file, line. */
  readonly findings: readonly Finding[];
  /** Findings of the base that are gone. */
  readonly fixed: readonly Finding[];
  /** A new finding reaches the level of `fail-on`, and no cap was given. */
  readonly failed: boolean;
}

/**
 * Judges a tree: runs the rules over it and its base, and gives each finding its status. A finding that a valid
 * waiver covers is `waived`, one in the baseline `baseline`, one that the base has as well `existing`; the rest
 * is `new`. Pure. Throws `PolicyError` when a rule fails.
 */
export function evaluate(request: EvaluateRequest): Evaluation {
  const { tree, base, policy, cap } = request;
  const rules = request.rules === undefined ? {} : { rules: request.rules };
  const found = runRules({ tree, base, policy, ...rules });
  const before = base === undefined ? [] : runRules({ tree: base, base: undefined, policy, ...rules });

  const known = new Set(before.map(finding => finding.fingerprint));
  const waivers = checkWaivers(policy, request.now);
  const index = new WaiverIndex(waivers);
  const used = new Set<CheckedWaiver>();
  const accepted = acceptedIn(request.baseline, policy);

  const statusOf = (finding: Unclassified): Status => {
    const matching = index.matches(finding);
    for (const checked of matching) used.add(checked);
    if (matching.some(checked => checked.state === 'valid')) return 'waived';
    if (accepted.has(finding.fingerprint)) return 'baseline';
    if (known.has(finding.fingerprint)) return 'existing';
    // A date alone must not fail what passed the day before; only scheduled runs tell on it.
    const lapsed = base === undefined && !request.scheduled && matching.length > 0;
    return lapsed ? 'existing' : 'new';
  };
  const findings = found.map(finding => ({ ...finding, status: statusOf(finding) }));
  const own = ownFindings(request, { found, before, waivers, index, used });

  const all = [...findings, ...own].map(finding => capped(finding, cap)).sort(worstFirst);
  const still = new Set(found.map(finding => finding.fingerprint));
  const fixed = before
    .filter(finding => !still.has(finding.fingerprint))
    .map(finding => capped({ ...finding, status: 'existing' as const }, cap))
    .sort(worstFirst);
  const fails = (finding: Finding) => finding.status === 'new' && !isAbove(policy.failOn, finding.level);
  return { findings: all, fixed, failed: cap === undefined && all.some(fails) };
}

function acceptedIn(baseline: Baseline | undefined, policy: Policy): ReadonlySet<string> {
  const counts = (rule: string) => canBeBaselined(rule) && isWaivable(policy, rule);
  return new Set(baseline?.entries.filter(entry => counts(entry.rule)).map(entry => entry.fingerprint));
}

interface Seen {
  readonly found: readonly Unclassified[];
  readonly before: readonly Unclassified[];
  readonly waivers: readonly CheckedWaiver[];
  readonly index: WaiverIndex;
  readonly used: ReadonlySet<CheckedWaiver>;
}

function ownFindings(request: EvaluateRequest, { found, before, waivers, index, used }: Seen): Finding[] {
  const { policy, base, baseline, head } = request;
  const whole = (request.within ?? '') === '';
  const about = { policy, compared: base !== undefined, scheduled: request.scheduled };
  const all: OwnFinding[] = [];

  const listed = waivers.filter(({ waiver }) => stillListed(waiver, head?.waivers));
  all.push(...waiverFindings(listed, about));
  if (whole) {
    const usedBefore = new Set(before.flatMap(finding => index.matches(finding)));
    const has = (set: ReadonlySet<CheckedWaiver>) => (checked: CheckedWaiver) => set.has(checked);
    all.push(...unusedWaivers(listed, has(used), has(usedBefore), about));
  }
  if (baseline !== undefined) {
    const kept = head?.baseline ?? baseline;
    const within = (entry: BaselineEntry) => whole || entry.file.startsWith(`${request.within}/`);
    const entries = baseline.entries.filter(entry => kept.lines.has(entry.fingerprint) && within(entry));
    const now = new Set(found.map(finding => finding.fingerprint));
    const then = new Set(before.map(finding => finding.fingerprint));
    const inSet = (set: ReadonlySet<string>) => (entry: BaselineEntry) => set.has(entry.fingerprint);
    all.push(...staleEntries({ ...baseline, entries }, inSet(now), inSet(then), kept, about));
  }
  return numbered(all).map(({ from, finding }) => ({ ...finding, status: from.status }));
}

function stillListed(waiver: Waiver, head: readonly Waiver[] | undefined): boolean {
  return head === undefined || head.some(other => sameWaiver(waiver, other));
}

function sameWaiver(a: Waiver, b: Waiver): boolean {
  return (
    a.rule === b.rule &&
    a.file === b.file &&
    a.module === b.module &&
    a.reason === b.reason &&
    a.expires === b.expires &&
    a.owners.join('\n') === b.owners.join('\n')
  );
}

function capped(finding: Finding, cap: Level | undefined): Finding {
  return cap === undefined ? finding : { ...finding, level: lower(finding.level, cap) };
}

const STATUSES: readonly Status[] = ['new', 'existing', 'baseline', 'waived'];
const ORDER = new Map(RULE_IDS.map((id, index) => [id, index]));

/** The order of a report: what fails first, then what is worst, then by place. */
export function worstFirst(a: Finding, b: Finding): number {
  return (
    STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status) ||
    LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level) ||
    (a.file === b.file ? 0 : a.file < b.file ? -1 : 1) ||
    a.line - b.line ||
    a.column - b.column ||
    (ORDER.get(a.rule) ?? 0) - (ORDER.get(b.rule) ?? 0)
  );
}
