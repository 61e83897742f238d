import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDiskStore } from '../../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { versionKeys } from '../../../src/store/layout.ts';
import { storeStats } from '../../../src/store/stats/stats.ts';
import { appendUse } from '../../../src/store/stats/use-log.ts';
import type { ModVer } from '../../../src/store/types.ts';
import { commitModule, type RealModule, realModules } from '../../support/store-modules.ts';
import { tempDir } from '../../support/temp.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const DAY = 86_400_000;

let modules: RealModule[];
let hasher: Hasher;

beforeAll(async () => {
  modules = await realModules();
  hasher = createHasher();
});
afterAll(() => hasher.close());

async function sizeOf(dir: string, mv: ModVer): Promise<number> {
  const keys = versionKeys(mv);
  if (keys === undefined) throw new Error('no keys');
  const files = [keys.index, ...Object.values(keys.files)];
  const sizes = await Promise.all(files.map(async key => (await fsp.stat(path.join(dir, key))).size));
  return sizes.reduce((a, b) => a + b);
}

const indexOf = (dir: string, mv: ModVer) => path.join(dir, versionKeys(mv)?.index ?? '');

test('sums by host, owner and module, by age and by month agree with the files', async () => {
  await using temp = await tempDir('stats');
  const dir = temp.path;
  const ages = [0, 0.5, 3, 20, 60, 100, 400];
  for (const [at, m] of modules.entries()) {
    const store = await openDiskStore(dir, { hasher, now: () => NOW - (ages[at] ?? 0) * DAY });
    await commitModule(store, m);
    await store.flush();
    const then = (NOW - (ages[at] ?? 0) * DAY) / 1000;
    await fsp.utimes(indexOf(dir, m), then, then);
  }
  const store = await openDiskStore(dir, { hasher, now: () => NOW });
  const sizes = await Promise.all(modules.map(m => sizeOf(dir, m)));
  const sum = (which: (m: RealModule) => boolean) => {
    const picked = sizes.filter((_, at) => which(modules[at] as RealModule));
    return { versions: picked.length, bytes: picked.reduce((a, b) => a + b, 0) };
  };
  const byName = (nameOf: (m: RealModule) => string) =>
    [...new Set(modules.map(nameOf))]
      .map(name => ({ name, ...sum(m => nameOf(m) === name) }))
      .sort((a, b) => b.bytes - a.bytes);

  const stats = await storeStats(store.parts.tree, { now: NOW, top: 20 });
  expect(stats.modules).toEqual({ ...sum(() => true), files: 21 });
  const hosts = byName(m => m.path.split('/')[0] ?? '');
  expect(stats.byHost).toEqual({ count: 3, top: hosts });
  expect(stats.byOwner).toEqual({ count: 5, top: byName(m => m.path.split('/').slice(0, 2).join('/')) });
  expect(stats.byModule).toEqual({ count: 7, top: byName(m => m.path) });
  const age = (low: number, high: number) =>
    sum(m => {
      const is = ages[modules.indexOf(m)] ?? 0;
      return is > low && is <= high;
    });
  expect(stats.lastUse).toEqual([
    { withinDays: 1, ...age(-1, 1) },
    { withinDays: 7, ...age(1, 7) },
    { withinDays: 30, ...age(7, 30) },
    { withinDays: 90, ...age(30, 90) },
    { withinDays: null, ...age(90, 1000) },
  ]);
  expect(stats.firstSeen).toHaveLength(24);
  expect(stats.firstSeen.at(-1)).toEqual({
    month: '2026-11',
    ...sum(m => modules.indexOf(m) < 4 && ages[modules.indexOf(m)] !== 60),
  });
  expect(stats.firstSeen.reduce((all, { versions }) => all + versions, stats.earlier.versions)).toBe(7);
  expect(stats.unindexed).toEqual({ versions: 0, bytes: 0 });

  const two = await storeStats(store.parts.tree, { now: NOW, top: 2 });
  expect(two.byModule).toEqual({ count: 7, top: byName(m => m.path).slice(0, 2) });
});

