import { sql } from 'kysely';
import type { Applied, BatchFacts } from '../../types.ts';
import { type Engine, idRows, pieces } from '../engine.ts';
import type { Db } from '../schema.ts';
import type { ApplyCache } from './cache.ts';
import { updateUse } from './heads.ts';
import { compare, nameAll, remember } from './names.ts';
import { type Prepared, prepare } from './prepare.ts';
import { type JobRow, jobsByUid, writeBatches, writeJobs } from './rows.ts';
import { writeSightings } from './sightings.ts';
import { updateJobs } from './states.ts';

/** Which of these digests the index has. */
export async function knownDigests(engine: Engine, db: Db, digests: readonly string[]): Promise<Set<string>> {
  const known = new Set<string>();
  for (const piece of pieces(digests)) {
    const { rows } = await sql<{ digest: string }>`
      select b.digest from ${engine.rows(
        { digest: 'text' },
        piece.map(digest => [digest]),
      )} as src cross join batch as b where b.digest = src.digest`.execute(db);
    for (const row of rows) known.add(row.digest);
  }
  return known;
}

/**
 * Takes batches in, all or none. Whatever the order, the grouping and the repetitions, the same batches lead to the
 * same index. A batch of a job whose batches retention has dropped still moves first sightings, and nothing else.
 */
export async function applyBatches(
  engine: Engine,
  cache: ApplyCache,
  batches: readonly BatchFacts[],
): Promise<Applied[]> {
  if (batches.length === 0) return [];
  const { applied, commit } = await engine.writer.transaction().execute(async tx => {
    await engine.lock(tx, 'apply');
    const known = await knownDigests(engine, tx, [...new Set(batches.map(batch => batch.digest))]);
    const fresh = new Map<string, Prepared>();
    for (const facts of batches) {
      if (!known.has(facts.digest) && !fresh.has(facts.digest)) fresh.set(facts.digest, prepare(facts));
    }
    const prepared = [...fresh.values()];
    if (prepared.length === 0) {
      return { applied: batches.map(({ digest }) => nothing(digest)), commit: () => {} };
    }
    const names = await nameAll(engine, tx, cache, prepared);
    const uids = [...new Set(prepared.map(batch => batch.facts.job.uid))].sort(compare);
    const before = await jobsByUid(engine, tx, uids);
    await writeJobs(engine, tx, names, prepared);
    const jobs = await jobsByUid(engine, tx, uids);
    const late = await writeBatches(engine, tx, names, jobs, prepared);
    const news = await writeSightings(engine, tx, cache.sightings, names, jobs, prepared);
    const after = await updateJobs(
      engine,
      tx,
      [...jobs.values()].filter(job => job.stripped === 0),
    );
    await updateUse(engine, tx, [...before.values()].filter(isLive), after);
    await noteLateOnes(
      engine,
      tx,
      [...jobs.values()].filter(job => !isLive(job)),
    );
    const told = new Set<string>();
    const applied = batches.map(({ digest }): Applied => {
      if (!fresh.has(digest) || late.has(digest) || told.has(digest)) return nothing(digest);
      told.add(digest);
      return {
        digest,
        dup: false,
        movedEarlier: news.movedEarlier.get(digest) ?? [],
        conflicts: news.conflicts.get(digest) ?? [],
      };
    });
    const commit = () => {
      remember(cache, names);
      for (const { key, at } of news.seen) cache.sightings.note(key, at);
    };
    return { applied, commit };
  });
  commit();
  return applied;
}

function nothing(digest: string): Applied {
  return { digest, dup: true, movedEarlier: [], conflicts: [] };
}

function isLive(job: JobRow): boolean {
  return job.stripped === 0;
}

/** Batches that came after retention dropped the others of their job: the next retention finds them. */
async function noteLateOnes(engine: Engine, tx: Db, jobs: readonly JobRow[]): Promise<void> {
  for (const piece of pieces(jobs)) {
    const given = idRows(
      engine,
      piece.map(job => job.id),
    );
    await sql`update job set stripped = 2 where id in (select id from ${given} as src)`.execute(tx);
  }
}
