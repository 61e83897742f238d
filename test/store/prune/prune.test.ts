import * as fs from 'node:fs';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDiskStore } from '../../../src/store/disk.ts';
import { openExisting } from '../../../src/store/existing.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { quarantineName } from '../../../src/store/layout.ts';
import { prune } from '../../../src/store/prune/prune.ts';
import { pruneWithin } from '../../../src/store/prune/within.ts';
import type { ModVer } from '../../../src/store/types.ts';
import { goWorld, writeProject } from '../../support/go.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { commitModule, realModules } from '../../support/store-modules.ts';
import { tempDir } from '../../support/temp.ts';
import { DAY, filesOf, fill, HOUR, namesIn, setUsed } from './made-store.ts';

const NOW = Date.now();
const RULES = { now: NOW, keepSinceMs: 30 * DAY, maxBytes: 1e12, dryRun: false } as const;

let hasher: Hasher;
beforeAll(() => {
  hasher = createHasher();
});
afterAll(() => hasher.close());

const a: ModVer = { path: 'example.com/a', version: 'v1.0.0' };
const a2: ModVer = { path: 'example.com/a', version: 'v1.2.0' };

function plain(dir: string, name: string): string | undefined {
  try {
    return fs.readFileSync(path.join(dir, name), 'utf8');
  } catch {
    return undefined;
  }
}

describe('a store of real modules', () => {
  it('builds from what was kept, has to be asked again for what went, and takes that back', async () => {
    await using temp = await tempDir('prune-go');
    const dir = temp.join('store');
    const names = [
      'github.com/pkg/errors@v0.9.1',
      'github.com/google/uuid@v1.6.0',
      'github.com/google/uuid@v1.5.0',
    ];
    const modules = await realModules(names);
    const store = await openDiskStore(dir, { hasher });
    for (const module of modules) await commitModule(store, module);
    await store.flush();
    const [errors, uuid, old] = modules;
    if (!errors || !uuid || !old) throw new Error('modules are missing');
    setUsed(dir, uuid, NOW - 2 * DAY);
    for (const module of [errors, old]) setUsed(dir, module, NOW - 40 * DAY);
    const report = await prune(store, RULES);
    expect(report).toMatchObject({
      finished: true,
      deleted: { versions: 2, reasons: { unused: { versions: 2 } } },
      after: { versions: 1 },
    });
    expect(report.top.modules.map(({ name }) => name).toSorted()).toEqual([
      'github.com/google/uuid',
      'github.com/pkg/errors',
    ]);
    expect(plain(dir, 'github.com/google/uuid/@v/list')).toBe('v1.6.0\n');
    expect(fs.existsSync(path.join(dir, 'github.com/pkg'))).toBe(false);
    expect(fs.existsSync(path.join(dir, 'modgate/index/github.com/pkg'))).toBe(false);

    await using world = await goWorld(pathToFileURL(dir).href, { GOSUMDB: 'off', GOFLAGS: '-mod=mod' });
    await writeProject(world.dir.join('p'), {
      'go.mod': 'module example.test/p\n\ngo 1.24\n',
      'main.go':
        'package main\n\nimport "github.com/google/uuid"\n\nfunc main() { println(uuid.NewString()) }\n',
    });
    await world.goOk(['get', 'github.com/google/uuid@latest'], { cwd: world.dir.join('p') });
    await world.goOk(['build', './...'], { cwd: world.dir.join('p') });
    const lost = await world.go(['get', 'github.com/pkg/errors@v0.9.1'], { cwd: world.dir.join('p') });
    expect(lost.code).not.toBe(0);
    expect(await store.get(errors, 'zip', errors.h1)).toBeUndefined();
    await commitModule(store, errors);
    await store.flush();
    await world.goOk(['get', 'github.com/pkg/errors@v0.9.1'], { cwd: world.dir.join('p') });
  });
});

