import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { RULE_IDS } from '../../src/config/rule-ids.ts';
import { anchorOf, rulesPage } from '../../src/policy/pages.ts';
import { POLICY_PAGES } from '../../src/policy/pages-policy.ts';
import { ALL_RULES } from '../../src/policy/rules.ts';
import { anchors, codeSpans, read, tableRows } from './markdown.ts';

describe('docs/rules.md', () => {
  it('is what the rules say: node scripts/rules-page.mjs', async () => {
    expect(await read('docs/rules.md')).toBe(rulesPage());
  });

  it('has every rule, in the order of the ids', () => {
    const named = tableRows(rulesPage()).map(([first = '']) => codeSpans(first)[0]);
    expect(named.slice(0, RULE_IDS.length)).toEqual(RULE_IDS);
    const have = anchors(rulesPage());
    for (const id of RULE_IDS) expect(have).toContain(anchorOf(id));
  });

  it('has configuration that is YAML and names the rule or a key of the policy', () => {
    const pages = [...ALL_RULES.map(({ id, page }) => [id, page] as const), ...Object.entries(POLICY_PAGES)];
    expect(pages).toHaveLength(RULE_IDS.length);
    for (const [id, page] of pages) {
      const config = parse(page.config) as Record<string, unknown>;
      expect(Object.keys(config).length, id).toBeGreaterThan(0);
    }
  });
});
