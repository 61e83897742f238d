import { describe, expect, it } from 'vitest';
import { hostPatternProblem, modulePatternProblem, patternWarning } from '../../src/config/patterns.ts';
import { failure, load } from './workspace.ts';

describe('a host pattern', () => {
  it.each([
    'github.com',
    'example.com.',
    '10.0.0.1',
    'xn--bcher-kva.example',
    '*.example.com',
    '*',
    'git[ab].example.com',
    'git?.example.com',
    'git\\*.example.com',
  ])('%s is one', pattern => {
    expect(hostPatternProblem(pattern)).toBeUndefined();
  });

  it.each([
    ['', /empty/],
    ['https://github.com', /a URL/],
    ['git@github.com', /an @/],
    ['github.com:443', /a colon/],
    ['github.com, gitlab.com', /a space/],
    ['github.com,gitlab.com', /a comma/],
    [' github.com', /a space/],
    ['git\u00a0hub.com', /a space/],
    ['/github.com', /starts with a slash/],
    ['github.com/', /has a slash/],
    ['github.com/acme', /has a slash.*under modules/],
    ['GitHub.com', /upper-case host.*write github\.com/],
    ['gіthub.com', /paths are ASCII/],
    ['github.com\u200b', /paths are ASCII/],
    ['{a,b}.example.com', /a comma/],
    ['[a.example.com', /without its \]/],
    ['[].example.com', /range/],
    ['[^].example.com', /range/],
    ['[a-].example.com', /range/],
    ['[-a].example.com', /range/],
    ['example.com\\', /backslash/],
  ])('%j is none', (pattern, why) => {
    expect(hostPatternProblem(pattern)).toMatch(why);
  });
});

describe('a module pattern', () => {
  it.each(['github.com/acme', 'github.com/acme/', 'github.com/Acme/*', 'example.com', '*/acme/*'])(
    '%s is one',
    pattern => {
      expect(modulePatternProblem(pattern)).toBeUndefined();
    },
  );

  it.each([
    ['GitHub.com/acme', /upper-case host/],
    ['github.com//acme', /empty path element/],
    ['github.com/acme@v1.0.0', /under versions/],
    ['https://github.com/acme', /a URL/],
    ['/github.com', /starts with a slash/],
    ['github.com/[a/b]', /slash inside/],
    ['github.com/[', /without its \]/],
  ])('%j is none', (pattern, why) => {
    expect(modulePatternProblem(pattern)).toMatch(why);
  });
});

describe('a pattern that says something else than it seems to', () => {
  it.each([
    ['*', /every host/],
    ['*example.com', /matches evilexample\.com, too; write example\.com and \*\.example\.com/],
    ['github.com*', /matches github\.com\.evil\.example, too; write github\.com$/],
    ['github.com/acme*', /matches github\.com\/acme-evil, too; write github\.com\/acme \(/],
    ['*.example.com', /does not match example\.com itself/],
    ['github.com/**', /no more than \*/],
    ['github/acme', /without a dot/],
  ])('%s gets a warning', (pattern, warning) => {
    expect(patternWarning(pattern, new Set([pattern]))).toMatch(warning);
  });

  it.each(['github.com', 'github.com/acme', 'github.com/acme/*', 'k8s.io/api/v*', 'gopkg.in/yaml.v?'])(
    '%s gets none',
    pattern => {
      expect(patternWarning(pattern, new Set([pattern]))).toBeUndefined();
    },
  );

  it('gets none when the list has the other half', () => {
    expect(patternWarning('*.example.com', new Set(['*.example.com', 'example.com']))).toBeUndefined();
  });
});

describe('patterns of a file', () => {
  it('are refused at their place', async () => {
    const error = await failure(
      load(`hosts:
  allow: [github.com, "https://gitlab.com"]
  deny: [Evil.example]
modules:
  allow:
    - github.com/acme@v1
    - {pattern: "", versions: latest}
  deny: ["["]
replace:
  remote:
    allow: [git@github.com:acme/x]
`),
    );
    expect(error.problems.map(({ line, column, message }) => [line, column, message.split(' ')[0]])).toEqual([
      [2, 23, 'hosts.allow[1]:'],
      [3, 10, 'hosts.deny[0]:'],
      [6, 7, 'modules.allow[0]:'],
      [7, 17, 'modules.allow[1].pattern:'],
      [7, 31, 'modules.allow[1].versions:'],
      [8, 10, 'modules.deny[0]:'],
      [11, 13, 'replace.remote.allow[0]:'],
    ]);
  });

  it('are warned of at their line', async () => {
    const { warnings } = await load(`hosts:
  allow:
    - github.com
    - "*.example.com"
modules:
  deny: ["github.com/acme*"]
replace: {remote: {allow: ["*"]}}
`);
    expect(warnings).toEqual([
      expect.stringMatching(/^\.modgate\.yaml:4: hosts\.allow: "\*\.example\.com" does not match/),
      expect.stringMatching(/^\.modgate\.yaml:6: modules\.deny: "github\.com\/acme\*" matches/),
      expect.stringMatching(/^\.modgate\.yaml:7: replace\.remote\.allow: "\*" matches every host/),
    ]);
  });

  it('reach the policy with their line', async () => {
    const { policy } = await load(`hosts:
  allow: [github.com]
  deny:
    - evil.example
modules:
  allow: [github.com/acme]
  deny:
    - {pattern: github.com/acme/old, versions: "<v2.0.0", reason: unmaintained, use: github.com/acme/new}
replace:
  remote:
    allow: [github.com/acme]
`);
    const plain = { versions: undefined, reason: undefined, use: undefined };
    expect(policy.layers).toHaveLength(1);
    expect(policy.layers[0]).toMatchObject({
      name: '.modgate.yaml',
      hosts: {
        allow: [{ value: 'github.com', where: '.modgate.yaml:2' }],
        deny: [{ value: 'evil.example', where: '.modgate.yaml:4' }],
      },
      modules: {
        allow: [{ pattern: 'github.com/acme', ...plain, where: '.modgate.yaml:6' }],
        deny: [
          {
            pattern: 'github.com/acme/old',
            versions: '<v2.0.0',
            reason: 'unmaintained',
            use: 'github.com/acme/new',
            where: '.modgate.yaml:8',
          },
        ],
      },
      replaceAllow: [{ pattern: 'github.com/acme', ...plain, where: '.modgate.yaml:11' }],
    });
  });
});
