import * as fsp from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheVersion } from '../../../src/platform/cache/version.ts';
import { type BundleManifest, parseManifest } from '../../../src/store/bundle/manifest.ts';
import { pack } from '../../../src/store/bundle/pack.ts';
import { BundleError } from '../../../src/store/bundle/types.ts';
import { type DiskStore, openDiskStore } from '../../../src/store/disk.ts';
import { StoreError } from '../../../src/store/errors.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { versionKeys } from '../../../src/store/layout.ts';
import type { FileKind } from '../../../src/store/types.ts';
import { manifestOf } from '../../support/bundles.ts';
import { startCacheService } from '../../support/github/cache-service.ts';
import { realCache } from '../../support/github/real-cache.ts';
import { runOk } from '../../support/process.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { commitModule, type RealModule, realModules } from '../../support/store-modules.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

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

async function filled(temp: TempDir, which: readonly RealModule[] = modules): Promise<DiskStore> {
  const store = await openDiskStore(temp.join('store'), { hasher });
  for (const m of which) await commitModule(store, m);
  await store.flush();
  return store;
}

function fileOf(store: DiskStore, m: RealModule, kind: FileKind | 'index'): string {
  const keys = versionKeys(m);
  if (keys === undefined) throw new Error(`${m.path} has no keys`);
  return store.parts.tree.path(kind === 'index' ? keys.index : keys.files[kind]);
}

/** Names of the members, in the order of the archive, as GNU tar lists them. */
async function names(file: string): Promise<string[]> {
  return (await runOk('tar', ['--zstd', '-tf', file])).stdout.trim().split('\n');
}

test('GNU tar and zstd unpack it: the same bytes, plain modes, the age of each version, one frame', async () => {
  await using temp = await tempDir('pack');
  const store = await filled(temp);
  const then = Date.UTC(2026, 0, 2, 3, 4, 5);
  await fsp.utimes(fileOf(store, module(0), 'index'), then / 1000, then / 1000);
  const manifest = await manifestOf(store);
  const file = temp.join('bundle');
  expect(await pack({ storeDir: store.location, manifest, file })).toBe((await fsp.stat(file)).size);
  await runOk('zstd', ['-tq', file]);
  expect((await runOk('zstd', ['-lv', file])).stdout).toMatch(/Frames: 1\n/);
  expect((await runOk('zstd', ['-lv', file])).stdout).toMatch(/Check: XXH64/);
  const out = temp.join('out');
  await fsp.mkdir(out);
  await runOk('tar', ['--zstd', '-xf', file, '-C', out]);
  for (const m of modules) {
    const copy = (kind: FileKind | 'index') =>
      fileOf(store, m, kind).replace(store.location, temp.join('out', 'store'));
    for (const kind of ['info', 'mod', 'zip', 'index'] as const) {
      const same = (await fsp.readFile(copy(kind))).equals(await fsp.readFile(fileOf(store, m, kind)));
      expect(same, `${m.path} ${kind}`).toBe(true);
      expect((await fsp.stat(copy(kind))).mode & 0o7777).toBe(0o644);
    }
    expect((await fsp.stat(copy('zip'))).mtimeMs).toBe(0);
  }
  const index = fileOf(store, module(0), 'index').replace(store.location, temp.join('out', 'store'));
  expect((await fsp.stat(index)).mtimeMs).toBe(then);
  expect(parseManifest(await fsp.readFile(temp.join('out', 'store', 'modgate', 'bundle.json')))).toEqual(
    manifest,
  );
});

