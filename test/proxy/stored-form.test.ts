import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Vouch } from '../../src/proxy/types.ts';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import { TEMP, versionKeys } from '../../src/store/layout.ts';
import type { IndexEntry } from '../../src/store/types.ts';
import { type RealModule, realModules } from '../support/store-modules.ts';
import { tempDir } from '../support/temp.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { type Front, type FrontOptions, startFront } from './front.ts';

let large: RealModule;
let hasher: Hasher;
beforeAll(async () => {
  [large] = (await realModules(['golang.org/x/text@v0.14.0'])) as [RealModule];
  hasher = createHasher();
});
afterAll(() => hasher.close());

const vouch =
  (h1: string, by: 'sumdb' | 'session-gosum' = 'sumdb') =>
  (): Vouch => ({ state: 'known', by, h1s: [h1] });

async function world(options: FrontOptions) {
  const upstream = await startUpstream({});
  const entry = { url: upstream.url, fallBackOn: 'absent' } as const;
  const front = await startFront([entry], { representation: 'stored', ...options });
  const url = `${front.url}/${large.path}/@v/${large.version}.zip`;
  return {
    front,
    get: (headers: Record<string, string> = {}) => fetch(url, { headers }),
    [Symbol.asyncDispose]: async () => {
      await front[Symbol.asyncDispose]();
      await upstream.close();
    },
  };
}

/** What go would say of the bytes, and their digest and size. */
const judged = (bytes: Buffer) => hashed(bytes, large);

async function hashed(bytes: Buffer, module: RealModule) {
  await using temp = await tempDir('form');
  await fsp.writeFile(temp.join('a.zip'), bytes);
  return await hasher.hashZip(temp.join('a.zip'), module).result;
}

const litter = (front: Front) => fsp.readdir(path.join(front.storeDir, TEMP)).catch(() => []);

it('a zip is kept and served in stored form; the index knows the original', async () => {
  await using w = await world({ vouch: vouch(large.h1) });
  const answer = await w.get();
  const body = Buffer.from(await answer.arrayBuffer());
  const { h1, sha256, size, uncompressed } = await judged(body);
  expect(h1).toBe(large.h1);
  expect(size).toBeGreaterThan(uncompressed);
  expect(answer.headers.get('content-length')).toBe(`${size}`);
  const keys = versionKeys(large);
  const index = await fsp.readFile(path.join(w.front.storeDir, keys?.index ?? ''), 'utf8');
  expect((JSON.parse(index) as IndexEntry).zip).toEqual({
    sha256,
    size,
    representation: 'stored',
    original: large.facts,
  });
  expect(w.front.records.at(-1)).toMatchObject({ zip_sha256: large.facts.sha256, h1: large.h1 });
  expect(await litter(w.front)).toEqual([]);
});

it('half of one form is not continued with half of the other', async () => {
  await using w = await world({ vouch: vouch(large.h1) });
  const whole = await w.get();
  const etag = whole.headers.get('etag') ?? '';
  const bytes = Buffer.from(await whole.arrayBuffer());
  const ours = await w.get({ range: 'bytes=1000-', 'if-range': etag });
  expect(ours.status).toBe(206);
  expect(Buffer.from(await ours.arrayBuffer()).equals(bytes.subarray(1000))).toBe(true);
  const theirs = await w.get({ range: 'bytes=1000-', 'if-range': `"${large.facts.sha256}"` });
  expect(theirs.status).toBe(200);
  await theirs.arrayBuffer();
});

it('a zip that this job alone may have is held in stored form', async () => {
  await using w = await world({ vouch: vouch(large.h1, 'session-gosum') });
  const body = Buffer.from(await (await w.get()).arrayBuffer());
  expect(body.length).toBeGreaterThan(2 * large.facts.size);
  expect((await judged(body)).h1).toBe(large.h1);
  expect(w.front.records.at(-1)).toMatchObject({ zip_sha256: large.facts.sha256 });
  expect(await litter(w.front)).toEqual([]);
});

it('a zip with another hash than the one that is vouched for leaves nothing behind', async () => {
  const wrong = `h1:${'A'.repeat(43)}=`;
  await using w = await world({ vouch: vouch(wrong) });
  const answer = await w.get();
  expect(answer.status).toBe(502);
  expect(await answer.text()).toContain('checksum mismatch');
  expect(await litter(w.front)).toEqual([]);
});

it('where the stored form cannot be written the original is kept', async () => {
  await using w = await world({
    vouch: vouch(large.h1),
    through: store => {
      let calls = 0;
      const given = store.tempFile.bind(store);
      // The first is for the download; where the second points there is no directory.
      const tempFile = () => (++calls === 1 ? given() : path.join(given(), 'none', 'such'));
      return new Proxy(store, {
        get: (target, name) => {
          const value: unknown = name === 'tempFile' ? tempFile : Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    },
  });
  const body = Buffer.from(await (await w.get()).arrayBuffer());
  expect(body.equals(await fsp.readFile(large.zip))).toBe(true);
  expect(w.front.warnings).toEqual([]);
  expect(await litter(w.front)).toEqual([]);
});

it.each(['stored', 'original'] as const)(
  'what a store has stays in its form when new zips are kept %s',
  async form => {
    const before = form === 'stored' ? 'original' : 'stored';
    const [small] = (await realModules(['github.com/google/uuid@v1.6.0'])) as [RealModule];
    const h1s = new Map([large, small].map(m => [m.path, m.h1]));
    const vouchers: FrontOptions = {
      vouch: module => ({ state: 'known', by: 'sumdb', h1s: [h1s.get(module) ?? ''] }),
    };
    await using first = await world({ ...vouchers, representation: before });
    const had = Buffer.from(await (await first.get()).arrayBuffer());
    await using w = await world({
      ...vouchers,
      representation: form,
      fill: dir => fsp.cp(first.front.storeDir, dir, { recursive: true }),
    });
    expect(Buffer.from(await (await w.get()).arrayBuffer()).equals(had)).toBe(true);
    const kept = { source: 'store', zip_sha256: large.facts.sha256 };
    await expect.poll(() => w.front.records.at(-1)).toMatchObject(kept);
    const other = await fetch(`${w.front.url}/${small.path}/@v/${small.version}.zip`);
    const came = Buffer.from(await other.arrayBuffer());
    expect((await hashed(came, small)).h1).toBe(small.h1);
    expect(came.length > small.facts.size).toBe(form === 'stored');
    const entries = [large, small].map(async m => {
      const index = path.join(w.front.storeDir, versionKeys(m)?.index ?? '');
      return (JSON.parse(await fsp.readFile(index, 'utf8')) as IndexEntry).zip?.representation;
    });
    expect(await Promise.all(entries)).toEqual([before, form]);
  },
);
