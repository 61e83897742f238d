import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DiskStore, openDiskStore } from '../../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { versionKeys } from '../../../src/store/layout.ts';
import type { FileKind, ModVer } from '../../../src/store/types.ts';
import type { Authorities, Finding, SumDbWord, VerifyReport } from '../../../src/store/verify/types.ts';
import { verifyStore } from '../../../src/store/verify/verify.ts';
import { goWorld } from '../../support/go.ts';
import { commitModule, type RealModule, realModules } from '../../support/store-modules.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

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
const indexOf = (dir: string, m: ModVer) => path.join(dir, keysOf(m).index);

/** Flips one bit in the middle and keeps size and time as they were. */
async function flip(file: string): Promise<void> {
  const stat = await fsp.stat(file);
  const bytes = await fsp.readFile(file);
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await fsp.writeFile(file, bytes);
  await fsp.utimes(file, stat.atime, stat.mtime);
}

async function filled(temp: TempDir, which: readonly RealModule[] = modules): Promise<DiskStore> {
  const store = await openDiskStore(temp.path, { hasher });
  for (const m of which) await commitModule(store, m);
  await store.flush();
  return store;
}

/** go.sum of the real modules, as go itself computed it. */
const goSum: NonNullable<Authorities['goSum']> = (name, version, file) =>
  modules.filter(m => m.path === name && m.version === version).map(m => (file === 'zip' ? m.h1 : m.goModH1));

const told = (report: VerifyReport) =>
  report.findings.map(f => `${f.kind} ${f.path.slice(f.path.lastIndexOf('/') + 1)} ${f.outcome}`).sort();

const found = (report: VerifyReport, kind: Finding['kind']) => report.findings.filter(f => f.kind === kind);

/** Names, sizes, times and contents of a tree. */
async function digestOf(dir: string): Promise<string> {
  const lines: string[] = [];
  for (const name of (await fsp.readdir(dir, { recursive: true })).sort()) {
    const file = path.join(dir, name);
    const stat = await fsp.lstat(file);
    if (stat.isDirectory()) lines.push(name);
    else lines.push(`${name} ${stat.ino} ${stat.mtimeMs} ${(await fsp.readFile(file)).toString('base64')}`);
  }
  return lines.join('\n');
}

async function expectServed(dir: string, wanted: readonly RealModule[]): Promise<void> {
  await using world = await goWorld(`file://${dir}`, { GOSUMDB: 'off' });
  const names = wanted.map(m => `${m.path}@${m.version}`);
  const { stdout } = await world.goOk(['mod', 'download', '-json', ...names], { cwd: world.dir.path });
  for (const m of wanted) expect(stdout).toContain(`"Sum": "${m.h1}"`);
}

describe('a sound store', () => {
  test('has nothing wrong, says who vouches, and is not touched', async () => {
    await using temp = await tempDir('verify');
    await filled(temp);
    const before = await digestOf(temp.path);
    const report = await verifyStore(temp.path, { hasher });
    expect(report).toMatchObject({ versions: 7, files: 21, findings: [], changing: 0, stopped: false });
    expect(report.vouched).toEqual({ sumdb: 0, gosum: 0, index: 14, nobody: 0 });
    const sizes = modules.map(m => m.facts.size + m.mod.length + m.info.length);
    expect(report.bytes).toBe(sizes.reduce((a, b) => a + b));
    const again = await verifyStore(temp.path, { hasher, authorities: { goSum } });
    expect(again.vouched).toEqual({ sumdb: 0, gosum: 14, index: 0, nobody: 0 });
    expect(await digestOf(temp.path)).toBe(before);
  });

  test('is left as it is by a repair, byte for byte and second for second', async () => {
    await using temp = await tempDir('verify');
    const repair = await filled(temp);
    const before = await digestOf(temp.path);
    await verifyStore(temp.path, { hasher, repair, authorities: { goSum, goSumTrusted: true } });
    expect(await digestOf(temp.path)).toBe(before);
  });
});

