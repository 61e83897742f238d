import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SumDbService } from '../../src/proxy/sumdb.ts';
import type { ChainEntry } from '../../src/proxy/upstream/chain.ts';
import { Health } from '../../src/proxy/upstream/health.ts';
import { createHttpClient, type HttpClient } from '../../src/proxy/upstream/http.ts';
import { PATIENT } from '../../src/proxy/upstream/patience.ts';
import { chooseSumDb } from '../../src/session/fetch/sumdb-key.ts';
import type { GoSettings } from '../../src/session/types.ts';
import { type DiskStore, openDiskStore } from '../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import { goEnv } from '../support/go.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';

interface Table {
  readonly sumdb_supported: readonly {
    readonly answer: string;
    readonly comma: string;
    readonly pipe: string;
  }[];
}
const table = JSON.parse(
  await readFile(new URL('../fixtures/goproxy/chain.json', import.meta.url), 'utf8'),
) as Table;

const MOD = ['rsc.io/quote', 'v1.5.2'] as const;
const ZIP_H1 = 'h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=';

let dir: TempDir;
let hasher: Hasher;
let store: DiskStore;
let http: HttpClient;
let second: Upstream;
beforeEach(async () => {
  dir = await tempDir('sumdb');
  hasher = createHasher();
  store = await openDiskStore(dir.join('store'), { hasher, onDamage: () => undefined });
  http = await createHttpClient({ userAgent: 'modgate/test' });
  second = await startUpstream();
});
afterEach(async () => {
  await second.close();
  await http.close();
  await store.flush();
  await hasher.close();
  await dir[Symbol.asyncDispose]();
});

async function service(entries: readonly ChainEntry[], url?: string, noSumDb = ''): Promise<SumDbService> {
  const choice = await chooseSumDb((await goEnv()) as unknown as GoSettings);
  if ('why' in choice) throw new Error(choice.why);
  const now = () => performance.now();
  return new SumDbService({
    ...choice,
    url,
    entries,
    chain: {
      http,
      health: new Health(now),
      now,
      random: () => 0,
      sleep: async () => undefined,
      redact: text => text,
      patience: { ...PATIENT, attempts: 3 },
    },
    store,
    noSumDb,
    warn: () => undefined,
  });
}

describe.each(table.sumdb_supported)('a proxy that answers /supported with $answer', row => {
  it.each(['comma', 'pipe'] as const)('before a %s', async separator => {
    const status = Number(row.answer);
    await using first = await startUpstream(
      status === 200
        ? {}
        : { faults: ({ path }) => (path.endsWith('/supported') ? { kind: 'status', status } : undefined) },
    );
    const db = await service([
      { url: first.url, fallBackOn: separator === 'comma' ? 'absent' : 'any-error' },
      { url: second.url, fallBackOn: 'absent' },
    ]);
    const looked = db.lookup(...MOD).then(
      found => found.zip,
      (error: unknown) => error,
    );
    const outcome = row[separator];
    const lookups = (upstream: Upstream) => upstream.requests.filter(one => one.path.includes('/lookup/'));
    if (outcome.startsWith('all')) {
      expect(await looked).toBe(ZIP_H1);
      expect(second.requests).toEqual([]);
      expect(lookups(first)).toHaveLength(1);
    } else if (outcome.startsWith('next')) {
      expect(await looked).toBe(ZIP_H1);
      expect(lookups(first)).toEqual([]);
      expect(lookups(second)).toHaveLength(1);
    } else {
      expect(outcome).toBe('stop');
      expect(await looked).toMatchObject({ name: 'ProxyError', upstream: first.url });
      expect(lookups(first)).toEqual([]);
      expect(second.requests).toEqual([]);
    }
  });
});

describe('a database with an address of its own', () => {
  it('is asked there, past all proxies and without asking whether it is supported', async () => {
    const choice = await chooseSumDb((await goEnv()) as unknown as GoSettings);
    const name = 'why' in choice ? '' : choice.name;
    const db = await service([{ url: 'off', fallBackOn: 'absent' }], `${second.url}/sumdb/${name}`);
    expect((await db.lookup(...MOD)).zip).toBe(ZIP_H1);
    expect(second.requests.filter(one => one.path.endsWith('/supported'))).toEqual([]);
  });
});

it('a version that the database does not have is absent, not an outage', async () => {
  const db = await service([{ url: second.url, fallBackOn: 'absent' }]);
  await expect(db.lookup('rsc.io/quote', 'v1.99.0')).rejects.toMatchObject({ code: 'absent' });
});

it('what GONOSUMDB names is shown to nobody, except that toolchains are always verified', async () => {
  const db = await service([{ url: second.url, fallBackOn: 'absent' }], undefined, '*/*');
  await expect(db.serve('/lookup/rsc.io/quote@v1.5.2')).rejects.toMatchObject({
    code: 'absent',
    message: expect.stringContaining('GONOSUMDB'),
  });
  expect(second.requests).toEqual([]);
  const record = await db.serve('/lookup/golang.org/toolchain@v0.0.1-go1.9rc2.windows-amd64');
  expect(record.toString()).toContain('golang.org/toolchain v0.0.1-go1.9rc2.windows-amd64 h1:');
});

/** Every file of the checksum database that the store keeps. */
async function kept(): Promise<string[]> {
  const root = dir.join('store', 'sumdb');
  const all = await readdir(root, { recursive: true, withFileTypes: true });
  return all.filter(one => one.isFile()).map(one => path.join(one.parentPath, one.name));
}

it('whatever a restored store holds of the database, what is answered is what the database signed', async () => {
  const entries = [{ url: second.url, fallBackOn: 'absent' }] as const;
  const asked = async () => {
    store = await openDiskStore(dir.join('store'), { hasher, proof: 'full' });
    const db = await service(entries);
    const { zip, record } = await db.lookup(...MOD);
    const served = await db.serve('/lookup/rsc.io/quote@v1.5.2');
    return { zip, same: served.equals(record), record: record.toString() };
  };
  const right = {
    zip: ZIP_H1,
    same: true,
    record: expect.stringContaining(`rsc.io/quote v1.5.2 ${ZIP_H1}\n`),
  };
  expect(await asked()).toEqual(right);
  const before = second.requests.length;
  expect(await asked()).toEqual(right);
  // A restored store saves what it can prove.
  expect(second.requests.slice(before).map(one => one.path)).toEqual([]);

  const files = await kept();
  expect(files.length).toBeGreaterThan(4);
  const good = await Promise.all(files.map(file => readFile(file)));
  const flipped = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
    return copy;
  };
  const restore = () => Promise.all(files.map((file, n) => writeFile(file, good[n] ?? '')));
  const poisons: ((bytes: Buffer, n: number) => Buffer)[] = [
    () => Buffer.alloc(0),
    () => Buffer.from('<html>'),
    bytes => flipped(bytes, 0),
    bytes => flipped(bytes, bytes.length - 1),
    (_, n) => good[(n + 1) % good.length] ?? Buffer.alloc(0),
    bytes => Buffer.from(bytes.toString('latin1').replaceAll(ZIP_H1, `h1:${'A'.repeat(43)}=`), 'latin1'),
    ...files.map(
      (_, only) => (bytes: Buffer, n: number) => (n === only ? flipped(bytes, bytes.length >> 1) : bytes),
    ),
  ];
  for (const poison of poisons) {
    await Promise.all(files.map((file, n) => writeFile(file, poison(good[n] ?? Buffer.alloc(0), n))));
    expect(await asked()).toEqual(right);
    await restore();
  }
});
