import { createReadStream } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pack } from '../../../src/store/bundle/pack.ts';
import { unpack } from '../../../src/store/bundle/unpack.ts';
import { openDiskStore } from '../../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { manifestOf, wantAll } from '../../support/bundles.ts';
import { commitModule, type RealModule, realModules } from '../../support/store-modules.ts';
import { tempDir } from '../../support/temp.ts';

let modules: RealModule[];
let hasher: Hasher;

beforeAll(async () => {
  modules = await realModules();
  hasher = createHasher();
});
afterAll(() => hasher.close());

test('what was packed comes in whole', async () => {
  await using temp = await tempDir('bundle');
  const from = await openDiskStore(temp.join('from'), { hasher });
  for (const m of modules) await commitModule(from, m);
  const manifest = await manifestOf(from);
  const file = temp.join('bundle.tzst');
  expect(await pack({ storeDir: from.location, manifest, file })).toBeGreaterThan(0);
  const store = await openDiskStore(temp.join('store'), { hasher });
  const told: string[] = [];
  const report = await unpack({
    stream: createReadStream(file),
    store,
    wants: wantAll,
    onFile: (mv, kind, outcome) => told.push(`${mv.path} ${kind} ${outcome}`),
  });
  expect(report).toEqual({
    taken: 3 * modules.length,
    versions: modules.length,
    present: 0,
    refused: [],
    refusedCount: 0,
  });
  for (const m of modules) expect((await store.get(m, 'zip', m.h1))?.sha256).toBe(m.facts.sha256);
});
