import { appendFile, cp, readdir, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { decodeBatch } from '../../../src/audit/decode.ts';
import { openRawDirectory } from '../../../src/audit/raw/directory.ts';
import { rawKey } from '../../../src/audit/raw/key.ts';
import { packRaw } from '../../../src/audit/raw/pack.ts';
import type { SealedBatch } from '../../../src/audit/types.ts';
import { openBatchLog } from '../../../src/collector/batch-log/log.ts';
import { type Engine, openEngine } from '../../../src/collector/engine.ts';
import { sha256Of } from '../../../src/collector/ingest.ts';
import { verifyStore } from '../../../src/collector/verify/verify.ts';
import { batchOf, zipOf } from '../../support/audit-batch.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

const NOW = Date.parse('2026-11-23T12:00:00.000Z');
const DAY = 86_400_000;

async function open(dir: string, now = NOW): Promise<{ engine: Engine; log: string[] }> {
  const log: string[] = [];
  const engine = await openEngine({
    dir,
    database: undefined,
    retention: { jobs: 365 * DAY, raw: 30 * DAY },
    now: () => now,
    log: line => log.push(line),
    sleep: async (ms, signal) => await delay(ms, undefined, { signal }).catch(() => {}),
  });
  return { engine, log };
}

const jobs = (count: number, wall = '2026-11-20T10:00:01.000Z', name = 'job'): SealedBatch[] =>
  Array.from({ length: count }, (_, i) =>
    batchOf({ job: `${name} ${i}`, wall, requests: [zipOf('lib.example/a'), zipOf(`lib.example/m${i}`)] }),
  );

/** Sends batches to a collector on a directory; the checkpoints that it acknowledged them with. */
async function collect(dir: string, batches: readonly SealedBatch[], now = NOW): Promise<Buffer[]> {
  const { engine } = await open(dir, now);
  try {
    const acks = [];
    for (const { gzip, digest } of batches) acks.push(await engine.ingest({ gzip, digest, writer: 'test' }));
    await engine.settled();
    return acks.map(ack => Buffer.from(ack.checkpoint ?? ''));
  } finally {
    await engine.close(5000);
  }
}

const verify = async (
  dir: string,
  more: { readonly keys?: readonly string[]; readonly checkpoints?: readonly Buffer[] } = {},
) =>
  await verifyStore({
    dir,
    raw: openRawDirectory(dir),
    keys: more.keys ?? [],
    checkpoints: more.checkpoints ?? [],
    onProgress: () => undefined,
  });

const rules = async (dir: string, more: Parameters<typeof verify>[1] = {}): Promise<string[]> =>
  (await verify(dir, more)).deviations.map(({ rule }) => rule).toSorted();

async function rawFiles(dir: string): Promise<string[]> {
  const names = await readdir(`${dir}/raw/v1`, { recursive: true });
  return names.filter(name => name.endsWith('.gz')).map(name => `${dir}/raw/v1/${name}`);
}

const keyOf = async (dir: string): Promise<string> => (await readFile(`${dir}/log/key.pub`, 'utf8')).trim();

/** Begins another history with the same key, as an admin can who has the whole directory. */
async function rewrite(dir: string, change: (lines: string[]) => string[]): Promise<void> {
  const lines = (await readFile(`${dir}/log/lines`, 'utf8')).split('\n').slice(0, -1);
  const key = await readFile(`${dir}/log/key`);
  await rm(`${dir}/log`, { recursive: true });
  const log = await openBatchLog(dir, { now: () => NOW + DAY, make: true });
  await log.close();
  await writeFile(`${dir}/log/key`, key);
  await writeFile(
    `${dir}/log/lines`,
    change(lines)
      .map(line => `${line}\n`)
      .join(''),
  );
  const again = await openBatchLog(dir, { now: () => NOW + DAY, make: true });
  // Signs what is there with a line of its own behind it.
  const [, , sha256 = '', name = ''] = lines[0]?.split(' ') ?? [];
  await again.append({ kind: 'batch', key: name, sha256 });
  await again.close();
}

describe('a store that nobody changed', () => {
  it('is proven, with the key and the checkpoints of every job', async () => {
    await using dir = await tempDir('verify');
    const checkpoints = await collect(dir.path, jobs(270));
    const report = await verify(dir.path, { keys: [await keyOf(dir.path)], checkpoints });
    expect(report).toMatchObject({
      ok: true,
      batches: 270,
      records: 540,
      checkpoints: 270,
      unsigned: 0,
      open: 0,
      deviations: [],
      log: { size: 270, keyFrom: 'given' },
    });
    expect(await readdir(`${dir.path}/log/tile/8/0`)).toEqual(['000']);
  });

  it('goes on in the same log over starts, over kills in the middle of a line, and gives nothing a second line', async () => {
    await using dir = await tempDir('verify');
    const batches = jobs(3);
    const first = await collect(dir.path, batches);
    await appendFile(`${dir.path}/log/lines`, 'modgate/1 batch 0123');
    const second = await collect(dir.path, [...batches, ...jobs(2, undefined, 'later')]);
    expect(await verify(dir.path, { checkpoints: [...first, ...second] })).toMatchObject({
      ok: true,
      batches: 5,
      log: { size: 5, keyFrom: 'store' },
    });
  });

  it('has the batches in its log that a kill kept out, and those that jobs put there themselves', async () => {
    await using dir = await tempDir('verify');
    await collect(dir.path, jobs(2));
    const raw = openRawDirectory(dir.path);
    for (const { gzip } of jobs(3, undefined, 'direct')) {
      const receipt = {
        kind: 'rcpt',
        v: 1,
        received: '2026-11-20T10:00:02.000Z',
        writer: 'directory',
        assurance: 'relayed',
      } as const;
      await raw.put(rawKey(decodeBatch(gzip)), packRaw(receipt, gzip));
    }
    expect(await rules(dir.path)).toEqual(['batch/unlogged', 'batch/unlogged', 'batch/unlogged']);
    const { engine, log } = await open(dir.path);
    await engine.settled();
    await engine.close(5000);
    expect(log.join('\n')).toMatch(/3 batches that lay in raw came into the log/);
    expect(await verify(dir.path)).toMatchObject({ ok: true, log: { size: 5 } });
  });

  it('may have lost what its own retention deleted, which the log says', async () => {
    await using dir = await tempDir('verify');
    const early = await collect(
      dir.path,
      jobs(2, '2026-09-01T10:00:01.000Z', 'old'),
      Date.parse('2026-09-01T11:00:00Z'),
    );
    await collect(dir.path, jobs(2));
    const { engine } = await open(dir.path);
    await engine.retain();
    await engine.close(5000);
    expect(await rawFiles(dir.path)).toHaveLength(2);
    expect(await verify(dir.path, { checkpoints: early })).toMatchObject({ ok: true, gone: 2, batches: 2 });
  });

  it('without a log is read all the same, and only a log that there was once is missed', async () => {
    await using dir = await tempDir('verify');
    const [checkpoint] = await collect(dir.path, jobs(2));
    const key = await keyOf(dir.path);
    await rm(`${dir.path}/log`, { recursive: true });
    expect(await verify(dir.path)).toMatchObject({ ok: true, log: null, batches: 2 });
    expect(await rules(dir.path, { keys: [key] })).toEqual(['log/missing']);
    expect(await rules(dir.path, { checkpoints: [checkpoint as Buffer] })).toEqual(['log/missing']);
  });
});

describe('a store whose admin', () => {
  const broken = async (
    change: (dir: TempDir) => Promise<void>,
  ): Promise<{ rules: string[]; withOld: string[] }> => {
    await using dir = await tempDir('verify');
    const checkpoints = await collect(dir.path, jobs(6));
    await change(dir);
    return { rules: await rules(dir.path), withOld: await rules(dir.path, { checkpoints }) };
  };

  it('deletes a batch is caught', async () => {
    const found = await broken(async dir => await unlink((await rawFiles(dir.path))[2] as string));
    expect(found.rules).toEqual(['batch/deleted']);
  });

  it('edits a batch, or what was noted of it, is caught', async () => {
    const found = await broken(async dir => {
      const [one = '', two = ''] = await rawFiles(dir.path);
      const bytes = await readFile(one);
      bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
      await writeFile(one, bytes);
      // The same batch with another receipt: the bytes of the sender are untouched.
      const raw = openRawDirectory(dir.path);
      const key = two.slice(dir.path.length + 1);
      const { unpackRaw } = await import('../../../src/audit/raw/object.ts');
      const { gunzipSync, gzipSync } = await import('node:zlib');
      const object = (await raw.get(key)) as Buffer;
      const { batch, receipt } = unpackRaw(object);
      const whole = gunzipSync(object);
      const gzip = gzipSync(whole.subarray(whole.indexOf(0x0a) + 1));
      expect(decodeBatch(gzip).digest).toBe(batch.digest);
      await writeFile(two, packRaw({ ...receipt, writer: 'somebody else' }, gzip));
    });
    expect(found.rules).toEqual(['batch/changed', 'batch/changed', 'batch/damaged']);
  });

  it('changes, moves or takes away lines is caught by the signature', async () => {
    const edit = (change: (lines: string[]) => string[]) => async (dir: TempDir) => {
      const file = `${dir.path}/log/lines`;
      const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
      await writeFile(
        file,
        change(lines)
          .map(line => `${line}\n`)
          .join(''),
      );
    };
    const moved = await broken(edit(([a = '', b = '', ...rest]) => [b, a, ...rest]));
    expect(moved.rules).toEqual(['log/changed']);
    expect(moved.withOld.filter(rule => rule === 'log/forked').length).toBeGreaterThan(0);
    const cut = await broken(edit(lines => lines.slice(0, 4)));
    expect(cut.rules).toContain('log/rolled-back');
    const foreign = await broken(edit(lines => [...lines.slice(0, 2), 'something', ...lines.slice(3)]));
    expect(foreign.rules).toContain('log/line');
    expect(foreign.rules).toContain('log/changed');
  });

  it('takes the newest batch with its line away, back to an earlier checkpoint, is caught by who saw the later one', async () => {
    await using dir = await tempDir('verify');
    await collect(dir.path, jobs(3));
    await cp(dir.path, `${dir.path}-before`, { recursive: true });
    const [later] = await collect(dir.path, jobs(1, undefined, 'evil'));
    try {
      expect(await rules(`${dir.path}-before`)).toEqual([]);
      expect(await rules(`${dir.path}-before`, { checkpoints: [later as Buffer] })).toEqual([
        'log/rolled-back',
      ]);
    } finally {
      await rm(`${dir.path}-before`, { recursive: true });
    }
  });

  it('writes another history with the same key is caught by who saw the first', async () => {
    await using dir = await tempDir('verify');
    const checkpoints = await collect(dir.path, jobs(6));
    const [file = ''] = await rawFiles(dir.path);
    const key = file.slice(dir.path.length + 1);
    await unlink(file);
    await rewrite(dir.path, lines => lines.filter(line => !line.endsWith(key)));
    // By itself it is a perfect store.
    expect((await rules(dir.path)).filter(rule => rule.startsWith('log/f'))).toEqual([]);
    expect(await rules(dir.path, { checkpoints })).toContain('log/forked');
  });

  it('puts a key of his own in is caught by who knows the key', async () => {
    await using dir = await tempDir('verify');
    const [checkpoint] = await collect(dir.path, jobs(2));
    const key = await keyOf(dir.path);
    await rm(`${dir.path}/log`, { recursive: true });
    await collect(dir.path, []);
    await collect(dir.path, jobs(1, undefined, 'more'));
    expect(await rules(dir.path)).toEqual([]);
    expect(await rules(dir.path, { keys: [key] })).toContain('log/key');
    expect(await rules(dir.path, { checkpoints: [checkpoint as Buffer] })).toContain('log/key');
  });
});

describe('the batches of one proxy', () => {
  const inst = '00000000-0000-4000-8000-000000000001';
  const first = batchOf({ job: 'one', inst, phase: 'open', requests: [zipOf('lib.example/a')] });
  const second = batchOf({
    job: 'one',
    inst,
    no: 2,
    prev: first.digest,
    phase: 'data',
    firstSeq: 2,
    requests: [zipOf('lib.example/b')],
  });
  const third = batchOf({ job: 'one', inst, no: 3, prev: second.digest, phase: 'close', firstSeq: 3 });

  const of = async (...batches: SealedBatch[]) => {
    await using dir = await tempDir('verify');
    await collect(dir.path, batches);
    const { deviations, open: running } = await verify(dir.path);
    return { rules: deviations.map(({ rule }) => rule), running, what: deviations[0]?.what };
  };

  it('are whole in whatever order they came', async () => {
    expect(await of(third, first, second)).toMatchObject({ rules: [], running: 0 });
    expect(await of(first, second)).toMatchObject({ rules: [], running: 1 });
  });

  it('miss one that never came', async () => {
    const { rules: found, what } = await of(first, third);
    expect(found).toEqual(['sequence/gap']);
    expect(what).toMatch(/batch 2 is missing/);
  });

  it('do not fit where one of them is invented', async () => {
    const invented = batchOf({ job: 'one', inst, no: 2, prev: 'f'.repeat(64), phase: 'data', firstSeq: 2 });
    expect((await of(first, invented, third)).rules).toEqual([
      'sequence/mismatch',
      'sequence/mismatch',
      'sequence/gap',
    ]);
    expect((await of(first, second, invented)).rules).toEqual(['sequence/mismatch']);
  });
});

describe('a collector whose log', () => {
  it('was changed takes batches without it, says so, and signs nothing', async () => {
    await using dir = await tempDir('verify');
    await collect(dir.path, jobs(3));
    const checkpoint = await readFile(`${dir.path}/log/checkpoint`);
    await truncate(`${dir.path}/log/lines`, 300);
    const { engine, log } = await open(dir.path);
    const [{ gzip, digest } = batchOf()] = jobs(1, undefined, 'more');
    const ack = await engine.ingest({ gzip, digest, writer: 'test' });
    expect(ack.checkpoint).toBeUndefined();
    expect((await engine.state()).batchLog).toBe('broken');
    await engine.close(5000);
    expect(log.find(line => line.startsWith('alarm: '))).toMatch(/changed from outside.*audit verify/);
    expect((await readFile(`${dir.path}/log/checkpoint`)).equals(checkpoint)).toBe(true);
  });

  it('has lost its key begins no other one in its place', async () => {
    await using dir = await tempDir('verify');
    await collect(dir.path, jobs(1));
    await unlink(`${dir.path}/log/key`);
    const { engine, log } = await open(dir.path);
    await engine.close(5000);
    expect(log.join('\n')).toMatch(/log\/key is not there.*backup/);
    await expect(readFile(`${dir.path}/log/key`)).rejects.toThrow(/ENOENT/);
  });

  it('gets many lines at once signs them together, and each acknowledgement covers its own', async () => {
    await using dir = await tempDir('verify');
    const log = await openBatchLog(dir.path, { now: () => NOW, make: true });
    const lines = jobs(200).map(({ key, gzip }) => ({ kind: 'batch', key, sha256: sha256Of(gzip) }) as const);
    const checkpoints = await Promise.all(lines.map(line => log.append(line)));
    await log.append(lines[0] as (typeof lines)[0]);
    expect(log.size).toBe(200);
    for (const [i, checkpoint] of checkpoints.entries()) {
      expect(Number(checkpoint.toString().split('\n')[1])).toBeGreaterThan(i);
    }
    expect(new Set(checkpoints.map(String)).size).toBeLessThan(20);
    await log.close();
  });

  it('takes lines one after the other, and covers after a kill what it had not signed', async () => {
    await using dir = await tempDir('verify');
    const lines = jobs(3).map(({ key, gzip }) => ({ kind: 'batch', key, sha256: sha256Of(gzip) }) as const);
    const log = await openBatchLog(dir.path, { now: () => NOW, make: true });
    const [first, second] = lines;
    await log.append(first as (typeof lines)[0]);
    const before = await readFile(`${dir.path}/log/checkpoint`);
    await log.append(second as (typeof lines)[0]);
    await log.close();
    // The kill came between the lines and their checkpoint.
    await writeFile(`${dir.path}/log/checkpoint`, before);
    const again = await openBatchLog(dir.path, { now: () => NOW, make: true });
    const checkpoint = await again.append(second as (typeof lines)[0]);
    expect(checkpoint.toString().split('\n')[1]).toBe('2');
    await again.close();
  });
});
