import { mkdir, readdir, readFile, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sealBatch } from '../../../src/audit/encode.ts';
import { RawError } from '../../../src/audit/errors.ts';
import { openRawDirectory } from '../../../src/audit/raw/directory.ts';
import { packRaw } from '../../../src/audit/raw/pack.ts';
import { batchOf, headerOf, RECEIPT, requestOf } from '../../support/audit.ts';
import { run } from '../../support/process.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

let dir: TempDir;
beforeEach(async () => {
  dir = await tempDir('raw');
});
afterEach(() => dir[Symbol.asyncDispose]());

/** Raw objects of so many batches of a job. */
function objects(count: number, job = 'ab'.repeat(32)) {
  return Array.from({ length: count }, (_, at) => {
    const header = headerOf({ job_uid: job, batch: at + 1, prev: at === 0 ? null : 'e'.repeat(64) });
    const { key, gzip } = sealBatch(batchOf({ header, requests: [requestOf(at + 1)] }));
    return { key, bytes: packRaw(RECEIPT, gzip) };
  });
}

function one() {
  const [only] = objects(1);
  if (only === undefined) throw new Error('no object');
  return only;
}

async function keysOf(root = dir.path, foreign: string[] = []): Promise<string[]> {
  const store = openRawDirectory(root, { onForeign: file => foreign.push(path.relative(root, file)) });
  const keys: string[] = [];
  for await (const key of store.list()) keys.push(key);
  return keys;
}

const codeOf = (doing: Promise<unknown>) =>
  doing.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof RawError) return error.code;
      throw error;
    },
  );

const tempFiles = async () => await readdir(dir.join('raw', 'tmp')).catch(() => []);

