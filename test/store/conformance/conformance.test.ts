import { copyFile, readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashGoMod } from '../../../src/gomod/dirhash.ts';
import type { FileKind, Store, Voucher } from '../../../src/store/types.ts';
import { commitModule, type RealModule, realModules } from '../../support/store-modules.ts';
import { keyOf, MEDIA, type Place, startWorld, type World } from './world.ts';

const KINDS: readonly FileKind[] = ['info', 'mod', 'zip'];

let modules: readonly RealModule[];
let small: RealModule;
let other: RealModule;
let large: RealModule;

beforeAll(async () => {
  modules = await realModules();
  [small, other, large] = [modules[0], modules[1], modules.at(-1)] as [RealModule, RealModule, RealModule];
});

async function bytesOf(
  store: Store,
  m: RealModule,
  kind: FileKind,
  h1?: string,
): Promise<Buffer | undefined> {
  const file = await store.get(m, kind, h1);
  return file === undefined ? undefined : await buffer(file.stream());
}

async function rightBytes(m: RealModule, kind: FileKind): Promise<Buffer> {
  return kind === 'zip' ? await readFile(m.zip) : m[kind];
}

async function expectWhole(store: Store, m: RealModule, kinds = KINDS): Promise<void> {
  for (const kind of kinds) {
    const bytes = await bytesOf(store, m, kind);
    expect(bytes?.equals(await rightBytes(m, kind)), `${m.path} ${kind}`).toBe(true);
  }
}

/**
 * A file that is wrong or gone: nobody gets it, and what is wrong is told of. A medium that has a copy of a small file
 * elsewhere may give that.
 */
async function expectNothingWrong(
  store: Store,
  m: RealModule,
  kind: FileKind,
  told?: readonly string[],
): Promise<void> {
  const bytes = await bytesOf(store, m, kind);
  if (bytes === undefined) {
    if (told !== undefined) expect(told).toHaveLength(1);
    return;
  }
  expect(kind).not.toBe('zip');
  expect(bytes.equals(await rightBytes(m, kind))).toBe(true);
}

function flipped(bytes: Buffer): Buffer {
  const wrong = Buffer.from(bytes);
  const at = wrong.length >> 1;
  wrong[at] = (wrong[at] ?? 0) ^ 1;
  return wrong;
}