test('toolchains are apart, and what is no version is told of beside', async () => {
  await using temp = await tempDir('stats');
  const dir = temp.path;
  const store = await openDiskStore(dir, { hasher });
  const [first] = modules;
  if (first === undefined) throw new Error('no module');
  await commitModule(store, first);
  await store.flush();
  const toolchain = temp.join('golang.org', 'toolchain', '@v');
  await fsp.mkdir(toolchain, { recursive: true });
  await fsp.writeFile(path.join(toolchain, 'v0.0.1-go1.26.0.linux-amd64.zip'), Buffer.alloc(5000));
  await store.putSoft('sumdb/sum.example.test/latest', Buffer.alloc(70));
  await store.putSoft('example.com/a/@v/list', Buffer.alloc(30));
  await fsp.mkdir(temp.join('modgate', 'quarantine'));
  await fsp.writeFile(temp.join('modgate', 'quarantine', 'x'), Buffer.alloc(400));
  const stats = await storeStats(store.parts.tree, { now: Date.now(), top: 5 });
  expect(stats.toolchains).toEqual({ versions: 1, files: 1, bytes: 5000 });
  expect(stats.unindexed).toEqual({ versions: 1, bytes: 5000 });
  expect(stats.modules.versions).toBe(1);
  expect(stats.byHost.top.map(({ name }) => name)).toEqual(['github.com']);
  expect(stats.beside).toMatchObject({
    sumdb: { files: 1, bytes: 70 },
    soft: { files: 1, bytes: 30 },
    quarantine: { files: 1, bytes: 400 },
    log: { files: 0, bytes: 0 },
  });
});

test('hit rates of the last month and the last year', async () => {
  await using temp = await tempDir('stats');
  const store = await openDiskStore(temp.path, { hasher });
  const use = (days: number) => ({
    t: new Date(NOW - days * DAY).toISOString(),
    requests: 10,
    fromStore: 7,
    fromUpstream: 3,
    bytesFromStore: 700,
    bytesFromUpstream: 300,
    added: 2,
  });
  for (const days of [1, 29, 31, 300, 400]) expect(await appendUse(store, use(days))).toBe(true);
  const { hitRates } = await storeStats(store.parts.tree, { now: NOW, top: 5 });
  expect(hitRates).toEqual(
    [2, 4].map((sessions, at) => ({
      days: [30, 365][at],
      sessions,
      requests: 10 * sessions,
      fromStore: 7 * sessions,
      fromUpstream: 3 * sessions,
      bytesFromStore: 700 * sessions,
      bytesFromUpstream: 300 * sessions,
      added: 2 * sessions,
    })),
  );
});

test('an index that lies about its times moves nothing out of the sums', async () => {
  await using temp = await tempDir('stats');
  const store = await openDiskStore(temp.path, { hasher });
  const times = ['9999-12-31T00:00:00Z', '0000-01-01T00:00:00Z', '2026-99-99T99:99:99Z'];
  for (const [at, time] of times.entries()) {
    const m = modules[at] as RealModule;
    await commitModule(store, m);
    const index = indexOf(temp.path, m);
    const entry = JSON.parse(await fsp.readFile(index, 'utf8')) as Record<string, unknown>;
    await fsp.writeFile(index, JSON.stringify({ ...entry, firstSeen: time }));
  }
  await fsp.writeFile(indexOf(temp.path, modules[1] as RealModule), 'no json');
  await store.flush();
  const stats = await storeStats(store.parts.tree, { now: NOW, top: 5 });
  expect(stats.modules.versions).toBe(3);
  expect(stats.firstSeen.at(-1)).toMatchObject({ month: '2026-11', versions: 1 });
  expect(stats.lastUse.reduce((all, { versions }) => all + versions, 0)).toBe(3);
});
