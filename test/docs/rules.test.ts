import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { RULE_IDS } from '../../src/config/rule-ids.ts';
import { anchorOf, rulesPage } from '../../src/policy/pages.ts';
import { POLICY_PAGES } from '../../src/policy/pages-policy.ts';
import { SESSION_PAGES } from '../../src/policy/pages-session.ts';
import { ALL_RULES } from '../../src/policy/rules.ts';
import { tempDir } from '../support/temp.ts';
import { anchors, codeSpans, fenced, read, tableRows } from './markdown.ts';

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

  it('has configuration that is accepted', async () => {
    const pages = [
      ...ALL_RULES.map(({ id, page }) => [id, page] as const),
      ...Object.entries(SESSION_PAGES),
      ...Object.entries(POLICY_PAGES),
    ];
    expect(pages).toHaveLength(RULE_IDS.length);
    for (const [id, { config }] of pages) expect(await accepted(config), id).toBe(true);
  });
});

describe('docs/policy.md', () => {
  it('has policies that are accepted', async () => {
    const blocks = fenced(await read('docs/policy.md'), 'yaml');
    expect(blocks.length).toBeGreaterThan(1);
    for (const block of blocks) expect(await accepted(block), block).toBe(true);
  });
});

/** Whether modgate loads the text as a policy file; rejects with its problems when not. */
async function accepted(config: string): Promise<boolean> {
  await using dir = await tempDir('rules-page');
  await writeFile(dir.join('.modgate.yaml'), /^version:/m.test(config) ? config : `version: 1\n${config}\n`);
  const { policy } = await loadConfig({ workspace: dir.path });
  return policy.layers.length === 1;
}
