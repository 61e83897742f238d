import { createHash } from 'node:crypto';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DiskStore, openDiskStore } from '../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import type { Damage } from '../../src/store/index-files.ts';
import { goWorld } from '../support/go.ts';
import { commitModule, type RealModule, realModules } from '../support/store-modules.ts';
import { tempDir } from '../support/temp.ts';

let modules: RealModule[];
let small: RealModule;
let large: RealModule;
let hasher: Hasher;

beforeAll(async () => {
  modules = await realModules();
  [small, large] = [at(modules, 0), at(modules, -1)];
  hasher = createHasher();
});
afterAll(() => hasher.close());

function at<T>(list: readonly T[], index: number): T {
  const value = list.at(index);
  if (value === undefined) throw new Error(`nothing at ${index}`);
  return value;
}

interface Opened extends AsyncDisposable {
  readonly store: DiskStore;
  readonly dir: string;
  readonly damage: Damage[];
  /** Another process's view of the same directory: nothing is remembered. */
  again(): Promise<DiskStore>;
}

async function opened(): Promise<Opened> {
  const temp = await tempDir('store');
  const dir = temp.join('store');
  const damage: Damage[] = [];
  const again = () => openDiskStore(dir, { hasher, onDamage: d => damage.push(d) });
  return {
    store: await again(),
    dir,
    damage,
    again,
    [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose](),
  };
}

