import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDiskStore } from '../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import { tempName } from '../../src/store/layout.ts';
import { run } from '../support/process.ts';
import { smallDisk } from '../support/small-disk.ts';
import { commitModule, type RealModule, realModules } from '../support/store-modules.ts';
import { tempDir } from '../support/temp.ts';

let modules: RealModule[];
let hasher: Hasher;

beforeAll(async () => {
  modules = await realModules();
  hasher = createHasher();
});
afterAll(() => hasher.close());

function module(index: number): RealModule {
  const found = modules.at(index);
  if (found === undefined) throw new Error('no such module');
  return found;
}

async function files(dir: string): Promise<string[]> {
  const all = await fsp.readdir(dir, { recursive: true, withFileTypes: true });
  return all.filter(e => !e.isDirectory()).map(e => e.name);
}

test('a missing directory is made, with all those above it', async () => {
  await using temp = await tempDir('store');
  const store = await openDiskStore(temp.join('a', 'b', 'c'), { hasher });
  expect(store.writable).toBe(true);
  expect(store.location).toBe(temp.join('a', 'b', 'c'));
});

test.each([['store'], ['store', 'below']])('a file in the way of %j %j', async (...parts) => {
  await using temp = await tempDir('store');
  await fsp.writeFile(temp.join('store'), 'x');
  const error = await openDiskStore(temp.join(...parts), { hasher }).catch((e: unknown) => e);
  expect(error).toMatchObject({
    name: 'StoreError',
    code: 'store-not-a-directory',
    path: temp.join(...parts),
  });
  expect(String(error)).toMatch(/remove that file, or give the store another directory/);
});

test('a read-only file system: everything in it is served, nothing is written', async () => {
  await using temp = await tempDir('store');
  await using disk = await smallDisk(temp.join('disk'), '20m');
  const dir = temp.join('disk', 'store');
  const before = await openDiskStore(dir, { hasher });
  await commitModule(before, module(0));
  await commitModule(before, module(-1), ['zip']);
  await before.flush();
  await disk.readOnly();
  const store = await openDiskStore(dir, { hasher });
  expect(store.writable).toBe(false);
  for (const kind of ['info', 'mod', 'zip'] as const) expect(await store.get(module(0), kind)).toBeDefined();
  expect(await store.get(module(-1), 'zip', module(-1).h1)).toBeDefined();
  const spare = store.tempFile();
  expect(spare.startsWith(dir)).toBe(false);
  await commitModule(store, module(1));
  await expect(fsp.access(spare)).rejects.toThrow();
  expect(await store.get(module(1), 'zip')).toBeUndefined();
  await store.touch(module(0));
  await store.putSoft('sumdb/sum.example.com/latest', Buffer.from('x'));
  await store.flush();
  await expect(openDiskStore(temp.join('disk', 'other'), { hasher })).rejects.toMatchObject({
    code: 'store-read-only',
  });
});

test('damage on a read-only file system is told once and not served', async () => {
  await using temp = await tempDir('store');
  await using disk = await smallDisk(temp.join('disk'), '20m');
  const dir = temp.join('disk', 'store');
  await commitModule(await openDiskStore(dir, { hasher }), module(0));
  await fsp.writeFile(path.join(dir, module(0).path, '@v', `${module(0).version}.mod`), 'module evil\n');
  await disk.readOnly();
  const damage: unknown[] = [];
  const store = await openDiskStore(dir, { hasher, onDamage: d => damage.push(d) });
  expect(await store.get(module(0), 'mod')).toBeUndefined();
  expect(await store.get(module(0), 'mod', module(0).goModH1)).toBeUndefined();
  expect(damage).toHaveLength(1);
});

