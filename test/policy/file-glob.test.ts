import { expect, it } from 'vitest';
import { matchesFile } from '../../src/policy/file-glob.ts';

it.each([
  ['go.mod', 'go.mod', true],
  ['./go.mod', 'go.mod', true],
  ['go.mod', 'a/go.mod', false],
  ['*/go.mod', 'a/go.mod', true],
  ['*/go.mod', 'a/b/go.mod', false],
  ['**/go.mod', 'a/b/go.mod', true],
  ['**/go.mod', 'go.mod', true],
  ['services/**', 'services/a/go.mod', true],
  ['services/**', 'other/a/go.mod', false],
  ['services/**/go.mod', 'services/go.mod', true],
  ['services/[a-c]*/go.mod', 'services/beta/go.mod', true],
  ['services/?/go.mod', 'services/ab/go.mod', false],
  ['a*', 'a/b', false],
  ['with,comma/go.mod', 'with,comma/go.mod', true],
  ['*,go.mod', 'go.mod', false],
  ['[', '[', true],
  ['[', 'x', false],
])('%s on %s: %s', (glob, path, matches) => {
  expect(matchesFile(glob, path)).toBe(matches);
});

it('many wildcards against a long path take no exponential time', () => {
  expect(matchesFile(`${'**/a/'.repeat(50)}x`, `${'a/'.repeat(500)}b`)).toBe(false);
});
