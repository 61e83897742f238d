import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type DiskStore, openDiskStore } from '../../../src/store/disk.ts';
import {
  type Proofs,
  type ProofsRequest,
  type Provable,
  stageProofs,
} from '../../../src/store/export/proofs.ts';
import { Staging } from '../../../src/store/export/staging.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { SumDb } from '../../../src/tlog/client.ts';
import { formatRecord, parseRecord } from '../../../src/tlog/record.ts';
import { keysOf } from '../../support/exports.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';
import { fakeH1, TEST_KEY, TestLog, TestWorld } from '../../tlog/test-log.ts';

const NAME = 'sum.example.test';
const SIZE = 3_000;

let hasher: Hasher;
let temp: TempDir;
/** More than one tile, and tiles above them. */
let log: TestLog;
let store: DiskStore;
let staged: string;
let count = 0;

beforeAll(async () => {
  hasher = createHasher();
  temp = await tempDir('proofs');
  log = new TestLog().growTo(SIZE);
});
afterAll(async () => {
  await hasher.close();
  await temp[Symbol.asyncDispose]();
});
beforeEach(async () => {
  count += 1;
  store = await openDiskStore(temp.join(`store-${count}`), { hasher });
  staged = temp.join(`staged-${count}`);
  await mkdir(staged);
  log.headSize = undefined;
});

function versionOf(id: number, more: Partial<Provable> = {}): Provable {
  const path = `m.test/${id}`;
  const h1 = fakeH1(`${path}v1.0.0`);
  return { path, version: 'v1.0.0', h1, goModH1: fakeH1(h1), quiet: false, ...more };
}

/** Fills the store as sessions do that looked these versions up when the database had so many records. */
async function lookedUp(ids: readonly number[], size: number): Promise<void> {
  const world = new TestWorld(log);
  log.headSize = size;
  const latest = await store.getSoft(`sumdb/${NAME}/latest`);
  if (latest !== undefined) world.latest = latest.bytes;
  const client = world.client();
  for (const id of ids) await client.lookup(`m.test/${id}`, 'v1.0.0');
  for (const [key, bytes] of world.cache) await store.putSoft(`sumdb/${NAME}${key}`, Buffer.from(bytes));
  await store.putSoft(`sumdb/${NAME}/latest`, Buffer.from(world.latest ?? []));
  log.headSize = undefined;
}

async function prove(
  versions: readonly Provable[],
  request: Partial<ProofsRequest['sumdb']> = {},
): Promise<Proofs> {
  const sumdb = { name: NAME, key: TEST_KEY, ...request };
  return await stageProofs({ sumdb, store, staging: new Staging(staged), versions });
}

/** A client that has never seen the database and reads nothing but files. Rejects when one of them is missing. */
async function lookAll(ids: readonly number[]): Promise<void> {
  const root = path.join(staged, 'sumdb', NAME);
  for (const one of [ids, [...ids].reverse()]) {
    const world = new TestWorld(log);
    const client = new SumDb(TEST_KEY, {
      readRemote: async asked => await readFile(path.join(root, asked)),
      readCache: asked => world.readCache(asked),
      writeCache: (asked, bytes) => world.writeCache(asked, bytes),
      readLatest: () => world.readLatest(),
      writeLatest: (old, next) => world.writeLatest(old, next),
      securityError: message => world.securityError(message),
    });
    for (const id of one) {
      const { zip } = await client.lookup(`m.test/${id}`, 'v1.0.0');
      expect(zip).toBe(versionOf(id).h1);
    }
  }
}

it('records of many sessions are proven in one tree, with no more than files', async () => {
  await lookedUp([5, 300, 255], 400);
  await lookedUp([256, 511, 512, 2_000], 2_600);
  await lookedUp([SIZE - 1], SIZE);
  const ids = [5, 255, 256, 300, 511, 512, 2_000, SIZE - 1];
  const proofs = await prove(ids.map(id => versionOf(id)));
  expect(proofs).toMatchObject({ records: ids.length, without: 0 });
  expect(proofs.why).toBeUndefined();
  expect(await keysOf(staged)).toEqual([...proofs.keys]);
  await lookAll(ids);
  const heads = new Set<string>();
  for (const id of ids) {
    const bytes = await readFile(path.join(staged, 'sumdb', NAME, 'lookup', 'm.test', `${id}@v1.0.0`));
    heads.add(parseRecord(bytes)?.head.toString() ?? '');
  }
  expect([...heads]).toEqual([log.head(SIZE).toString()]);
});

