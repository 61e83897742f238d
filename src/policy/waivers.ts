import type { Policy, Waiver } from '../config/policy.ts';
import { FIXED_RULES, isRuleId, RULE_IDS, type RuleId } from '../config/rule-ids.ts';
import { didYouMean } from '../config/suggest.ts';
import { matchesFile } from './file-glob.ts';
import { PatternIndex } from './patterns.ts';
import { isWaivable, strictestNumber } from './settings.ts';
import { plain, shown } from './words.ts';

const DAY = 86_400_000;

/** A waiver that has been looked at: only a `valid` one waives. */
export interface CheckedWaiver {
  readonly waiver: Waiver;
  readonly state: 'valid' | 'expired' | 'invalid';
  /** The rule, when it is one. */
  readonly rule: RuleId | undefined;
  /** What is wrong with an invalid one, as a sentence part. */
  readonly problem: string;
  /** Whole days from today to the last day on which it holds; negative when that is past. */
  readonly daysLeft: number;
}

/** Judges the waivers by themselves. The last day of a waiver is included; days are those of UTC. */
export function checkWaivers(policy: Policy, now: Date): CheckedWaiver[] {
  const horizon = strictestNumber(policy, 'policy/waiver-invalid', 'max-days', Math.min);
  return policy.waivers.map(waiver => {
    const rule = waiver.rule !== undefined && isRuleId(waiver.rule) ? waiver.rule : undefined;
    const daysLeft = daysUntil(waiver.expires, now);
    const problem = problemOf(waiver, policy, daysLeft, horizon);
    if (problem !== undefined) return { waiver, rule, state: 'invalid', problem, daysLeft: daysLeft ?? 0 };
    const state = (daysLeft ?? -1) < 0 ? 'expired' : 'valid';
    return { waiver, rule, state, problem: '', daysLeft: daysLeft ?? 0 };
  });
}

function problemOf(
  waiver: Waiver,
  policy: Policy,
  daysLeft: number | undefined,
  horizon: number,
): string | undefined {
  const owners = new Set(waiver.owners.map(owner => owner.trim().replace(/^@/, '').toLowerCase()));
  owners.delete('');
  const missing = [
    isBlank(waiver.rule) ? 'rule' : '',
    isBlank(waiver.file) && isBlank(waiver.module) ? 'file or module' : '',
    owners.size === 0 ? 'owner' : '',
    isBlank(waiver.reason) ? 'reason' : '',
    isBlank(waiver.expires) ? 'expires' : '',
  ].filter(part => part !== '');
  if (missing.length > 0) return `it has no ${missing.join(', no ')}`;

  const id = waiver.rule ?? '';
  if (!isRuleId(id)) {
    const near = didYouMean(id, RULE_IDS);
    return `${shown(id, 60)} is no rule${near === undefined ? '' : `; did you mean ${near}?`}`;
  }
  if (id.startsWith('policy/')) return `findings of ${id} cannot be waived; mend what they name`;
  if (waiver.shared !== true && !isWaivable(policy, id))
    return `the policy that this one rests on does not let ${id} be waived here`;
  if (FIXED_RULES.includes(id) && owners.size < 2) {
    return `${id} is waived by two different owners (owners: [one, another]), and it names ${owners.size}`;
  }
  if (isEverything(waiver)) return 'its scope is everything; name the file or the module that is meant';
  if (daysLeft === undefined)
    return `expires is ${shown(waiver.expires ?? '', 40)} and no date; write YYYY-MM-DD`;
  if (daysLeft > horizon) {
    return `it holds for ${daysLeft} more days, and ${horizon} are the most (policy/waiver-invalid, max-days)`;
  }
  return undefined;
}

function isBlank(text: string | undefined): boolean {
  return text === undefined || text.trim() === '';
}

function isEverything({ file, module }: Waiver): boolean {
  const open = (scope: string | undefined) => isBlank(scope) || /^[*?/]+$/.test(scope ?? '');
  return open(file) && open(module);
}

/** Whole days from the day of `now` to the date; undefined when it is no day of the calendar. */
function daysUntil(date: string | undefined, now: Date): number | undefined {
  if (date === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(date)) return undefined;
  const day = new Date(`${date}T00:00:00Z`);
  // February 30 is taken for a day in March by some engines.
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) return undefined;
  return Math.round((day.getTime() - Date.parse(`${now.toISOString().slice(0, 10)}T00:00:00Z`)) / DAY);
}

/** What a waiver is compared with. */
export interface Waivable {
  readonly rule: RuleId;
  readonly file: string;
  readonly module?: string;
}

/** Looks up the waivers, valid or expired, whose scope a finding is in. */
export class WaiverIndex {
  readonly #byModule = new Map<RuleId, PatternIndex<CheckedWaiver>>();
  readonly #byFile = new Map<RuleId, CheckedWaiver[]>();

  constructor(waivers: readonly CheckedWaiver[]) {
    const modules = new Map<RuleId, [string, CheckedWaiver][]>();
    for (const checked of waivers) {
      const { rule, waiver } = checked;
      if (rule === undefined || checked.state === 'invalid') continue;
      const { module } = waiver;
      if (module === undefined || module.trim() === '') {
        this.#byFile.set(rule, [...(this.#byFile.get(rule) ?? []), checked]);
      } else if (!module.includes(',')) {
        modules.set(rule, [...(modules.get(rule) ?? []), [module, checked]]);
      }
    }
    for (const [rule, patterns] of modules) this.#byModule.set(rule, new PatternIndex(patterns));
  }

  matches(finding: Waivable): CheckedWaiver[] {
    const modules = finding.module === undefined ? undefined : this.#byModule.get(finding.rule);
    const candidates = [
      ...(modules?.matches(finding.module ?? '') ?? []),
      ...(this.#byFile.get(finding.rule) ?? []),
    ];
    return candidates.filter(
      ({ waiver: { file } }) => isBlank(file) || matchesFile(file ?? '', finding.file),
    );
  }
}

/** What a waiver is about, in words: rule and scope. */
export function describeWaiver({ rule, file, module }: Waiver): string {
  const scope = [
    isBlank(module) ? '' : `module ${shown(module ?? '', 80)}`,
    isBlank(file) ? '' : `file ${shown(file ?? '', 80)}`,
  ].filter(part => part !== '');
  const of = scope.length === 0 ? '' : ` for ${scope.join(' in ')}`;
  return `waiver of ${isBlank(rule) ? 'no rule' : plain(rule ?? '', 60)}${of}`;
}
