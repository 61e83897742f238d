import { createReadStream } from 'node:fs';
import * as fsp from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storedVersions } from '../../../src/store/bundle/choose.ts';
import { pack } from '../../../src/store/bundle/pack.ts';
import { withoutStrangers } from '../../../src/store/bundle/recheck.ts';
import { BundleError, type UnpackReport, type UnpackRequest } from '../../../src/store/bundle/types.ts';
import { unpack } from '../../../src/store/bundle/unpack.ts';
import { type DiskStore, openDiskStore } from '../../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { versionKeys } from '../../../src/store/layout.ts';
import type { FileKind } from '../../../src/store/types.ts';
import { auditStore, manifestOf, wantAll } from '../../support/bundles.ts';
import { runOk } from '../../support/process.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { commitModule, type RealModule, realModules } from '../../support/store-modules.ts';
import { paxHeader, rawMember, rawMembers, TAR_END } from '../../support/tar.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';
import { watchUnpackThreads } from '../../support/unpack-threads.ts';

const threads = watchUnpackThreads();
let modules: RealModule[];
let hasher: Hasher;
let temp: TempDir;
/** A store with all modules, and its bundle. */
let source: DiskStore;
let bundle: string;

beforeAll(async () => {
  modules = await realModules();
  hasher = createHasher();
  temp = await tempDir('unpack');
  source = await openDiskStore(temp.join('source'), { hasher });
  for (const m of modules) await commitModule(source, m);
  await source.putSoft('sumdb/sum.example.com/tile/8/0/000', Buffer.from('tile'));
  await source.putSoft('sumdb/sum.example.com/lookup/example.com/a@v1.0.0', Buffer.from('a'));
  await source.flush();
  bundle = temp.join('bundle');
  await pack({ storeDir: source.location, manifest: await manifestOf(source), file: bundle });
});
afterAll(async () => {
  await hasher.close();
  await temp[Symbol.asyncDispose]();
});

let count = 0;

async function newStore(): Promise<DiskStore> {
  count += 1;
  return openDiskStore(temp.join(`store-${count}`), { hasher });
}

function module(index: number): RealModule {
  const found = modules.at(index);
  if (found === undefined) throw new Error('no such module');
  return found;
}

function keyOf(m: RealModule, kind: FileKind | 'index'): string {
  const keys = versionKeys(m);
  if (keys === undefined) throw new Error(`${m.path} has no keys`);
  return kind === 'index' ? keys.index : keys.files[kind];
}

function run(store: DiskStore, request: Partial<UnpackRequest> = {}): Promise<UnpackReport> {
  return unpack({ stream: createReadStream(bundle), store, wants: wantAll, ...request });
}

async function temps(store: DiskStore): Promise<string[]> {
  return fsp.readdir(store.parts.tree.path('modgate/tmp'));
}

/** The archive with other content for one member of a stored zip, and its CRC in both headers to fit. */
function resummed(tar: Buffer, from: Buffer, to: Buffer): Buffer {
  const bytes = Buffer.from(tar);
  const at = bytes.indexOf(from);
  const header = bytes.lastIndexOf('PK\x03\x04', at, 'latin1');
  const content = header + 30 + bytes.readUInt16LE(header + 26);
  const end = content + bytes.readUInt32LE(header + 18);
  const old = Buffer.alloc(4);
  old.writeUInt32LE(crc32(bytes.subarray(content, end)));
  to.copy(bytes, at);
  const fresh = Buffer.alloc(4);
  fresh.writeUInt32LE(crc32(bytes.subarray(content, end)));
  let count = 0;
  const name = bytes.subarray(header + 30, content);
  for (let found = bytes.indexOf(name); found >= 0; found = bytes.indexOf(name, found + 1)) {
    for (const place of [found - 30 + 14, found - 46 + 16]) {
      if (!bytes.subarray(place, place + 4).equals(old)) continue;
      fresh.copy(bytes, place);
      count += 1;
    }
  }
  expect(count).toBe(2);
  return bytes;
}