it('many records share the tiles', async () => {
  const ids = Array.from({ length: 70 }, (_, i) => i * 7);
  await lookedUp(ids, SIZE);
  const proofs = await prove(ids.map(id => versionOf(id)));
  expect(proofs.records).toBe(70);
  expect(proofs.keys.length).toBeLessThan(70 + 20);
  await lookAll(ids);
});

it('what the store lacks is told, and asked for where that is wanted', async () => {
  await lookedUp([5, 256], 2_900);
  const versions = [5, 256, 300].map(id => versionOf(id));
  const quiet = versionOf(301, { quiet: true });
  const alone = await prove([...versions, quiet]);
  expect(alone).toMatchObject({ records: 2, without: 1, why: 'the store does not have it' });
  await lookAll([5, 256]);
  staged = temp.join(`staged-${count}-asked`);
  await mkdir(staged);
  const asked: string[] = [];
  const ask = async (wanted: string) => {
    asked.push(wanted);
    return log.answer(wanted);
  };
  expect(await prove([...versions, quiet], { ask })).toMatchObject({ records: 3, without: 0 });
  expect(asked).toContain('/lookup/m.test/300@v1.0.0');
  expect(asked.filter(wanted => /301|\/256@|\/5@/.test(wanted))).toEqual([]);
  await lookAll([5, 256, 300]);
});

it('a database that does not answer, or knows nothing, leaves what the store has', async () => {
  await lookedUp([5], 2_900);
  const versions = [versionOf(5), versionOf(300)];
  const down = await prove(versions, {
    ask: () => Promise.reject(new Error('connection refused\nand more')),
  });
  expect(down).toMatchObject({ records: 1, without: 1, why: 'connection refused' });
  staged = temp.join(`staged-${count}-unknown`);
  await mkdir(staged);
  const unknown = await prove(versions, { ask: () => Promise.resolve(undefined) });
  expect(unknown).toMatchObject({ records: 1, without: 1, why: `${NAME} does not know it` });
  await lookAll([5]);
});

it('a record that is not the signed one is not exported, and spoils no other', async () => {
  await lookedUp([5, 256, 300], 2_900);
  const key = `sumdb/${NAME}/lookup/m.test/300@v1.0.0`;
  const record = (await store.getSoft(key))?.bytes.toString() ?? '';
  const evil = fakeH1('evil');
  await store.putSoft(key, Buffer.from(record.replace(versionOf(300).h1 ?? '', evil)));
  const versions = [5, 256].map(id => versionOf(id));
  const proofs = await prove([...versions, versionOf(300, { h1: evil })]);
  expect(proofs).toMatchObject({ records: 2, without: 1 });
  expect(proofs.why).toMatch(/not the one in the signed tree/);
  await lookAll([5, 256]);
});

it('a version that the database knows by another hash is told', async () => {
  await lookedUp([5, 256], 2_900);
  const other = fakeH1('other');
  const { contradicted, records } = await prove([versionOf(5), versionOf(256, { h1: other })]);
  expect(records).toBe(1);
  expect([...contradicted.keys()]).toEqual(['m.test/256@v1.0.0']);
  expect(contradicted.get('m.test/256@v1.0.0')).toContain(
    `the index has ${other} where the checksum database has ${versionOf(256).h1}`,
  );
});

it('heads that the key did not sign count for nothing', async () => {
  await lookedUp([5], 2_900);
  const forged = log.head(2_900).toString().replace('2900', '2901');
  await store.putSoft(`sumdb/${NAME}/latest`, Buffer.from(forged));
  const key = `sumdb/${NAME}/lookup/m.test/6@v1.0.0`;
  const { path: module, h1, goModH1 } = versionOf(6);
  const text = `${module} v1.0.0 ${h1}\n${module} v1.0.0/go.mod ${goModH1}\n`;
  await store.putSoft(key, Buffer.from(`${formatRecord(6, text)}${forged}`));
  expect(await prove([versionOf(5), versionOf(6)])).toMatchObject({ records: 2 });
  await lookAll([5, 6]);
});

it('nothing at all is staged where nothing can be proven', async () => {
  expect(await prove([versionOf(5)])).toMatchObject({ records: 0, without: 1, keys: [] });
  await store.putSoft(`sumdb/${NAME}/lookup/m.test/6@v1.0.0`, log.answer('/lookup/m.test/6@v1.0.0'));
  const proofs = await prove([versionOf(6)]);
  expect(proofs).toMatchObject({ records: 0, without: 1, keys: [] });
  expect(await keysOf(staged)).toEqual([]);
});
