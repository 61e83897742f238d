import { expect, test } from 'vitest';
import { privacyEnvironment, privatePaths } from '../../../src/session/settings/private-paths.ts';

const go = (GOPRIVATE: string, GONOPROXY = GOPRIVATE, GONOSUMDB = GOPRIVATE) => ({
  GOPRIVATE,
  GONOPROXY,
  GONOSUMDB,
});

test('private is what the file names and what the job keeps from proxies', () => {
  const paths = privatePaths({
    configured: ['git.example.test/team', 'corp.example.test,other.example.test'],
    go: go('*.internal.example.test', 'go.example.test/x, *.internal.example.test'),
    env: {},
  });
  expect(paths.globs).toEqual([
    'git.example.test/team',
    'corp.example.test',
    'other.example.test',
    '*.internal.example.test',
    'go.example.test/x',
  ]);
  expect(paths.isPrivate('git.example.test/team/lib/v2')).toBe(true);
  expect(paths.isPrivate('other.example.test/a')).toBe(true);
  expect(paths.isPrivate('a.internal.example.test/b')).toBe(true);
  expect(paths.isPrivate('go.example.test/x/y')).toBe(true);
  expect(paths.isPrivate('git.example.test/teams')).toBe(false);
  expect(paths.isPrivate('git.example.test')).toBe(false);
});

test('GONOPROXY=none keeps what GOPRIVATE says, and nothing at all is not private', () => {
  expect(privatePaths({ configured: [], go: go('a.example.test', 'none'), env: {} }).globs).toEqual([
    'a.example.test',
  ]);
  const none = privatePaths({ configured: [], go: go(''), env: {} });
  expect(none.globs).toEqual([]);
  expect(none.isPrivate('example.test/a')).toBe(false);
});

test('variables speak where no go is there yet', () => {
  const { globs } = privatePaths({
    configured: [],
    go: undefined,
    env: { GOPRIVATE: 'a.example.test', GONOPROXY: 'b.example.test' },
  });
  expect(globs).toEqual(['a.example.test', 'b.example.test']);
});

test('what go asks for on the way up from a private package leads to it', () => {
  const { isPrivate, leadsToPrivate } = privatePaths({
    configured: ['git.example.test/team/*', '*.corp.test/a/b', 'whole.example.test'],
    go: undefined,
    env: {},
  });
  for (const path of ['git.example.test', 'git.example.test/team', 'x.corp.test', 'x.corp.test/a'])
    expect([path, isPrivate(path), leadsToPrivate(path)]).toEqual([path, false, true]);
  for (const path of [
    'git.example.test/teams',
    'x.corp.test/b',
    'corp.test',
    'whole.example.test',
    'github.com/a/b',
  ])
    expect([path, leadsToPrivate(path)]).toEqual([path, false]);
});

test('a checksum database may hear of what only proxies may not', () => {
  const { globs, noSumDb } = privatePaths({
    configured: ['corp.example.test'],
    go: go('a.example.test', 'b.example.test', 'c.example.test'),
    env: {},
  });
  expect(globs).toEqual(['corp.example.test', 'a.example.test', 'b.example.test']);
  expect(noSumDb).toEqual(['c.example.test', 'a.example.test', 'corp.example.test']);
});

test.each([
  // Ours alone: everything comes to us, and what is private stays out of the checksum database.
  ['fail', [], {}, {}],
  ['fail', ['corp.test'], {}, { GONOPROXY: 'none', GONOSUMDB: 'corp.test' }],
  ['fail', ['corp.test'], { GOPRIVATE: 'a.test' }, { GONOPROXY: 'none', GONOSUMDB: 'a.test,corp.test' }],
  ['fail', [], { GONOPROXY: 'a.test' }, { GONOPROXY: 'none' }],
  // Another one behind ours: it must never be asked for what is private, so go asks neither.
  ['fallback', [], {}, {}],
  ['fallback', [], { GOPRIVATE: 'a.test' }, {}],
  ['fallback', ['corp.test'], {}, { GONOPROXY: 'corp.test', GONOSUMDB: 'corp.test' }],
  [
    'fallback',
    ['corp.test'],
    { GOPRIVATE: 'a.test' },
    { GONOPROXY: 'corp.test,a.test', GONOSUMDB: 'a.test,corp.test' },
  ],
  ['fallback', [], { GOPRIVATE: 'a.test', GONOPROXY: 'none' }, { GONOPROXY: 'a.test' }],
  ['fallback', [], { GOPRIVATE: 'a.test/b/*' }, { GONOPROXY: 'a.test/b/*,a.test/b' }],
] as const)(
  'with on-failure %s, proxy.private %j and %j a job is given %j',
  (onFailure, configured, env, given) => {
    const { GOPRIVATE = '', GONOPROXY = GOPRIVATE } = { ...env } as Record<string, string | undefined>;
    const settings = go(GOPRIVATE, GONOPROXY, GOPRIVATE);
    expect(privacyEnvironment({ onFailure, configured, go: settings, env })).toEqual(given);
  },
);
