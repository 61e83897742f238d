import type { RuleId } from '../config/rule-ids.ts';
import { SESSION_PAGES } from '../policy/pages-session.ts';
import type { RulePage } from '../policy/rule.ts';
import { ALL_RULES } from '../policy/rules.ts';

/** Where the rules are documented, unless a report is told another place. */
export const RULES_URL = 'https://github.com/modgate/modgate/blob/main/docs/rules.md';

/** What a report tells about a rule itself. */
export type RuleText = Pick<RulePage, 'summary' | 'why'> & Partial<RulePage>;

/** Rules over the policy's own files look at no tree, so no file of theirs has a page. */
const OWN: Readonly<Partial<Record<RuleId, RuleText>>> = {
  'policy/waiver-invalid': {
    summary: 'A waiver lacks its rule, scope, owner, reason or date, or reaches too far.',
    why: 'A waiver that nobody answers for, or that never ends, is a hole in the policy; it waives nothing.',
  },
  'policy/waiver-expired': {
    summary: 'A waiver is past its date, or soon will be.',
    why: 'What it accepted counts again. Renew it with a new date and reason, or mend what it was for.',
  },
  'policy/waiver-unused': {
    summary: 'A waiver waives nothing.',
    why: 'It would silently accept the next finding that fits it.',
  },
  'policy/baseline-stale': {
    summary: 'The baseline has an entry without a finding.',
    why: 'A baseline only shrinks: what was mended must not come back unseen.',
  },
};

const PAGES: ReadonlyMap<string, RulePage> = new Map([
  ...ALL_RULES.map(({ id, page }) => [id, page] as const),
  ...Object.entries(SESSION_PAGES),
]);

/** The words of a rule's documentation page. */
export function ruleText(id: RuleId): RuleText {
  return (
    PAGES.get(id) ??
    OWN[id] ?? { summary: `The rule ${id}.`, why: 'The policy of this repository asks for it.' }
  );
}

/** The section of a rule: forges make an anchor of a heading that is just its id. */
export function ruleUrl(id: RuleId, page = RULES_URL): string {
  return `${page}#${id.replaceAll(/[^a-z0-9-]/g, '')}`;
}