describe('a raw directory', () => {
  it('keeps an object under its name, and the first of that name', async () => {
    const store = openRawDirectory(dir.path);
    const { key, bytes } = one();
    expect(await store.get(key)).toBeUndefined();
    expect(await store.put(key, bytes)).toBe('stored');
    expect(await store.put(key, Buffer.from('another'))).toBe('exists');
    expect(await readFile(dir.join(...key.split('/')))).toEqual(bytes);
    expect(await store.get(key)).toEqual(bytes);
    expect(await tempFiles()).toEqual([]);
  });

  it('lists nothing where there is nothing', async () => {
    expect(await keysOf(dir.join('missing'))).toEqual([]);
  });

  it('lists names in their order, whatever the order in which they came', async () => {
    const store = openRawDirectory(dir.path);
    const all = ['11', 'aa', '0f'].flatMap(job => objects(4, job.repeat(32)));
    const shuffled = fc.sample(fc.shuffledSubarray(all, { minLength: all.length }), 1)[0] ?? [];
    await Promise.all(shuffled.map(({ key, bytes }) => store.put(key, bytes)));
    expect(await keysOf()).toEqual(all.map(({ key }) => key).toSorted());
  });

  it('gives one of many that bring the same object at once the name, in one process', async () => {
    const { key, bytes } = one();
    const store = openRawDirectory(dir.path);
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.put(key, bytes)));
    expect(answers.filter(answer => answer === 'stored')).toHaveLength(1);
    expect(await tempFiles()).toEqual([]);
  });

  it('and in several', async () => {
    const { key, bytes } = one();
    await writeFile(dir.join('object'), bytes);
    const module = fileURLToPath(new URL('../../../src/audit/raw/directory.ts', import.meta.url));
    const script = `
      import { readFile } from 'node:fs/promises';
      import { openRawDirectory } from ${JSON.stringify(new URL(`file://${module}`).href)};
      const [, dir, key, file] = process.argv;
      console.log(await openRawDirectory(dir).put(key, await readFile(file)));`;
    const args = ['--input-type=module', '-e', script, dir.path, key, dir.join('object')];
    const ends = await Promise.all([1, 2, 3].map(() => run(process.execPath, args)));
    expect(ends.map(({ stdout, stderr }) => (stdout + stderr).trim()).toSorted()).toEqual([
      'exists',
      'exists',
      'stored',
    ]);
    expect(await openRawDirectory(dir.path).get(key)).toEqual(bytes);
  });

  it.each(['EPERM', 'ENOTSUP', 'ENOSYS'])('needs no links: %s', async code => {
    const link = () => Promise.reject(Object.assign(new Error('no links here'), { code }));
    const store = openRawDirectory(dir.path, { link });
    const { key, bytes } = one();
    expect(await store.put(key, bytes)).toBe('stored');
    expect(await store.put(key, Buffer.from('another'))).toBe('exists');
    expect(await store.get(key)).toEqual(bytes);
    expect(await tempFiles()).toEqual([]);
  });

  it('deletes an object, and the directories that are empty without it', async () => {
    const store = openRawDirectory(dir.path);
    const [first, second] = objects(2);
    if (first === undefined || second === undefined) throw new Error('no objects');
    for (const { key, bytes } of [first, second]) await store.put(key, bytes);
    await store.delete(first.key);
    expect(await keysOf()).toEqual([second.key]);
    await store.delete(second.key);
    await store.delete(second.key);
    expect(await readdir(dir.join('raw', 'v1'))).toEqual([]);
    expect(await store.put(first.key, first.bytes)).toBe('stored');
  });

  it('keeps every object while others are deleted', async () => {
    const store = openRawDirectory(dir.path);
    const all = objects(12);
    await Promise.all(
      all.map(async ({ key, bytes }, at) => {
        expect(await store.put(key, bytes)).toBe('stored');
        if (at % 3 !== 0) await store.delete(key);
      }),
    );
    expect(await keysOf()).toEqual(all.filter((_, at) => at % 3 === 0).map(({ key }) => key));
  });

  it.each(['', '..', '../x', 'raw/v1/../../x', '/etc/passwd', 'raw/v1/x', 'C:\\x', 'a\0b'])(
    'has no object of the name %j',
    async key => {
      const store = openRawDirectory(dir.path);
      expect(await codeOf(store.put(key, Buffer.from('x')))).toBe('key');
      expect(await codeOf(store.get(key))).toBe('key');
      expect(await codeOf(store.delete(key))).toBe('key');
      expect(await readdir(dir.path)).toEqual([]);
    },
  );

  it('passes over what is no object, and tells of it', async () => {
    const store = openRawDirectory(dir.path);
    const { key, bytes } = one();
    await store.put(key, bytes);
    const parts = key.split('/');
    const job = dir.join(...parts.slice(0, -1));
    await writeFile(dir.join('raw', 'v1', '.DS_Store'), 'x');
    await mkdir(dir.join('raw', 'v1', 'dt=today'));
    await writeFile(path.join(job, 'notes.txt'), 'x');
    await mkdir(path.join(job, path.basename(key).replace('-000001-', '-000002-')));
    await symlink(dir.path, dir.join('raw', 'v1', 'dt=2020-01-01'));
    await symlink(dir.join(...parts), path.join(job, path.basename(key).replace('-000001-', '-000003-')));
    const foreign: string[] = [];
    expect(await keysOf(dir.path, foreign)).toEqual([key]);
    expect(foreign.map(file => path.basename(file)).toSorted()).toEqual(
      ['.DS_Store', 'dt=2020-01-01', 'dt=today', 'notes.txt']
        .concat(['-000002-', '-000003-'].map(no => path.basename(key).replace('-000001-', no)))
        .toSorted(),
    );
  });

  it('does not say of anything else under the name of an object that it has the object', async () => {
    const store = openRawDirectory(dir.path);
    const { key, bytes } = one();
    const file = dir.join(...key.split('/'));
    await mkdir(file, { recursive: true });
    expect(await codeOf(store.put(key, bytes))).toBe('damaged');
    await rm(file, { recursive: true });
    await writeFile(file, '');
    expect(await codeOf(store.put(key, bytes))).toBe('damaged');
    await truncate(file, 100 * 1024 * 1024);
    expect(await codeOf(store.get(key))).toBe('damaged');
    expect(await tempFiles()).toEqual([]);
  });

  it('sweeps what a process that died left a day ago, and nothing that may be in work', async () => {
    const store = openRawDirectory(dir.path);
    await mkdir(dir.join('raw', 'tmp'), { recursive: true });
    for (const name of ['old', 'new']) await writeFile(dir.join('raw', 'tmp', name), 'x');
    const yesterday = Date.now() / 1000 - 25 * 60 * 60;
    await utimes(dir.join('raw', 'tmp', 'old'), yesterday, yesterday);
    const { key, bytes } = one();
    await store.put(key, bytes);
    expect(await tempFiles()).toEqual(['new']);
  });
});

describe('a disk', () => {
  it('that is full is told, nothing is left on it, and it is used again when it has room', async () => {
    await using _disk = await smallDisk(dir.join('small'), '1m');
    const store = openRawDirectory(dir.join('small'));
    const { key } = one();
    const big = Buffer.alloc(3 * 1024 * 1024, 'x');
    expect(await codeOf(store.put(key, big))).toBe('full');
    expect(await readdir(dir.join('small', 'raw', 'tmp'))).toEqual([]);
    expect(await keysOf(dir.join('small'))).toEqual([]);
    expect(await store.put(key, Buffer.from('small'))).toBe('stored');
  });

  it('that is read-only is told', async () => {
    await using disk = await smallDisk(dir.join('small'), '1m');
    const store = openRawDirectory(dir.join('small'));
    const [first, second] = objects(2);
    if (first === undefined || second === undefined) throw new Error('no objects');
    await store.put(first.key, first.bytes);
    await disk.readOnly();
    expect(await store.put(first.key, first.bytes)).toBe('exists');
    const refused = await store.put(second.key, second.bytes).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'io', message: expect.stringContaining('see to the disk') });
    expect(await store.get(first.key)).toEqual(first.bytes);
  });
});