test('a zip is judged by its digest where it will be believed, and by its first user where it will not', async () => {
  const m = module(-1);
  const lie = { sha256: 'a'.repeat(64), size: m.facts.size };
  const dir = temp.join('liar');
  const liar = await openDiskStore(dir, { hasher });
  await commitModule(liar, m);
  const manifest = await manifestOf(liar);
  const file = temp.join('liar.bundle');
  await pack({ storeDir: dir, manifest, file });
  const tar = zstdDecompressSync(await fsp.readFile(file));
  // The same tar, in which index entry and manifest tell another digest of the same length.
  const hex = Buffer.from(m.facts.sha256, 'hex');
  const told = Buffer.from(
    tar
      .toString('latin1')
      .replaceAll(m.facts.sha256, lie.sha256)
      .replaceAll(hex.toString('base64url'), Buffer.from(lie.sha256, 'hex').toString('base64url')),
    'latin1',
  );
  const stream = () => Readable.from([zstdCompressSync(told)]);
  const believing = await newStore();
  const refused = await run(believing, { stream: stream() });
  expect(refused.refused.map(({ why }) => why)).toEqual([expect.stringContaining('it has SHA-256')]);
  const doubting = await openDiskStore(temp.join('doubting'), { hasher, proof: 'full' });
  expect((await run(doubting, { stream: stream() })).refused).toEqual([]);
  expect((await doubting.get(m, 'zip'))?.h1).toBe(m.h1);
  const own = await manifestOf(doubting);
  const strange = { storeDir: doubting.location, manifest: own, file: temp.join('strange') };
  await expect(pack(strange)).rejects.toMatchObject({ name: 'BundleError', code: 'damaged' });
  const honest = await withoutStrangers(doubting.location, own);
  expect(honest.versions.flatMap(v => v.files.map(f => f.kind))).toEqual(['info', 'mod']);
  await pack({ ...strange, manifest: honest });
});

test('a zip in stored form comes back as that, and takes less room than the original', async () => {
  const m = module(-1);
  const dir = temp.join('forms');
  const store = await openDiskStore(dir, { hasher });
  await commitModule(store, m, ['info', 'mod']);
  const form = store.tempFile();
  const { stored } = await hasher.hashZip(m.zip, m, 'now', form).result;
  if (stored === undefined) throw new Error('no stored form');
  const zip = { file: form, h1: m.h1, by: 'sumdb', facts: stored, original: m.facts } as const;
  await store.commit(m, { zip: { ...zip, representation: 'stored' } });
  const manifest = await manifestOf(store);
  const file = temp.join('forms.bundle');
  expect(await pack({ storeDir: dir, manifest, file })).toBeLessThan(m.facts.size);
  const [chosen] = await storedVersions(dir);
  expect(chosen?.packed).toBeLessThan(1.2 * m.facts.size);
  const back = await openDiskStore(temp.join('forms-back'), { hasher, proof: 'full' });
  await run(back, { stream: createReadStream(file) });
  expect((await back.entry(m))?.zip).toEqual({ ...stored, representation: 'stored', original: m.facts });
  expect(await back.get(m, 'zip')).toMatchObject({ representation: 'stored', h1: m.h1, size: stored.size });
});

/** A store with this module's zip in stored form, and its bundle. */
async function storedBundle(name: string, m: RealModule): Promise<{ file: string; form: Buffer }> {
  const dir = temp.join(name);
  const store = await openDiskStore(dir, { hasher });
  await commitModule(store, m, ['info', 'mod']);
  const form = store.tempFile();
  const { stored } = await hasher.hashZip(m.zip, m, 'now', form).result;
  if (stored === undefined) throw new Error('no stored form');
  const bytes = await fsp.readFile(form);
  const zip = { file: form, h1: m.h1, by: 'sumdb', facts: stored, original: m.facts } as const;
  await store.commit(m, { zip: { ...zip, representation: 'stored' } });
  const file = temp.join(`${name}.bundle`);
  await pack({ storeDir: dir, manifest: await manifestOf(store), file });
  return { file, form: bytes };
}

/** A hasher that tells what it was asked to hash. */
function toldHasher(): { hasher: Hasher; asked: string[] } {
  const asked: string[] = [];
  const hashMembers: Hasher['hashMembers'] = (file, mv, priority) => {
    asked.push(`${mv.path}@${mv.version}`);
    return hasher.hashMembers(file, mv, priority);
  };
  return { hasher: { ...hasher, hashMembers }, asked };
}

