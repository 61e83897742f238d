import { FIXED_RULES, RULE_IDS, RULES, type RuleId } from '../config/rule-ids.ts';
import { POLICY_PAGES } from './pages-policy.ts';
import { SESSION_PAGES } from './pages-session.ts';
import type { RulePage } from './rule.ts';
import { ALL_RULES } from './rules.ts';

const HEAD = `# Rules

<!-- Made by scripts/rules-page.mjs from the rules themselves: change their pages in src/policy, not this file. -->

What \`modgate check\` looks for, and what a session finds when it ends (\`bypass/\`). [policy.md](policy.md) tells how a policy is written and tried,
[configuration.md](configuration.md#rules) has the keys.

## How levels work

A rule has a level: \`error\`, \`warning\`, \`note\` or \`off\`. Findings of the level of \`fail-on\` (\`error\` unless the
policy says otherwise) and above fail the check when they are new. A level alone switches a rule on or off; options
without a level switch on a rule that is off:

\`\`\`yaml
rules:
  replace/stale: warning
  go/version-range: { min: "1.25" }
  env/bypass: { level: error, all: true }
\`\`\`

Some findings of a rule weigh less than others, such as a value that only the job knows. They have a level of their own
as long as the policy names none for the rule. When several policy files speak, through \`extends\` or a floor, each is
judged alone and the strictest answer counts. \`modgate check --level warn\` tries a policy without failing anything.

A waiver ([keys](configuration.md#waivers)) accepts findings of one rule in one place until a day, and a
[baseline](policy.md#a-baseline) accepts those that were there when it was made.

## All rules
`;

/** The text of docs/rules.md. Throws when a rule has no page. */
export function rulesPage(): string {
  const pages = new Map<RuleId, RulePage>(ALL_RULES.map(({ id, page }) => [id, page]));
  for (const [id, page] of Object.entries({ ...SESSION_PAGES, ...POLICY_PAGES }))
    pages.set(id as RuleId, page);
  const all = RULE_IDS.map(id => {
    const page = pages.get(id);
    if (!page) throw new Error(`rule ${id} has no page`);
    return { id, page };
  });
  const rows = all.map(({ id, page }) => {
    const summary = page.summary.replaceAll('|', '\\|');
    return `| [\`${id}\`](#${anchorOf(id)}) | ${RULES[id].level} | ${summary} |`;
  });
  const table = ['| rule | level | what is reported |', '| --- | --- | --- |', ...rows].join('\n');
  return `${HEAD}\n${table}\n\n${all.map(({ id, page }) => sectionOf(id, page)).join('\n')}`;
}

/** The anchor that forges make of the heading of a rule. */
export function anchorOf(id: RuleId): string {
  return id.replaceAll('/', '');
}

function sectionOf(id: RuleId, page: RulePage): string {
  const parts = [
    `## ${id}`,
    page.summary,
    levelOf(id),
    `**Why.** ${page.why}`,
    ...(page.limits === undefined ? [] : [`**Limits.** ${page.limits}`]),
    `**Configuration**\n\n${fence('yaml', page.config)}`,
    `**Reported**, in \`${page.bad.file}\`:\n\n${fence(languageOf(page.bad.file), page.bad.text)}`,
    `**Fine**, in \`${page.good.file}\`:\n\n${fence(languageOf(page.good.file), page.good.text)}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function levelOf(id: RuleId): string {
  const { level, enabled, options } = RULES[id];
  const fixed = FIXED_RULES.includes(id) ? '; no policy can switch it off or lower it' : '';
  const off = level === 'off' ? ` (\`${enabled}\` once it has options)` : '';
  const list = Object.entries(options).map(([name, value]) => `\`${name}: ${JSON.stringify(value)}\``);
  const given = list.length === 0 ? '' : ` Options: ${list.join(', ')}.`;
  return `Level: \`${level}\`${off}${fixed}.${given}`;
}

/** A block that its contents cannot end. */
function fence(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const mark = '`'.repeat(longest + 1);
  return `${mark}${language}\n${text.replace(/\n*$/, '\n')}${mark}`;
}

function languageOf(file: string): string {
  if (/\.ya?ml$/.test(file)) return 'yaml';
  if (file.endsWith('.json')) return 'json';
  return 'text';
}
