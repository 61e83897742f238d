import { createHash } from 'node:crypto';
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeUseNote } from '../../../src/store/bucket/use-notes.ts';
import { parseEntry } from '../../../src/store/index-entry.ts';
import { versionKeys } from '../../../src/store/layout.ts';
import type { FileKind, ModVer, Store } from '../../../src/store/types.ts';
import { type JobOptions, type JobStore, JobStores } from '../../support/layered.ts';
import { type Asked, type Faults, firstly, startFaults } from '../../support/s3/faults.ts';
import { type Gateway, startGateway, type Who } from '../../support/s3/gateway.ts';
import { commitModule, type RealModule, realModules } from '../../support/store-modules.ts';

const KINDS: readonly FileKind[] = ['info', 'mod', 'zip'];
const END_MS = 20_000;

let gateway: Gateway;
let faults: Faults;
let jobs: JobStores;
let modules: RealModule[];
let small: RealModule;
let other: RealModule;
let large: RealModule;

beforeAll(async () => {
  jobs = new JobStores();
  gateway = await startGateway();
  faults = await startFaults(gateway);
  modules = await realModules();
  [small, other, large] = [modules[0], modules[1], modules.at(-1)] as [RealModule, RealModule, RealModule];
});
afterAll(async () => {
  await jobs?.[Symbol.asyncDispose]();
  await faults?.[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
});

/** A job on a machine of its own, over the bucket's `prefix`; its requests pass the faults. */
async function job(
  prefix: string,
  { who, ...options }: Partial<JobOptions> & { who?: Who } = {},
): Promise<JobStore> {
  faults.set();
  faults.forget();
  return await jobs.open({
    url: gateway.url(prefix, faults.endpoint),
    env: gateway.env(who),
    ...options,
  });
}

/** A prefix to which a job has written modules. */
async function filled(...modules: readonly RealModule[]): Promise<string> {
  const prefix = gateway.prefix();
  const { store } = await job(prefix);
  for (const module of modules) await commitModule(store, module);
  const { written } = await store.finish(END_MS, undefined);
  expect(written).toMatchObject({ versions: modules.length, files: 3 * modules.length, left: 0 });
  return prefix;
}

function keysOf(mv: ModVer): NonNullable<ReturnType<typeof versionKeys>> {
  const keys = versionKeys(mv);
  if (keys === undefined) throw new Error('no keys');
  return keys;
}

async function bytesOf(store: Store, mv: ModVer, kind: FileKind): Promise<Buffer | undefined> {
  const file = await store.get(mv, kind);
  return file === undefined ? undefined : await buffer(file.stream());
}

async function expectWhole(store: Store, module: RealModule): Promise<void> {
  expect((await bytesOf(store, module, 'info'))?.equals(module.info)).toBe(true);
  expect((await bytesOf(store, module, 'mod'))?.equals(module.mod)).toBe(true);
  expect((await bytesOf(store, module, 'zip'))?.equals(await readFile(module.zip))).toBe(true);
}

/** The object as the bucket has it. */
async function object({ bucket }: JobStore, key: string): Promise<Buffer | undefined> {
  const got = await bucket.get(key);
  return got === undefined ? undefined : await buffer(got.body);
}

const reads = (asked: readonly Asked[], end: string) =>
  asked.filter(({ method, key }) => method === 'GET' && key.endsWith(end)).length;

describe('a job over a bucket', () => {
  it('finds what another machine brought, with its vouchers, in one transfer a file', async () => {
    const prefix = await filled(small, large);
    const next = await job(prefix);
    const many = await Promise.all(Array.from({ length: 8 }, () => bytesOf(next.store, large, 'zip')));
    const zip = await readFile(large.zip);
    for (const bytes of many) expect(bytes?.equals(zip)).toBe(true);
    await expectWhole(next.store, small);
    await expectWhole(next.store, large);
    for (const end of ['.zip', '.json']) expect(reads(faults.asked, end), end).toBe(2);
    // The index entries have copies of these.
    for (const end of ['.mod', '.info']) expect(reads(faults.asked, end), end).toBe(0);
    expect(await next.store.local.entry(small)).toMatchObject({
      h1: small.h1,
      goModH1: small.goModH1,
      vouchedBy: { zip: 'sumdb', mod: 'sumdb' },
    });
    expect(next.warnings).toEqual([]);
    expect((await next.store.finish(END_MS, undefined)).layers).toMatchObject([{ files: 6 }]);
  });

  it('keeps stored zips here and the fetched bytes there', async () => {
    const prefix = gateway.prefix();
    const first = await job(prefix);
    const [file, original] = [first.store.tempFile(), first.store.tempFile()];
    await copyFile(other.zip, original);
    const { stored } = await jobs.hasher.hashZip(original, other, 'now', file).result;
    if (stored === undefined) throw new Error('no stored form');
    await first.store.commit(other, {
      info: other.info,
      mod: { bytes: other.mod, h1: other.goModH1, by: 'sumdb' },
      zip: {
        file,
        h1: other.h1,
        by: 'sumdb',
        facts: stored,
        representation: 'stored',
        original: other.facts,
        originalFile: original,
      },
    });
    await first.store.settle(END_MS);
    const there = await object(first, keysOf(other).files.zip);
    expect(there?.equals(await readFile(other.zip))).toBe(true);
    expect(await readdir(join(first.dir, 'modgate', 'tmp'))).toEqual([]);

    const next = await job(prefix, { serving: { representation: 'stored' } });
    const got = await next.store.get(other, 'zip');
    expect(got).toMatchObject({ representation: 'stored', h1: other.h1, size: stored.size });
    expect(await readdir(join(next.dir, 'modgate', 'tmp'))).toEqual([]);
  });

  it('asks for little where nothing is', async () => {
    const next = await job(gateway.prefix());
    for (const kind of KINDS) expect(await next.store.get(small, kind)).toBeUndefined();
    for (const kind of KINDS) expect(await next.store.get(small, kind, small.h1)).toBeUndefined();
    // The index and the first file at once; the index alone tells of the others.
    expect(faults.asked.length).toBeLessThanOrEqual(2);
    expect(next.warnings).toEqual([]);
  });

  it('lists what it and the bucket have', async () => {
    const prefix = await filled(small, large);
    const next = await job(prefix);
    await commitModule(next.store, other);
    expect(await next.store.list(small.path)).toEqual([small.version]);
    const found: Record<string, unknown> = {};
    for await (const { path, files } of next.store.versions()) found[path] = files;
    expect(found).toEqual({
      [small.path]: { info: small.info.length, mod: small.mod.length, zip: small.facts.size },
      [large.path]: { info: large.info.length, mod: large.mod.length, zip: large.facts.size },
      [other.path]: { info: other.info.length, mod: other.mod.length, zip: other.facts.size },
    });
  });

  it('shares lists and answers of the checksum database, and writes only what changed', async () => {
    const prefix = gateway.prefix();
    const first = await job(prefix);
    const soft = { 'sumdb/sum.example.test/tile/8/0/000': 'tile', 'example.test/m/@v/list': 'v1.0.0\n' };
    for (const [key, text] of Object.entries(soft)) await first.store.putSoft(key, Buffer.from(text));
    await first.store.putSoft('absent/example.test/@v/list/@latest', Buffer.from('of this machine'));
    await first.store.finish(END_MS, undefined);
    const next = await job(prefix);
    for (const [key, text] of Object.entries(soft)) {
      expect((await next.store.getSoft(key))?.bytes.toString()).toBe(text);
      await next.store.putSoft(key, Buffer.from(text));
    }
    expect(await next.store.getSoft('absent/example.test/@v/list/@latest')).toBeUndefined();
    faults.forget();
    await next.store.settle(END_MS);
    const puts = faults.asked.filter(({ method }) => method === 'PUT').map(({ key }) => key);
    expect(puts.filter(key => !key.includes('/tile/'))).toEqual([]);
  });

  it('leaves a note of what was used', async () => {
    const prefix = await filled(small);
    const next = await job(prefix);
    await next.store.get(small, 'mod');
    await next.store.touch(small);
    const use = {
      t: new Date().toISOString(),
      requests: 1,
      fromStore: 1,
      fromUpstream: 0,
      bytesFromStore: 1,
      bytesFromUpstream: 0,
      added: 0,
    };
    await next.store.finish(END_MS, use);
    const after = await job(prefix);
    const notes = [];
    for await (const { key } of after.bucket.list('modgate/uses/')) notes.push(key);
    expect(notes).toHaveLength(1);
    const note = decodeUseNote((await object(after, notes[0] ?? '')) ?? Buffer.alloc(0));
    expect(note).toEqual({ uses: [use], versions: [{ path: small.path, version: small.version }] });
  });
});

describe('a bucket that holds wrong things', () => {
  async function poisoned(key: string, bytes: Buffer): Promise<string> {
    const prefix = await filled(small);
    await withoutCopies(prefix);
    await writeFile(join(gateway.dir, prefix, key), bytes);
    return prefix;
  }

  /** As an entry is whose files are too large to be copied into it. */
  async function withoutCopies(prefix: string, inline?: Record<string, string>): Promise<void> {
    const file = join(gateway.dir, prefix, keysOf(small).index);
    const entry = JSON.parse(await readFile(file, 'utf8'));
    expect(entry.inline).toEqual({
      info: small.info.toString('base64'),
      mod: small.mod.toString('base64'),
    });
    await writeFile(file, JSON.stringify({ ...entry, inline }));
  }

  it('takes a copy of a small file for what it is: right by its digest, or none', async () => {
    const prefix = await filled(small);
    await writeFile(join(gateway.dir, prefix, keysOf(small).files.info), 'wrong');
    await withoutCopies(prefix, {
      info: small.info.toString('base64'),
      mod: Buffer.from('module example.com/lie\n').toString('base64'),
    });
    const next = await job(prefix);
    await expectWhole(next.store, small);
    expect(next.warnings).toEqual([]);
    expect(reads(faults.asked, '.mod')).toBe(1);
  });

  for (const kind of KINDS) {
    it(`does not serve a changed ${kind}, and gets a good one with the next commit`, async () => {
      const bytes = kind === 'zip' ? await readFile(small.zip) : Buffer.from(small[kind]);
      const at = bytes.length >> 1;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      const prefix = await poisoned(keysOf(small).files[kind], bytes);
      const next = await job(prefix);
      expect(await next.store.get(small, kind)).toBeUndefined();
      expect(next.warnings.join('\n')).toContain(`the ${kind} of ${small.path}@${small.version}`);
      await commitModule(next.store, small, [kind]);
      await next.store.finish(END_MS, undefined);
      const after = await job(prefix);
      await expectWhole(after.store, small);
      expect(after.warnings).toEqual([]);
    });

    it(`does without a ${kind} that is cut short or gone`, async () => {
      const prefix = await poisoned(keysOf(small).files[kind], small.mod.subarray(0, 5));
      const next = await job(prefix);
      expect(await next.store.get(small, kind)).toBeUndefined();
      await rm(join(gateway.dir, prefix, keysOf(small).files[kind]));
      const again = await job(prefix);
      expect(await again.store.get(small, kind)).toBeUndefined();
      expect(again.warnings).toHaveLength(1);
    });
  }

  it('does without an index entry that cannot be read, and writes it anew', async () => {
    const prefix = await poisoned(keysOf(small).index, Buffer.from('{"v":1'));
    const next = await job(prefix);
    for (const kind of KINDS) expect(await next.store.get(small, kind)).toBeUndefined();
    expect(next.warnings).toHaveLength(1);
    await commitModule(next.store, small);
    await next.store.finish(END_MS, undefined);
    await expectWhole((await job(prefix)).store, small);
  });

  it('does not take a zip and an index entry that fit each other but not what is known', async () => {
    const prefix = await filled(small);
    const lie = await readFile(other.zip);
    const { index, files } = keysOf(small);
    const entry = JSON.parse(await readFile(join(gateway.dir, prefix, index), 'utf8'));
    // The bytes of a real other module under this one's name would not even be a zip of this version: so a real one is
    // made of the same members by leaving the last out.
    const digest = createHash('sha256').update(lie).digest('hex');
    const facts = { sha256: digest, size: lie.length };
    await writeFile(join(gateway.dir, prefix, files.zip), lie);
    await writeFile(
      join(gateway.dir, prefix, index),
      JSON.stringify({
        ...entry,
        h1: other.h1,
        zip: { ...facts, representation: 'original', original: facts },
      }),
    );
    const asked: string[] = [];
    const next = await job(prefix, {
      serving: {
        judge: async (mv, kind, h1) => {
          asked.push(`${mv.path} ${kind} ${h1}`);
          return h1 === small.h1 || h1 === small.goModH1 ? undefined : 'has another hash than go.sum';
        },
      },
    });
    expect(await next.store.get(small, 'zip')).toBeUndefined();
    expect((await next.store.get(small, 'mod'))?.h1).toBe(small.goModH1);
    expect(next.warnings.join('\n')).toMatch(/the zip of .* is not served, and fetched anew/);
    expect(asked).toContain(`${small.path} mod ${small.goModH1}`);
  });
});

describe('who vouches', () => {
  async function commitMod(store: Store, by: 'sumdb' | 'gosum' | 'first-seen', bytes: Buffer): Promise<void> {
    const h1 = `h1:${createHash('sha256')
      .update(`${createHash('sha256').update(bytes).digest('hex')}  go.mod\n`)
      .digest('base64')}`;
    await store.commit(small, { mod: { bytes, h1, by } });
  }

  async function entryAfter(
    steps: readonly (readonly ['sumdb' | 'gosum' | 'first-seen', string])[],
  ): Promise<{
    readonly mod: string;
    readonly by: string | undefined;
    readonly warnings: readonly string[];
  }> {
    const prefix = gateway.prefix();
    const warnings: string[] = [];
    for (const [by, text] of steps) {
      const one = await job(prefix);
      await commitMod(one.store, by, Buffer.from(text));
      await one.store.finish(END_MS, undefined);
      warnings.push(...one.warnings);
    }
    const last = await job(prefix);
    const { index, files } = keysOf(small);
    const entry = parseEntry((await object(last, index)) ?? Buffer.alloc(0), small);
    const mod = (await object(last, files.mod))?.toString() ?? '';
    expect(entry?.mod?.sha256).toBe(createHash('sha256').update(mod).digest('hex'));
    return { mod, by: entry?.vouchedBy?.mod, warnings };
  }

  it('is the strongest of those who vouched for the same bytes', async () => {
    expect(
      await entryAfter([
        ['gosum', 'module a'],
        ['sumdb', 'module a'],
      ]),
    ).toMatchObject({ by: 'sumdb' });
    expect(
      await entryAfter([
        ['sumdb', 'module a'],
        ['gosum', 'module a'],
      ]),
    ).toMatchObject({ by: 'sumdb' });
  });

  it('gives way to the checksum database alone', async () => {
    expect(
      await entryAfter([
        ['gosum', 'module a'],
        ['sumdb', 'module b'],
      ]),
    ).toMatchObject({
      mod: 'module b',
      by: 'sumdb',
    });
    const kept = await entryAfter([
      ['sumdb', 'module a'],
      ['gosum', 'module b'],
    ]);
    expect(kept).toMatchObject({ mod: 'module a', by: 'sumdb' });
    expect(kept.warnings.join('\n')).toMatch(/was not written .* the checksum database vouches for/);
    expect(
      await entryAfter([
        ['first-seen', 'module a'],
        ['first-seen', 'module b'],
      ]),
    ).toMatchObject({
      mod: 'module a',
      by: 'first-seen',
    });
  });
});

describe('several writers', () => {
  it('leave a version whose index entry is about the bytes that are there', async () => {
    const prefix = gateway.prefix();
    const writers = await Promise.all(Array.from({ length: 6 }, () => job(prefix)));
    // Infos that differ, as those of different upstreams do; the bytes of the others are the same.
    await Promise.all(
      writers.map(async ({ store }, i) => {
        await commitModule(store, small, ['mod', 'zip']);
        await store.commit(small, { info: Buffer.from(`{"Version":"${small.version}","N":${i}}`) });
        await store.finish(END_MS, undefined);
      }),
    );
    const next = await job(prefix);
    for (const kind of KINDS) expect(await next.store.get(small, kind), kind).toBeDefined();
    expect(next.warnings).toEqual([]);
  });

  it('take over what one left that died before its index entry', async () => {
    const prefix = await filled(small);
    const { index, files } = keysOf(small);
    await rm(join(gateway.dir, prefix, index));
    await writeFile(join(gateway.dir, prefix, files.zip), 'half a zi');
    const next = await job(prefix);
    for (const kind of KINDS) expect(await next.store.get(small, kind)).toBeUndefined();
    await commitModule(next.store, small);
    await next.store.finish(END_MS, undefined);
    const after = await job(prefix);
    await expectWhole(after.store, small);
    expect(after.warnings).toEqual([]);
  });
});

describe('a bucket in trouble', () => {
  const unlike = (what: string) => (asked: Asked) => asked.method === what;

  it('is read where the credentials may only read, with one line', async () => {
    const prefix = await filled(small);
    const reader = await job(prefix, { who: 'reader' });
    await expectWhole(reader.store, small);
    expect(reader.store.wantsOriginals).toBe(true);
    for (const module of [other, large]) await commitModule(reader.store, module);
    await reader.store.settle(END_MS);
    expect(reader.store.wantsOriginals).toBe(false);
    const { written } = await reader.store.finish(END_MS, undefined);
    expect(written).toMatchObject({ versions: 0, left: 2 });
    expect(reader.warnings).toEqual([expect.any(String)]);
    expect(reader.warnings[0]).toMatch(/s3:PutObject.*nothing more is written/s);
  });

  it('is left alone when nobody answers, with one line', async () => {
    const prefix = gateway.prefix();
    const lost = await jobs.open({
      url: gateway.url(prefix, 'http://127.0.0.1:9'),
      env: gateway.env(),
    });
    for (const kind of KINDS) expect(await lost.store.get(small, kind)).toBeUndefined();
    await commitModule(lost.store, small);
    await expectWhole(lost.store, small);
    const { written } = await lost.store.finish(END_MS, undefined);
    expect(written).toMatchObject({ versions: 0, left: 1 });
    expect(lost.warnings).toHaveLength(1);
  });

  it('survives resets in the middle of a body', async () => {
    const prefix = await filled(large);
    const next = await job(prefix);
    faults.set(firstly(2, ({ key }) => key.endsWith('.zip'), { kind: 'reset-body', after: 100_000 }));
    await expectWhole(next.store, large);
    expect(next.warnings).toEqual([]);
  });

  it('loses its credentials in the middle, and the job goes on', async () => {
    const prefix = await filled(small, large);
    const next = await job(prefix);
    await expectWhole(next.store, small);
    faults.set(() => ({ kind: 'error', status: 400, code: 'ExpiredToken' }));
    expect(await next.store.get(large, 'zip')).toBeUndefined();
    faults.forget();
    expect(await next.store.get(large, 'mod')).toBeUndefined();
    expect(faults.asked).toEqual([]);
    await commitModule(next.store, large);
    await expectWhole(next.store, large);
    expect((await next.store.finish(END_MS, undefined)).written).toMatchObject({ left: 1 });
    expect(next.warnings).toHaveLength(1);
  });

  it('does not hold up the end of a session, and shows no half of what did not fit', async () => {
    const prefix = gateway.prefix();
    const late = await job(prefix);
    for (const module of modules) await commitModule(late.store, module);
    faults.set(asked =>
      unlike('PUT')(asked) && asked.key.endsWith('.zip') ? { kind: 'stall', after: 0 } : undefined,
    );
    const { written } = await late.store.finish(50, undefined);
    expect(written).toMatchObject({ versions: 0, left: modules.length });
    expect(late.warnings).toEqual([]);
    const next = await job(prefix);
    for (const kind of KINDS) expect(await next.store.get(small, kind)).toBeUndefined();
    expect(next.warnings).toEqual([]);
  });
});
