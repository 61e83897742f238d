import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inlineIn, withInline } from '../../../src/store/bucket/inline.ts';
import { verifyBucket } from '../../../src/store/bucket/verify.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import type { VerifyReport } from '../../../src/store/verify/types.ts';
import { type Faults, startFaults } from '../../support/s3/faults.ts';
import { openBucket, QUICK } from '../../support/s3/open.ts';
import { MODULES, type RealModule, realModules } from '../../support/store-modules.ts';
import { tempDir } from '../../support/temp.ts';
import { type Buckets, buckets } from '../places.ts';
import { filesOf, treeDigest } from '../prune/made-store.ts';
import { verifySuite } from '../verify/suite.ts';

let hasher: Hasher;
let place: Buckets;
let faults: Faults;
let modules: RealModule[];
beforeAll(async () => {
  hasher = createHasher({ threads: 2 });
  place = await buckets(hasher);
  faults = await startFaults(place.gateway);
  modules = await realModules(MODULES.slice(0, 4));
});
afterAll(async () => {
  await faults[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
  await hasher.close();
});

verifySuite(() => place, false);

function module(at: number): RealModule {
  const found = modules[at];
  if (found === undefined) throw new Error('too few modules');
  return found;
}

describe('what is none of a store', () => {
  test('is told of by its name', async () => {
    await using store = await place.fresh();
    await store.commit([module(0)]);
    const strange = [
      'README',
      'github.com/evil <&>::error::x',
      'github.com/pkg/errors/@v/v1.zip',
      'modgate/index/stray',
      'modgate/strange/a',
      'modgate/strange/b',
      'sumdb/x/a b',
    ];
    for (const key of strange) {
      // As whoever writes the bucket by other means could.
      await fsp.mkdir(path.dirname(path.join(store.dir, key)), { recursive: true });
      await fsp.writeFile(path.join(store.dir, key), 'x');
    }
    for (const own of ['tmp/x', 'uses/2026-01-01/x', 'claims/x', 'log/2026-01/x.jsonl', 'pruned.json']) {
      await store.bucket.put(`modgate/${own}`, Buffer.from('x'));
    }
    const report = await store.verify({ repair: true });
    expect(report.findings.map(({ kind, path: key, outcome }) => `${kind} ${key} ${outcome}`).sort()).toEqual(
      [...strange.filter(key => !key.includes('strange')), 'modgate/strange']
        .map(key => `junk ${key} left`)
        .sort(),
    );
  });
});

describe('a service in trouble', () => {
  async function through(
    store: Awaited<ReturnType<Buckets['fresh']>>,
    rule: Parameters<Faults['set']>[0],
  ): Promise<VerifyReport> {
    await using temp = await tempDir('hashed');
    const { gateway } = place;
    const bucket = openBucket(gateway.url(store.prefix, faults.endpoint), gateway.env(), { limits: QUICK });
    faults.forget();
    faults.set(rule);
    try {
      return await verifyBucket(bucket, { hasher, tempDir: temp.path, repair: false });
    } finally {
      faults.set();
      await bucket.close();
      expect(await fsp.readdir(temp.path)).toEqual([]);
    }
  }

  test('that breaks off in every file for a while is no damage', async () => {
    await using store = await place.fresh();
    await store.commit(modules);
    const broken = new Set<string>();
    const report = await through(store, ({ method, key, index }) => {
      if (index % 6 === 5) return { kind: 'error', status: 503, code: 'SlowDown' };
      if (method !== 'GET' || key === '' || broken.has(key)) return undefined;
      broken.add(key);
      return { kind: 'reset-body', after: 20 };
    });
    expect(broken.size).toBeGreaterThan(10);
    expect(report).toMatchObject({ versions: 4, files: 12, findings: [], stopped: false });
  });

  test('one object that may not be read is told of; the others are verified', async () => {
    await using store = await place.fresh();
    await store.commit(modules);
    const report = await through(store, ({ method, key }) =>
      method === 'GET' && key.endsWith('/uuid/@v/v1.6.0.zip')
        ? { kind: 'error', status: 403, code: 'AccessDenied' }
        : undefined,
    );
    expect(report).toMatchObject({
      versions: 4,
      files: 11,
      counts: { unreadable: 1, damaged: 0 },
      stopped: false,
    });
    expect(report.findings[0]?.what).toContain('s3:GetObject');
  });

  test('credentials that end: what was found is told, and what to do', async () => {
    await using store = await place.fresh();
    await store.commit(modules);
    const report = await through(store, ({ index }) =>
      index > 8 ? { kind: 'error', status: 400, code: 'ExpiredToken' } : undefined,
    );
    expect(report).toMatchObject({ stopped: true, counts: { unreadable: 1, damaged: 0 } });
    expect(report.findings[0]?.what).toContain('the credentials have ended');
  });

  test('credentials that may only read verify, and repair nothing', async () => {
    await using store = await place.fresh();
    await store.commit(modules.slice(0, 1));
    await fsp.writeFile(filesOf(store.dir, module(0))[3], 'no zip');
    const before = treeDigest(store.dir);
    await using temp = await tempDir('hashed');
    const bucket = openBucket(place.gateway.url(store.prefix), place.gateway.env('reader'));
    const options = { hasher, tempDir: temp.path };
    expect(await verifyBucket(bucket, { ...options, repair: false })).toMatchObject({
      counts: { damaged: 1 },
    });
    const tried = await verifyBucket(bucket, { ...options, repair: true }).catch((error: unknown) => error);
    expect(JSON.stringify(tried) + String(tried)).toContain('s3:PutObject');
    expect(treeDigest(store.dir)).toBe(before);
    await bucket.close();
  });
});

test('a damaged object is moved, with its bytes, and left where it changed meanwhile', async () => {
  await using store = await place.fresh();
  await store.commit([module(0)]);
  const [, , , zip] = filesOf(store.dir, module(0));
  await fsp.writeFile(zip, 'no zip');
  const report = await store.verify({ repair: true });
  const moved = report.findings[0]?.movedTo ?? '';
  expect(moved).toMatch(/^modgate\/quarantine\//);
  expect(await fsp.readFile(path.join(store.dir, moved), 'utf8')).toBe('no zip');
  await expect(fsp.stat(zip)).rejects.toThrow('ENOENT');
  expect(await store.entry(module(0))).toMatchObject({ h1: module(0).h1 });
  expect(await store.entry(module(0))).not.toHaveProperty('zip');
});

test('a repair keeps the copies of small files in an index object that are still right', async () => {
  await using store = await place.fresh();
  await store.commit([module(0)]);
  const [index, , , zip] = filesOf(store.dir, module(0));
  const entry = await store.entry(module(0));
  if (entry === undefined) throw new Error('no entry');
  const { info, mod } = module(0);
  const whole = withInline(await fsp.readFile(index), entry, { info, mod });
  await store.bucket.put(path.relative(store.dir, index).split(path.sep).join('/'), whole);
  await fsp.writeFile(zip, 'no zip');
  expect((await store.verify({ repair: true })).repaired.damaged).toBe(1);
  const after = await store.entry(module(0));
  if (after === undefined) throw new Error('no entry');
  expect(after).not.toHaveProperty('zip');
  expect(inlineIn(await fsp.readFile(index), after)).toEqual({ info, mod });
});