test.each([
  ['small', 0],
  ['of some hundred KB', 2],
  ['large', -1],
])(
  'a zip in stored form (%s) was hashed as it came, and is hashed anew when it is not that file any more',
  async (_, index) => {
    const m = module(index);
    const { file, form } = await storedBundle(`once-${index}`, m);
    const told = toldHasher();
    const damage: string[] = [];
    const store = await openDiskStore(temp.join(`once-${index}-back`), {
      hasher: told.hasher,
      proof: 'full',
      onDamage: ({ what }) => damage.push(what),
    });
    await run(store, { stream: createReadStream(file) });
    const got = await store.get(m, 'zip');
    expect(got).toMatchObject({ representation: 'stored', h1: m.h1, size: form.length });
    expect(got?.sha256).toBeUndefined();
    const parts: Buffer[] = [];
    for await (const part of got?.parts() ?? []) parts.push(Buffer.from(part));
    expect(Buffer.concat(parts).equals(form)).toBe(true);
    expect(told.asked).toEqual([]);
    // The same bytes under another stamp, and other bytes of the same size.
    const at = store.parts.tree.path(keyOf(m, 'zip'));
    await fsp.utimes(at, 1, 1);
    expect(await store.get(m, 'zip')).toMatchObject({ h1: m.h1 });
    expect(told.asked).toEqual([`${m.path}@${m.version}`]);
    form.writeUInt8(form.readUInt8(200) ^ 1, 200);
    await fsp.writeFile(at, form);
    expect(await store.get(m, 'zip')).toBeUndefined();
    expect(damage).toHaveLength(1);
  },
);

test('a stored zip whose content was changed, sums and all, is found out without being hashed again', async () => {
  const m = module(-1);
  const { file } = await storedBundle('changed', m);
  const tar = zstdDecompressSync(await fsp.readFile(file));
  const before = Buffer.from('Copyright (c) 2009 The Go Authors.');
  const text = tar.toString('latin1');
  expect(text).toContain(before.toString('latin1'));
  // Zips of real bytes whose headers and directory agree with what they hold.
  const changed = resummed(tar, before, Buffer.from('Copyright (c) 2010 The Go Authors.'));
  const told = toldHasher();
  const damage: string[] = [];
  const store = await openDiskStore(temp.join('changed-back'), {
    hasher: told.hasher,
    proof: 'full',
    onDamage: ({ what }) => damage.push(what),
  });
  await run(store, { stream: Readable.from([zstdCompressSync(changed)]) });
  expect(await store.get(m, 'zip')).toBeUndefined();
  expect(told.asked).toEqual([]);
  expect(damage).toEqual([expect.stringContaining(`where the index has ${m.h1}`)]);
});

test('a zip that was deflated is hashed when it is first used', async () => {
  const told = toldHasher();
  const store = await openDiskStore(temp.join('deflated-back'), { hasher: told.hasher, proof: 'full' });
  await run(store);
  for (const m of modules) expect((await store.get(m, 'zip'))?.h1).toBe(m.h1);
  expect(told.asked).toEqual(modules.map(m => `${m.path}@${m.version}`));
});

test('a thread that dies in the middle ends it: what came stays, nothing half does, and the next one has a thread', async () => {
  const store = await newStore();
  const bytes = await fsp.readFile(bundle);
  const stream = new PassThrough();
  stream.write(bytes.subarray(0, bytes.length / 2));
  const began = Promise.withResolvers<void>();
  const going = run(store, {
    stream,
    onFile: (_mv, kind) => {
      if (kind === 'zip') began.resolve();
    },
  });
  await Promise.race([began.promise, going]);
  await Promise.all([...threads.alive].map(thread => thread.terminate()));
  await expect(going).rejects.toMatchObject({
    name: 'BundleError',
    code: 'damaged',
    message: expect.stringContaining('its thread failed'),
  });
  expect(stream.destroyed).toBe(true);
  expect(await temps(store)).toEqual([]);
  const kept = await auditStore(store.location, modules);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThan(3 * modules.length);
  expect((await run(store)).taken).toBe(3 * modules.length - kept.length);
});

