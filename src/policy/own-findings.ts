import type { Policy, Waiver } from '../config/policy.ts';
import { type RuleId, SESSION_RULES } from '../config/rule-ids.ts';
import type { Baseline, BaselineEntry } from './baseline.ts';
import { canBeBaselined } from './baseline.ts';
import type { Found, Place, Status } from './finding.ts';
import type { Levelled } from './run-rules.ts';
import { isAbove, lower, placeOfWaiver, strictestLevel, strictestNumber } from './settings.ts';
import { type CheckedWaiver, describeWaiver } from './waivers.ts';
import { plain, shown } from './words.ts';

/** Findings about the policy's own files: waivers and the baseline. They have their status from the start. */
export interface OwnFinding extends Levelled {
  readonly status: Status;
}

export interface OwnRequest {
  readonly policy: Policy;
  /** Whether the tree is compared with a base. */
  readonly compared: boolean;
  /** A scheduled run of the default branch: the one that dates alone may fail. */
  readonly scheduled: boolean;
}

/** Rules that see something only next to a base: that they see nothing tells nothing about a waiver. */
const BASE_ONLY: ReadonlySet<RuleId> = new Set(['sum/changed', 'path/lookalike', 'version/downgrade']);

/** What a session finds is known to no check of a tree. */
const NOT_OF_TREE: ReadonlySet<RuleId> = new Set(SESSION_RULES);

/** What is wrong with the waivers themselves. */
export function* waiverFindings(
  waivers: readonly CheckedWaiver[],
  { policy, compared, scheduled }: OwnRequest,
): Generator<OwnFinding> {
  const invalid = strictestLevel(policy, 'policy/waiver-invalid');
  const expired = strictestLevel(policy, 'policy/waiver-expired');
  const warnDays = strictestNumber(policy, 'policy/waiver-expired', 'warn-days', Math.max);
  for (const checked of waivers) {
    if (checked.state === 'invalid' && invalid !== 'off') {
      // The policy of a pull request is that of its base, so no pull request can mend it in itself.
      const status = compared ? 'existing' : 'new';
      yield { rule: 'policy/waiver-invalid', level: invalid, found: invalidWaiver(checked), status };
    } else if (checked.state === 'expired' && expired !== 'off') {
      const status = scheduled ? 'new' : 'existing';
      yield { rule: 'policy/waiver-expired', level: expired, found: expiredWaiver(checked), status };
    } else if (checked.state === 'valid' && expired !== 'off' && checked.daysLeft <= warnDays) {
      const level = lower('warning', expired);
      const wouldFail = !isAbove(policy.failOn, level);
      const status = scheduled || !(compared || wouldFail) ? 'new' : 'existing';
      yield { rule: 'policy/waiver-expired', level, found: expiringWaiver(checked), status };
    }
  }
}

function placeOfLine(file: string, line: number, column: number): Place {
  return { file, line, column, endLine: line, endColumn: column + 1 };
}

function ofWaiver(waiver: Waiver, rest: Pick<Found, 'message' | 'why' | 'fix'>): Found {
  const { at, rule = '', file = '', module } = waiver;
  return {
    place: placeOfLine(at.file, at.line, at.column),
    ...(module === undefined ? {} : { module }),
    key: `${rule} ${file}`,
    ...rest,
  };
}

function invalidWaiver({ waiver, problem }: CheckedWaiver): Found {
  return ofWaiver(waiver, {
    message: `this ${describeWaiver(waiver)} does not count: ${problem}`,
    why: 'A waiver that nobody answers for, or that never ends, is a hole in the policy; so its findings count as if it were not there.',
    fix: 'Give it rule, file or module, owner, reason and expires, or remove it.',
  });
}

function expiredWaiver({ waiver, daysLeft }: CheckedWaiver): Found {
  const days = -daysLeft === 1 ? 'yesterday' : `${-daysLeft} days ago`;
  return ofWaiver(waiver, {
    message: `this ${describeWaiver(waiver)} expired on ${waiver.expires} (${days})`,
    why: 'It was accepted until that day only. Pull requests that do not touch its findings still pass; scheduled runs of the default branch fail.',
    fix: `Mend what it waives, then remove it; or have ${owners(waiver)} set a later day under expires.`,
  });
}

function expiringWaiver({ waiver, daysLeft }: CheckedWaiver): Found {
  const when = daysLeft === 0 ? 'today' : daysLeft === 1 ? 'tomorrow' : `in ${daysLeft} days`;
  return ofWaiver(waiver, {
    message: `this ${describeWaiver(waiver)} expires on ${waiver.expires} (${when})`,
    why: 'From the day after on its findings count again.',
    fix: `Mend what it waives, then remove it; or have ${owners(waiver)} set a later day under expires.`,
  });
}

function owners(waiver: Waiver): string {
  return plain(waiver.owners.join(' and '), 100);
}

/** Valid waivers that waive nothing. */
export function* unusedWaivers(
  waivers: readonly CheckedWaiver[],
  isUsed: (checked: CheckedWaiver) => boolean,
  wasUsed: (checked: CheckedWaiver) => boolean,
  { policy, compared }: OwnRequest,
): Generator<OwnFinding> {
  const level = strictestLevel(policy, 'policy/waiver-unused');
  if (level === 'off') return;
  for (const checked of waivers) {
    const { waiver, rule, state } = checked;
    if (state !== 'valid' || rule === undefined || isUsed(checked)) continue;
    // A shared waiver is for all repositories that rest on its file.
    if (BASE_ONLY.has(rule) || NOT_OF_TREE.has(rule) || waiver.shared === true) continue;
    const found = ofWaiver(waiver, {
      message: `this ${describeWaiver(waiver)} waives nothing`,
      why: 'What it was for is gone, or its scope is misspelled. Left in place it would waive the next one of its kind.',
      fix: `Remove it (${placeOfWaiver(waiver)}), or correct its file or module.`,
    });
    const status = compared && !wasUsed(checked) ? 'existing' : 'new';
    yield { rule: 'policy/waiver-unused', level, found, status };
  }
}

/** Entries of the baseline without a finding. */
export function* staleEntries(
  baseline: Baseline,
  has: (entry: BaselineEntry) => boolean,
  had: (entry: BaselineEntry) => boolean,
  shownIn: Baseline,
  { policy, compared }: OwnRequest,
): Generator<OwnFinding> {
  const level = strictestLevel(policy, 'policy/baseline-stale');
  if (level === 'off') return;
  for (const entry of baseline.entries) {
    const allowed = canBeBaselined(entry.rule);
    if (allowed && has(entry)) continue;
    const line = shownIn.lines.get(entry.fingerprint) ?? baseline.lines.get(entry.fingerprint) ?? 1;
    const found: Found = {
      place: placeOfLine(shownIn.path, line, 1),
      ...(entry.module === undefined ? {} : { module: entry.module }),
      message: allowed
        ? `the baseline still has ${entry.rule} in ${shown(entry.file, 80)}, which is gone: ${plain(entry.message, 120)}`
        : `the baseline has ${shown(entry.rule, 60)}, which no baseline can accept`,
      why: 'A baseline only shrinks: an entry without its finding would let the same thing come back unseen.',
      fix: 'Remove it: modgate check --update-baseline',
      key: entry.fingerprint,
    };
    yield {
      rule: 'policy/baseline-stale',
      level,
      found,
      status: compared && !had(entry) ? 'existing' : 'new',
    };
  }
}