test('the manifest comes first, then small files, then the checksum database, then zips', async () => {
  await using temp = await tempDir('pack');
  const store = await filled(temp, [module(0), module(2)]);
  const lookup = 'sumdb/sum.example.com/lookup/github.com/pkg/errors@v0.9.1';
  for (const key of [
    lookup,
    'sumdb/sum.example.com/tile/8/0/x001/000.p/7',
    'sumdb/sum.example.com/latest',
    'sumdb/sum.example.com/supported',
    'example.com/a/@v/list',
    'example.com/a/@latest',
  ]) {
    await store.putSoft(key, Buffer.from(key));
  }
  const zip = fileOf(store, module(0), 'zip');
  await fsp.writeFile(`${zip}hash`, 'h1:');
  const file = temp.join('bundle');
  await pack({ storeDir: store.location, manifest: await manifestOf(store), file });
  expect(await names(file)).toMatchInlineSnapshot(`
    [
      "store/modgate/bundle.json",
      "store/modgate/index/github.com/pkg/errors/@v/v0.9.1.json",
      "store/github.com/pkg/errors/@v/v0.9.1.info",
      "store/github.com/pkg/errors/@v/v0.9.1.mod",
      "store/modgate/index/gopkg.in/yaml.v3/@v/v3.0.1.json",
      "store/gopkg.in/yaml.v3/@v/v3.0.1.info",
      "store/gopkg.in/yaml.v3/@v/v3.0.1.mod",
      "store/sumdb/sum.example.com/lookup/github.com/pkg/errors@v0.9.1",
      "store/sumdb/sum.example.com/tile/8/0/x001/000.p/7",
      "store/github.com/pkg/errors/@v/v0.9.1.zip",
      "store/gopkg.in/yaml.v3/@v/v3.0.1.zip",
    ]
  `);
  await fsp.utimes(store.parts.tree.path(lookup), 1000, 1000);
  await pack({
    storeDir: store.location,
    manifest: await manifestOf(store),
    file: temp.join('later'),
    sumdbSince: 1_000_001,
  });
  expect((await names(temp.join('later'))).filter(name => name.startsWith('store/sumdb/'))).toEqual([
    'store/sumdb/sum.example.com/tile/8/0/x001/000.p/7',
  ]);
});

test('only files of bundle 0 are in it, each version with its index entry', async () => {
  await using temp = await tempDir('pack');
  const store = await filled(temp, [module(0), module(2)]);
  const all = await manifestOf(store, (mv, kind) => (mv.path === module(0).path || kind !== 'zip' ? 1 : 0));
  const manifest = { ...all, parents: [{ key: 'modgate-v2-1', bytes: 1 }] };
  await pack({ storeDir: store.location, manifest, file: temp.join('bundle') });
  expect(await names(temp.join('bundle'))).toEqual([
    'store/modgate/bundle.json',
    'store/modgate/index/gopkg.in/yaml.v3/@v/v3.0.1.json',
    'store/gopkg.in/yaml.v3/@v/v3.0.1.zip',
  ]);
});

test('the same store gives the same bytes, wherever and whenever it is', async () => {
  await using temp = await tempDir('pack');
  const store = await filled(temp);
  await store.putSoft('sumdb/sum.example.com/tile/8/0/000', Buffer.from('tile'));
  await store.putSoft('sumdb/sum.example.com/lookup/example.com/a@v1.0.0', Buffer.from('a'));
  const manifest = await manifestOf(store);
  await pack({ storeDir: store.location, manifest, file: temp.join('one') });
  await fsp.cp(store.location, temp.join('copy'), { recursive: true });
  await pack({ storeDir: temp.join('copy'), manifest, file: temp.join('two') });
  expect((await fsp.readFile(temp.join('one'))).equals(await fsp.readFile(temp.join('two')))).toBe(true);
});

test('a module path longer than a tar header is packed and unpacked by GNU tar', async () => {
  await using temp = await tempDir('pack');
  const store = await openDiskStore(temp.join('store'), { hasher });
  const long = { ...module(0), path: `example.com/${'a'.repeat(200)}/${'b'.repeat(200)}` };
  await commitModule(store, long);
  await pack({ storeDir: store.location, manifest: await manifestOf(store), file: temp.join('bundle') });
  expect(await names(temp.join('bundle'))).toContain(`store/${long.path}/@v/${long.version}.zip`);
});

test('the real cache client restores it where it looks for the path `store`', async () => {
  await using temp = await tempDir('pack');
  const store = await filled(temp);
  const file = temp.join('bundle');
  await pack({ storeDir: store.location, manifest: await manifestOf(store), file });
  await using service = await startCacheService();
  const entry = service.store.reserve('modgate-v2-1', cacheVersion());
  if (entry === undefined) throw new Error('the key is taken');
  entry.data = await fsp.readFile(file);
  entry.finished = true;
  const dir = temp.join('job');
  await fsp.mkdir(dir);
  const restored = await realCache({ op: 'restore', dir, key: 'modgate-v2-', env: service.env('v2') });
  expect(restored.key).toBe('modgate-v2-1');
  const copy = await openDiskStore(temp.join('job', 'store'), { hasher });
  for (const m of modules) {
    expect((await copy.get(m, 'info'))?.bytes).toEqual(m.info);
    expect((await copy.get(m, 'mod', m.goModH1))?.bytes).toEqual(m.mod);
    expect((await copy.get(m, 'zip', m.h1))?.sha256).toBe(m.facts.sha256);
  }
});