test('what was packed comes in whole, with its age, and the lists follow', async () => {
  const store = await newStore();
  const then = Date.UTC(2026, 0, 2, 3);
  const told = new Map<string, string>();
  let last = 0;
  const report = await run(store, {
    wants: manifest => ({ ...wantAll(manifest), lastUse: () => then }),
    onFile: (mv, kind, outcome, offset) => {
      told.set(`${mv.path}@${mv.version} ${kind}`, outcome);
      expect(offset).toBeGreaterThanOrEqual(last);
      last = offset;
    },
  });
  expect(report).toEqual({
    taken: 3 * modules.length,
    versions: modules.length,
    present: 0,
    refused: [],
    refusedCount: 0,
  });
  expect(told.size).toBe(3 * modules.length);
  expect(new Set(told.values())).toEqual(new Set(['taken']));
  for (const m of modules) {
    expect((await store.get(m, 'info'))?.bytes).toEqual(m.info);
    expect((await store.get(m, 'mod', m.goModH1))?.bytes).toEqual(m.mod);
    expect((await store.get(m, 'zip', m.h1))?.sha256).toBe(m.facts.sha256);
    expect(await store.entry(m)).toEqual(await source.entry(m));
    expect((await fsp.stat(store.parts.tree.path(keyOf(m, 'zip')))).mode & 0o7777).toBe(0o644);
  }
  for await (const { lastUse } of store.versions()) expect(lastUse).toBe(then);
  expect((await store.getSoft('sumdb/sum.example.com/tile/8/0/000'))?.bytes.toString()).toBe('tile');
  expect(await temps(store)).toEqual([]);
  await store.flush();
  const list = store.parts.tree.path(`${module(0).path}/@v/list`);
  expect(await fsp.readFile(list, 'utf8')).toBe(`${module(0).version}\n`);
  expect(await auditStore(store.location, modules)).toHaveLength(3 * modules.length);
  expect(await run(store)).toMatchObject({ taken: 0, versions: 0, present: 3 * modules.length });
});

test("what the store has stays, the rest of the version comes in, and its age is the store's own", async () => {
  const store = await newStore();
  await commitModule(store, module(0), ['mod']);
  const index = store.parts.tree.path(keyOf(module(0), 'index'));
  await fsp.utimes(index, 1000, 1000);
  const before = await fsp.stat(store.parts.tree.path(keyOf(module(0), 'mod')));
  expect(await run(store)).toMatchObject({ taken: 3 * modules.length - 1, present: 1, refusedCount: 0 });
  expect((await fsp.stat(store.parts.tree.path(keyOf(module(0), 'mod')))).ino).toBe(before.ino);
  expect((await fsp.stat(index)).mtimeMs).toBe(1_000_000);
  expect((await store.get(module(0), 'zip', module(0).h1))?.sha256).toBe(module(0).facts.sha256);
});

test('a file is not taken where the store knows the version by another hash', async () => {
  const store = await newStore();
  await commitModule(store, { ...module(0), h1: module(1).h1 }, ['zip']);
  await fsp.rm(store.parts.tree.path(keyOf(module(0), 'zip')));
  const report = await run(store);
  expect(report.refused).toEqual([
    { path: keyOf(module(0), 'zip'), why: `the store knows it as ${module(1).h1}` },
  ]);
  expect((await store.entry(module(0)))?.h1).toBe(module(1).h1);
});

test('two bundles into one store at once: each brings its part of the same versions', async () => {
  const one = temp.join('one');
  const two = temp.join('two');
  const parents = [{ key: 'modgate-v2-1', bytes: 1 }];
  const small = await manifestOf(source, (_, kind) => (kind === 'zip' ? 1 : 0));
  const zips = await manifestOf(source, (_, kind) => (kind === 'zip' ? 0 : 1));
  await pack({ storeDir: source.location, manifest: { ...small, parents }, file: one });
  await pack({ storeDir: source.location, manifest: { ...zips, parents }, file: two });
  const store = await newStore();
  const [a, b] = await Promise.all([
    run(store, { stream: createReadStream(one) }),
    run(store, { stream: createReadStream(two) }),
  ]);
  expect(a).toMatchObject({ taken: 2 * modules.length, refusedCount: 0 });
  expect(b).toMatchObject({ taken: modules.length, refusedCount: 0 });
  for (const m of modules) expect(await store.entry(m)).toEqual(await source.entry(m));
  expect(await auditStore(store.location, modules)).toHaveLength(3 * modules.length);
});

test('only what is wanted is taken, and the stream ends when nothing of it can follow', async () => {
  const store = await newStore();
  const stream = createReadStream(bundle, { highWaterMark: 4096 });
  const told: string[] = [];
  const report = await run(store, {
    stream,
    wants: manifest => ({
      ...wantAll(manifest),
      file: (mv, kind) => (kind === 'mod' ? wantAll(manifest).file(mv, kind) : undefined),
    }),
    onFile: (_, kind, outcome) => told.push(`${kind} ${outcome}`),
  });
  expect(report).toMatchObject({ taken: modules.length, refusedCount: 0 });
  expect(told.filter(t => t === 'info skipped')).toHaveLength(modules.length);
  expect(told.filter(t => t === 'zip skipped')).toHaveLength(1);
  expect(stream.destroyed).toBe(true);
  expect(stream.bytesRead).toBeLessThan((await fsp.stat(bundle)).size / 2);
  expect((await auditStore(store.location, modules)).every(key => key.endsWith('.mod'))).toBe(true);
});

