import * as fs from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { prune } from '../../../src/store/prune/prune.ts';
import { tempDir } from '../../support/temp.ts';
import { DAY, filesOf, fill, namesIn } from './made-store.ts';

const NOW = Date.now();
const RULES = { now: NOW, keepSinceMs: 30 * DAY, maxBytes: 1e12, dryRun: false } as const;
const pinned = { path: 'example.com/a', version: 'v1.0.0', usedAgo: 60 * DAY, by: 'first-seen' } as const;
const known = { path: 'example.com/b', version: 'v1.0.0', usedAgo: 60 * DAY } as const;
const INDEX = 'modgate/index/example.com/a/@v/v1.0.0.json';

let hasher: Hasher;
beforeAll(() => {
  hasher = createHasher();
});
afterAll(() => hasher.close());

const left = (dir: string) => namesIn(dir).filter(name => name.includes('example.com'));

it('a pin outlives a kill on the way', async () => {
  await using temp = await tempDir('prune-pins');
  const dir = temp.join('store');
  const store = await fill(dir, hasher, NOW, [pinned, known]);
  const { h1, goModH1, firstSeen } = (await store.entry(pinned)) ?? {};
  expect(await prune(store, RULES)).toMatchObject({ deleted: { versions: 2 }, failed: { count: 0 } });
  expect(left(dir)).toEqual([INDEX]);
  const pin = await store.entry(pinned);
  expect(pin).toEqual({
    v: 1,
    module: pinned.path,
    version: pinned.version,
    h1,
    goModH1,
    vouchedBy: { zip: 'first-seen', mod: 'first-seen' },
    firstSeen,
  });
  expect(await store.get(pinned, 'mod')).toBeUndefined();

  // What a prune that was killed before its last step leaves.
  const [index] = filesOf(dir, pinned);
  fs.renameSync(index, `${index}.pruned`);
  expect(await prune(store, RULES)).toMatchObject({ failed: { count: 0 } });
  expect(left(dir)).toEqual([INDEX]);
  expect(await store.entry(pinned)).toEqual(pin);
});
