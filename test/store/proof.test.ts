import { createHash } from 'node:crypto';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DiskStore, openDiskStore } from '../../src/store/disk.ts';
import { createHasher, HashError, type Hasher } from '../../src/store/hasher.ts';
import type { Damage } from '../../src/store/index-files.ts';
import { versionKeys } from '../../src/store/layout.ts';
import type { IndexEntry } from '../../src/store/types.ts';
import { commitModule, type RealModule, realModules } from '../support/store-modules.ts';
import { tempDir } from '../support/temp.ts';

let small: RealModule;
let other: RealModule;
let large: RealModule;
let hasher: Hasher;

beforeAll(async () => {
  [small, other, large] = (await realModules([
    'github.com/pkg/errors@v0.9.1',
    'github.com/google/uuid@v1.6.0',
    'golang.org/x/text@v0.14.0',
  ])) as [RealModule, RealModule, RealModule];
  hasher = createHasher();
});
afterAll(() => hasher.close());

interface Restored extends AsyncDisposable {
  readonly dir: string;
  readonly damage: Damage[];
  /** Opens the directory as a process does that does not believe it. */
  open(): Promise<DiskStore>;
  file(m: RealModule, kind: 'info' | 'mod' | 'zip' | 'index'): string;
  /** Rewrites what the index says. */
  claim(m: RealModule, change: (entry: IndexEntry) => object): Promise<void>;
}

/** A directory that somebody else filled with the small and the large module. */
async function restored(): Promise<Restored> {
  const temp = await tempDir('proof');
  const dir = temp.join('store');
  const damage: Damage[] = [];
  const maker = await openDiskStore(dir, { hasher });
  for (const m of [small, large]) await commitModule(maker, m);
  await maker.flush();
  const file = (m: RealModule, kind: 'info' | 'mod' | 'zip' | 'index') => {
    const keys = versionKeys(m);
    if (keys === undefined) throw new Error('no keys');
    return path.join(dir, kind === 'index' ? keys.index : keys.files[kind]);
  };
  return {
    dir,
    damage,
    file,
    open: () => openDiskStore(dir, { hasher, proof: 'full', onDamage: d => damage.push(d) }),
    claim: async (m, change) => {
      const entry = JSON.parse(await fsp.readFile(file(m, 'index'), 'utf8')) as IndexEntry;
      await fsp.writeFile(file(m, 'index'), JSON.stringify({ ...entry, ...change(entry) }));
    },
    [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose](),
  };
}

const factsOf = (bytes: Buffer) => ({
  sha256: createHash('sha256').update(bytes).digest('hex'),
  size: bytes.length,
});

