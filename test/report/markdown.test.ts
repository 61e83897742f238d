import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { type DefaultTreeAdapterTypes as Dom, parseFragment } from 'parse5';
import { describe, expect, it } from 'vitest';
import { code, fenced, linked, prose } from '../../src/report/markdown-text.ts';
import { render } from '../../src/report/render.ts';
import type { CheckReport, RenderOptions } from '../../src/report/types.ts';
import { ACTIVE, hostileReport, hostileText } from './hostile.ts';
import { finding, reportOf } from './sample.ts';

const MARKER = '<!-- modgate check -->';
const FORGE = 'https://forge.example.com/acme/demo/blob/1a2b3c/';
const RULES = 'https://docs.example.com/rules.md';
const options: RenderOptions = {
  link: (file, line) => `${FORGE}${encodeURI(file.replaceAll(/\p{Surrogate}/gu, '\ufffd'))}#L${line}`,
  rulesUrl: RULES,
};

const markdown = (report: CheckReport, more: RenderOptions = {}) =>
  render('markdown', report, { ...options, ...more });

/** What a forge makes of it: GitHub's flavour of Markdown, HTML let through. */
function page(text: string): Dom.DocumentFragment {
  const html = micromark(text, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    allowDangerousHtml: true,
  });
  return parseFragment(html);
}

interface Seen {
  readonly elements: Map<string, number>;
  readonly links: string[];
  readonly comments: string[];
  /** Text in which a forge looks for mentions and references: neither code nor a link. */
  prose: string;
  code: string[];
}

function look(node: Dom.Node, seen: Seen, inert = false): Seen {
  if ('tagName' in node) {
    seen.elements.set(node.tagName, (seen.elements.get(node.tagName) ?? 0) + 1);
    for (const { name, value } of node.attrs) {
      if (name === 'href') seen.links.push(value);
      else if (name !== 'class') throw new Error(`attribute ${name}`);
    }
    if (node.tagName === 'code')
      seen.code.push(node.childNodes.map(child => ('value' in child ? child.value : '')).join(''));
  }
  if (node.nodeName === '#comment' && 'data' in node) seen.comments.push(node.data);
  if (node.nodeName === '#text' && 'value' in node && !inert) seen.prose += `${node.value}\n`;
  const within = inert || ['code', 'pre', 'a'].includes(node.nodeName);
  for (const child of 'childNodes' in node ? node.childNodes : []) look(child, seen, within);
  return seen;
}

const seenIn = (text: string): Seen =>
  look(page(text), { elements: new Map(), links: [], comments: [], prose: '', code: [] });

/** Everything that GitHub or GitLab turns into a link, a mention or a picture in text that is not code. */
const REFERENCES = /@\w|#\d|\bGH-\d|https?:|www\.|\b[0-9a-f]{7,40}\b|\w!\d|:\w+:|\[|\]|[*_`~$|<>]/i;
const OURS = new Set('h3 p strong code pre details summary ul li sub a'.split(' '));