/** A change of one file after the manifest was made. */
const changes: readonly (readonly [string, (store: DiskStore, m: RealModule) => Promise<void>, RegExp])[] = [
  ['a zip that is gone', (s, m) => fsp.rm(fileOf(s, m, 'zip')), /v0\.14\.0\.zip is not there/],
  ['a shorter zip', (s, m) => fsp.truncate(fileOf(s, m, 'zip'), 100), /bytes long/],
  [
    'other bytes of the same length',
    async (s, m) => {
      const bytes = await fsp.readFile(fileOf(s, m, 'zip'));
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
      await fsp.writeFile(fileOf(s, m, 'zip'), bytes);
    },
    /digest/,
  ],
  [
    'a link',
    async (s, m) => {
      await fsp.rename(fileOf(s, m, 'mod'), `${fileOf(s, m, 'mod')}.real`);
      await fsp.symlink(`${fileOf(s, m, 'mod')}.real`, fileOf(s, m, 'mod'));
    },
    /v0\.14\.0\.mod is not there/,
  ],
  [
    'a directory that became a link',
    async (s, m) => {
      const dir = s.parts.tree.path('golang.org/x/text');
      await fsp.rename(dir, `${dir}-real`);
      await fsp.symlink(`${dir}-real`, dir);
      expect(fileOf(s, m, 'mod').startsWith(dir)).toBe(true);
    },
    /is not there/,
  ],
  ['no index entry', (s, m) => fsp.rm(fileOf(s, m, 'index')), /v0\.14\.0\.json is not there/],
  [
    'an index entry that tells of something else',
    (s, m) =>
      s.parts.tree.write(
        versionKeys(m)?.index ?? '',
        Buffer.from(
          JSON.stringify({ v: 1, module: m.path, version: m.version, firstSeen: '2026-01-01T00:00:00Z' }),
        ),
      ),
    /does not tell the same/,
  ],
];

test.each(changes)('fails and leaves no file: %s', async (_, change, why) => {
  await using temp = await tempDir('pack');
  const store = await filled(temp, [module(0), module(-1)]);
  const manifest = await manifestOf(store);
  await change(store, module(-1));
  const file = temp.join('bundle');
  const error = await pack({ storeDir: store.location, manifest, file }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(BundleError);
  expect(error).toMatchObject({ code: 'damaged', message: expect.stringMatching(why) });
  expect(await fsp.readdir(temp.path)).toEqual(['store']);
});

test('a file that stands where the archive should go is neither read nor removed', async () => {
  await using temp = await tempDir('pack');
  const store = await filled(temp, [module(0)]);
  const file = temp.join('bundle');
  await fsp.writeFile(file, 'mine');
  const packing = pack({ storeDir: store.location, manifest: await manifestOf(store), file });
  await expect(packing).rejects.toThrow(StoreError);
  expect(await fsp.readFile(file, 'utf8')).toBe('mine');
});

test('a full disk fails it and leaves no file', async () => {
  await using temp = await tempDir('pack');
  await using _disk = await smallDisk(temp.join('disk'), '1m');
  const store = await filled(temp);
  const file = temp.join('disk', 'bundle');
  const packing = pack({ storeDir: store.location, manifest: await manifestOf(store), file });
  await expect(packing).rejects.toMatchObject({ name: 'StoreError', code: 'store-full' });
  expect(await fsp.readdir(temp.join('disk'))).toEqual([]);
});

test('an empty set is an archive with a manifest', async () => {
  await using temp = await tempDir('pack');
  const manifest: BundleManifest = {
    v: 2,
    created: '2026-11-23T12:00:00Z',
    parents: [],
    past: [],
    versions: [],
  };
  const store = await openDiskStore(temp.join('store'), { hasher });
  await pack({ storeDir: store.location, manifest, file: temp.join('bundle') });
  expect(await names(temp.join('bundle'))).toEqual(['store/modgate/bundle.json']);
});
