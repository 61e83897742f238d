import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDiskStore } from '../../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { prune } from '../../../src/store/prune/prune.ts';
import { tempDir } from '../../support/temp.ts';
import { bytesOf, fill, HOUR, type MadeVersion, namesIn, treeDigest } from './made-store.ts';

let hasher: Hasher;
beforeAll(() => {
  hasher = createHasher();
});
afterAll(() => hasher.close());

/** Hours, never twice the same: who was used first is not a matter of chance then. */
const made = fc
  .uniqueArray(
    fc.record({
      m: fc.nat(4),
      v: fc.nat(4),
      zipBytes: fc.nat(4000),
      used: fc.nat(1500),
      seen: fc.nat(3000),
      listed: fc.boolean(),
      kinds: fc.constantFrom(['info', 'mod', 'zip'] as const, ['info', 'mod'] as const, ['mod'] as const),
    }),
    { selector: ({ m, v }) => m * 10 + v, minLength: 1, maxLength: 14 },
  )
  .filter(list => new Set(list.map(({ used }) => used)).size === list.length)
  .map(list =>
    list.map(({ m, v, zipBytes, used, seen, listed, kinds }) => ({
      path: ['example.com/a', 'example.com/A', 'example.com/a/b', 'example.org/c', 'x.test/d/v2'][m] ?? '',
      version: m === 4 ? `v2.${v}.0` : `v1.${v}.0`,
      zipBytes,
      kinds,
      listed,
      usedAgo: used * HOUR + HOUR / 3,
      seenAgo: seen * HOUR + HOUR / 2,
    })),
  );

const rules = fc.record({
  keepSinceMs: fc.nat(1500).map(hours => hours * HOUR),
  maxAgeMs: fc.option(
    fc.nat(3000).map(hours => hours * HOUR),
    { nil: undefined },
  ),
  maxBytes: fc.nat(40_000),
});

type Made = MadeVersion & { readonly listed: boolean; readonly usedAgo: number; readonly seenAgo: number };

/** The rules in the simplest words. */
function survivors(
  list: readonly Made[],
  sizes: ReadonlyMap<Made, number>,
  {
    keepSinceMs,
    maxAgeMs,
    maxBytes,
  }: { keepSinceMs: number; maxAgeMs: number | undefined; maxBytes: number },
): Made[] {
  const untouchable = (v: Made) => v.listed || v.usedAgo < HOUR;
  const stays = list.filter(
    v => untouchable(v) || (v.usedAgo <= keepSinceMs && (maxAgeMs === undefined || v.seenAgo <= maxAgeMs)),
  );
  const byUse = stays.filter(v => !untouchable(v)).toSorted((a, b) => b.usedAgo - a.usedAgo);
  const size = () => stays.reduce((sum, v) => sum + (sizes.get(v) ?? 0), 0);
  while (size() > maxBytes && byUse.length > 0) stays.splice(stays.indexOf(byUse.shift() as Made), 1);
  return stays;
}

test('what goes and what stays is what the rules say, and a dry run says the same and changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(made, rules, async (list, given) => {
      await using temp = await tempDir('prune-model');
      const dir = temp.join('store');
      const now = Date.now();
      const store = await fill(dir, hasher, now, list);
      const sizes = new Map<Made, number>(list.map(v => [v, bytesOf(dir, v)]));
      const expected = survivors(list, sizes, given);
      const bytes = (of: readonly Made[]) => of.reduce((sum, v) => sum + (sizes.get(v) ?? 0), 0);
      const listed = new Set(list.filter(v => v.listed).map(v => `${v.path}@${v.version}`));
      const { maxAgeMs, ...others } = given;
      const options = {
        now,
        ...others,
        ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
        keep: (mv: { path: string; version: string }) => listed.has(`${mv.path}@${mv.version}`),
      };

      const before = treeDigest(dir);
      const look = await openDiskStore(dir, { hasher, purpose: 'look' });
      const dry = await prune(look, { ...options, dryRun: true });
      expect(treeDigest(dir)).toBe(before);

      const report = await prune(store, { ...options, dryRun: false });
      const names = namesIn(dir).filter(name => /\.(info|mod|zip)$|^modgate\/index/.test(name));
      const wanted = expected.flatMap(v => {
        const escaped = v.path.replace('A', '!a');
        return [
          ...(v.kinds ?? []).map(kind => `${escaped}/@v/${v.version}.${kind}`),
          `modgate/index/${escaped}/@v/${v.version}.json`,
        ];
      });
      expect(names).toEqual(wanted.toSorted());
      const total = { versions: list.length, bytes: bytes(list) };
      const after = { versions: expected.length, bytes: bytes(expected) };
      const deleted = { versions: total.versions - after.versions, bytes: total.bytes - after.bytes };
      for (const told of [dry, report]) {
        expect(told).toMatchObject({
          finished: true,
          before: total,
          after,
          deleted,
          excessBytes: Math.max(0, after.bytes - given.maxBytes),
          foreign: { count: 0 },
          failed: { count: 0 },
        });
        const hosts = told.top.hosts.reduce((sum, host) => sum + host.bytes, 0);
        expect(hosts).toBe(deleted.bytes);
      }
      // Nothing is left to do.
      expect(await prune(store, { ...options, dryRun: false })).toMatchObject({ deleted: { versions: 0 } });
    }),
    { numRuns: 25 },
  );
});
