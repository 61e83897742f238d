import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inventoryRecords, memberOf, setDigest } from '../../src/audit/inventory.ts';
import { BATCH_LIMITS } from '../../src/audit/limits.ts';
import { inventory } from '../../src/audit/record.ts';

const T = '2026-11-23T15:00:00.000Z';
const EMPTY = { phase: 'end', t: T, members: [], vendored: [], vcs: [], preexisting: 0 } as const;

function member(name: string): string {
  const h1 = `h1:${createHash('sha256').update(name).digest('base64')}`;
  return memberOf({ module: `example.com/${name}`, version: 'v1.0.0', h1 });
}

describe('an inventory', () => {
  it('of nothing is one record', () => {
    const [only, ...others] = inventoryRecords(EMPTY);
    expect(others).toEqual([]);
    expect(inventory.parse(only)).toMatchObject({ part: 1, parts: 1, members: [], set: setDigest([]) });
  });

  it('has the same digest in any order, with anything twice', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 20 });
    fc.assert(
      fc.property(names, fc.infiniteStream(fc.nat()), (all, order) => {
        const members = all.map(member);
        const shuffled = [...members, ...members]
          .map(one => [order.next().value ?? 0, one] as const)
          .sort(([a], [b]) => a - b)
          .map(([, one]) => one);
        expect(inventoryRecords({ ...EMPTY, members: shuffled })).toEqual(
          inventoryRecords({ ...EMPTY, members }),
        );
      }),
    );
  });

  it('is cut into parts that fit into a line each and that make up the digest', () => {
    const members = Array.from({ length: 4_001 }, (_, at) => member(`m${at}`));
    const long = Array.from({ length: 1_000 }, (_, at) => member(`${'x'.repeat(1_000)}${at}`));
    const records = inventoryRecords({
      ...EMPTY,
      members: [...members, ...long],
      vcs: Array.from({ length: 1_500 }, (_, at) => `https://example.com/${at}/${'x'.repeat(1_000)}`),
      vendored: Array.from({ length: 9_000 }, (_, at) => `example.com/vendored${at}@v1.0.0`),
      preexisting: 7,
    });
    expect(records.length).toBeGreaterThan(3);
    for (const [index, record] of records.entries()) {
      expect(inventory.parse(record)).toEqual(record);
      expect(record).toMatchObject({ part: index + 1, parts: records.length, modcache_preexisting: 7 });
      expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(BATCH_LIMITS.line);
    }
    const all = records.flatMap(record => record.members);
    expect(all).toHaveLength(5_001);
    const text = [...all].sort().map(line => `${line}\n`);
    const digest = createHash('sha256').update(text.join('')).digest('hex');
    expect(new Set(records.map(({ set }) => set))).toEqual(new Set([digest]));
    expect(records.slice(1).flatMap(({ vcs, vendored }) => [...vcs, vendored])).toEqual(
      records.slice(1).map(() => undefined),
    );
  });

  it('leaves out what is no member by the format', () => {
    const good = member('good');
    const bad = [
      '',
      'x',
      'a b@v1 h1:x',
      `${good}x`,
      `${'x'.repeat(3_000)}@v1.0.0 ${good.split(' ')[1]}`,
      `a\n${good}`,
    ];
    const records = inventoryRecords({ ...EMPTY, members: [...bad, good] });
    expect(records).toMatchObject([{ members: [good], set: setDigest([good]) }]);
  });
});
