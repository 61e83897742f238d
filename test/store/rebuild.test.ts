import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDiskStore } from '../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import type { Damage } from '../../src/store/index-files.ts';
import { rebuildIndex } from '../../src/store/rebuild.ts';
import { commitModule, type RealModule, realModules } from '../support/store-modules.ts';
import { tempDir } from '../support/temp.ts';

let modules: RealModule[];
let hasher: Hasher;

beforeAll(async () => {
  modules = await realModules();
  hasher = createHasher();
});
afterAll(() => hasher.close());

function fileOf(dir: string, m: RealModule, ext: string): string {
  return path.join(
    dir,
    m.path.replace(/[A-Z]/g, c => `!${c.toLowerCase()}`),
    '@v',
    `${m.version}.${ext}`,
  );
}

test('an index that was lost is the same again, without vouchers', async () => {
  await using temp = await tempDir('rebuild');
  const store = await openDiskStore(temp.path, { hasher, now: () => Date.UTC(2026, 1, 1) });
  for (const m of modules) await commitModule(store, m);
  const before = await Promise.all(modules.map(m => store.entry(m)));
  await fsp.rm(temp.join('modgate', 'index'), { recursive: true });
  expect(await rebuildIndex(store)).toEqual({ versions: 7, files: 21, damaged: 0 });
  const after = await Promise.all(modules.map(m => store.entry(m)));
  expect(after).toEqual(before.map(entry => ({ ...entry, vouchedBy: undefined })));
  for (const m of modules) expect(await store.get(m, 'info')).toBeDefined();
});

test('a sound index is left as it is, byte for byte', async () => {
  await using temp = await tempDir('rebuild');
  const store = await openDiskStore(temp.path, { hasher });
  for (const m of modules) await commitModule(store, m);
  const read = () =>
    Promise.all(modules.map(m => fsp.readFile(fileOf(temp.join('modgate', 'index'), m, 'json'), 'utf8')));
  const before = await read();
  await rebuildIndex(store);
  expect(await read()).toEqual(before);
});

test('damaged files go to quarantine, with and without an index that tells', async () => {
  await using temp = await tempDir('rebuild');
  const damage: Damage[] = [];
  const store = await openDiskStore(temp.path, { hasher, onDamage: d => damage.push(d) });
  for (const m of modules) await commitModule(store, m);
  const [a, b, c] = modules;
  if (!a || !b || !c) throw new Error('too few modules');
  const zip = await fsp.readFile(fileOf(temp.path, a, 'zip'));
  zip.writeUInt8(zip.readUInt8(200) ^ 1, 200);
  await fsp.writeFile(fileOf(temp.path, a, 'zip'), zip);
  await fsp.rm(fileOf(temp.join('modgate', 'index'), a, 'json'));
  await fsp.writeFile(fileOf(temp.path, b, 'info'), '<html>');
  await fsp.rm(fileOf(temp.join('modgate', 'index'), b, 'json'));
  await fsp.appendFile(fileOf(temp.path, c, 'mod'), '// more\n');
  expect(await rebuildIndex(store)).toEqual({ versions: 7, files: 18, damaged: 3 });
  const names = damage.map(d => d.path.slice(d.path.lastIndexOf('.'))).sort();
  expect(names).toEqual(['.info', '.mod', '.zip']);
  expect(await store.get(a, 'zip', a.h1)).toBeUndefined();
  expect(await store.get(b, 'info')).toBeUndefined();
  expect(await store.get(c, 'mod', c.goModH1)).toBeUndefined();
  expect(await fsp.readdir(temp.join('modgate', 'quarantine'))).toHaveLength(3);
  expect(await fsp.readFile(path.join(path.dirname(fileOf(temp.path, b, 'zip')), 'list'), 'utf8')).toBe('');
});