test('nothing is taken when nothing is wanted, and a reason not to take it is passed on', async () => {
  const store = await newStore();
  const stream = createReadStream(bundle);
  expect(await run(store, { stream, wants: () => undefined })).toMatchObject({ taken: 0, refusedCount: 0 });
  expect(stream.destroyed).toBe(true);
  const why = new Error('no time');
  await expect(run(store, { wants: () => Promise.reject(why) })).rejects.toBe(why);
  expect(await auditStore(store.location, modules)).toEqual([]);
});

test('archives that GNU tar writes from the same files are read too', async () => {
  const names = (await runOk('tar', ['--zstd', '-tf', bundle])).stdout;
  const dir = temp.join('gnu');
  await fsp.mkdir(dir);
  await runOk('tar', ['--zstd', '-xf', bundle, '-C', dir]);
  await fsp.writeFile(temp.join('names'), `store/modgate/\n${names}store/\n`);
  for (const format of ['posix', 'gnu', 'ustar']) {
    const file = temp.join(`tar-${format}`);
    const args = ['--zstd', `--format=${format}`, '--no-recursion', '-C', dir];
    await runOk('tar', [...args, '-cf', file, '-T', temp.join('names')]);
    const store = await newStore();
    const report = await run(store, { stream: createReadStream(file) });
    expect(report, format).toMatchObject({ taken: 3 * modules.length, refusedCount: 0 });
    expect(await auditStore(store.location, modules)).toHaveLength(3 * modules.length);
  }
});

test('long module paths come back from archives of ours and of GNU tar', async () => {
  const from = await newStore();
  const long = { ...module(0), path: `example.com/${'a'.repeat(200)}/${'b'.repeat(200)}` };
  await commitModule(from, long);
  await pack({ storeDir: from.location, manifest: await manifestOf(from), file: temp.join('long') });
  const dir = temp.join('long-out');
  await fsp.mkdir(dir);
  await runOk('tar', ['--zstd', '-xf', temp.join('long'), '-C', dir]);
  await fsp.writeFile(temp.join('names'), (await runOk('tar', ['--zstd', '-tf', temp.join('long')])).stdout);
  const args = ['--zstd', '--format=gnu', '-C', dir, '-cf', temp.join('long-gnu')];
  await runOk('tar', [...args, '-T', temp.join('names')]);
  for (const file of ['long', 'long-gnu']) {
    const store = await newStore();
    const report = await run(store, { stream: createReadStream(temp.join(file)) });
    expect(report, file).toMatchObject({ taken: 3, versions: 1, refusedCount: 0 });
    expect((await store.get(long, 'zip'))?.size).toBe(module(0).facts.size);
  }
});

test('a name that this store cannot have costs that version only', async () => {
  const from = await newStore();
  const long = { ...module(0), path: `example.com/${'a'.repeat(90)}` };
  for (const m of [module(0), module(4), long]) await commitModule(from, m);
  await from.putSoft('sumdb/sum.example.com/tile/8/0/000', Buffer.from('tile'));
  await pack({ storeDir: from.location, manifest: await manifestOf(from), file: temp.join('names-bundle') });
  const tar = zstdDecompressSync(await fsp.readFile(temp.join('names-bundle')));
  const tooLong = 'b'.repeat(300);
  const members = rawMembers(tar).flatMap(({ name, type, body }) => {
    const text =
      type === '0' && /\.json$/.test(name)
        ? body.toString('utf8').replaceAll(long.path, `example.com/${tooLong}`)
        : undefined;
    const renamed = name.replace(long.path, `example.com/${tooLong}`);
    const member = { name: renamed.slice(0, 100), type, body: text === undefined ? body : Buffer.from(text) };
    return renamed === member.name ? [rawMember(member)] : [paxHeader({ path: renamed }), rawMember(member)];
  });
  const bytes = zstdCompressSync(Buffer.concat([...members, TAR_END]));
  const store = await newStore();
  await fsp.mkdir(temp.join('elsewhere'));
  await fsp.symlink(temp.join('elsewhere'), store.parts.tree.path('golang.org'));
  await fsp.symlink(temp.join('elsewhere'), store.parts.tree.path('sumdb'));
  const report = await run(store, { stream: chunked(bytes, 4096) });
  expect(report).toMatchObject({ taken: 3, versions: 1, refusedCount: 7 });
  expect(new Set(report.refused.map(r => r.why))).toEqual(
    new Set([
      'its name is longer than this file system allows',
      'a file or a link is where its directory should be',
    ]),
  );
  expect(await fsp.readdir(temp.join('elsewhere'))).toEqual([]);
  expect(await temps(store)).toEqual([]);
});

