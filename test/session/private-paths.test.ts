import { expect, test } from 'vitest';
import { privatePaths } from '../../src/session/private-paths.ts';

const go = (GOPRIVATE: string, GONOPROXY = GOPRIVATE) => ({ GOPRIVATE, GONOPROXY });

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