describe('what stays', () => {
  it('keeps what was used within the last hour, whatever the size', async () => {
    await using temp = await tempDir('prune');
    const store = await fill(temp.path, hasher, NOW, [{ ...a, usedAgo: HOUR / 2, seenAgo: 900 * DAY }]);
    const report = await prune(store, { ...RULES, keepSinceMs: 0, maxAgeMs: 0, maxBytes: 0 });
    expect(report).toMatchObject({ deleted: { versions: 0 }, kept: { recent: { versions: 1 } } });
    expect(report.excessBytes).toBe(report.after.bytes);
  });

  it('keeps what was put there within the last hour, though it was last used long ago', async () => {
    await using temp = await tempDir('prune');
    const store = await fill(temp.path, hasher, NOW, [{ ...a, usedAgo: 40 * DAY }]);
    const [, , , zip] = filesOf(temp.path, a);
    fs.utimesSync(zip, NOW / 1000, NOW / 1000);
    for (const dryRun of [true, false]) {
      const report = await prune(store, { ...RULES, maxBytes: 0, dryRun });
      expect(report).toMatchObject({ deleted: { versions: 0 }, kept: { recent: { versions: 1 } } });
    }
    expect((await store.get(a, 'zip'))?.size).toBe(100);
    // Put there after it was looked at: the keep-list is asked between that and the removal.
    fs.utimesSync(zip, 1, 1);
    const keep = (): boolean => {
      fs.utimesSync(zip, NOW / 1000, NOW / 1000);
      return false;
    };
    expect(await prune(store, { ...RULES, keep })).toMatchObject({ kept: { meanwhile: { versions: 1 } } });
    expect((await store.get(a, 'zip'))?.size).toBe(100);
    expect((await store.entry(a))?.zip?.size).toBe(100);
  });

  it('keeps what was used while the prune was about to remove it', async () => {
    await using temp = await tempDir('prune');
    const store = await fill(temp.path, hasher, NOW, [
      { ...a, usedAgo: 40 * DAY },
      { ...a2, usedAgo: 40 * DAY },
    ]);
    // The keep-list is asked between the look at a version and its removal.
    const keep = (mv: ModVer): boolean => {
      if (mv.version === a.version) setUsed(temp.path, a, NOW);
      return false;
    };
    const report = await prune(store, { ...RULES, keep });
    expect(report).toMatchObject({ deleted: { versions: 1 }, kept: { meanwhile: { versions: 1 } } });
    expect((await store.get(a, 'zip'))?.size).toBe(100);
    expect(await store.list(a.path)).toEqual([a.version]);
    expect(plain(temp.path, 'example.com/a/@v/list')).toBe('v1.0.0\n');
  });

  it('leaves what is not of a store, follows no link, and says so', async () => {
    await using temp = await tempDir('prune');
    const dir = temp.join('store');
    const store = await fill(dir, hasher, NOW, [{ ...a, usedAgo: 40 * DAY }]);
    const outside = temp.join('outside');
    fs.mkdirSync(path.join(outside, '@v'), { recursive: true });
    fs.writeFileSync(path.join(outside, '@v', 'v1.0.0.zip'), 'precious');
    fs.utimesSync(path.join(outside, '@v', 'v1.0.0.zip'), 1, 1);
    fs.symlinkSync(outside, path.join(dir, 'example.com', 'link'));
    fs.mkdirSync(path.join(dir, 'example.com/l'), { recursive: true });
    fs.symlinkSync(path.join(outside, '@v'), path.join(dir, 'example.com/l/@v'));
    fs.mkdirSync(path.join(dir, 'lost+found'));
    fs.writeFileSync(path.join(dir, 'README'), 'mine');
    fs.writeFileSync(path.join(dir, 'example.com/a/@v/notes.txt'), 'mine');
    fs.mkdirSync(path.join(dir, 'example.com/a/@v/v9.9.9.zip'));
    const report = await prune(store, { ...RULES, keepSinceMs: 0, maxBytes: 0 });
    expect(report.deleted.versions).toBe(1);
    expect(report.foreign.first.map(({ path: name }) => name).toSorted()).toEqual([
      'README',
      'example.com/a/@v/notes.txt',
      'example.com/a/@v/v9.9.9.zip',
      'example.com/l/@v',
      'example.com/link',
      'lost+found',
    ]);
    expect(plain(outside, '@v/v1.0.0.zip')).toBe('precious');
    expect(plain(dir, 'example.com/a/@v/notes.txt')).toBe('mine');
    expect(fs.existsSync(path.join(dir, 'lost+found'))).toBe(true);
  });
});

