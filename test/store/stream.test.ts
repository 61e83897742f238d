import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHUNK, partsOfFile } from '../../src/store/stream.ts';

const fine = async () => undefined;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'modgate-stream-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function fileOf(size: number): Promise<{ file: string; bytes: Buffer }> {
  const file = path.join(dir, randomBytes(4).toString('hex'));
  const bytes = randomBytes(size);
  await writeFile(file, bytes);
  return { file, bytes };
}

async function whole(parts: AsyncIterable<Buffer>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const part of parts) copies.push(Buffer.from(part));
  return Buffer.concat(copies);
}

describe('partsOfFile', () => {
  it.each([0, 1, CHUNK, 3 * CHUNK + 5])('brings all %i bytes', async size => {
    const { file, bytes } = await fileOf(size);
    expect((await whole(partsOfFile(file, fine))).equals(bytes)).toBe(true);
  });

  it.each([
    [0, 0],
    [5, CHUNK + 5],
    [CHUNK, 9 * CHUNK],
    [2 * CHUNK + 1, 2 * CHUNK + 1],
  ])('brings bytes %i to %i', async (start, end) => {
    const { file, bytes } = await fileOf(2 * CHUNK + 2);
    const got = await whole(partsOfFile(file, fine, { start, end }));
    expect(got.equals(bytes.subarray(start, end + 1))).toBe(true);
  });

  it('files that are read beside each other do not share memory', async () => {
    const files = await Promise.all(Array.from({ length: 20 }, () => fileOf(2 * CHUNK + 1)));
    for (let round = 0; round < 2; round++) {
      const got = await Promise.all(files.map(({ file }) => whole(partsOfFile(file, fine))));
      for (const [i, { bytes }] of files.entries()) expect(got[i]?.equals(bytes)).toBe(true);
    }
  });

  it('a part that was left behind is not written to again', async () => {
    const { file, bytes } = await fileOf(3 * CHUNK);
    const parts = partsOfFile(file, fine);
    const { value } = await parts.next();
    await parts.return();
    for (let i = 0; i < 20; i++) await whole(partsOfFile((await fileOf(CHUNK)).file, fine));
    expect(value?.equals(bytes.subarray(0, CHUNK))).toBe(true);
  });

  it('a file that has become shorter is an error, not a short body', async () => {
    const { file } = await fileOf(2 * CHUNK);
    const parts = partsOfFile(file, fine);
    await parts.next();
    await truncate(file, CHUNK);
    await expect(parts.next()).rejects.toMatchObject({ code: 'EIO' });
  });

  it('a file that is not accepted brings nothing', async () => {
    const { file } = await fileOf(1);
    const refused = partsOfFile(file, () => Promise.reject(new Error('another one')));
    await expect(refused.next()).rejects.toThrow('another one');
  });
});