describe('a store that is not believed', () => {
  test('gives files that are what the index says, whole', async () => {
    await using r = await restored();
    const store = await r.open();
    expect(store.proof).toBe('full');
    for (const m of [small, large]) {
      const zip = await store.get(m, 'zip');
      expect(zip).toMatchObject({ size: m.facts.size, h1: m.h1 });
      // The members were hashed, not the file.
      expect(zip?.sha256).toBeUndefined();
      const hash = createHash('sha256');
      for await (const chunk of zip?.stream() ?? []) hash.update(chunk as Buffer);
      expect(hash.digest('hex')).toBe(m.facts.sha256);
      expect((await store.get(m, 'mod'))?.bytes).toEqual(m.mod);
    }
    expect(r.damage).toEqual([]);
  });

  test('hashes a zip whole, so that an index which fits the wrong bytes helps nothing', async () => {
    for (const m of [small, large] as const) {
      await using r = await restored();
      const foreign = await fsp.readFile(other.zip);
      await fsp.writeFile(r.file(m, 'zip'), foreign);
      const facts = factsOf(foreign);
      await r.claim(m, () => ({ zip: { ...facts, representation: 'original', original: facts } }));
      const store = await r.open();
      expect(await store.get(m, 'zip')).toBeUndefined();
      expect(r.damage).toEqual([
        expect.objectContaining({
          path: expect.stringMatching(/\.zip$/),
          what: expect.stringMatching(/no zip of this version.*moved to/),
        }),
      ]);
      await expect(fsp.access(r.file(m, 'zip'))).rejects.toThrow();
    }
  });

  test('a zip with the right members is right, whatever the index says of its bytes, and stays so', async () => {
    await using r = await restored();
    const lie = { sha256: 'a'.repeat(64), size: large.facts.size };
    await r.claim(large, () => ({ zip: { ...lie, representation: 'original', original: lie } }));
    const store = await r.open();
    const zip = await store.get(large, 'zip');
    expect(zip?.h1).toBe(large.h1);
    const replace = async (from: string) => {
      await fsp.copyFile(from, `${r.file(large, 'zip')}.new`);
      await fsp.rename(`${r.file(large, 'zip')}.new`, r.file(large, 'zip'));
    };
    const read = async () => {
      const hash = createHash('sha256');
      for await (const chunk of zip?.stream() ?? []) hash.update(chunk as Buffer);
      return hash.digest('hex');
    };
    await replace(large.zip);
    expect(await read()).toBe(large.facts.sha256);
    await replace(other.zip);
    await expect(read()).rejects.toMatchObject({ name: 'StoreError', code: 'store-io' });
    expect(r.damage).toEqual([]);
  });

  test('a zip whose members differ from its h1 is moved away, though its digest is in the index', async () => {
    await using r = await restored();
    await r.claim(small, () => ({ h1: other.h1 }));
    const store = await r.open();
    expect(await store.get(small, 'zip')).toBeUndefined();
    expect(r.damage[0]?.what).toContain(`has ${small.h1} where the index has ${other.h1}`);
    await commitModule(store, small, ['zip']);
    expect(await store.get(small, 'zip')).toMatchObject({ h1: small.h1 });
  });

  test('a zip that was asked for ahead is hurried by the first who waits for it', async () => {
    await using r = await restored();
    const promoted: string[] = [];
    const asked: string[] = [];
    const slow: Hasher = {
      ...hasher,
      sha256File: file => hasher.sha256File(file),
      hashMembers: (file, mv, priority = 'now') => {
        asked.push(priority);
        let start: () => void = () => undefined;
        const started = new Promise<void>(resolve => {
          start = resolve;
        });
        if (priority === 'now') start();
        return {
          result: started.then(() => hasher.hashMembers(file, mv).result),
          promote: () => {
            promoted.push(file);
            start();
          },
        };
      },
    };
    const store = await openDiskStore(r.dir, { hasher: slow, proof: 'full' });
    const ahead = store.get(large, 'zip', undefined, 'later');
    while (asked.length === 0) await new Promise(resolve => setImmediate(resolve));
    const [first, second] = await Promise.all([ahead, store.get(large, 'zip')]);
    expect([first?.h1, second?.h1]).toEqual([large.h1, large.h1]);
    expect(asked).toEqual(['later']);
    expect(promoted).toEqual([r.file(large, 'zip')]);
  });

  test('an .info that an upstream confirms is proven as it is, and nothing is written for it', async () => {
    await using r = await restored();
    const store = await r.open();
    const claimed = await store.get(small, 'info');
    if (claimed === undefined) throw new Error('no .info');
    store.confirm(small, { ...claimed, sha256: '0'.repeat(64) });
    expect((await store.get(small, 'info'))?.unproven).toBe(true);
    store.confirm(small, claimed);
    expect((await store.get(small, 'info'))?.unproven).toBeUndefined();
    // Only this process knows: the next one has to ask again.
    expect((await (await r.open()).get(small, 'info'))?.unproven).toBe(true);
  });

  test('an .info is unproven until this process puts one there, which replaces it', async () => {
    await using r = await restored();
    const store = await r.open();
    expect(await store.get(small, 'info')).toMatchObject({ bytes: small.info, unproven: true });
    const told = Buffer.from(`{"Version":"${small.version}"}`);
    await store.commit(small, { info: told });
    const now = await store.get(small, 'info');
    expect(now?.bytes).toEqual(told);
    expect(now?.unproven).toBeUndefined();
    await store.commit(small, { info: small.info });
    expect((await store.get(small, 'info'))?.bytes).toEqual(told);
    expect(await (await r.open()).get(small, 'info')).toMatchObject({ bytes: told, unproven: true });
  });

  test('what the index says of vouchers keeps nothing in place that this process brings right', async () => {
    await using r = await restored();
    const store = await r.open();
    const foreign = await fsp.readFile(other.zip);
    await fsp.writeFile(r.file(small, 'zip'), foreign);
    const facts = factsOf(foreign);
    await r.claim(small, () => ({
      h1: other.h1,
      vouchedBy: { zip: 'sumdb', mod: 'sumdb' },
      zip: { ...facts, representation: 'original', original: facts },
    }));
    const file = store.tempFile();
    await fsp.copyFile(small.zip, file);
    const zip = { file, h1: small.h1, by: 'gosum', facts: small.facts, original: small.facts } as const;
    await store.commit(small, { zip: { ...zip, representation: 'original' } });
    expect(await store.get(small, 'zip')).toMatchObject({ h1: small.h1, sha256: small.facts.sha256 });
  });

  test('lists, latest and absences count only when this process wrote them; the tree log proves itself', async () => {
    await using r = await restored();
    const list = 'github.com/pkg/errors/@v/list';
    const keys = [list, 'github.com/pkg/errors/@latest', 'absent/github.com/pkg/errors/@v/list/@latest'];
    const maker = await openDiskStore(r.dir, { hasher });
    const tile = 'sumdb/sum.example.com/tile/8/0/001';
    for (const key of [...keys, tile, 'sumdb/sum.example.com/supported']) {
      await maker.putSoft(key, Buffer.from('theirs'));
    }
    const store = await r.open();
    for (const key of keys) expect(await store.getSoft(key)).toBeUndefined();
    expect(await store.getSoft('sumdb/sum.example.com/supported')).toBeUndefined();
    expect((await store.getSoft(tile))?.bytes.toString()).toBe('theirs');
    await store.putSoft(list, Buffer.from('ours'));
    expect((await store.getSoft(list))?.bytes.toString()).toBe('ours');
    await maker.putSoft(list, Buffer.from('theirs again'));
    expect(await store.getSoft(list)).toBeUndefined();
  });

  test('@latest of the tree is not written from an .info that nobody proved', async () => {
    await using r = await restored();
    const latest = path.join(r.dir, 'github.com/pkg/errors/@latest');
    await fsp.rm(latest);
    const store = await r.open();
    await commitModule(store, small, ['mod']);
    await store.flush();
    await expect(fsp.access(latest)).rejects.toThrow();
    await commitModule(store, small, ['info']);
    await store.flush();
    expect(await fsp.readFile(latest)).toEqual(small.info);
  });

  test('a zip that ends the thread which reads it is moved away; the store stays in use', async () => {
    await using r = await restored();
    const dying: Hasher = {
      ...hasher,
      sha256File: file => hasher.sha256File(file),
      hashMembers: file => ({
        result: Promise.reject(new HashError('crashed', file, 'the thread died')),
        promote: () => undefined,
      }),
    };
    const damage: Damage[] = [];
    const store = await openDiskStore(r.dir, { hasher: dying, proof: 'full', onDamage: d => damage.push(d) });
    expect(await store.get(large, 'zip')).toBeUndefined();
    expect(damage).toHaveLength(1);
  });
});
