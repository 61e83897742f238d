import { describe, expect, it } from 'vitest';
import { RULE_IDS } from '../../src/config/rule-ids.ts';
import { ALL_RULES } from '../../src/policy/rules.ts';
import { runRules } from '../../src/policy/run-rules.ts';
import { policyOf } from './policy-of.ts';
import { repository } from './repository.ts';

/** The module that the examples have beside them. */
const BESIDE = { 'cart/go.mod': 'module example.com/cart\n\ngo 1.26\n' };

describe('the pages of the rules', () => {
  it('there is one rule for each id, in the order of the ids', () => {
    const ids = RULE_IDS.filter(id => !/^(?:policy|bypass)\//.test(id));
    expect(ALL_RULES.map(rule => rule.id)).toEqual(ids);
  });

  it.each(ALL_RULES.map(rule => [rule.id, rule] as const))('%s', async (id, { page }) => {
    const policy = await policyOf(page.config);
    const good = repository({ ...BESIDE, [page.good.file]: page.good.text });
    const bad = repository({ ...BESIDE, [page.bad.file]: page.bad.text });
    const idsIn = (tree: typeof good) => runRules({ tree, base: good, policy }).map(finding => finding.rule);
    expect(idsIn(bad)).toContain(id);
    expect(idsIn(good)).not.toContain(id);
  });
});
