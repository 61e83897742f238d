import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bucket, ObjectFacts } from '../../../src/store/bucket/types.ts';
import { type Gateway, startGateway } from '../../support/s3/gateway.ts';
import { openBucket } from '../../support/s3/open.ts';
import { tempDir } from '../../support/temp.ts';

let gateway: Gateway;
const opened: Bucket[] = [];

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(async () => {
  for (const bucket of opened) await bucket.close();
  await gateway?.[Symbol.asyncDispose]();
});

function open(options: Parameters<typeof openBucket>[2] = {}, prefix = gateway.prefix()): Bucket {
  const bucket = openBucket(gateway.url(prefix), gateway.env(), options);
  opened.push(bucket);
  return bucket;
}

async function read(bucket: Bucket, key: string, options = {}): Promise<Buffer | undefined> {
  const got = await bucket.get(key, options);
  return got === undefined ? undefined : await buffer(got.body);
}

async function keys(list: AsyncIterable<ObjectFacts>): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of list) found.push(key);
  return found;
}

describe('a bucket of S3', () => {
  it('gives back what was put, whole and in ranges, and says what it is', async () => {
    const bucket = open();
    const small = randomBytes(10_000);
    const large = randomBytes(3_000_000);
    for (const content of [Buffer.alloc(0), small, large]) {
      const put = await bucket.put('a/!upper/@v/v1.0.0+incompatible.zip', content);
      expect(put.state).toBe('written');
      const key = 'a/!upper/@v/v1.0.0+incompatible.zip';
      expect(await bucket.head(key)).toMatchObject({ key, size: content.length });
      expect((await bucket.get(key))?.facts).toEqual(await bucket.head(key));
      expect((await bucket.head(key))?.etag).toBe(put.state === 'written' && put.etag);
      expect((await read(bucket, key))?.equals(content)).toBe(true);
    }
    const range = { start: 1_000, end: 1_999_999 };
    const part = await read(bucket, 'a/!upper/@v/v1.0.0+incompatible.zip', { range });
    expect(part?.equals(large.subarray(1_000, 2_000_000))).toBe(true);
  });

  it('has nothing to say about what is absent', async () => {
    const bucket = open();
    expect(await bucket.head('no/such')).toBeUndefined();
    expect(await bucket.get('no/such')).toBeUndefined();
    expect(await keys(bucket.list(''))).toEqual([]);
    expect(await bucket.remove(['no/such'])).toEqual([]);
    for (const key of ['', 'a//b', '../x', 'a/./b', 'a\n', 'a'.repeat(1_025)]) {
      expect(await bucket.head(key)).toBeUndefined();
      expect(await bucket.get(key)).toBeUndefined();
      expect(await bucket.remove([key])).toEqual([]);
      await expect(bucket.put(key, Buffer.from('x'))).rejects.toMatchObject({ code: 'invalid' });
    }
  });

  it('puts on conditions', async () => {
    const bucket = open();
    const first = await bucket.put('k', Buffer.from('1'), { condition: { absent: true } });
    expect(first.state).toBe('written');
    expect(await bucket.put('k', Buffer.from('2'), { condition: { absent: true } })).toEqual({
      state: 'exists',
    });
    const etag = first.state === 'written' ? first.etag : '';
    expect(await bucket.put('k', Buffer.from('3'), { condition: { etag: '"0123"' } })).toEqual({
      state: 'exists',
    });
    expect((await bucket.put('k', Buffer.from('4'), { condition: { etag } })).state).toBe('written');
    expect(await read(bucket, 'k', { ifMatch: etag })).toBeUndefined();
    expect((await read(bucket, 'k'))?.toString()).toBe('4');
    expect(await bucket.put('gone', Buffer.from('5'), { condition: { etag } })).toEqual({ state: 'exists' });
    const race = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        bucket.put('race', Buffer.from(`${i}`), { condition: { absent: true } }),
      ),
    );
    expect(race.filter(({ state }) => state === 'written')).toHaveLength(1);
  });

  it('puts files, large ones in parts', async () => {
    await using dir = await tempDir('put');
    const bucket = open({ limits: { partSize: 5 * 1024 * 1024 } });
    for (const size of [0, 100_000, 12_000_000]) {
      const bytes = randomBytes(size);
      const file = dir.join(`f${size}`);
      await writeFile(file, bytes);
      const content = { file, size };
      expect((await bucket.put(`f${size}`, content, { condition: { absent: true } })).state).toBe('written');
      expect((await read(bucket, `f${size}`))?.equals(bytes)).toBe(true);
      expect(await bucket.put(`f${size}`, content, { condition: { absent: true } })).toEqual({
        state: 'exists',
      });
    }
    expect(await bucket.dropUploads(Date.now() + 60_000)).toBe(0);
  });

  it('lists in order of keys, behind one, below a prefix', async () => {
    const prefix = gateway.prefix();
    const bucket = open({}, prefix);
    const names = ['a/1', 'a/2', 'b', 'b!', 'ba', 'c/1', 'c ü+%41.txt'];
    for (const name of names) await bucket.put(name, Buffer.from(name));
    await open({}, `${prefix}-beside`).put('x', Buffer.from('x'));
    const ordered = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await keys(bucket.list(''))).toEqual(ordered);
    expect(await keys(bucket.list('a/'))).toEqual(['a/1', 'a/2']);
    expect(await keys(bucket.list('', { after: 'b' }))).toEqual(ordered.slice(ordered.indexOf('b') + 1));
    expect(await bucket.remove([...names, 'absent'])).toEqual([]);
    expect(await keys(bucket.list(''))).toEqual([]);
  });
});