async function sha256(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function fileOf(dir: string, module: RealModule, ext: string): string {
  const escaped = module.path.replace(/[A-Z]/g, c => `!${c.toLowerCase()}`);
  return path.join(dir, escaped, '@v', `${module.version}.${ext}`);
}

function indexOf(dir: string, module: RealModule): string {
  return fileOf(path.join(dir, 'modgate', 'index'), module, 'json');
}

async function names(dir: string): Promise<string[]> {
  const all = await fsp.readdir(dir, { recursive: true, withFileTypes: true });
  return all.filter(e => !e.isDirectory()).map(e => path.relative(dir, path.join(e.parentPath, e.name)));
}

async function flip(file: string, offset: number): Promise<void> {
  const bytes = await fsp.readFile(file);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
  await fsp.writeFile(file, bytes);
}

describe('commit and get', () => {
  test('every file of real modules comes back, to this process and to another one', async () => {
    await using o = await opened();
    await Promise.all(modules.map(m => commitModule(o.store, m)));
    for (const store of [o.store, await o.again()]) {
      for (const m of modules) {
        const [info, mod, zip] = await Promise.all([
          store.get(m, 'info'),
          store.get(m, 'mod', m.goModH1),
          store.get(m, 'zip', m.h1),
        ]);
        expect(info?.bytes).toEqual(m.info);
        expect(mod?.bytes).toEqual(m.mod);
        expect(mod?.h1).toBe(m.goModH1);
        expect(zip).toMatchObject({ ...m.facts, h1: m.h1, representation: 'original' });
        expect(zip && (await sha256(zip.stream()))).toBe(m.facts.sha256);
        expect(zip?.bytes === undefined).toBe(m === large);
      }
    }
    expect(o.damage).toEqual([]);
  });

  test('nothing is left in modgate/tmp, and every file is 0644', async () => {
    await using o = await opened();
    await Promise.all(modules.map(m => commitModule(o.store, m)));
    await o.store.flush();
    expect(await fsp.readdir(path.join(o.dir, 'modgate', 'tmp'))).toEqual([]);
    for (const name of await names(o.dir)) {
      const { mode, nlink } = await fsp.lstat(path.join(o.dir, name));
      expect([name, mode & 0o777, nlink]).toEqual([name, 0o644, 1]);
    }
  });

  test('the kinds of a version may come one by one, at the same time', async () => {
    await using o = await opened();
    const other = await o.again();
    await Promise.all([
      commitModule(o.store, small, ['mod']),
      commitModule(o.store, small, ['zip']),
      commitModule(o.store, small, ['info']),
    ]);
    await commitModule(other, small, ['mod']);
    expect(await o.store.entry(small)).toMatchObject({
      module: small.path,
      version: small.version,
      h1: small.h1,
      goModH1: small.goModH1,
      zip: { ...small.facts, representation: 'original', original: small.facts },
      vouchedBy: { zip: 'sumdb', mod: 'sumdb' },
    });
    expect((await (await o.again()).get(small, 'info'))?.bytes).toEqual(small.info);
  });

  test('two daemons that commit one version at once do no harm', async () => {
    await using o = await opened();
    const daemons = [o.store, await o.again(), await o.again()];
    for (const m of modules.slice(0, 4)) await Promise.all(daemons.map(store => commitModule(store, m)));
    const reader = await o.again();
    for (const m of modules.slice(0, 4)) {
      for (const kind of ['info', 'mod', 'zip'] as const) {
        expect(await reader.get(m, kind), `${m.path} ${kind}`).toBeDefined();
      }
    }
    expect(o.damage).toEqual([]);
  });

  test('the .info that came first stays, whoever brings another', async () => {
    await using o = await opened();
    const other = await o.again();
    await o.store.commit(small, { info: small.info });
    await other.commit(small, { info: Buffer.from(`{"Version":"${small.version}"}`) });
    expect((await (await o.again()).get(small, 'info'))?.bytes).toEqual(small.info);
    expect(o.damage).toEqual([]);
  });

  test('a go.mod with another hash than its own is refused and leaves nothing behind', async () => {
    await using o = await opened();
    const mod = { bytes: small.mod, h1: large.goModH1, by: 'gosum' as const };
    await expect(o.store.commit(small, { mod })).rejects.toMatchObject({ name: 'StoreError' });
    expect(await names(o.dir)).toEqual([]);
  });

  test('a zip of another size than promised is refused, its temp file removed', async () => {
    await using o = await opened();
    const file = o.store.tempFile();
    await fsp.writeFile(file, 'short');
    const zip = { file, h1: small.h1, by: 'sumdb', facts: small.facts } as const;
    const commit = o.store.commit(small, {
      zip: { ...zip, representation: 'original', original: small.facts },
    });
    await expect(commit).rejects.toThrow(/5 bytes long/);
    expect(await names(o.dir)).toEqual([]);
  });

  test('what the checksum database vouches for is not replaced on the word of a go.sum', async () => {
    await using o = await opened();
    await commitModule(o.store, small);
    const file = o.store.tempFile();
    await fsp.copyFile(large.zip, file);
    const zip = { file, h1: large.h1, by: 'gosum', facts: large.facts } as const;
    await o.store.commit(small, { zip: { ...zip, representation: 'original', original: large.facts } });
    expect((await (await o.again()).get(small, 'zip'))?.h1).toBe(small.h1);
    expect(o.damage).toHaveLength(1);
  });

  test('ranges are inclusive, from memory and from the file', async () => {
    await using o = await opened();
    for (const m of [small, large]) {
      await commitModule(o.store, m, ['zip']);
      const zip = await o.store.get(m, 'zip');
      const whole = await fsp.readFile(m.zip);
      for (const [start, end] of [
        [0, 0],
        [10, 19],
        [whole.length - 5, whole.length - 1],
      ] as const) {
        const parts = await zip?.stream({ start, end }).toArray();
        expect(Buffer.concat(parts ?? [])).toEqual(whole.subarray(start, end + 1));
      }
    }
  });

  test('names that go does not accept are absent, and a commit of them is an error', async () => {
    await using o = await opened();
    for (const mv of [
      { path: '../../etc', version: 'v1.0.0' },
      { path: 'example.com/a', version: '../v1.0.0' },
      { path: 'example.com/a\0b', version: 'v1.0.0' },
      { path: 'example.com/a', version: 'main' },
      { path: 'example.com/a', version: '' },
      { path: `example.com/${'a'.repeat(4000)}`, version: 'v1.0.0' },
    ]) {
      expect(await o.store.get(mv, 'zip')).toBeUndefined();
      expect(await o.store.entry(mv)).toBeUndefined();
      await o.store.touch(mv);
      await expect(o.store.commit(mv, { info: Buffer.from('{}') })).rejects.toMatchObject({
        code: 'store-io',
      });
    }
    expect(await names(o.dir)).toEqual([]);
  });
});

describe('damage', () => {
  test.each(['info', 'mod', 'zip'] as const)(
    'a flipped byte in a .%s is found, told and moved away',
    async kind => {
      await using o = await opened();
      for (const m of [small, large]) {
        await commitModule(o.store, m);
        await o.store.get(m, kind);
        await flip(fileOf(o.dir, m, kind), 3);
        expect(await o.store.get(m, kind)).toBeUndefined();
        expect(await (await o.again()).get(m, kind)).toBeUndefined();
        await expect(fsp.access(fileOf(o.dir, m, kind))).rejects.toThrow();
      }
      expect(o.damage.map(d => d.mv?.path)).toEqual([small.path, large.path]);
      expect(await fsp.readdir(path.join(o.dir, 'modgate', 'quarantine'))).toHaveLength(2);
      await commitModule(o.store, small);
      expect(await o.store.get(small, kind)).toBeDefined();
    },
  );

  test.each([0, 100])('a zip cut to %i bytes is damage', async length => {
    await using o = await opened();
    await commitModule(o.store, large);
    await fsp.truncate(fileOf(o.dir, large, 'zip'), length);
    expect(await (await o.again()).get(large, 'zip')).toBeUndefined();
    expect(o.damage).toHaveLength(1);
  });

  test('an index entry that is no JSON is moved away; a known hash still gets the files', async () => {
    await using o = await opened();
    await commitModule(o.store, small);
    await fsp.writeFile(indexOf(o.dir, small), '{"v":1');
    const store = await o.again();
    expect(await store.get(small, 'zip')).toBeUndefined();
    expect(o.damage.map(d => d.path)).toEqual([expect.stringMatching(/^modgate\/index\/.*\.json$/)]);
    expect((await store.get(small, 'zip', small.h1))?.sha256).toBe(small.facts.sha256);
    expect((await store.get(small, 'mod', small.goModH1))?.bytes).toEqual(small.mod);
  });

  test('a file without index entry is served for its own hash only, and healed', async () => {
    await using o = await opened();
    for (const m of [small, large]) {
      await commitModule(o.store, m);
      await fsp.rm(indexOf(o.dir, m));
      const store = await o.again();
      for (const kind of ['info', 'mod', 'zip'] as const) expect(await store.get(m, kind)).toBeUndefined();
      expect(await store.get(m, 'zip', `h1:${'A'.repeat(43)}=`)).toBeUndefined();
      const zip = await store.get(m, 'zip', m.h1);
      expect(zip && (await sha256(zip.stream()))).toBe(m.facts.sha256);
      expect(await store.get(m, 'mod', m.h1)).toBeUndefined();
      expect((await store.get(m, 'mod', m.goModH1))?.bytes).toEqual(m.mod);
      const healed = await o.again();
      expect(await healed.get(m, 'zip')).toMatchObject({ h1: m.h1, sha256: m.facts.sha256 });
      expect((await healed.entry(m))?.vouchedBy).toBeUndefined();
    }
    expect(o.damage).toEqual([]);
  });

  test('a zip without index entry that is no zip is left alone', async () => {
    await using o = await opened();
    await commitModule(o.store, small);
    await fsp.rm(indexOf(o.dir, small));
    await fsp.writeFile(fileOf(o.dir, small, 'zip'), 'PK nonsense');
    expect(await (await o.again()).get(small, 'zip', small.h1)).toBeUndefined();
    expect(await fsp.readFile(fileOf(o.dir, small, 'zip'), 'utf8')).toBe('PK nonsense');
  });

  test('a hash other than the one expected is not served', async () => {
    await using o = await opened();
    await commitModule(o.store, small);
    expect(await o.store.get(small, 'zip', large.h1)).toBeUndefined();
    expect(await o.store.get(small, 'mod', large.goModH1)).toBeUndefined();
    expect(o.damage).toEqual([]);
  });

  test('a file that changes between get and stream is not served; the same bytes anew are', async () => {
    await using o = await opened();
    await commitModule(o.store, large);
    const file = fileOf(o.dir, large, 'zip');
    const before = await o.store.get(large, 'zip');
    await fsp.copyFile(file, `${file}.new`);
    await fsp.rename(`${file}.new`, file);
    expect(before && (await sha256(before.stream()))).toBe(large.facts.sha256);
    await flip(file, 5);
    await expect(before && sha256(before.stream())).rejects.toMatchObject({ code: 'store-io' });
  });

  test('symbolic links are not followed, neither as file nor as directory', async () => {
    await using o = await opened();
    await commitModule(o.store, small);
    for (const kind of ['info', 'zip'] as const) {
      const file = fileOf(o.dir, small, kind);
      await fsp.rename(file, `${file}.real`);
      await fsp.symlink(`${file}.real`, file);
    }
    const store = await o.again();
    expect(await store.get(small, 'info')).toBeUndefined();
    expect(await store.get(small, 'zip', small.h1)).toBeUndefined();
    await using outside = await tempDir('outside');
    await fsp.symlink(outside.path, path.join(o.dir, 'golang.org'));
    await expect(commitModule(store, large)).rejects.toMatchObject({ code: 'store-not-a-directory' });
    expect(await fsp.readdir(outside.path)).toEqual([]);
    expect(await fsp.readdir(path.join(o.dir, 'modgate', 'tmp'))).toEqual([]);
  });

  test('a directory where a file belongs hangs nothing and is not served', async () => {
    await using o = await opened();
    await commitModule(o.store, small, ['mod']);
    await fsp.mkdir(fileOf(o.dir, small, 'zip'));
    expect(await o.store.get(small, 'zip', small.h1)).toBeUndefined();
  });
});

describe('read as a plain GOPROXY', () => {
  test('go mod download, list and latest work from file://, with the right hashes', async () => {
    await using o = await opened();
    for (const m of modules) await commitModule(o.store, m);
    await o.store.flush();
    await using world = await goWorld(`file://${o.dir}`, { GOSUMDB: 'off' });
    const wanted = modules.map(m => `${m.path}@${m.version}`);
    const { stdout } = await world.goOk(['mod', 'download', '-json', ...wanted], { cwd: world.dir.path });
    for (const m of modules) expect(stdout).toContain(`"Sum": "${m.h1}"`);
    const pseudo = at(modules, 5);
    for (const m of [small, pseudo]) {
      const latest = await world.goOk(['list', '-m', `${m.path}@latest`], { cwd: world.dir.path });
      expect(latest.stdout.trim()).toBe(`${m.path} ${m.version}`);
    }
  });

  test('the list names only what has .info and .mod; a loss takes it out again', async () => {
    await using o = await opened();
    const list = path.join(path.dirname(fileOf(o.dir, small, 'zip')), 'list');
    await commitModule(o.store, small, ['mod', 'zip']);
    await o.store.flush();
    expect(await fsp.readFile(list, 'utf8')).toBe('');
    expect(await o.store.list(small.path)).toEqual([]);
    await commitModule(o.store, small, ['info']);
    await o.store.flush();
    expect(await fsp.readFile(list, 'utf8')).toBe(`${small.version}\n`);
    expect(await o.store.list(small.path)).toEqual([small.version]);
    await flip(fileOf(o.dir, small, 'mod'), 1);
    await o.store.get(small, 'mod');
    await o.store.flush();
    expect(await fsp.readFile(list, 'utf8')).toBe('');
  });

  test("the upstream's own list is kept apart from the tree's", async () => {
    await using o = await opened();
    await commitModule(o.store, small);
    const upstream = Buffer.from('v0.1.0\nv9.9.9\n');
    await o.store.putSoft('github.com/pkg/errors/@v/list', upstream);
    await o.store.putSoft('github.com/pkg/errors/@latest', Buffer.from('{}'));
    await o.store.flush();
    expect((await o.store.getSoft('github.com/pkg/errors/@v/list'))?.bytes).toEqual(upstream);
    expect((await (await o.again()).getSoft('github.com/pkg/errors/@latest'))?.bytes.toString()).toBe('{}');
    const tree = path.join(path.dirname(fileOf(o.dir, small, 'zip')), 'list');
    expect(await fsp.readFile(tree, 'utf8')).toBe(`${small.version}\n`);
  });

  test('files of the checksum database round-trip; keys that are none are refused', async () => {
    await using o = await opened();
    const key = 'sumdb/sum.example.com/tile/8/0/x001/234.p/17';
    await o.store.putSoft(key, Buffer.from('tile'));
    const found = await o.store.getSoft(key);
    expect(found?.bytes.toString()).toBe('tile');
    expect(found?.storedAt).toBe((await fsp.stat(path.join(o.dir, key))).mtimeMs);
    for (const bad of [
      'sumdb/../../x',
      '/etc/passwd',
      'sumdb//x',
      'modgate/index/a/@v/list',
      'a/b',
      'sumdb/a\\b',
    ]) {
      await expect(o.store.putSoft(bad, Buffer.from('x'))).rejects.toMatchObject({ name: 'StoreError' });
      expect(await o.store.getSoft(bad)).toBeUndefined();
    }
  });
});

describe('versions and use', () => {
  test('versions() sees every version with sizes, and no junk', async () => {
    await using o = await opened();
    for (const m of modules) await commitModule(o.store, m);
    await commitModule(o.store, at(await realModules(['github.com/pkg/errors@v0.9.0']), 0), ['mod']);
    await o.store.flush();
    await fsp.writeFile(path.join(o.dir, 'README'), 'x');
    await fsp.writeFile(fileOf(o.dir, small, 'ziphash'), 'h1:');
    await fsp.symlink('/', path.join(o.dir, 'example.com'));
    const seen = new Map<string, unknown>();
    for await (const v of o.store.versions()) seen.set(`${v.path}@${v.version}`, v.files);
    const wanted = modules.map(m => [
      `${m.path}@${m.version}`,
      { info: m.info.length, mod: m.mod.length, zip: m.facts.size },
    ]);
    expect([...seen].sort()).toEqual(
      [...wanted, ['github.com/pkg/errors@v0.9.0', { mod: expect.any(Number) }]].sort(),
    );
  });

  test('touch moves the last use, once a minute', async () => {
    await using temp = await tempDir('store');
    let now = Date.UTC(2026, 0, 1);
    const store = await openDiskStore(temp.path, { hasher, now: () => now });
    await commitModule(store, small, ['mod']);
    const lastUse = async () => {
      for await (const v of store.versions()) return v.lastUse;
      return undefined;
    };
    await store.touch(small);
    expect(await lastUse()).toBe(now);
    const first = now;
    now += 59_000;
    await store.touch(small);
    expect(await lastUse()).toBe(first);
    now += 1000;
    await store.touch(small);
    expect(await lastUse()).toBe(now);
    await store.touch({ path: 'example.com/absent', version: 'v1.0.0' });
  });
});
