import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { goModH1 } from '../../src/store/digest.ts';
import { formatEntry, mergeEntry, parseEntry, type VersionFacts } from '../../src/store/index-entry.ts';
import type { ModVer } from '../../src/store/types.ts';

const mv: ModVer = { path: 'example.com/Mod', version: 'v1.2.3' };
const seen = '2026-01-02T03:04:05.678Z';

const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
const h1 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map(b => `h1:${Buffer.from(b).toString('base64')}`);
const facts = fc.record({ sha256: hex, size: fc.nat(60_000) });
const voucher = fc.constantFrom('sumdb' as const, 'gosum' as const);
const modFacts = facts.map(mod => ({ mod, goModH1: goModH1(mod.sha256) }));
const zipFacts = fc.tuple(facts, facts, h1, fc.boolean()).map(([rest, fetched, hash, stored]) => ({
  h1: hash,
  zip: stored
    ? { ...rest, representation: 'stored' as const, original: fetched }
    : { ...rest, representation: 'original' as const, original: rest },
}));
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const versionFacts: fc.Arbitrary<VersionFacts> = fc
  .tuple(some(facts), some(modFacts), some(zipFacts), some(voucher), some(voucher))
  .map(([info, mod, zip, zipBy, modBy]) => ({
    ...(info && { info }),
    ...mod,
    ...zip,
    vouchedBy: { ...(zip && zipBy && { zip: zipBy }), ...(mod && modBy && { mod: modBy }) },
  }));

function parse(text: string) {
  return parseEntry(Buffer.from(text), mv);
}

describe('parse and format', () => {
  test('what is written is read', () => {
    fc.assert(
      fc.property(versionFacts, add => {
        const entry = mergeEntry(mv, undefined, add, seen);
        const bytes = formatEntry(entry);
        expect(parseEntry(bytes, mv)).toEqual(entry);
        expect(formatEntry(parseEntry(bytes, mv) ?? entry)).toEqual(bytes);
      }),
    );
  });

  test('no bytes whatever make it throw', () => {
    fc.assert(fc.property(fc.uint8Array(), bytes => void parseEntry(bytes, mv)));
    fc.assert(fc.property(fc.json(), text => void parse(text)));
  });

  test.each([
    ['nothing', ''],
    ['no object', '[]'],
    ['another schema', JSON.stringify({ v: 2, module: mv.path, version: mv.version, firstSeen: seen })],
    [
      'another module',
      JSON.stringify({ v: 1, module: 'example.com/x', version: mv.version, firstSeen: seen }),
    ],
    ['another version', JSON.stringify({ v: 1, module: mv.path, version: 'v1.2.4', firstSeen: seen })],
    ['no time', JSON.stringify({ v: 1, module: mv.path, version: mv.version, firstSeen: 'today' })],
  ])('%s is no entry', (_what, text) => {
    expect(parse(text)).toBeUndefined();
  });

  const fine = { sha256: 'a'.repeat(64), size: 1 };
  const zip = { ...fine, representation: 'original', original: fine };
  const zipH1 = `h1:${'A'.repeat(43)}=`;
  test.each([
    ['a zip without h1', { zip }],
    ['a zip with a malformed h1', { zip, h1: 'h1:short' }],
    [
      'an original that differs',
      { h1: zipH1, zip: { ...zip, original: { ...fine, sha256: 'b'.repeat(64) } } },
    ],
    ['a negative size', { h1: zipH1, zip: { ...zip, size: -1 } }],
    ['a size beyond the limit', { h1: zipH1, zip: { ...zip, size: 2 ** 40 } }],
    ['an upper-case digest', { info: { ...fine, sha256: 'A'.repeat(64) } }],
    ['a mod whose h1 is not of its digest', { mod: fine, goModH1: zipH1 }],
    ['an unknown representation', { h1: zipH1, zip: { ...zip, representation: 'other' } }],
    ['an unknown voucher', { vouchedBy: { zip: 'me' } }],
    ['an origin that is no record of texts', { origin: { VCS: 1 } }],
  ])('%s is left out', (_what, extra) => {
    const entry = parse(
      JSON.stringify({ v: 1, module: mv.path, version: mv.version, firstSeen: seen, ...extra }),
    );
    expect(entry).toBeDefined();
    for (const kind of ['info', 'mod', 'zip', 'vouchedBy', 'origin'] as const)
      expect(entry?.[kind]).toBeUndefined();
  });
});

describe('merge', () => {
  test('what is added holds, what was there of other files stays', () => {
    fc.assert(
      fc.property(versionFacts, versionFacts, (a, b) => {
        const base = mergeEntry(mv, undefined, a, seen);
        const merged = mergeEntry(mv, base, b, '2027-01-01T00:00:00Z');
        for (const key of ['info', 'mod', 'zip', 'h1', 'goModH1'] as const) {
          expect(merged[key]).toEqual(b[key] ?? a[key]);
        }
        expect(merged.firstSeen).toBe(seen);
        expect(mergeEntry(mv, merged, b, seen)).toEqual(merged);
      }),
    );
  });

  const zipOf = (hash: string, by?: 'sumdb' | 'gosum'): VersionFacts => {
    const at = { sha256: 'a'.repeat(64), size: 1 };
    const zip = { ...at, representation: 'original' as const, original: at };
    return { h1: hash, zip, vouchedBy: by === undefined ? {} : { zip: by } };
  };
  test.each([
    ['the stronger voucher of one hash stays', 'sumdb', 'h1:one', 'gosum', 'sumdb'],
    ['a stronger one is taken over', 'gosum', 'h1:one', 'sumdb', 'sumdb'],
    ['one for another hash is not inherited', 'sumdb', 'h1:two', undefined, undefined],
    ['one for the same hash is', 'sumdb', 'h1:one', undefined, 'sumdb'],
  ] as const)('%s', (_what, oldBy, hash, newBy, expected) => {
    const base = mergeEntry(mv, undefined, zipOf('h1:one', oldBy), seen);
    expect(mergeEntry(mv, base, zipOf(hash, newBy), seen).vouchedBy?.zip).toBe(expected);
  });
});
