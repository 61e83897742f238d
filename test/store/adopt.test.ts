import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adopt } from '../../src/store/adopt.ts';
import { type DiskStore, openDiskStore } from '../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import type { Damage } from '../../src/store/index-files.ts';
import { smallDisk } from '../support/small-disk.ts';
import { commitModule, type RealModule, realModules } from '../support/store-modules.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

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

/** A tree as a cache restore leaves it, with the given modules in it. */
async function restored(temp: TempDir, which: readonly RealModule[]): Promise<string> {
  const dir = temp.join('restored');
  const store = await openDiskStore(dir, { hasher });
  for (const m of which) await commitModule(store, m);
  await store.putSoft('sumdb/sum.example.com/tile/8/0/000', Buffer.from('tile'));
  await store.putSoft('example.com/a/@v/list', Buffer.from('v1.0.0\n'));
  await store.flush();
  return dir;
}

function fileOf(dir: string, m: RealModule, ext: string): string {
  return path.join(
    dir,
    m.path.replace(/[A-Z]/g, c => `!${c.toLowerCase()}`),
    '@v',
    `${m.version}.${ext}`,
  );
}

function indexOf(dir: string, m: RealModule): string {
  return fileOf(path.join(dir, 'modgate', 'index'), m, 'json');
}

async function edit(file: string, change: (entry: Record<string, unknown>) => void): Promise<void> {
  const entry = JSON.parse(await fsp.readFile(file, 'utf8')) as Record<string, unknown>;
  change(entry);
  await fsp.writeFile(file, JSON.stringify(entry));
}

async function expectWhole(store: DiskStore, m: RealModule): Promise<void> {
  expect((await store.get(m, 'info'))?.bytes, m.path).toEqual(m.info);
  expect((await store.get(m, 'mod', m.goModH1))?.bytes, m.path).toEqual(m.mod);
  expect((await store.get(m, 'zip', m.h1))?.sha256, m.path).toBe(m.facts.sha256);
}

test('every version comes in, once, with its age, and the lists follow', async () => {
  await using temp = await tempDir('adopt');
  const dir = await restored(temp, modules);
  const then = Date.UTC(2026, 0, 2, 3) / 1000;
  await fsp.utimes(indexOf(dir, module(0)), then, then);
  const seen = (JSON.parse(await fsp.readFile(indexOf(dir, module(0)), 'utf8')) as { firstSeen: string })
    .firstSeen;
  const store = await openDiskStore(temp.join('store'), { hasher });
  const report = await adopt(store, dir);
  expect(report).toMatchObject({
    adopted: modules.length,
    alreadyThere: 0,
    soft: 2,
    refused: [],
    refusedCount: 0,
  });
  for (const m of modules) await expectWhole(store, m);
  for await (const v of store.versions()) if (v.path === module(0).path) expect(v.lastUse).toBe(then * 1000);
  expect((await store.entry(module(0)))?.firstSeen).toBe(seen);
  expect((await store.getSoft('example.com/a/@v/list'))?.bytes.toString()).toBe('v1.0.0\n');
  expect((await store.getSoft('sumdb/sum.example.com/tile/8/0/000'))?.bytes.toString()).toBe('tile');
  await store.flush();
  const list = path.join(path.dirname(fileOf(store.location, module(0), 'zip')), 'list');
  expect(await fsp.readFile(list, 'utf8')).toBe(`${module(0).version}\n`);
  expect(await adopt(store, await restoredAgain(temp))).toMatchObject({
    adopted: 0,
    alreadyThere: modules.length,
    soft: 0,
  });
});

async function restoredAgain(temp: TempDir): Promise<string> {
  await fsp.rm(temp.join('restored'), { recursive: true });
  return restored(temp, modules);
}

test('a version of which the store has a part gets the rest; what is there stays', async () => {
  await using temp = await tempDir('adopt');
  const dir = await restored(temp, [module(0)]);
  const store = await openDiskStore(temp.join('store'), { hasher });
  await commitModule(store, module(0), ['mod']);
  const mod = await fsp.stat(fileOf(store.location, module(0), 'mod'));
  expect(await adopt(store, dir)).toMatchObject({ adopted: 1, refusedCount: 0 });
  expect((await fsp.stat(fileOf(store.location, module(0), 'mod'))).ino).toBe(mod.ino);
  await expectWhole(await openDiskStore(store.location, { hasher }), module(0));
});

test('across file systems the files are copied', async () => {
  await using temp = await tempDir('adopt');
  await using _disk = await smallDisk(temp.join('disk'), '20m');
  const dir = await restored(temp, [module(0), module(1)]);
  const store = await openDiskStore(temp.join('disk', 'store'), { hasher });
  expect(await adopt(store, dir)).toMatchObject({ adopted: 2, soft: 2, refusedCount: 0 });
  for (const m of [module(0), module(1)]) await expectWhole(store, m);
  expect(await fsp.readdir(path.join(store.location, 'modgate', 'tmp'))).toEqual([]);
});

test('a damaged zip of the right size comes in and is found when it is first read', async () => {
  await using temp = await tempDir('adopt');
  const dir = await restored(temp, [module(0)]);
  const bytes = await fsp.readFile(fileOf(dir, module(0), 'zip'));
  bytes.writeUInt8(bytes.readUInt8(99) ^ 1, 99);
  await fsp.writeFile(fileOf(dir, module(0), 'zip'), bytes);
  const damage: Damage[] = [];
  const store = await openDiskStore(temp.join('store'), { hasher, onDamage: d => damage.push(d) });
  await adopt(store, dir);
  expect(await store.get(module(0), 'zip', module(0).h1)).toBeUndefined();
  expect(damage).toHaveLength(1);
});

