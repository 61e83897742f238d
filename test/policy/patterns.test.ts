import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchGlobs } from '../../src/gomod/module-path.ts';
import { PatternIndex } from '../../src/policy/patterns.ts';
import { jsonLines } from '../gomod/vectors.ts';

const element = fc.constantFrom('a', 'b', 'ab', 'github.com', 'acme', 'x-y', 'v2', 'A');
const wild = fc.constantFrom('*', '?', 'a*', '*b', '[a-c]', '[^a]', '\\a', 'git*.com');
const path = fc.array(element, { minLength: 1, maxLength: 5 }).map(parts => parts.join('/'));
const glob = fc
  .array(fc.oneof({ weight: 3, arbitrary: element }, wild), { minLength: 1, maxLength: 4 })
  .chain(parts => fc.constantFrom(parts.join('/'), `${parts.join('/')}/`));

describe('an index of patterns', () => {
  it('finds what Go finds by trying each one', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(glob, { maxLength: 12 }),
        fc.array(path, { maxLength: 8 }),
        (globs, paths) => {
          const index = new PatternIndex(globs.map(one => [one, one] as const));
          for (const one of paths) {
            expect(new Set(index.matches(one))).toEqual(new Set(globs.filter(each => matchGlobs(each, one))));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each(
    jsonLines<{ pattern: string; path: string; match: boolean }>('gomod/hosts.jsonl').filter(
      row => row.path !== undefined && !row.pattern.includes(','),
    ),
  )('agrees with Go: $pattern on $path', ({ pattern, path, match }) => {
    expect(new PatternIndex([[pattern, true] as const]).matches(path).length > 0).toBe(match);
  });

  it('matches whole elements only', () => {
    const index = new PatternIndex([['golang.org', 1] as const, ['github.com/acme', 2] as const]);
    expect(index.matches('golang.org/x/mod')).toEqual([1]);
    expect(index.matches('golang.org.evil.example/x')).toEqual([]);
    expect(index.matches('github.com/acme-evil/x')).toEqual([]);
    expect(index.matches('github.com')).toEqual([]);
  });

  it('looks at no more of a path than its patterns are long', () => {
    const index = new PatternIndex([['a/b', 1] as const, ['a/*/c', 2] as const]);
    const hostile = `a/b/c${'/x'.repeat(500_000)}`;
    expect(index.matches(hostile)).toEqual([1, 2]);
  });
});