describe('damage', () => {
  test('of every kind is found, each with its file, and nothing is changed', async () => {
    await using temp = await tempDir('verify');
    await filled(temp);
    const dir = temp.path;
    await flip(fileOf(dir, module(0), 'zip'));
    await fsp.appendFile(fileOf(dir, module(1), 'mod'), '// more\n');
    await fsp.truncate(fileOf(dir, module(2), 'zip'), 1000);
    await fsp.writeFile(fileOf(dir, module(3), 'info'), '<html>');
    await fsp.writeFile(indexOf(dir, module(4)), '{"v":1}');
    await fsp.rm(indexOf(dir, module(5)));
    await flip(fileOf(dir, module(5), 'zip'));
    await fsp.rm(fileOf(dir, module(6), 'zip'));
    const before = await digestOf(dir);
    const report = await verifyStore(dir, { hasher });
    const v = (at: number) => module(at).version;
    expect(told(report)).toEqual(
      [
        `damaged ${v(0)}.zip left`,
        `damaged ${v(1)}.mod left`,
        `damaged ${v(2)}.zip left`,
        `damaged ${v(3)}.info left`,
        `damaged ${v(4)}.json left`,
        ...['info', 'mod', 'zip'].map(kind => `unindexed ${v(4)}.${kind} left`),
        `damaged ${v(5)}.zip left`,
        ...['info', 'mod'].map(kind => `unindexed ${v(5)}.${kind} left`),
        `missing ${v(6)}.zip left`,
      ].sort(),
    );
    expect(report.counts).toMatchObject({ damaged: 6, unindexed: 5, missing: 1 });
    expect(await digestOf(dir)).toBe(before);
  });

  test('is moved away, what is provable is indexed, and go builds from what is left', async () => {
    await using temp = await tempDir('verify');
    const repair = await filled(temp);
    const dir = temp.path;
    await flip(fileOf(dir, module(0), 'zip'));
    await fsp.writeFile(fileOf(dir, module(1), 'info'), '<html>');
    await fsp.rm(indexOf(dir, module(2)));
    await fsp.writeFile(indexOf(dir, module(3)), 'x');
    await fsp.rm(fileOf(dir, module(4), 'zip'));
    const past = new Date('2026-01-02T03:04:05Z');
    await fsp.utimes(indexOf(dir, module(0)), past, past);
    const bad = await fsp.readFile(fileOf(dir, module(0), 'zip'));
    const authorities = { goSum, goSumTrusted: true };
    const report = await verifyStore(dir, { hasher, repair, authorities });
    const v = (at: number) => module(at).version;
    expect(told(report)).toEqual(
      [
        `damaged ${v(0)}.zip quarantined`,
        `damaged ${v(1)}.info quarantined`,
        `unindexed ${v(2)}.info left`,
        `unindexed ${v(2)}.mod indexed`,
        `unindexed ${v(2)}.zip indexed`,
        `damaged ${v(3)}.json quarantined`,
        `unindexed ${v(3)}.info left`,
        `unindexed ${v(3)}.mod indexed`,
        `unindexed ${v(3)}.zip indexed`,
        `missing ${v(4)}.zip forgotten`,
      ].sort(),
    );
    const moved = found(report, 'damaged').find(f => f.file === 'zip')?.movedTo ?? '';
    expect(await fsp.readFile(path.join(dir, moved))).toEqual(bad);
    expect((await fsp.stat(indexOf(dir, module(0)))).mtimeMs).toBe(past.getTime());
    const entry = await repair.entry(module(0));
    expect(entry).toMatchObject({ h1: module(0).h1, goModH1: module(0).goModH1 });
    expect(entry?.zip).toBeUndefined();
    expect(await repair.entry(module(2))).toMatchObject({ h1: module(2).h1, vouchedBy: { zip: 'gosum' } });
    expect(await fsp.readFile(path.join(dir, keysOf(module(1)).dir, 'list'), 'utf8')).toBe('');

    const again = await verifyStore(dir, { hasher, authorities });
    expect(told(again)).toEqual([`unindexed ${v(2)}.info left`, `unindexed ${v(3)}.info left`].sort());
    await expectServed(dir, [module(2), module(3), module(5), module(6)]);
    for (const m of [module(0), module(1), module(4)]) await commitModule(repair, m);
    await repair.flush();
    await expectServed(dir, modules);
  });

  test('a file that is right and an index that is wrong: the proof counts', async () => {
    await using temp = await tempDir('verify');
    const repair = await filled(temp, [module(0), module(1)]);
    const [a, b] = [indexOf(temp.path, module(0)), indexOf(temp.path, module(1))];
    const text = await fsp.readFile(a, 'utf8');
    await fsp.writeFile(a, text.replaceAll(module(0).facts.sha256, module(1).facts.sha256));
    // An entry with the hash of another module: the digests are the file's own.
    await fsp.writeFile(b, (await fsp.readFile(b, 'utf8')).replace(module(1).h1, module(0).h1));
    expect(told(await verifyStore(temp.path, { hasher }))).toEqual(
      [`damaged ${module(0).version}.zip left`, `damaged ${module(1).version}.zip left`].sort(),
    );
    const authorities = { goSum, goSumTrusted: true };
    const report = await verifyStore(temp.path, { hasher, repair, authorities });
    expect(report.findings.map(f => f.outcome)).toEqual(['indexed', 'indexed']);
    expect((await verifyStore(temp.path, { hasher })).findings).toEqual([]);
    expect(await repair.get(module(1), 'zip', module(1).h1)).toBeDefined();
  });

  test('an index entry without any file is forgotten, and its hash stays pinned', async () => {
    await using temp = await tempDir('verify');
    const repair = await filled(temp, [module(0), module(1)]);
    for (const kind of ['info', 'mod', 'zip'] as const) await fsp.rm(fileOf(temp.path, module(0), kind));
    const report = await verifyStore(temp.path, { hasher, repair });
    expect(report.counts).toMatchObject({ missing: 3, damaged: 0 });
    expect(report.repaired).toMatchObject({ missing: 3 });
    expect(await repair.entry(module(0))).toMatchObject({ h1: module(0).h1 });
    expect((await verifyStore(temp.path, { hasher })).findings).toEqual([]);
  });
});

