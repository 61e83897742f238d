import * as fs from 'node:fs';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openExisting } from '../../../src/store/existing.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { prune } from '../../../src/store/prune/prune.ts';
import { pruneWithin } from '../../../src/store/prune/within.ts';
import type { ModVer } from '../../../src/store/types.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { tempDir } from '../../support/temp.ts';
import { directories } from '../places.ts';
import { DAY, fill, HOUR, namesIn } from './made-store.ts';
import { pruneSuite } from './suite.ts';

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

pruneSuite(() => directories(hasher), 25);

describe('a directory', () => {
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