describe('what is swept', () => {
  it('takes dead temp files, old quarantine, soft files and logs, and loose index entries', async () => {
    await using temp = await tempDir('prune');
    const dir = temp.path;
    const loose = { path: 'example.com/loose', version: 'v1.0.0' };
    const store = await fill(dir, hasher, NOW, [a, loose, { ...a2, kinds: ['mod'] }]);
    const put = (name: string, daysAgo: number): void => {
      fs.mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
      fs.writeFileSync(path.join(dir, name), 'x');
      fs.utimesSync(path.join(dir, name), NOW / 1000 - daysAgo * 86_400, NOW / 1000 - daysAgo * 86_400);
    };
    for (const file of filesOf(dir, loose).slice(1)) fs.rmSync(file);
    const quarantined = (daysAgo: number) =>
      `modgate/quarantine/${quarantineName('k.zip', NOW - daysAgo * DAY, 'u')}`;
    // A file that came into quarantine yesterday may itself be years old.
    const stays = [
      'modgate/tmp/0123456789ab-1-2.tmp',
      quarantined(1),
      'modgate/soft/example.com/new/@v/list',
      `modgate/log/${new Date(NOW).toISOString().slice(0, 7)}.jsonl`,
      'sumdb/sum.example.com/latest',
      'sumdb/sum.example.com/tile/8/0/000.p/7',
    ];
    for (const name of stays) put(name, name.includes('quarantine') ? 400 : 0);
    put('modgate/tmp/fedcba987654-1-2.tmp', 2);
    put(quarantined(15), 0);
    put('modgate/soft/absent/example.com/gone/@v/list/@latest', 31);
    put('modgate/log/2019-01.jsonl', 1);
    put('sumdb/sum.example.com/tile/8/1/001.p/9', 31);
    const tomorrow = NOW + 2 * DAY;
    setUsed(dir, a, tomorrow);
    setUsed(dir, a2, tomorrow);
    const report = await prune(store, { ...RULES, now: NOW + 25 * HOUR });
    expect(report.swept).toMatchObject({
      temp: { files: 2 },
      quarantine: { files: 1 },
      soft: { files: 1 },
      sumdb: { files: 1 },
      index: { files: 1 },
      log: { files: 1 },
    });
    const names = namesIn(dir);
    for (const name of stays.slice(1)) expect(names).toContain(name);
    expect(names.filter(name => /example.com\/loose|absent|2019-01|tile\/8\/1/.test(name))).toEqual([
      'example.com/loose/@latest',
      'example.com/loose/@v/list',
    ]);
    expect(report.deleted.versions).toBe(0);
    expect(fs.existsSync(path.join(dir, 'modgate/soft/absent'))).toBe(false);
  });

  it('bounds the checksum database by what was stored first, and never forgets its newest tree head', async () => {
    await using temp = await tempDir('prune');
    const dir = temp.path;
    const store = await fill(dir, hasher, NOW, [a]);
    const tiles = path.join(dir, 'sumdb/sum.example.com/tile/8/0');
    fs.mkdirSync(tiles, { recursive: true });
    for (let i = 0; i < 40; i++) {
      fs.writeFileSync(path.join(tiles, `x${i}`), Buffer.alloc(1024 * 1024));
      fs.utimesSync(path.join(tiles, `x${i}`), NOW / 1000 - i * 3600, NOW / 1000 - i * 3600);
    }
    const latest = path.join(dir, 'sumdb/sum.example.com/latest');
    fs.writeFileSync(latest, 'head');
    fs.utimesSync(latest, 1, 1);
    const report = await prune(store, { ...RULES, maxBytes: 1e8 });
    expect(report.swept.sumdb).toEqual({ files: 9, bytes: 9 * 1024 * 1024 });
    expect(fs.readdirSync(tiles).toSorted()).toEqual(
      Array.from({ length: 31 }, (_, i) => `x${i}`).toSorted(),
    );
    expect(fs.existsSync(latest)).toBe(true);
  });
});

