import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { versionKeys } from '../../../src/store/layout.ts';
import type { FileKind, ModVer } from '../../../src/store/types.ts';
import type { Authorities, Finding, SumDbWord, VerifyReport } from '../../../src/store/verify/types.ts';
import { goWorld } from '../../support/go.ts';
import { type RealModule, realModules } from '../../support/store-modules.ts';
import type { Place } from '../places.ts';

let modules: RealModule[];

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

/** What a verification finds wherever a store is. @param keepsTimes whether a repair leaves the times of last use */
export function verifySuite(place: () => Place, keepsTimes: boolean): void {
  beforeAll(async () => {
    modules = await realModules();
  });

  describe('a sound store', () => {
    test('has nothing wrong, says who vouches, and is not touched', async () => {
      await using store = await place().fresh();
      await store.commit(modules);
      const before = await digestOf(store.dir);
      const report = await store.verify();
      expect(report).toMatchObject({ versions: 7, files: 21, findings: [], changing: 0, stopped: false });
      expect(report.vouched).toEqual({ sumdb: 0, gosum: 0, index: 14, nobody: 0 });
      const sizes = modules.map(m => m.facts.size + m.mod.length + m.info.length);
      expect(report.bytes).toBe(sizes.reduce((a, b) => a + b));
      const again = await store.verify({ authorities: { goSum } });
      expect(again.vouched).toEqual({ sumdb: 0, gosum: 14, index: 0, nobody: 0 });
      expect(await digestOf(store.dir)).toBe(before);
    });

    test('is left as it is by a repair, byte for byte and second for second', async () => {
      await using store = await place().fresh();
      await store.commit(modules);
      const before = await digestOf(store.dir);
      await store.verify({ repair: true, authorities: { goSum, goSumTrusted: true } });
      expect(await digestOf(store.dir)).toBe(before);
    });
  });

  describe('damage', () => {
    test('of every kind is found, each with its file, and nothing is changed', async () => {
      await using store = await place().fresh();
      await store.commit(modules);
      const { dir } = store;
      await flip(fileOf(dir, module(0), 'zip'));
      await fsp.appendFile(fileOf(dir, module(1), 'mod'), '// more\n');
      await fsp.truncate(fileOf(dir, module(2), 'zip'), 1000);
      await fsp.writeFile(fileOf(dir, module(3), 'info'), '<html>');
      await fsp.writeFile(indexOf(dir, module(4)), '{"v":1}');
      await fsp.rm(indexOf(dir, module(5)));
      await flip(fileOf(dir, module(5), 'zip'));
      await fsp.rm(fileOf(dir, module(6), 'zip'));
      const before = await digestOf(dir);
      const report = await store.verify();
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
      await using store = await place().fresh();
      await store.commit(modules);
      const { dir } = store;
      await flip(fileOf(dir, module(0), 'zip'));
      await fsp.writeFile(fileOf(dir, module(1), 'info'), '<html>');
      await fsp.rm(indexOf(dir, module(2)));
      await fsp.writeFile(indexOf(dir, module(3)), 'x');
      await fsp.rm(fileOf(dir, module(4), 'zip'));
      const past = new Date('2026-01-02T03:04:05Z');
      await fsp.utimes(indexOf(dir, module(0)), past, past);
      const bad = await fsp.readFile(fileOf(dir, module(0), 'zip'));
      const authorities = { goSum, goSumTrusted: true };
      const report = await store.verify({ repair: true, authorities });
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
      if (keepsTimes) expect((await fsp.stat(indexOf(dir, module(0)))).mtimeMs).toBe(past.getTime());
      const entry = await store.entry(module(0));
      expect(entry).toMatchObject({ h1: module(0).h1, goModH1: module(0).goModH1 });
      expect(entry?.zip).toBeUndefined();
      expect(await store.entry(module(2))).toMatchObject({ h1: module(2).h1, vouchedBy: { zip: 'gosum' } });
      expect(await fsp.readFile(path.join(dir, keysOf(module(1)).dir, 'list'), 'utf8')).toBe('');

      const again = await store.verify({ authorities });
      expect(told(again)).toEqual([`unindexed ${v(2)}.info left`, `unindexed ${v(3)}.info left`].sort());
      await expectServed(dir, [module(2), module(3), module(5), module(6)]);
      await store.commit([module(0), module(1), module(4)]);
      await expectServed(dir, modules);
    });

    test('a file that is right and an index that is wrong: the proof counts', async () => {
      await using store = await place().fresh();
      await store.commit([module(0), module(1)]);
      const [a, b] = [indexOf(store.dir, module(0)), indexOf(store.dir, module(1))];
      const text = await fsp.readFile(a, 'utf8');
      await fsp.writeFile(a, text.replaceAll(module(0).facts.sha256, module(1).facts.sha256));
      // An entry with the hash of another module: the digests are the file's own.
      await fsp.writeFile(b, (await fsp.readFile(b, 'utf8')).replace(module(1).h1, module(0).h1));
      expect(told(await store.verify())).toEqual(
        [`damaged ${module(0).version}.zip left`, `damaged ${module(1).version}.zip left`].sort(),
      );
      const authorities = { goSum, goSumTrusted: true };
      const report = await store.verify({ repair: true, authorities });
      expect(report.findings.map(f => f.outcome)).toEqual(['indexed', 'indexed']);
      expect((await store.verify()).findings).toEqual([]);
      expect((await store.entry(module(1)))?.h1).toBe(module(1).h1);
    });

    test('an index entry without any file is forgotten, and its hash stays pinned', async () => {
      await using store = await place().fresh();
      await store.commit([module(0), module(1)]);
      for (const kind of ['info', 'mod', 'zip'] as const) await fsp.rm(fileOf(store.dir, module(0), kind));
      const report = await store.verify({ repair: true });
      expect(report.counts).toMatchObject({ missing: 3, damaged: 0 });
      expect(report.repaired).toMatchObject({ missing: 3 });
      expect(await store.entry(module(0))).toMatchObject({ h1: module(0).h1 });
      expect((await store.verify()).findings).toEqual([]);
    });
  });

  describe('other authorities', () => {
    const words = (word: (mv: ModVer) => SumDbWord): Authorities => ({ sumdb: async mv => word(mv) });
    const known = (mv: ModVer): SumDbWord => {
      const m = modules.find(each => each.path === mv.path);
      return m === undefined ? { state: 'unknown' } : { state: 'known', zip: m.h1, mod: m.goModH1 };
    };

    test('a whole file with a hash that the database does not have is moved away', async () => {
      await using store = await place().fresh();
      await store.commit([module(0), module(1)]);
      const authorities = words(mv =>
        mv.path === module(0).path
          ? { state: 'known', zip: module(1).h1, mod: module(0).goModH1 }
          : known(mv),
      );
      const plain = await store.verify({ authorities });
      expect(told(plain)).toEqual([`contradicted ${module(0).version}.zip left`]);
      expect(plain.findings[0]?.what).toContain(module(1).h1);
      expect(plain.vouched).toEqual({ sumdb: 3, gosum: 0, index: 0, nobody: 1 });
      const report = await store.verify({ repair: true, authorities });
      expect(told(report)).toEqual([`contradicted ${module(0).version}.zip quarantined`]);
      // The wrong hash is no pin.
      expect(await store.entry(module(0))).not.toHaveProperty('h1');
    });

    test('a go.sum that contradicts moves nothing that the database vouches for, or that it may not speak of', async () => {
      await using store = await place().fresh();
      await store.commit([module(0)]);
      const wrong: Authorities = { goSum: () => [module(1).h1], goSumTrusted: true };
      const against = await store.verify({ repair: true, authorities: wrong });
      expect(against.counts.contradicted).toBe(2);
      expect(found(against, 'contradicted').map(f => f.outcome)).toEqual(['left', 'left']);
      expect(found(against, 'contradicted')[0]?.what).toContain('look at the go.sum');

      // The same where the index knows of no database.
      const index = indexOf(store.dir, module(0));
      await fsp.writeFile(index, (await fsp.readFile(index, 'utf8')).replaceAll('sumdb', 'gosum'));
      const untrusted = { ...wrong, goSumTrusted: false };
      const left = await store.verify({ repair: true, authorities: untrusted });
      expect(found(left, 'contradicted').map(f => f.outcome)).toEqual(['left', 'left']);
      const moved = await store.verify({ repair: true, authorities: wrong });
      expect(found(moved, 'contradicted').map(f => f.outcome)).toEqual(['quarantined', 'quarantined']);
    });

    test('the go.sum of somebody else proves nothing to other jobs', async () => {
      await using store = await place().fresh();
      await store.commit([module(0)]);
      await fsp.rm(indexOf(store.dir, module(0)));
      const report = await store.verify({ repair: true, authorities: { goSum } });
      expect(report.findings.map(f => f.outcome)).toEqual(['left', 'left', 'left']);
      expect(await store.entry(module(0))).toBeUndefined();
    });

    test('what nobody vouches for is told, and vouched for by a repair that can', async () => {
      await using store = await place().fresh();
      await store.commit([module(0)]);
      const index = indexOf(store.dir, module(0));
      const text = await fsp.readFile(index, 'utf8');
      await fsp.writeFile(index, text.replace(/"vouchedBy":\{[^}]*\},/, ''));
      const report = await store.verify();
      expect(report.counts).toMatchObject({ unvouched: 2, damaged: 0 });
      expect(report.vouched.nobody).toBe(2);
      await store.verify({ repair: true, authorities: words(known) });
      expect((await store.entry(module(0)))?.vouchedBy).toEqual({ zip: 'sumdb', mod: 'sumdb' });
      expect(await fsp.readFile(index, 'utf8')).toBe(text);
    });

    test('a database that cannot be asked is no finding, and is counted with its reason', async () => {
      await using store = await place().fresh();
      await store.commit([module(0), module(1)]);
      const authorities = words(() => ({ state: 'unavailable', why: 'nobody answers' }));
      const report = await store.verify({ authorities });
      expect(report.unasked).toEqual({ versions: 2, why: 'nobody answers' });
      expect(report.findings).toEqual([]);
    });
  });

  describe('what is none of a store', () => {
    test('however much is wrong, only so much is told one by one', async () => {
      await using store = await place().fresh();
      await store.commit([module(0)]);
      await fsp.mkdir(path.join(store.dir, 'example.com'));
      for (let at = 0; at < 50; at++) await fsp.writeFile(path.join(store.dir, 'example.com', `x${at}`), '');
      const report = await store.verify({ maxFindings: 10 });
      expect(report.counts.junk).toBe(50);
      expect(report.findings).toHaveLength(10);
    });
  });
}