describe('other authorities', () => {
  const words = (word: (mv: ModVer) => SumDbWord): Authorities => ({ sumdb: async mv => word(mv) });
  const known = (mv: ModVer): SumDbWord => {
    const m = modules.find(each => each.path === mv.path);
    return m === undefined ? { state: 'unknown' } : { state: 'known', zip: m.h1, mod: m.goModH1 };
  };

  test('a whole file with a hash that the database does not have is moved away', async () => {
    await using temp = await tempDir('verify');
    const repair = await filled(temp, [module(0), module(1)]);
    const authorities = words(mv =>
      mv.path === module(0).path ? { state: 'known', zip: module(1).h1, mod: module(0).goModH1 } : known(mv),
    );
    const plain = await verifyStore(temp.path, { hasher, authorities });
    expect(told(plain)).toEqual([`contradicted ${module(0).version}.zip left`]);
    expect(plain.findings[0]?.what).toContain(module(1).h1);
    expect(plain.vouched).toEqual({ sumdb: 3, gosum: 0, index: 0, nobody: 1 });
    const report = await verifyStore(temp.path, { hasher, repair, authorities });
    expect(told(report)).toEqual([`contradicted ${module(0).version}.zip quarantined`]);
    // The wrong hash is no pin.
    expect(await repair.entry(module(0))).not.toHaveProperty('h1');
  });

  test('a go.sum that contradicts moves nothing that the database vouches for, or that it may not speak of', async () => {
    await using temp = await tempDir('verify');
    const repair = await filled(temp, [module(0)]);
    const wrong: Authorities = { goSum: () => [module(1).h1], goSumTrusted: true };
    const against = await verifyStore(temp.path, { hasher, repair, authorities: wrong });
    expect(against.counts.contradicted).toBe(2);
    expect(found(against, 'contradicted').map(f => f.outcome)).toEqual(['left', 'left']);
    expect(found(against, 'contradicted')[0]?.what).toContain('look at the go.sum');

    // The same where the index knows of no database.
    const index = indexOf(temp.path, module(0));
    await fsp.writeFile(index, (await fsp.readFile(index, 'utf8')).replaceAll('sumdb', 'gosum'));
    const untrusted = { ...wrong, goSumTrusted: false };
    const left = await verifyStore(temp.path, { hasher, repair, authorities: untrusted });
    expect(found(left, 'contradicted').map(f => f.outcome)).toEqual(['left', 'left']);
    const moved = await verifyStore(temp.path, { hasher, repair, authorities: wrong });
    expect(found(moved, 'contradicted').map(f => f.outcome)).toEqual(['quarantined', 'quarantined']);
  });

  test('the go.sum of somebody else proves nothing to other jobs', async () => {
    await using temp = await tempDir('verify');
    const repair = await filled(temp, [module(0)]);
    await fsp.rm(indexOf(temp.path, module(0)));
    const report = await verifyStore(temp.path, { hasher, repair, authorities: { goSum } });
    expect(report.findings.map(f => f.outcome)).toEqual(['left', 'left', 'left']);
    expect(await repair.entry(module(0))).toBeUndefined();
  });

  test('what nobody vouches for is told, and vouched for by a repair that can', async () => {
    await using temp = await tempDir('verify');
    const repair = await filled(temp, [module(0)]);
    const index = indexOf(temp.path, module(0));
    const text = await fsp.readFile(index, 'utf8');
    await fsp.writeFile(index, text.replace(/"vouchedBy":\{[^}]*\},/, ''));
    const report = await verifyStore(temp.path, { hasher });
    expect(report.counts).toMatchObject({ unvouched: 2, damaged: 0 });
    expect(report.vouched.nobody).toBe(2);
    await verifyStore(temp.path, { hasher, repair, authorities: words(known) });
    expect((await repair.entry(module(0)))?.vouchedBy).toEqual({ zip: 'sumdb', mod: 'sumdb' });
    expect(await fsp.readFile(index, 'utf8')).toBe(text);
  });

  test('a database that cannot be asked is no finding, and is counted with its reason', async () => {
    await using temp = await tempDir('verify');
    await filled(temp, [module(0), module(1)]);
    const authorities = words(() => ({ state: 'unavailable', why: 'nobody answers' }));
    const report = await verifyStore(temp.path, { hasher, authorities });
    expect(report.unasked).toEqual({ versions: 2, why: 'nobody answers' });
    expect(report.findings).toEqual([]);
  });
});

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

  test('however much is wrong, only so much is told one by one', async () => {
    await using temp = await tempDir('verify');
    await filled(temp, [module(0)]);
    await fsp.mkdir(temp.join('example.com'));
    for (let at = 0; at < 50; at++) await fsp.writeFile(temp.join('example.com', `x${at}`), '');
    const report = await verifyStore(temp.path, { hasher, maxFindings: 10 });
    expect(report.counts.junk).toBe(50);
    expect(report.findings).toHaveLength(10);
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
