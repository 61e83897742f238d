import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DiskStore, openDiskStore } from '../../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { versionKeys } from '../../../src/store/layout.ts';
import type { FileKind, ModVer } from '../../../src/store/types.ts';
import type { VerifyReport } from '../../../src/store/verify/types.ts';
import { verifyStore } from '../../../src/store/verify/verify.ts';
import { commitModule, type RealModule, realModules } from '../../support/store-modules.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';
import { directories } from '../places.ts';
import { verifySuite } from './suite.ts';

let modules: RealModule[];
let hasher: Hasher;

beforeAll(async () => {
  modules = await realModules();
  hasher = createHasher({ threads: 2 });
});
afterAll(() => hasher.close());

function module(at: number): RealModule {
  const found = modules[at];
  if (found === undefined) throw new Error('too few modules');
  return found;
}

function keysOf(mv: ModVer) {
  const keys = versionKeys(mv);
  if (keys === undefined) throw new Error('no keys');
  return keys;
}

const fileOf = (dir: string, m: ModVer, kind: FileKind) => path.join(dir, keysOf(m).files[kind]);
async function filled(temp: TempDir, which: readonly RealModule[] = modules): Promise<DiskStore> {
  const store = await openDiskStore(temp.path, { hasher });
  for (const m of which) await commitModule(store, m);
  await store.flush();
  return store;
}

verifySuite(() => directories(hasher), true);

describe('what is none of a store', () => {
  test('is told of by its name, links are damage, and a repair moves only those', async () => {
    await using temp = await tempDir('verify');
    const repair = await filled(temp, [module(0)]);
    const dir = temp.path;
    await fsp.mkdir(temp.join('github.com', 'UPPER', '@v'), { recursive: true });
    await fsp.writeFile(temp.join('github.com', 'evil\u001b[31m\n::error::x'), 'x');
    await fsp.writeFile(path.join(path.dirname(fileOf(dir, module(0), 'zip')), 'v1.zip'), 'x');
    await fsp.writeFile(temp.join('modgate', 'index', 'stray'), 'x');
    await fsp.mkdir(temp.join('modgate', 'strange'));
    await fsp.mkdir(temp.join('sumdb', 'x'), { recursive: true });
    await fsp.writeFile(temp.join('sumdb', 'x', 'a b'), 'x');
    const link = fileOf(dir, { path: module(0).path, version: 'v9.9.9' }, 'zip');
    await fsp.symlink('/etc/hostname', link);
    await fsp.symlink('/', temp.join('outside'));
    const expected = [
      'damaged outside',
      'damaged v9.9.9.zip',
      'junk @v',
      'junk a b',
      'junk evil\u001b[31m\n::error::x',
      'junk strange',
      'junk stray',
      'junk v1.zip',
    ];
    const kinds = (report: VerifyReport) =>
      report.findings.map(f => `${f.kind} ${f.path.slice(f.path.lastIndexOf('/') + 1)}`).sort();
    const report = await verifyStore(dir, { hasher });
    expect(kinds(report)).toEqual(expected);
    const mended = await verifyStore(dir, { hasher, repair });
    expect(kinds(mended)).toEqual(expected);
    expect(mended.repaired).toMatchObject({ damaged: 2, junk: 0 });
    await expect(fsp.lstat(link)).rejects.toThrow('ENOENT');
    expect((await verifyStore(dir, { hasher })).counts).toMatchObject({ damaged: 0, junk: 6 });
  });

  test('a directory that is no store is refused, and not made one', async () => {
    await using temp = await tempDir('verify');
    await fsp.mkdir(temp.join('project'));
    for (const [name, code] of [
      ['project', 'store-foreign'],
      ['absent', 'store-missing'],
    ] as const) {
      await expect(verifyStore(temp.join(name), { hasher })).rejects.toMatchObject({ code });
    }
    expect(await fsp.readdir(temp.path)).toEqual(['project']);
    expect(await fsp.readdir(temp.join('project'))).toEqual([]);
  });
});

describe('beside running jobs', () => {
  test('files that others replace and take away meanwhile are never called damaged', async () => {
    await using temp = await tempDir('verify');
    const store = await filled(temp);
    const busy = [module(0), module(3), module(4)];
    let done = false;
    const jobs = [1, 2].map(async job => {
      const mine = job === 1 ? store : await openDiskStore(temp.path, { hasher });
      for (let round = 0; !done; round++) {
        const m = busy[round % busy.length];
        if (m === undefined) break;
        const keys = keysOf(m);
        for (const key of [keys.index, keys.files.info, keys.files.mod, keys.files.zip]) {
          await fsp.rm(path.join(temp.path, key), { force: true });
        }
        await commitModule(mine, m);
        await mine.touch(m);
      }
    });
    try {
      for (let round = 0; round < 6; round++) {
        const report = await verifyStore(temp.path, { hasher });
        expect(report.counts).toMatchObject({ damaged: 0, contradicted: 0, junk: 0 });
        expect(report.versions + report.changing).toBeGreaterThanOrEqual(4);
      }
    } finally {
      done = true;
      await Promise.all(jobs);
    }
    expect((await verifyStore(temp.path, { hasher })).counts.damaged).toBe(0);
  });
});
