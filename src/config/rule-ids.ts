/** How serious a finding is. */
export type Level = 'note' | 'warning' | 'error';

export const LEVELS: readonly Level[] = ['note', 'warning', 'error'];

interface RuleDefaults {
  /** What an empty policy means. */
  readonly level: Level | 'off';
  /** The level of a rule that is off by default, once the policy gives it options and names no level. */
  readonly enabled: Level;
  /** Its options as they are when nothing is said. */
  readonly options: Readonly<Record<string, unknown>>;
}

const rule = (
  level: Level | 'off',
  options: Readonly<Record<string, unknown>> = {},
  enabled: Level = level === 'off' ? 'error' : level,
): RuleDefaults => ({ level, enabled, options });

/**
 * Every rule of the policy with its default level and options, in the order of the documentation. Plain data,
 * because a session without a policy file must not load a validator; the options' schema is in rule-options.ts.
 */
export const RULES = {
  'gomod/invalid': rule('error'),
  'replace/local-sibling': rule('off'),
  'replace/local-broken': rule('error'),
  'replace/local-escapes': rule('error'),
  'replace/local-absolute': rule('error'),
  'replace/target-not-allowed': rule('warning', { strangers: true }),
  'replace/unpinned': rule('off', { tag: false }),
  'replace/downgrade': rule('warning'),
  'replace/stale': rule('off'),
  'replace/conflict': rule('error'),
  'replace/missing-reason': rule('off', { local: false }),
  'host/not-allowed': rule('error'),
  'module/denied': rule('error'),
  'path/malformed': rule('error'),
  'path/case-collision': rule('warning'),
  'path/lookalike': rule('off', { known: [] }),
  'work/committed': rule('off'),
  'work/use-outside': rule('off'),
  'work/replace': rule('off'),
  'sum/missing': rule('off'),
  'sum/changed': rule('error'),
  'vendor/inconsistent': rule('off'),
  'version/pseudo': rule('off', { allow: [] }),
  'version/downgrade': rule('off'),
  'toolchain/not-allowed': rule('off', { allow: [] }),
  'go/version-range': rule('off', {}),
  'tool/not-allowed': rule('off', { allow: [] }),
  'exclude/used': rule('off'),
  'env/bypass': rule('warning', { all: false, allow: [] }),
  'bypass/unserved': rule('warning', { allow: [] }),
  'bypass/vcs': rule('warning', { allow: [] }),
  'bypass/env': rule('warning', { all: false, allow: [] }),
  'bypass/build-cache': rule('note'),
  'policy/waiver-invalid': rule('error', { 'max-days': 366 }),
  'policy/waiver-expired': rule('error', { 'warn-days': 14 }),
  'policy/waiver-unused': rule('warning'),
  'policy/baseline-stale': rule('error'),
} as const satisfies Readonly<Record<string, RuleDefaults>>;

/** Rules over what a session finds when it ends: they look at no file of the checkout. */
export const SESSION_RULES = [
  'bypass/unserved',
  'bypass/vcs',
  'bypass/env',
  'bypass/build-cache',
] as const satisfies readonly RuleId[];

export type RuleId = keyof typeof RULES;

export const RULE_IDS = Object.keys(RULES) as readonly RuleId[];

/** Rules that no policy can switch off or lower; a waiver of two owners is the only way. */
export const FIXED_RULES: readonly RuleId[] = ['sum/changed'];

export function isRuleId(id: string): id is RuleId {
  return Object.hasOwn(RULES, id);
}