test('a full disk: the commit says so, nothing of it is visible, the store stays right', async () => {
  await using temp = await tempDir('store');
  await using _disk = await smallDisk(temp.join('disk'), '1m');
  const dir = temp.join('disk', 'store');
  const store = await openDiskStore(dir, { hasher });
  await commitModule(store, module(0));
  await store.flush();
  const before = (await files(dir)).sort();
  // Fills the disk to the last block; the temp file of a zip is then what finds no room, or what took it.
  const filler = await fsp.open(temp.join('disk', 'filler'), 'w');
  const block = Buffer.alloc(4096, 1);
  const full = await (async () => {
    for (;;) await filler.write(block);
  })().catch((e: NodeJS.ErrnoException) => e.code);
  expect(full).toBe('ENOSPC');
  const error = await commitModule(store, module(1), ['info', 'mod']).catch((e: unknown) => e);
  expect(error).toMatchObject({ name: 'StoreError', code: 'store-full' });
  await expect(store.putSoft('sumdb/sum.example.com/latest', Buffer.from('x'))).rejects.toMatchObject({
    code: 'store-full',
  });
  expect((await files(dir)).sort()).toEqual(before);
  expect(await (await openDiskStore(dir, { hasher })).get(module(0), 'zip')).toBeDefined();
  await filler.truncate(0);
  await filler.close();
  await commitModule(store, module(1));
  expect(await store.get(module(1), 'zip')).toBeDefined();
});

test('a disk that fills up after the zip was written: the zip does not show', async () => {
  await using temp = await tempDir('store');
  await using _disk = await smallDisk(temp.join('disk'), '1m');
  const dir = temp.join('disk', 'store');
  const store = await openDiskStore(dir, { hasher });
  const m = module(0);
  const file = store.tempFile();
  await fsp.copyFile(m.zip, file);
  const filler = await fsp.open(temp.join('disk', 'filler'), 'w');
  await (async () => {
    for (;;) await filler.write(Buffer.alloc(4096, 1));
  })().catch(() => undefined);
  const zip = {
    file,
    h1: m.h1,
    by: 'sumdb',
    facts: m.facts,
    representation: 'original',
    original: m.facts,
  } as const;
  const mod = { bytes: m.mod, h1: m.goModH1, by: 'sumdb' } as const;
  await expect(store.commit(m, { info: m.info, mod, zip })).rejects.toMatchObject({ code: 'store-full' });
  await filler.close();
  expect(await files(dir)).toEqual([]);
});

test('temp files of dead processes and those a day old are swept, those of the living stay', async () => {
  await using temp = await tempDir('store');
  const store = await openDiskStore(temp.path, { hasher });
  const { host } = store.parts.tree;
  const tmp = temp.join('modgate', 'tmp');
  const { stdout } = await run(process.execPath, ['-p', 'process.pid']);
  const dead = tempName(host, Number(stdout), 'a-1');
  const living = tempName(host, process.pid, 'a-2');
  const elsewhere = tempName('0123456789ab', Number(stdout), 'a-3');
  const old = tempName('0123456789ab', 1, 'a-4');
  for (const name of [dead, living, elsewhere, old]) await fsp.writeFile(path.join(tmp, name), 'x');
  const yesterday = Date.now() / 1000 - 25 * 3600;
  await fsp.utimes(path.join(tmp, old), yesterday, yesterday);
  await (await openDiskStore(temp.path, { hasher })).flush();
  expect((await fsp.readdir(tmp)).sort()).toEqual([elsewhere, living].sort());
});

test('a store that is cleaned away under a living daemon takes commits again', async () => {
  await using temp = await tempDir('store');
  const dir = temp.join('store');
  const store = await openDiskStore(dir, { hasher });
  await commitModule(store, module(0));
  await fsp.rm(path.join(dir, 'github.com'), { recursive: true });
  await fsp.rm(path.join(dir, 'modgate', 'index'), { recursive: true });
  expect(await store.get(module(0), 'zip')).toBeUndefined();
  await commitModule(store, module(0));
  await fsp.rm(path.join(dir, 'modgate'), { recursive: true });
  await commitModule(store, module(1), ['info', 'mod']);
  expect(await store.get(module(0), 'zip')).toBeDefined();
  expect((await store.get(module(1), 'mod'))?.bytes).toEqual(module(1).mod);
});
