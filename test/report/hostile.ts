import fc from 'fast-check';
import { LEVELS, RULE_IDS } from '../../src/config/rule-ids.ts';
import type { Finding } from '../../src/policy/finding.ts';
import type { CheckReport } from '../../src/report/types.ts';
import { reportOf } from './sample.ts';

/** What attackers write into names and files to get it run, shown or linked by whoever prints it. */
const SNIPPETS = [
  '::set-output name=x::y',
  '::error file=a.go,line=1::pwned',
  '::stop-commands::token',
  '::add-mask::a',
  '##[error]pwned',
  '##[set-output name=x]y',
  '##vso[task.setvariable variable=x]y',
  '\n::warning::on a line of its own',
  '\r\n  ::notice::indented',
  '\x1b[31mred\x1b[0m',
  '\x1b]8;;https://evil.test\x07link\x1b]8;;\x07',
  '\x9b31m',
  '\x00',
  '\x07\x08\x0b\x0c\x7f\x85',
  '\u202egnp.exe\u202c',
  '\u2066isolate\u2069',
  '\u200b\u200d\ufeff\u00ad',
  '\u2028\u2029',
  '\ud800',
  '\udc00',
  '\udcff',
  '\ufffe\uffff',
  '\u{e0041}\u{e0001}',
  '@octocat',
  '@org/team',
  'a@example.com',
  '&#64;octocat',
  '\\@octocat',
  '[click](https://evil.test)',
  '![x](https://evil.test/p.png)',
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '</details></code></pre>',
  '<!-- modgate -->',
  '-->',
  '<https://evil.test>',
  'https://evil.test/path',
  'www.evil.test',
  'javascript:alert(1)',
  '](https://evil.test)',
  '[x]: https://evil.test',
  '[^1]',
  '# heading',
  '\n# heading\n',
  '\n\n| a | b |\n|---|---|\n| 1 | 2 |\n',
  '|',
  '> quote',
  '- [ ] task',
  '1. one',
  '~~~',
  '```',
  '\n```\n',
  '`',
  '``',
  '````````````````````',
  '$x$',
  '**bold**',
  '_em_',
  '~~gone~~',
  '\\',
  '#123',
  'GH-123',
  'owner/repo#1',
  '!42',
  '%milestone',
  '~label',
  'deadbeefcafe',
  '0123456789abcdef0123456789abcdef01234567',
  '\n/close\n',
  '/approve',
  ':tada:',
  ']]>',
  '<![CDATA[',
  '&lt;&amp;&quot;&#0;',
  '"',
  "'",
  '{0}',
  '%0A::error::x',
  '%25',
  'a,b=c:d',
  '../../../etc/passwd',
  '..',
  'C:\\Users\\x',
  'gіthub.com',
  '模块',
  'e\u0301\u0301\u0301\u0301\u0301\u0301',
  '👩‍👩‍👧',
  'go.mod',
  'github.com/public/lib',
  'word',
] as const;

const piece = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...SNIPPETS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
);

/** A text with at least one of those in it, with and without space around. */
export const hostileText = fc
  .array(fc.tuple(piece, fc.constantFrom('', ' ', ' ', '.', '"', '(')), { minLength: 1, maxLength: 6 })
  .map(parts => parts.map(([text, between]) => text + between).join(''));

const line = fc.integer({ min: 1, max: 30 });

const hostileFinding: fc.Arbitrary<Finding> = fc
  .record({
    rule: fc.constantFrom(...RULE_IDS),
    level: fc.constantFrom(...LEVELS),
    file: hostileText,
    line,
    column: fc.integer({ min: 1, max: 60 }),
    more: fc.integer({ min: 0, max: 40 }),
    module: fc.option(hostileText, { nil: undefined }),
    version: fc.option(hostileText, { nil: undefined }),
    message: hostileText,
    why: hostileText,
    fix: hostileText,
    fingerprint: fc.stringMatching(/^[0-9a-f]{64}$/),
    status: fc.constantFrom('new', 'new', 'existing', 'waived', 'baseline'),
  } as const)
  .map(({ more, module, version, column, ...rest }) => ({
    ...rest,
    column,
    endLine: rest.line,
    endColumn: column + more,
    ...(module === undefined ? {} : { module }),
    ...(version === undefined ? {} : { version }),
  }));

/** A whole report in which every text is hostile. */
export const hostileReport: fc.Arbitrary<CheckReport> = fc
  .record({
    findings: fc.array(hostileFinding, { maxLength: 5 }),
    fixed: fc.array(hostileFinding, { maxLength: 2 }),
    skipped: fc.array(fc.record({ why: hostileText, count: fc.nat() }), { maxLength: 2 }),
    base: hostileText,
    file: hostileText,
    commit: hostileText,
    invalid: fc.option(hostileText, { nil: undefined }),
    notices: fc.array(fc.record({ level: fc.constantFrom('warning', 'note'), text: hostileText } as const), {
      maxLength: 2,
    }),
  })
  .map(({ findings, fixed, skipped, base, file, commit, invalid, notices }) =>
    reportOf(findings, {
      fixed,
      skipped,
      notices,
      compared: { mode: 'diff', base, commit },
      policy: { files: [file], commit },
      preview: {
        file,
        findings: fixed,
        failed: fixed.length > 0,
        ...(invalid === undefined ? {} : { invalid }),
      },
    }),
  );

/** What no output may hold as it is: what terminals and logs act on, and what turns text around. Line feeds aside. */
export const ACTIVE =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/u;
