import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModuleError } from '../../src/gomod/errors.ts';
import {
  build,
  canonical,
  canonicalModuleVersion,
  compareVersions,
  isPseudo,
  isRfc3339,
  isValid,
  isZeroPseudo,
  major,
  majorMinor,
  prerelease,
  pseudoBase,
  pseudoRev,
  pseudoTime,
} from '../../src/gomod/version.ts';
import { jsonLines } from './vectors.ts';

interface Row {
  readonly op: string;
  readonly in: string;
  readonly a: string;
  readonly b: string;
  readonly cmp: number;
  readonly pseudo: boolean;
  readonly pseudo_base?: string;
  readonly pseudo_base_error?: string;
  readonly pseudo_rev?: string;
  readonly pseudo_time?: string | null;
  readonly pseudo_time_error?: string;
}

const rows = jsonLines<Row>('gomod/versions.jsonl');

function message(run: () => string): string {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    return error.message;
  }
}

describe('one version', () => {
  const parse = rows.filter(row => row.op === 'parse');
  test('there are rows', () => expect(parse.length).toBeGreaterThan(50));

  test.each(parse)('$in', row => {
    const v = row.in;
    expect({
      valid: isValid(v),
      canonical: canonical(v),
      module_canonical: canonicalModuleVersion(v),
      major: major(v),
      majorMinor: majorMinor(v),
      prerelease: prerelease(v),
      build: build(v),
      pseudo: isPseudo(v),
      zeroPseudo: isZeroPseudo(v),
    }).toEqual(
      Object.fromEntries(
        Object.entries(row).filter(([key]) => !key.startsWith('pseudo_') && key !== 'op' && key !== 'in'),
      ),
    );
    if (!row.pseudo) {
      expect(() => pseudoBase(v)).toThrow('syntax error');
      return;
    }
    expect(message(() => pseudoBase(v))).toBe(row.pseudo_base_error ?? row.pseudo_base);
    expect(pseudoRev(v)).toBe(row.pseudo_rev);
    expect(message(() => pseudoTime(v))).toBe(row.pseudo_time_error ?? row.pseudo_time);
  });
});

describe('compareVersions', () => {
  const pairs = rows.filter(row => row.op === 'compare');
  test('there are rows', () => expect(pairs.length).toBeGreaterThan(30));
  test.each(pairs)('$a with $b', ({ a, b, cmp }) => {
    expect(compareVersions(a, b)).toBe(cmp);
    expect(compareVersions(b, a) + cmp).toBe(0);
  });

  const number = fc
    .oneof(fc.integer({ min: 0, max: 12 }), fc.bigInt({ min: 0n, max: 10n ** 30n }))
    .map(String);
  const ident = fc.oneof(number, fc.constantFrom('a', 'alpha', 'rc', 'A', '0a', '-', '1-'));
  const version = fc
    .tuple(
      number,
      number,
      number,
      fc.array(ident, { maxLength: 3 }),
      fc.constantFrom('', '+x', '+incompatible'),
    )
    .map(([x, y, z, pre, meta]) => `v${x}.${y}.${z}${pre.length > 0 ? `-${pre.join('.')}` : ''}${meta}`);

  test('is a total order in which the canonical form decides equality', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect([a, b, c].every(isValid)).toBe(true);
        expect(compareVersions(a, b) + compareVersions(b, a)).toBe(0);
        expect(compareVersions(a, b) === 0).toBe(canonical(a) === canonical(b));
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});

test('a version of a million digits is read in linear time', () => {
  expect(isValid(`v1.0.0-${'1'.repeat(1_000_000)}!`)).toBe(false);
  expect(isPseudo(`v1.0.0-${'0.'.repeat(300_000)}`)).toBe(false);
  expect(compareVersions(`v${'9'.repeat(1_000_000)}.0.0`, 'v1.0.0')).toBe(1);
});

test.each([
  ['2024-02-29T23:59:59Z', true],
  ['2023-02-29T00:00:00Z', false],
  ['2023-02-28T00:00:00.123456789+05:30', true],
  ['2023-02-28T24:00:00Z', false],
  ['2023-02-28 00:00:00Z', false],
  ['2023-02-28T00:00:00', false],
  ['2023-2-28T00:00:00Z', false],
  ['2023-13-01T00:00:00Z', false],
  ['2023-02-28T00:00:00Z\n', false],
])('isRfc3339(%j) is %s', (text, want) => {
  expect(isRfc3339(text)).toBe(want);
});
