import type { Policy, PolicyLayer, RuleSetting } from '../config/policy.ts';
import { FIXED_RULES, LEVELS, type Level, RULE_IDS, type RuleId } from '../config/rule-ids.ts';
import { PolicyError } from './errors.ts';
import type { Finding, Found } from './finding.ts';
import { fingerprint, identityOf } from './fingerprint.ts';
import type { Rule } from './rule.ts';
import { ALL_RULES } from './rules.ts';
import type { Tree } from './tree.ts';

/** A finding that nobody has compared with a base, a baseline or the waivers yet. */
export type Unclassified = Omit<Finding, 'status'>;

export interface Levelled {
  readonly rule: RuleId;
  readonly level: Level;
  readonly found: Found;
}

export interface RunRequest {
  readonly tree: Tree;
  /** What the tree is compared with; undefined when everything is judged. */
  readonly base: Tree | undefined;
  readonly policy: Pick<Policy, 'layers'>;
  /** Instead of all rules. */
  readonly rules?: readonly Rule[];
}

/**
 * Judges a tree by every rule of every layer. What several layers find at one place is one finding of the
 * highest level. A rule that throws stops the run with `PolicyError` `rule-failed`: findings that are silently
 * missing would pass for a clean tree.
 */
export function runRules({ tree, base, policy, rules = ALL_RULES }: RunRequest): Unclassified[] {
  const byPlace = new Map<string, Levelled>();
  for (const rule of rules) {
    for (const layer of policy.layers) {
      const setting = layer.rules.get(rule.id);
      if (setting === undefined || setting.level === 'off') continue;
      for (const found of checked(rule, setting, layer, tree, base)) {
        const one = { rule: rule.id, level: levelOf(rule.id, setting, found), found };
        const key = placeKey(one);
        const known = byPlace.get(key);
        if (known === undefined || rank(one.level) > rank(known.level)) byPlace.set(key, one);
      }
    }
  }
  return numbered([...byPlace.values()]).map(({ finding }) => finding);
}

function* checked(
  rule: Rule,
  setting: RuleSetting,
  layer: PolicyLayer,
  tree: Tree,
  base: Tree | undefined,
): Generator<Found> {
  try {
    yield* rule.check({ tree, base, layer, options: setting.options });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PolicyError(
      'rule-failed',
      `rule ${rule.id} failed on this repository and nothing is known of what it would have found: ${why.slice(0, 300)}. ` +
        `This is a bug of modgate: please report it with the file that sets it off; until then switch the rule off by rules: {${rule.id}: off}`,
      { cause, rule: rule.id },
    );
  }
}

function levelOf(rule: RuleId, setting: RuleSetting, found: Found): Level {
  if (FIXED_RULES.includes(rule)) return 'error';
  if (!setting.explicit && found.level !== undefined) return found.level;
  return setting.level === 'off' ? 'note' : setting.level;
}

function rank(level: Level): number {
  return LEVELS.indexOf(level);
}

function placeKey({ rule, found }: Levelled): string {
  const { place, module, key } = found;
  const at = `${place.line}:${place.column}:${place.endLine}:${place.endColumn}`;
  return `${identityOf({ rule, file: place.file, module, key })}${at}`;
}

/** Findings in the order of their places, equal ones numbered in that order; each with what it was made from. */
export function numbered<T extends Levelled>(
  all: readonly T[],
): { readonly from: T; readonly finding: Unclassified }[] {
  const seen = new Map<string, number>();
  return [...all].sort(inOrder).map(from => {
    const { rule, level, found } = from;
    const { place, key, level: _, ...words } = found;
    const identity = { rule, file: place.file, module: found.module, key };
    const name = identityOf(identity);
    const ordinal = seen.get(name) ?? 0;
    seen.set(name, ordinal + 1);
    return {
      from,
      finding: { rule, level, ...place, ...words, fingerprint: fingerprint(identity, ordinal) },
    };
  });
}

const ORDER = new Map(RULE_IDS.map((id, index) => [id, index]));

function inOrder(a: Levelled, b: Levelled): number {
  const x = a.found.place;
  const y = b.found.place;
  if (x.file !== y.file) return x.file < y.file ? -1 : 1;
  return x.line - y.line || x.column - y.column || (ORDER.get(a.rule) ?? 0) - (ORDER.get(b.rule) ?? 0);
}