describe('time', () => {
  it('stops when it is told to, removes nothing wrong, and goes on the next time', async () => {
    await using temp = await tempDir('prune');
    const versions = Array.from({ length: 30 }, (_, i) => ({
      path: `example.com/m${i}`,
      version: 'v1.0.0',
      usedAgo: 40 * DAY,
    }));
    const store = await fill(temp.path, hasher, NOW, versions);
    const stop = new AbortController();
    let asked = 0;
    const keep = (): boolean => {
      asked += 1;
      if (asked === 10) stop.abort();
      return false;
    };
    const first = await prune(store, { ...RULES, keep, until: stop.signal });
    expect(first).toMatchObject({ finished: false, deleted: { versions: 10 } });
    expect(await prune(store, RULES)).toMatchObject({
      finished: true,
      deleted: { versions: 20 },
      after: { versions: 0 },
    });
  });

  it('prunes at the end of a session when a day has gone by, or when the store has outgrown its size', async () => {
    await using temp = await tempDir('prune');
    const dir = temp.path;
    const store = await fill(dir, hasher, NOW, [{ ...a, usedAgo: 2 * DAY }]);
    const options = { keepSinceMs: 30 * DAY, maxBytes: 1e6, budgetMs: 60_000 };
    const at = (ms: number) => pruneWithin(store, { ...options, now: Date.now() + ms });
    expect(await at(0)).toMatchObject({ finished: true });
    expect(await at(0)).toBeUndefined();
    expect(await at(23 * HOUR)).toBeUndefined();
    expect(await at(25 * HOUR)).toMatchObject({ finished: true, deleted: { versions: 0 } });
    const t = new Date(Date.now() + HOUR).toISOString();
    const use = {
      t,
      requests: 1,
      fromStore: 0,
      fromUpstream: 1,
      bytesFromStore: 0,
      bytesFromUpstream: 2e6,
      added: 1,
    };
    fs.mkdirSync(path.join(dir, 'modgate/log'), { recursive: true });
    fs.writeFileSync(path.join(dir, `modgate/log/${t.slice(0, 7)}.jsonl`), `${JSON.stringify(use)}\n`);
    expect(await at(2 * HOUR)).toMatchObject({ finished: true });
  });

  it('does not let every job pay for a prune that never has the time', async () => {
    await using temp = await tempDir('prune');
    const store = await fill(temp.path, hasher, NOW, [{ ...a, usedAgo: 2 * DAY }]);
    await prune(store, { ...RULES, until: AbortSignal.abort() });
    const options = { keepSinceMs: DAY, maxBytes: 1e6, budgetMs: 60_000 };
    expect(await pruneWithin(store, { ...options, now: Date.now() })).toBeUndefined();
    expect(await pruneWithin(store, { ...options, now: Date.now() + 2 * HOUR })).toMatchObject({
      deleted: { versions: 1 },
    });
  });
});

describe('directories that cannot be worked on', () => {
  it('are refused before anything is made or removed', async () => {
    await using temp = await tempDir('prune');
    fs.writeFileSync(temp.join('file'), '');
    fs.mkdirSync(temp.join('other/modgate/src'), { recursive: true });
    const open = (name: string) => openExisting(temp.join(name), { hasher, purpose: 'tidy' });
    await expect(open('nowhere')).rejects.toMatchObject({ code: 'store-missing' });
    await expect(open('file')).rejects.toMatchObject({ code: 'store-not-a-directory' });
    await expect(open('other')).rejects.toMatchObject({ code: 'store-foreign' });
    expect(namesIn(temp.path)).toEqual(['file']);
    expect(fs.existsSync(temp.join('nowhere'))).toBe(false);
  });

  it('says that a store is read-only, and prunes one on a full disk', async () => {
    await using temp = await tempDir('prune');
    const dir = temp.join('disk');
    await using disk = await smallDisk(dir, '2m');
    await (
      await fill(dir, hasher, NOW, [
        { ...a, zipBytes: 500_000, usedAgo: 40 * DAY },
        { ...a2, zipBytes: 500_000, usedAgo: DAY },
      ])
    ).flush();
    await fsp.writeFile(path.join(dir, 'filler'), Buffer.alloc(2 << 20)).catch(() => undefined);
    const full = await openExisting(dir, { hasher, purpose: 'tidy' });
    expect(await prune(full, RULES)).toMatchObject({ deleted: { versions: 1 }, failed: { count: 0 } });
    expect(plain(dir, 'example.com/a/@v/list')).toBe('v1.2.0\n');
    await disk.readOnly();
    const store = await openExisting(dir, { hasher, purpose: 'tidy' });
    await expect(prune(store, RULES)).rejects.toMatchObject({ code: 'store-read-only' });
    const look = await openExisting(dir, { hasher, purpose: 'look' });
    expect(await prune(look, { ...RULES, keepSinceMs: 0, dryRun: true })).toMatchObject({
      deleted: { versions: 1 },
    });
  });
});