/** Bytes in chunks of a size, to let every border of chunks meet every border of members. */
function chunked(bytes: Buffer, size: number): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })(),
    { objectMode: false },
  );
}

test('the size of the chunks that arrive does not matter', async () => {
  const from = await newStore();
  await commitModule(from, module(0));
  await pack({ storeDir: from.location, manifest: await manifestOf(from), file: temp.join('small') });
  const bytes = await fsp.readFile(temp.join('small'));
  for (const size of [13, 511, 4096, bytes.length]) {
    const store = await newStore();
    expect(await run(store, { stream: chunked(bytes, size) })).toMatchObject({ taken: 3, refusedCount: 0 });
    expect(await auditStore(store.location, modules)).toHaveLength(3);
  }
});

test('an abort ends it in the middle and leaves whole files only', async () => {
  for (const after of ['manifest', 'info', 'zip']) {
    const store = await newStore();
    const stop = new AbortController();
    const stream = createReadStream(bundle, { highWaterMark: 4096 });
    const error = await run(store, {
      stream,
      signal: stop.signal,
      wants: manifest => {
        if (after === 'manifest') stop.abort();
        return wantAll(manifest);
      },
      onFile: (_, kind) => {
        if (kind === after) stop.abort();
      },
    }).catch((e: unknown) => e);
    expect(error).toMatchObject({ name: 'BundleError', code: 'cancelled' });
    expect(stream.destroyed).toBe(true);
    expect(await temps(store)).toEqual([]);
    expect((await auditStore(store.location, modules)).length).toBeLessThan(3 * modules.length);
  }
  const store = await newStore();
  const error = await run(store, { signal: AbortSignal.abort() }).catch((e: unknown) => e);
  expect(error).toMatchObject({ name: 'BundleError', code: 'cancelled' });
});

test('a stream that fails is told of in its own words', async () => {
  const store = await newStore();
  const bytes = await fsp.readFile(bundle);
  const stream = Readable.from(
    (async function* () {
      for (let at = 0; at < bytes.length / 2; at += 4096) yield bytes.subarray(at, at + 4096);
      throw new Error('the connection was lost');
    })(),
    { objectMode: false },
  );
  const error = await run(store, { stream }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(BundleError);
  expect(error).toMatchObject({
    code: 'damaged',
    message: expect.stringContaining('the connection was lost'),
  });
  expect(await temps(store)).toEqual([]);
  expect((await auditStore(store.location, modules)).length).toBeGreaterThan(0);
});

test('a store that cannot be written takes nothing; one that fills up says so and keeps what is whole', async () => {
  await using disk = await smallDisk(temp.join('disk'), '4m');
  const full = await openDiskStore(temp.join('disk', 'full'), { hasher });
  const error = await run(full).catch((e: unknown) => e);
  expect(error).toMatchObject({ name: 'StoreError', code: 'store-full' });
  expect(await temps(full)).toEqual([]);
  expect((await auditStore(full.location, modules)).length).toBeGreaterThan(3);
  await disk.readOnly();
  const closed = await openDiskStore(temp.join('disk', 'full'), { hasher });
  expect(await run(closed)).toEqual({
    taken: 0,
    versions: 0,
    present: 0,
    refused: [{ path: '', why: 'the store is read-only' }],
    refusedCount: 1,
  });
});

test('what is no archive of ours is no bundle', async () => {
  const store = await newStore();
  const plain = zstdCompressSync(Buffer.alloc(10_240));
  await expect(run(store, { stream: chunked(plain, 100) })).rejects.toMatchObject({ code: 'not-a-bundle' });
  const tar = (await runOk('tar', ['-C', temp.path, '-cf', temp.join('other'), 'names'])).stdout;
  expect(tar).toBe('');
  const other = zstdCompressSync(await fsp.readFile(temp.join('other')));
  await expect(run(store, { stream: chunked(other, 100) })).rejects.toMatchObject({ code: 'not-a-bundle' });
  for (const bytes of [Buffer.alloc(0), Buffer.from('\x1f\x8b\x08 no zstd'), plain.subarray(0, 9)]) {
    await expect(run(store, { stream: chunked(bytes, 100) })).rejects.toMatchObject({ code: 'damaged' });
  }
});
