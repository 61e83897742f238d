import { readdir, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { SealedBatch } from '../../src/audit/types.ts';
import { type Engine, openEngine } from '../../src/collector/engine.ts';
import { openIndex } from '../../src/collector/index/open-index.ts';
import type { RetentionRules } from '../../src/collector/retention.ts';
import { batchOf, h1Of, zipOf } from '../support/audit-batch.ts';
import { tempDir } from '../support/temp.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-23T12:00:00.000Z');
const ago = (days: number): string => new Date(NOW - days * DAY).toISOString();

interface Opened extends AsyncDisposable {
  readonly engine: Engine;
  readonly log: string[];
}

async function open(
  dir: string,
  retention: RetentionRules = { jobs: 365 * DAY, raw: null },
): Promise<Opened> {
  const log: string[] = [];
  const engine = await openEngine({
    dir,
    database: undefined,
    retention,
    now: () => NOW,
    log: line => log.push(line),
    sleep: async (ms, signal) => await delay(ms, undefined, { signal }).catch(() => {}),
  });
  return { engine, log, [Symbol.asyncDispose]: () => engine.close(5000) };
}

const take = async (engine: Engine, ...batches: readonly SealedBatch[]): Promise<void> => {
  for (const { gzip, digest } of batches) await engine.ingest({ gzip, digest, writer: 'test' });
  await engine.settled();
};

/** Jobs that the index has, and who it says was first. */
async function index(dir: string): Promise<{ jobs: string[]; first: string | undefined }> {
  const opened = await openIndex({ file: `${dir}/index.db` });
  try {
    const { jobs } = await opened.jobs({ limit: 1000 });
    const { first } = await opened.who({ module: 'lib.example/a' });
    return { jobs: jobs.map(({ job }) => job).toSorted(), first: first?.job };
  } finally {
    await opened.close();
  }
}

async function rawDays(dir: string): Promise<string[]> {
  return (await readdir(`${dir}/raw/v1`)).map(name => name.slice(3)).toSorted();
}

const jobAt = (days: number): SealedBatch =>
  batchOf({
    job: `${days} days ago`,
    wall: ago(days),
    requests: [
      zipOf('lib.example/a', 'v1.0.0', { t: ago(days) }),
      zipOf(`lib.example/m${days}`, 'v1.0.0', { t: ago(days) }),
    ],
  });

describe('the engine of a collector', () => {
  it('tells of another hash, and of a batch that comes late', async () => {
    await using dir = await tempDir('engine');
    await using opened = await open(dir.path);
    const { engine, log } = opened;
    const moved = batchOf({
      job: 'moved',
      wall: ago(5),
      requests: [zipOf('lib.example/a', 'v1.0.0', { t: ago(5), h1: h1Of('other') })],
    });
    await take(engine, jobAt(3));
    expect(log).toEqual([]);
    await take(engine, moved);
    expect(log.some(line => line.startsWith('alarm: ') && line.includes('lib.example/a@v1.0.0'))).toBe(true);
    expect(log.some(line => line.includes('first seen is earlier now for lib.example/a'))).toBe(true);
  });

  it('lets old jobs go, keeps who was first, and does not take them back at the next start', async () => {
    await using dir = await tempDir('retain');
    const [old, young] = [jobAt(400), jobAt(10)];
    {
      await using opened = await open(dir.path);
      await take(opened.engine, old, young);
      await opened.engine.retain();
      expect(opened.log.join('\n')).toContain('1 jobs that were not seen for long left the index');
    }
    const kept = { jobs: [young.jobUid], first: old.jobUid };
    expect(await index(dir.path)).toEqual(kept);
    expect(await rawDays(dir.path)).toEqual([ago(400), ago(10)].map(time => time.slice(0, 10)));
    {
      await using opened = await open(dir.path);
      await opened.engine.settled();
      await opened.engine.retain();
      expect(opened.log).toEqual([]);
    }
    expect(await index(dir.path)).toEqual(kept);
    // An index from nothing needs the old ones: first sightings count for ever.
    await rm(dir.join('index.db'));
    {
      await using opened = await open(dir.path);
      await opened.engine.settled();
    }
    expect(await index(dir.path)).toEqual({ jobs: [old.jobUid, young.jobUid].toSorted(), first: old.jobUid });
  });

  it('takes all raw objects when it was stopped while it made an index from them', async () => {
    await using dir = await tempDir('again');
    const [old, young] = [jobAt(400), jobAt(10)];
    {
      await using opened = await open(dir.path);
      await take(opened.engine, old, young);
    }
    await rm(dir.join('index.db'));
    {
      const stopped = await open(dir.path);
      await stopped.engine.close(0);
    }
    {
      await using opened = await open(dir.path);
      await opened.engine.settled();
    }
    expect(await index(dir.path)).toEqual({ jobs: [old.jobUid, young.jobUid].toSorted(), first: old.jobUid });
  });

  it('deletes raw batches by their day only when told to', async () => {
    await using dir = await tempDir('retain-raw');
    await using opened = await open(dir.path, { jobs: 365 * DAY, raw: 90 * DAY });
    const gone = jobAt(200);
    await take(opened.engine, jobAt(91), gone, jobAt(90), jobAt(10));
    await opened.engine.retain();
    expect(await rawDays(dir.path)).toEqual([ago(90), ago(10)].map(time => time.slice(0, 10)));
    expect(opened.log.at(-1)).toBe(`2 raw batches from before ${ago(90).slice(0, 10)} were deleted`);
    // What is gone is no error for whoever asks for its records.
    expect(await opened.engine.records(gone.key, {})).toEqual({ records: [], scanned: 0 });
  });
});
