import type { Policy, Waiver } from '../config/policy.ts';
import { LEVELS, type Level, RULES, type RuleId } from '../config/rule-ids.ts';

/** What all layers together say of the rules that the engine itself answers for. */

type Layers = Pick<Policy, 'layers'>;

export function isAbove(a: Level, b: Level): boolean {
  return LEVELS.indexOf(a) > LEVELS.indexOf(b);
}

/** The lower one of two levels. */
export function lower(a: Level, b: Level): Level {
  return isAbove(a, b) ? b : a;
}

/** The highest level that a layer gives to the rule. */
export function strictestLevel({ layers }: Layers, rule: RuleId): Level | 'off' {
  let strictest: Level | 'off' = 'off';
  for (const layer of layers) {
    const level = layer.rules.get(rule)?.level ?? 'off';
    if (level !== 'off' && (strictest === 'off' || isAbove(level, strictest))) strictest = level;
  }
  return strictest;
}

/** The smallest or largest of a numeric option over all layers that say something; else its default. */
export function strictestNumber(
  { layers }: Layers,
  rule: RuleId,
  option: string,
  strict: (...values: number[]) => number,
): number {
  const said = layers.flatMap(layer => {
    const value = layer.rules.get(rule)?.options[option];
    return typeof value === 'number' ? [value] : [];
  });
  const defaults: Readonly<Record<string, unknown>> = RULES[rule].options;
  return said.length > 0 ? strict(...said) : Number(defaults[option] ?? 0);
}

/** Whether the repository may waive findings of the rule or keep them in a baseline. */
export function isWaivable({ waivable }: Pick<Policy, 'waivable'>, rule: RuleId): boolean {
  return waivable === 'all' || waivable.includes(rule);
}

/** `FILE:LINE` of a waiver, for words. */
export function placeOfWaiver({ at }: Waiver): string {
  return `${at.file}:${at.line}`;
}
