import type { Rule } from './rule.ts';

/** Every rule that looks at a tree, in the order of rule-ids.ts. The `policy/` rules are made by evaluate.ts. */
export const ALL_RULES: readonly Rule[] = [];