function expectHarmless(text: string, { marked = false } = {}): Seen {
  const seen = seenIn(text);
  for (const element of seen.elements.keys()) expect(OURS).toContain(element);
  for (const link of seen.links) expect(link.startsWith(FORGE) || link.startsWith(`${RULES}#`)).toBe(true);
  expect(seen.comments).toEqual(marked ? [' modgate check '] : []);
  expect(seen.prose).not.toMatch(REFERENCES);
  expect(text).not.toMatch(ACTIVE);
  // A quick action of GitLab.
  expect(text).not.toMatch(/^\//m);
  return seen;
}

describe('the Markdown report', () => {
  it('says what failed, links the place, and has the fix for pasting', () => {
    const { text } = markdown(reportOf([finding()]));
    expect(text).toBe(`\
### ❌ modgate: the policy check failed

1 error is new; 12 files and 48 modules were checked.

<sub>compared with main at \`1a2b3c4d5e6f\`; policy \`.modgate.yaml\` at \`1a2b3c4d5e6f\`; skipped 4 below vendor</sub>

❌ **Error**: replacement \`../../fork\` of \`github.com/public/lib\` is outside of the repository

In [\`services/api/go.mod:12:34\`](<${FORGE}services/api/go.mod#L12>), by the rule [\`replace/local-escapes\`](<${RULES}#replacelocal-escapes>).

Why: what is built is then not what was reviewed: nobody else has that directory

Fix:

\`\`\`sh
go mod edit -dropreplace=github.com/public/lib services/api/go.mod
\`\`\`
`);
    const seen = expectHarmless(text);
    expect(seen.links).toEqual([`${FORGE}services/api/go.mod#L12`, `${RULES}#replacelocal-escapes`]);
    expect(seen.elements.get('pre')).toBe(1);
  });

  it('links to nothing but the rule without a page of the file', () => {
    const { links } = seenIn(render('markdown', reportOf([finding()])).text);
    expect(links).toEqual([expect.stringMatching(/^https:.*\/docs\/rules\.md#replacelocal-escapes$/)]);
  });

  it('a comment begins with its marker, and is resolved when nothing is left', () => {
    const comment: RenderOptions = { for: 'comment', marker: MARKER };
    const failed = markdown(reportOf([finding()]), comment).text;
    expect(failed.split('\n', 1)[0]).toBe(MARKER);
    expectHarmless(failed, { marked: true });
    const resolved = markdown(reportOf([], { fixed: [finding()] }), comment).text;
    expect(resolved.split('\n', 3)).toEqual([MARKER, '', '### ✅ modgate: all findings are resolved']);
    expect(resolved).toContain('<summary>1 finding fixed</summary>');
    expectHarmless(resolved, { marked: true });
    expect(markdown(reportOf([])).text).toContain('✅ modgate: the policy check passed');
    expect(markdown(reportOf([finding({ level: 'note' })])).text).toContain(
      'passed, with something to look at',
    );
  });

  it('shows what the policy in the change would say, what is fixed and what is known', () => {
    const report = reportOf([finding({ status: 'existing' }), finding({ status: 'waived' })], {
      fixed: [finding({ line: 5 })],
      preview: { file: '.modgate.yaml', findings: [finding({ line: 3 })], failed: true },
      notices: [{ level: 'warning', text: 'the waiver at .modgate.yaml:14 ends in 9 days' }],
    });
    const { text } = markdown(report);
    expect(text).toContain('By the edited one it **would fail, with 1 finding**.');
    expect(text.indexOf('⚠️ the waiver')).toBeLessThan(text.indexOf('<sub>'));
    expect(text).toContain('⚠️ the waiver at `.modgate.yaml:14` ends in 9 days');
    const seen = expectHarmless(text);
    expect(seen.elements.get('details')).toBe(3);
    expect(seen.elements.get('li')).toBe(4);
    const invalid = {
      file: '.modgate.yaml',
      findings: [],
      failed: false,
      invalid: '3:1 unknown key\n```\n/close',
    };
    const broken = markdown(reportOf([], { preview: invalid })).text;
    expect(expectHarmless(broken).code).toContain('3:1 unknown key\n ```\n /close\n');
  });

  it('fits a comment, a summary and what it is told to fit, worst first, and says what was cut', () => {
    const many = Array.from({ length: 5000 }, (_, at) =>
      finding({ level: 'warning', line: at + 2, message: 'é'.repeat(400) }),
    );
    const report = reportOf([...many, finding({ line: 1 })], {
      fixed: many.slice(0, 100),
      notices: Array.from({ length: 100 }, () => ({ level: 'note' as const, text: '模'.repeat(900) })),
    });
    for (const [more, limit] of [
      [{ for: 'comment', marker: MARKER }, 65_536],
      [{ for: 'summary' }, 1_048_576],
      [{ maxBytes: 20_000, whole: 'the artifact modgate' }, 20_000],
      [{ maxBytes: 10_000 }, 10_000],
    ] as const) {
      const { text, cut } = markdown(report, more);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
      expect(text.indexOf('go.mod:1:34')).toBeLessThan(text.indexOf('go.mod:2:34') >>> 0);
      expect(cut).toMatch(/^… and \d+ more findings; see the (log of the job|artifact modgate)/);
      const told = Number(/… and (\d+) more findings/.exec(text)?.[1]);
      expect(text.match(/^(?:❌|⚠️) \*\*/gm)?.length).toBe(5001 - told);
      expectHarmless(text, { marked: 'marker' in more });
    }
  });

  it('text from outside makes no element, link, picture, mention or reference', () => {
    fc.assert(
      fc.property(hostileReport, fc.boolean(), (report, marked) => {
        const { text } = markdown(report, marked ? { for: 'comment', marker: MARKER } : {});
        expectHarmless(text, { marked });
      }),
      { numRuns: 300 },
    );
  });
});

describe('text in Markdown', () => {
  it('leaves words alone and makes the rest code', () => {
    expect(prose('replacement "../x" of "a.b/c" (see go.mod, line 3), which is bad.')).toBe(
      'replacement `../x` of `a.b/c` (see `go.mod`, line 3), which is bad.',
    );
    expect(prose('run `go mod tidy` and push')).toBe('run `go mod tidy` and push');
    expect(prose('@octocat broke #12 in deadbeef')).toBe('`@octocat` broke `#12` in `deadbeef`');
    expect(prose('"a"@v1 and `x``y`')).toBe('`a@v1` and `xy`');
    expect(prose('Where it is meant: rules: {env/bypass: {allow: [-x=y]}}')).toBe(
      'Where it is meant: `rules: {env/bypass: {allow: [-x=y]}}`',
    );
    expect(prose('Mend it; go mod edit -json a/go.mod, says whether go takes it.')).toBe(
      'Mend it; `go mod edit -json a/go.mod`, says whether go takes it.',
    );
    expect(prose('')).toBe('…');
  });

  it('code holds any text, as it is', () => {
    fc.assert(
      fc.property(hostileText, text => {
        const seen = seenIn(`a ${code(text)} b`);
        expect(seen.code).toHaveLength(1);
        expect([...seen.elements.keys()]).toEqual(['p', 'code']);
      }),
      { numRuns: 500 },
    );
    for (const text of ['`', '``a`', ' a ', 'a`b', '<b>', '|', '\\'])
      expect(seenIn(code(text)).code).toEqual([text]);
  });

  it('a fence holds any lines', () => {
    fc.assert(
      fc.property(fc.array(hostileText, { minLength: 1, maxLength: 4 }), lines => {
        const seen = seenIn(`a\n\n${fenced(lines, 'text')}\n\nb`);
        expect([...seen.elements]).toEqual([
          ['p', 2],
          ['pre', 1],
          ['code', 1],
        ]);
      }),
      { numRuns: 300 },
    );
  });

  it('links to the web only, and to nowhere else than told', () => {
    for (const url of [
      'javascript:alert(1)',
      'data:text/html,x',
      '//example.com',
      'https:',
      'https:///x',
      undefined,
    ]) {
      expect(linked('x', url)).toBe('`x`');
    }
    fc.assert(
      fc.property(hostileText, hostileText, (text, rest) => {
        const seen = seenIn(linked(text, `${FORGE}${rest}`));
        expect(seen.links).toHaveLength(1);
        expect(seen.links[0]?.startsWith(FORGE)).toBe(true);
        expect([...seen.elements.keys()]).toEqual(['p', 'a', 'code']);
      }),
      { numRuns: 300 },
    );
  });
});