test('a hostile tree: links, foreign names, wrong sizes and hashes stay outside and are counted', async () => {
  await using temp = await tempDir('adopt');
  const [good, linked, short, silent, noIndex, otherHash, hard] = modules;
  if (!good || !linked || !short || !silent || !noIndex || !otherHash || !hard)
    throw new Error('too few modules');
  const dir = await restored(temp, modules);
  const secret = temp.join('secret');
  await fsp.writeFile(secret, 'secret', { mode: 0o600 });
  const store = await openDiskStore(temp.join('store'), { hasher });
  await commitModule(store, otherHash, ['mod']);

  await fsp.rm(fileOf(dir, linked, 'zip'));
  await fsp.symlink(secret, fileOf(dir, linked, 'zip'));
  await fsp.truncate(fileOf(dir, short, 'zip'), 10);
  await edit(indexOf(dir, silent), entry => delete entry.zip);
  await fsp.rm(indexOf(dir, noIndex));
  await fsp.rm(fileOf(store.location, otherHash, 'mod'));
  await fsp.writeFile(fileOf(dir, otherHash, 'mod'), module(0).mod);
  await edit(indexOf(dir, otherHash), entry => {
    entry.mod = { sha256: 'f'.repeat(64), size: module(0).mod.length };
  });
  await fsp.rm(fileOf(dir, hard, 'mod'));
  await fsp.link(secret, fileOf(dir, hard, 'mod'));
  await fsp.chmod(fileOf(dir, good, 'zip'), 0o4777);

  await fsp.symlink('/etc', path.join(dir, 'etc'));
  await fsp.symlink('/etc', path.join(dir, 'sumdb', 'etc'));
  await fsp.mkdir(path.join(dir, 'Upper.example', 'a', '@v'), { recursive: true });
  await fsp.writeFile(path.join(dir, 'Upper.example', 'a', '@v', 'v1.0.0.mod'), 'module x\n');
  await fsp.writeFile(path.join(dir, 'bad\x1b[31mname'), 'x');
  await fsp.writeFile(path.join(dir, path.dirname(good.path), 'extra'), 'x');
  await fsp.writeFile(path.join(path.dirname(fileOf(dir, good, 'zip')), 'v1.0.0.ziphash'), 'h1:');
  await fsp.writeFile(path.join(dir, 'modgate', 'soft', 'evil'), 'x');
  await fsp.mkdir(path.join(dir, ...Array.from({ length: 200 }, () => 'd')), { recursive: true });

  const report = await adopt(store, dir);
  expect(report.adopted).toBe(6);
  const why = Object.fromEntries(report.refused.map(r => [r.path, r.why]));
  expect(Object.keys(why)).toHaveLength(report.refusedCount);
  expect(Object.values(why).sort()).toMatchInlineSnapshot(`
    [
      "10 bytes long where its index entry has 104623",
      "a symbolic link",
      "a symbolic link",
      "a symbolic link",
      "its index entry does not tell what it should be",
      "its index entry does not tell what it should be",
      "nested too deep",
      "no index entry tells what it should be",
      "not a file of a store",
      "not a file of a store",
      "not a file of a store",
      "not a file of a store",
      "not a module path",
      "the same file has another name elsewhere",
    ]
  `);
  expect(report.refused.map(r => r.path).join('')).toMatch(/^[\x20-\x7e]*$/);
  await expectWhole(store, good);
  expect((await fsp.stat(fileOf(store.location, good, 'zip'))).mode & 0o7777).toBe(0o644);
  for (const m of [linked, short, silent, noIndex]) expect(await store.get(m, 'zip', m.h1)).toBeUndefined();
  expect(await store.get(otherHash, 'mod')).toBeUndefined();
  expect(await store.get(hard, 'mod', hard.goModH1)).toBeUndefined();
  expect((await fsp.stat(secret)).mode & 0o777).toBe(0o600);
  for (const name of await fsp.readdir(store.location, { recursive: true })) {
    expect((await fsp.lstat(path.join(store.location, name))).isSymbolicLink()).toBe(false);
  }
});

test('a tree whose own directories are links is not entered', async () => {
  await using temp = await tempDir('adopt');
  const dir = await restored(temp, [module(0)]);
  const evil = temp.join('evil');
  await fsp.mkdir(evil);
  await fsp.symlink(path.join(dir, 'modgate'), path.join(evil, 'modgate'));
  await fsp.symlink(path.join(dir, 'github.com'), path.join(evil, 'github.com'));
  const store = await openDiskStore(temp.join('store'), { hasher });
  expect(await adopt(store, evil)).toMatchObject({ adopted: 0, soft: 0, refusedCount: 1 });
  expect(await fsp.readdir(store.location)).toEqual(['modgate']);
});

test('names beyond the limit are not looked at', async () => {
  await using temp = await tempDir('adopt');
  const dir = await restored(temp, modules);
  const store = await openDiskStore(temp.join('store'), { hasher });
  const report = await adopt(store, dir, { maxNames: 5 });
  expect(report.adopted).toBeLessThan(modules.length);
  expect(report.refused.map(r => r.why)).toContain('too many files');
});