describe.concurrent.each(MEDIA)('a store on a %s', medium => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld(medium);
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  /** A place to which one machine has brought modules. */
  async function filled(...all: readonly RealModule[]): Promise<Place> {
    const place = await world.place();
    const { store, settle, told } = await place.open();
    await Promise.all(all.map(m => commitModule(store, m)));
    await settle();
    expect(told).toEqual([]);
    return place;
  }

  describe('commit and get', () => {
    test('every file of real modules comes back, to this process and to another machine', async () => {
      const place = await world.place();
      const first = await place.open();
      await Promise.all(modules.map(m => commitModule(first.store, m)));
      await first.settle();
      const second = await place.open();
      for (const { store } of [first, second]) {
        for (const m of modules) {
          await expectWhole(store, m);
          expect(await store.entry(m)).toMatchObject({
            h1: m.h1,
            goModH1: m.goModH1,
            zip: { original: m.facts },
            vouchedBy: { zip: 'sumdb', mod: 'sumdb' },
          });
          expect((await store.get(m, 'zip', m.h1))?.h1).toBe(m.h1);
        }
      }
      const wanted = modules.flatMap(m => [...KINDS, 'index' as const].map(kind => keyOf(m, kind)));
      expect(await place.keys()).toEqual(wanted.sort());
      expect([...first.told, ...second.told]).toEqual([]);
    });

    test('the kinds of a version may come one by one, from several machines at once', async () => {
      const place = await world.place();
      await Promise.all(
        [['mod'], ['zip'], ['info'], ['mod', 'zip'], ['info', 'mod']].map(async kinds => {
          const { store, settle, told } = await place.open();
          await commitModule(store, small, kinds as FileKind[]);
          await settle();
          expect(told).toEqual([]);
        }),
      );
      const { store, told } = await place.open();
      await expectWhole(store, small);
      expect(told).toEqual([]);
    });

    test('the .info that came first stays, whoever brings another', async () => {
      const place = await filled(small);
      const { store, settle } = await place.open();
      await store.commit(small, { info: Buffer.from(`{"Version":"${small.version}"}`) });
      await settle();
      expect(await bytesOf((await place.open()).store, small, 'info')).toEqual(small.info);
    });

    test('ranges are inclusive', async () => {
      const place = await filled(small, large);
      const { store } = await place.open();
      for (const m of [small, large]) {
        const zip = await store.get(m, 'zip');
        const whole = await readFile(m.zip);
        for (const [start, end] of [
          [0, 0],
          [10, 19],
          [whole.length - 5, whole.length - 1],
        ] as const) {
          const part = await zip?.stream({ start, end }).toArray();
          expect(Buffer.concat(part ?? [])).toEqual(whole.subarray(start, end + 1));
        }
      }
    });

    test('names that go does not accept are absent, and a commit of them is an error', async () => {
      const place = await world.place();
      const { store, settle, told } = await place.open();
      for (const mv of [
        { path: '../../etc', version: 'v1.0.0' },
        { path: 'example.com/a', version: '../v1.0.0' },
        { path: 'example.com/a\0b', version: 'v1.0.0' },
        { path: 'example.com/a', version: '' },
        { path: `example.com/${'a'.repeat(4000)}`, version: 'v1.0.0' },
      ]) {
        expect(await store.get(mv, 'zip')).toBeUndefined();
        expect(await store.entry(mv)).toBeUndefined();
        await store.touch(mv);
        await expect(store.commit(mv, { info: Buffer.from('{}') })).rejects.toMatchObject({
          code: 'store-io',
        });
      }
      await settle();
      expect(await place.keys()).toEqual([]);
      expect(told).toEqual([]);
    });

    test('a hash other than the one expected is not served', async () => {
      const place = await filled(small);
      const { store } = await place.open();
      expect(await store.get(small, 'zip', large.h1)).toBeUndefined();
      expect(await store.get(small, 'mod', large.goModH1)).toBeUndefined();
    });
  });

  describe('vouchers', () => {
    async function afterwards(steps: readonly (readonly [Voucher, string])[]): Promise<unknown> {
      const place = await world.place();
      for (const [by, text] of steps) {
        const { store, settle } = await place.open();
        const bytes = Buffer.from(text);
        await store.commit(small, { mod: { bytes, h1: hashGoMod(bytes), by } }).catch(() => undefined);
        await settle();
      }
      const { store } = await place.open();
      const text = (await bytesOf(store, small, 'mod'))?.toString();
      return [text, (await store.entry(small))?.vouchedBy?.mod];
    }

    test('the strongest of those who vouched for the same bytes is kept', async () => {
      expect(
        await afterwards([
          ['gosum', 'module a'],
          ['sumdb', 'module a'],
        ]),
      ).toEqual(['module a', 'sumdb']);
      expect(
        await afterwards([
          ['sumdb', 'module a'],
          ['gosum', 'module a'],
        ]),
      ).toEqual(['module a', 'sumdb']);
    });

    test('what the checksum database vouches for is not replaced on the word of a go.sum', async () => {
      expect(
        await afterwards([
          ['sumdb', 'module a'],
          ['gosum', 'module b'],
        ]),
      ).toEqual(['module a', 'sumdb']);
      expect(
        await afterwards([
          ['gosum', 'module a'],
          ['sumdb', 'module b'],
        ]),
      ).toEqual(['module b', 'sumdb']);
      expect(
        await afterwards([
          ['first-seen', 'module a'],
          ['first-seen', 'module b'],
        ]),
      ).toEqual(['module a', 'first-seen']);
    });

    test('another zip is refused and told of', async () => {
      const place = await filled(small);
      const { store, settle, told } = await place.open();
      const file = store.tempFile();
      await copyFile(other.zip, file);
      const zip = { file, h1: other.h1, by: 'gosum', facts: other.facts } as const;
      await store.commit(small, { zip: { ...zip, representation: 'original', original: other.facts } });
      await settle();
      expect(told).toHaveLength(1);
      expect((await (await place.open()).store.get(small, 'zip'))?.h1).toBe(small.h1);
    });
  });

  describe('damage', () => {
    test.each(KINDS)(
      'a flipped byte in a .%s is not served, and mended by the next good commit',
      async kind => {
        const place = await filled(small, large);
        for (const m of [small, large]) {
          const key = keyOf(m, kind);
          await place.write(key, flipped(await rightBytes(m, kind)));
          const { store, settle, told } = await place.open();
          await expectNothingWrong(store, m, kind, told);
          await commitModule(store, m, [kind]);
          await settle();
          const after = await place.open();
          await expectWhole(after.store, m);
          expect(after.told).toEqual([]);
        }
      },
    );

    test.each([0, 100])('a zip cut to %i bytes is damage, too', async length => {
      const place = await filled(large);
      await place.write(keyOf(large, 'zip'), (await readFile(large.zip)).subarray(0, length));
      const { store, settle, told } = await place.open();
      expect(await store.get(large, 'zip')).toBeUndefined();
      expect(told).toHaveLength(1);
      await commitModule(store, large);
      await settle();
      await expectWhole((await place.open()).store, large);
    });

    test('a file that is gone is absent, and comes back', async () => {
      const place = await filled(small);
      for (const kind of KINDS) {
        await place.write(keyOf(small, kind), undefined);
        const { store, settle } = await place.open();
        await expectNothingWrong(store, small, kind);
        await commitModule(store, small);
        await settle();
        await expectWhole((await place.open()).store, small);
      }
    });

    test.each(['{"v":1', '[]', ''])('an index entry of %j says nothing', async text => {
      const place = await filled(small);
      await place.write(keyOf(small, 'index'), Buffer.from(text));
      const { store, settle } = await place.open();
      expect(await store.get(small, 'zip')).toBeUndefined();
      await commitModule(store, small);
      await settle();
      const after = await place.open();
      await expectWhole(after.store, small);
      expect(after.told).toEqual([]);
    });

    test('what no index entry tells of is not served without its hash, and is taken over by a commit', async () => {
      const place = await filled(small);
      await place.write(keyOf(small, 'index'), undefined);
      const { store, settle, told } = await place.open();
      for (const kind of KINDS) expect(await store.get(small, kind)).toBeUndefined();
      expect(await store.get(small, 'zip', `h1:${'A'.repeat(43)}=`)).toBeUndefined();
      expect(told).toEqual([]);
      await commitModule(store, small);
      await settle();
      await expectWhole((await place.open()).store, small);
    });

    test("another module's zip with an index entry to match is not this module's", async () => {
      const place = await filled(small);
      const lie = await readFile(other.zip);
      const entry = JSON.parse((await place.read(keyOf(small, 'index')))?.toString() ?? '');
      const zip = { ...other.facts, representation: 'original', original: other.facts };
      await place.write(keyOf(small, 'zip'), lie);
      await place.write(keyOf(small, 'index'), Buffer.from(JSON.stringify({ ...entry, h1: other.h1, zip })));
      const { store } = await place.open();
      // Whoever knows the hash is not deceived.
      expect(await store.get(small, 'zip', small.h1)).toBeUndefined();
    });
  });

  describe('lists and soft files', () => {
    test('a list names what has .info and .mod, and nothing else', async () => {
      const place = await world.place();
      const first = await place.open();
      await commitModule(first.store, small, ['mod', 'zip']);
      await first.settle();
      expect(await (await place.open()).store.list(small.path)).toEqual([]);
      await commitModule(first.store, small, ['info']);
      await first.settle();
      expect(await (await place.open()).store.list(small.path)).toEqual([small.version]);
      expect(await (await place.open()).store.list('example.com/none')).toEqual([]);
    });

    test('all versions are seen once, with the sizes of their files', async () => {
      const place = await filled(...modules.slice(0, 4));
      const { store } = await place.open();
      await commitModule(store, small, ['mod']);
      const seen: Record<string, unknown> = {};
      for await (const { path, version, files } of store.versions()) {
        expect(seen).not.toHaveProperty(`${path}@${version}`);
        seen[`${path}@${version}`] = files;
      }
      const sizes = (m: RealModule) => ({ info: m.info.length, mod: m.mod.length, zip: m.facts.size });
      const wanted = modules.slice(0, 4).map(m => [`${m.path}@${m.version}`, sizes(m)]);
      delete seen[`${small.path}@${small.version}`];
      expect(seen).toEqual(Object.fromEntries(wanted.slice(1)));
    });

    test('files of the checksum database come back; keys that are none are refused', async () => {
      const place = await world.place();
      const { store, settle } = await place.open();
      const key = 'sumdb/sum.example.com/tile/8/0/x001/234.p/17';
      await store.putSoft(key, Buffer.from('tile'));
      for (const bad of ['sumdb/../../x', '/etc/passwd', 'modgate/index/a/@v/list', 'a/b', 'sumdb/a\\b']) {
        await expect(store.putSoft(bad, Buffer.from('x'))).rejects.toMatchObject({ name: 'StoreError' });
        expect(await store.getSoft(bad)).toBeUndefined();
      }
      await settle();
      expect((await (await place.open()).store.getSoft(key))?.bytes.toString()).toBe('tile');
    });
  });

  test('whoever may only read reads all, and changes nothing', async () => {
    const place = await filled(small, large);
    const before = await place.keys();
    const { store, settle } = await place.open('read');
    for (const m of [small, large]) await expectWhole(store, m);
    await commitModule(store, other);
    await store.touch(small);
    await store.putSoft('sumdb/sum.example.com/latest', Buffer.from('x'));
    await settle();
    expect(await place.keys()).toEqual(before);
    expect(await (await place.open()).store.get(other, 'mod')).toBeUndefined();
  });
});
