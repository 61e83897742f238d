import { type RawBuilder, sql } from 'kysely';
import type { ChangeInfo, Sighting } from '../../types.ts';
import { ASSURANCES } from '../apply/prepare.ts';
import { type Engine, idRows, pieces } from '../engine.ts';
import type { Db } from '../schema.ts';

/** Something seen: when, and the number of the job that saw it. */
export interface Seen {
  readonly at: number;
  readonly job: number;
}

interface JobWords {
  readonly id: number;
  readonly uid: string;
  readonly repository: string;
  readonly ref: string;
  readonly sha: string;
  readonly actor: string;
  readonly url: string;
  readonly assurance: number;
  readonly info: string | null;
}

/** A time of the index as answers have it. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Tells sightings in words: each job is read once, however many sightings name it. */
export async function sightings(
  engine: Engine,
  db: Db,
  seen: readonly Seen[],
): Promise<(seen: Seen) => Sighting> {
  const jobs = new Map<number, JobWords>();
  for (const piece of pieces([...new Set(seen.map(({ job }) => job))])) {
    const given: RawBuilder<unknown> = idRows(engine, piece);
    const { rows } = await sql<JobWords>`
      select j.id, j.uid, r.path as repository, j.ref, j.sha, j.actor, j.url, j.assurance, c.info as info
      from ${given} as src cross join job as j cross join repo as r
      left join change as c on c.repo = j.repo and c.sha = j.sha and c.info <> ''
      where j.id = src.id and r.id = j.repo`.execute(db);
    for (const row of rows) jobs.set(row.id, row);
  }
  return ({ at, job }) => {
    const words = jobs.get(job);
    if (words === undefined) throw new Error(`The index has a sighting by job ${job} and no such job.`);
    return {
      time: isoTime(at),
      repository: words.repository,
      ref: words.ref,
      sha: words.sha,
      actor: words.actor,
      job: words.uid,
      url: words.url,
      assurance: ASSURANCES[words.assurance] ?? 'relayed',
      ...(words.info === null ? {} : { change: JSON.parse(words.info) as ChangeInfo }),
    };
  };
}

/** Numbers of the repositories that go by this path now; a path may have been given away and taken again. */
export async function repositoriesAt(db: Db, path: string): Promise<number[]> {
  const rows = await db
    .selectFrom('repo')
    .select('id')
    .where('path', '=', path)
    .orderBy('id')
    .limit(100)
    .execute();
  return rows.map(row => row.id);
}

/** The number of a module, undefined when no record names it. */
export async function moduleNumber(db: Db, path: string): Promise<number | undefined> {
  return (await db.selectFrom('module').select('id').where('path', '=', path).executeTakeFirst())?.id;
}
