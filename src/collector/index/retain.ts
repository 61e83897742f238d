import { sql } from 'kysely';
import type { Index } from '../types.ts';
import { type Cell, type Engine, idRows, pieces } from './engine.ts';
import { eraOf } from './era.ts';
import { decodeTouched } from './id-list.ts';

type Answer = Awaited<ReturnType<Index['retain']>>;

/** Most batches that one step drops: a step holds up the writers. */
const BATCHES = 500;

interface BatchRow {
  readonly id: number;
  readonly received: number;
  readonly raw_key: string;
  readonly mods: string;
}

/**
 * One step of retention: drops the batches of the oldest jobs, with their denials and findings, and the jobs that no
 * first sighting and no use names. `jobs` and `rawKeys` are what this step dropped; when both are empty all is done.
 */
export async function retain(
  engine: Engine,
  { jobsBefore, limit }: Parameters<Index['retain']>[0],
): Promise<Answer> {
  return await engine.writer.transaction().execute(async tx => {
    // A writer that added to one of these jobs meanwhile would work it out from half of its batches.
    await engine.lock(tx, 'alone');
    const old = await sql<{ id: number; batches: number }>`
      select id, (select count(*) from batch as b where b.job = job.id) as batches from job
      where stripped <> 1 and last < ${Math.floor(jobsBefore)}
      order by last, id limit ${Math.max(1, Math.min(limit, 1000))}`.execute(tx);
    const whole: number[] = [];
    const touched: number[] = [];
    let room = BATCHES;
    for (const job of old.rows) {
      if (room <= 0) break;
      touched.push(job.id);
      if (job.batches <= room) whole.push(job.id);
      room -= job.batches;
    }
    const { rows: batches } = await sql<BatchRow>`
      select b.id, b.received, b.raw_key, b.mods from ${idRows(engine, touched)} as src
      cross join batch as b where b.job = src.id order by b.job, b.id limit ${BATCHES}`.execute(tx);
    const touch = batches.flatMap(({ id, received, mods }) =>
      decodeTouched(mods).map((modver): Cell[] => [eraOf(received), modver.id, received, id]),
    );
    for (const piece of pieces(touch)) {
      const rows = engine.rows({ era: 'int', modver: 'int', received: 'int', batch: 'int' }, piece);
      await sql`delete from touch where (era, modver, received, batch) in
        (select era, modver, received, batch from ${rows} as src)`.execute(tx);
    }
    const numbers = idRows(
      engine,
      batches.map(batch => batch.id),
    );
    await sql`delete from denial where batch in (select id from ${numbers} as src)`.execute(tx);
    await sql`delete from finding where batch in (select id from ${numbers} as src)`.execute(tx);
    await sql`delete from batch where id in (select id from ${numbers} as src)`.execute(tx);
    await sql`update job set stripped = 1 where id in (select id from ${idRows(engine, whole)} as src)`.execute(
      tx,
    );
    await sql`delete from job where id in (select id from ${idRows(engine, whole)} as src) and cited = 0
      and not exists (select 1 from repo_head as h
        where h.repo = job.repo and h.name = job.name and h.job = job.id)`.execute(tx);
    return { jobs: whole.length, rawKeys: batches.map(batch => batch.raw_key) };
  });
}
