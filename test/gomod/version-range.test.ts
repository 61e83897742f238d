import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, compareVersions } from '../../src/gomod/version.ts';
import { inRange, matchesRange, parseRange } from '../../src/gomod/version-range.ts';

describe('a range of versions', () => {
  it.each([
    // The bound itself is out, its pre-releases are in: that is where other filters are wrong.
    ['<v1.2.3', 'v1.2.2', true],
    ['<v1.2.3', 'v1.2.3', false],
    ['<v1.2.3', 'v1.2.3-rc.1', true],
    ['<v1.2.3', 'v1.2.3-0.20240101000000-abcdefabcdef', true],
    ['<v1.2.3', 'v1.2.34', false],
    ['<=v1.2.3', 'v1.2.3', true],
    ['<=v1.2.3', 'v1.2.4-0.20240101000000-abcdefabcdef', false],
    ['>v1.2.3', 'v1.2.3', false],
    ['>v1.2.3', 'v1.2.4-0.20240101000000-abcdefabcdef', true],
    ['>=v1.2.3', 'v1.2.3', true],
    ['>=v1.2.3', 'v1.2.3-rc.1', false],
    ['v1.2.3', 'v1.2.3', true],
    ['=v1.2.3', 'v1.2.3', true],
    ['v1.2.3', 'v1.2.34', false],
    ['v1.2.3', 'v1.2.3-rc.1', false],
    ['v2.0.0', 'v2.0.0+incompatible', true],
    ['v2.0.0+incompatible', 'v2.0.0+incompatible', true],
    ['>=v1.2.0 <v1.5.0', 'v1.4.99', true],
    ['>=v1.2.0 <v1.5.0', 'v1.5.0', false],
    ['>= v1.2.0  < v1.5.0', 'v1.2.0', true],
    ['v1.2.3 || v1.2.4', 'v1.2.4', true],
    ['v1.2.3||v1.2.4', 'v1.2.5', false],
    ['<v1.0.0 || >=v2.0.0', 'v1.5.0', false],
    ['>=v1.2 <v2', 'v1.2.0', true],
    ['>=v1.2 <v2', 'v2.0.0', false],
    ['>=v1.9.0', 'v1.10.0', true],
    ['<v10000000000000000000000.0.0', 'v9999999999999999999999.0.0', true],
    ['*', 'v1.0.0', true],
    ['*', 'master', true],
    ['>=v0.0.0-0', 'master', false],
    [' * ', 'v0.0.1', true],
  ])('%s has %s in it: %s', (range, version, expected) => {
    expect(parseRange(range)).toHaveProperty('range');
    expect(matchesRange(range, version)).toBe(expected);
  });

  it.each([
    ['', /empty part/],
    ['v1.0.0 ||', /empty part/],
    ['|| v1.0.0', /empty part/],
    ['1.2.3', /lacks the v/],
    ['<1.2.3', /lacks the v/],
    ['^v1.2.3', /both bounds/],
    ['~v1.2', /both bounds/],
    ['v1.2.x', /both bounds/],
    ['v1.*', /both bounds/],
    ['>=v1.0.0, <v2.0.0', /comma/],
    ['v1', /all three numbers/],
    ['<=v1.2', /all three numbers/],
    ['>v1.2', /all three numbers/],
    ['latest', /not a range/],
    ['!=v1.0.0', /not a range/],
    ['<', /not a range/],
    ['v1.2.3 - v1.2.5', /not a range/],
    ['>=v1.0.0 <', /not a range/],
    ['v1.0.0\nv1.0.1', /not a range/],
    ['>=v2.0.0 <v1.0.0', /no version at all/],
    ['>v1.0.0 <=v1.0.0', /no version at all/],
    ['v1.0.0 v1.0.1', /no version at all/],
  ])('%j is none', (range, problem) => {
    expect(parseRange(range)).toEqual({ problem: expect.stringMatching(problem) });
    expect(matchesRange(range, 'v1.0.0')).toBe(false);
  });

  it('holds for generated versions exactly when their order says so', () => {
    const number = fc.integer({ min: 0, max: 3 });
    const version = fc
      .tuple(number, number, number, fc.constantFrom('', '-0', '-rc.1', '-0.20240101000000-abcdefabcdef'))
      .map(([a, b, c, pre]) => `v${a}.${b}.${c}${pre}`);
    fc.assert(
      fc.property(version, version, (bound, v) => {
        const order = compareVersions(v, bound);
        expect(matchesRange(`<${bound}`, v)).toBe(order < 0);
        expect(matchesRange(`>=${bound}`, v)).toBe(order >= 0);
        expect(matchesRange(bound, v)).toBe(canonical(v) === canonical(bound));
        expect(matchesRange(`<${bound} || ${bound} || >${bound}`, v)).toBe(true);
      }),
    );
  });

  it('costs little however hostile it is', () => {
    const longest = Array.from({ length: 290 }, () => '>=v1.0.0')
      .join(' ')
      .slice(0, 2_048);
    const parsed = parseRange(longest.slice(0, longest.lastIndexOf(' ')));
    expect('range' in parsed && inRange(parsed.range, 'v1.0.0')).toBe(true);
    expect(parseRange(`v1.0.0${' || v1.0.0'.repeat(500)}`)).toHaveProperty('problem');
    expect(parseRange(`v${'1'.repeat(5_000_000)}`)).toHaveProperty('problem');
  });
});
