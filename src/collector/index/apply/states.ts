import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { JobState } from '../../types.ts';
import { type Cell, type Engine, pieces } from '../engine.ts';
import { decodeTouched, encodeIds } from '../id-list.ts';
import type { Db } from '../schema.ts';
import type { JobRow } from './rows.ts';

interface Sums {
  readonly job: number;
  readonly opened: number;
  readonly last: number;
  readonly batches: number;
  readonly records: number;
  readonly dropped: number;
  readonly inventory: number;
  readonly assurance: number;
  readonly repos: number;
  readonly insts: number;
  readonly closed: number;
  readonly mismatch: number;
  readonly gap: number;
}

/**
 * Works out, from all its batches, what each of these jobs is: so that it does not matter in which order they came.
 * Returns the jobs as they are now.
 */
export async function updateJobs(engine: Engine, tx: Db, jobs: readonly JobRow[]): Promise<JobRow[]> {
  const out: JobRow[] = [];
  for (const piece of pieces(
    [...jobs].sort((a, b) => a.id - b.id),
    1000,
  )) {
    const sums = new Map((await sumUp(engine, tx, piece)).map(row => [row.job, row]));
    const headers = new Map((await headersOf(engine, tx, piece)).map(row => [row.id, row]));
    const cells: Cell[][] = [];
    for (const job of piece) {
      const sum = sums.get(job.id);
      const now = headers.get(job.id);
      if (sum === undefined || now === undefined) continue;
      const state = stateOf(sum);
      const modset = state === 'closed' ? await keepSet(tx, await membersOfJob(engine, tx, job.id)) : null;
      const eligible = state === 'closed' && now.on_default === 1 ? 1 : 0;
      cells.push([
        job.id,
        state,
        sum.opened,
        sum.last,
        sum.batches,
        sum.records,
        sum.dropped,
        sum.inventory,
        sum.assurance,
        modset,
        eligible,
      ]);
      out.push({ ...job, repo: now.repo, name: now.name, state, modset, eligible });
    }
    await writeStates(engine, tx, cells);
  }
  return out;
}

function stateOf(sum: Sums): JobState {
  if (sum.mismatch > 0 || sum.repos > 1) return 'mismatch';
  if (sum.closed < sum.insts) return 'open';
  return sum.gap > 0 ? 'gap' : 'closed';
}

/**
 * Each batch beside the one before it in its instance. They contradict each other when two have one number, when one
 * does not name the one before it, follows a closing one, or counts requests again; something is missing when numbers
 * of batches or requests are.
 */
async function sumUp(engine: Engine, tx: Db, jobs: readonly JobRow[]): Promise<readonly Sums[]> {
  const given = engine.rows(
    { id: 'int' },
    jobs.map(job => [job.id]),
  );
  const { rows } = await sql<Sums>`
    select job, min(sealed) as opened, max(sealed) as last, count(*) as batches,
      cast(sum(records) as bigint) as records, cast(sum(dropped) as bigint) as dropped,
      max(inventory) as inventory, min(assurance) as assurance,
      count(distinct repo) as repos, count(distinct inst) as insts,
      count(distinct case when phase = 'close' then inst end) as closed,
      max(case
        when was_no is null then case when no = 1 and prev is not null then 1 else 0 end
        when no = was_no or was_phase = 'close' or first_seq <= was_last then 1
        when no = was_no + 1 and (prev is null or prev <> was_digest) then 1
        else 0 end) as mismatch,
      max(case
        when was_no is null then case when no > 1 or first_seq > 1 then 1 else 0 end
        when no > was_no + 1 or first_seq > was_last + 1 then 1
        else 0 end) as gap
    from (
      select b.job, b.repo, b.inst, b.no, b.prev, b.phase, b.sealed, b.records, b.dropped, b.inventory,
        b.assurance, b.first_seq,
        lag(b.no) over w as was_no, lag(b.digest) over w as was_digest,
        lag(b.phase) over w as was_phase, lag(b.last_seq) over w as was_last
      from ${given} as src cross join batch as b where b.job = src.id
      window w as (partition by b.job, b.inst order by b.no, b.digest)
    ) as chain group by job`.execute(tx);
  return rows;
}

async function headersOf(engine: Engine, tx: Db, jobs: readonly JobRow[]) {
  const given = engine.rows(
    { id: 'int' },
    jobs.map(job => [job.id]),
  );
  const { rows } = await sql<{ id: number; repo: number; name: string; on_default: number }>`
    select j.id, j.repo, j.name, j.on_default from ${given} as src
    cross join job as j where j.id = src.id`.execute(tx);
  return rows;
}

/**
 * What the batches of a job brought or found, numbers ascending. A version without its hash gives way to the same one
 * with it: a zip whose hash the proxy did not tell is in the inventory again.
 */
export async function membersOfJob(engine: Engine, tx: Db, job: number): Promise<number[]> {
  const rows = await tx.selectFrom('batch').select('mods').where('job', '=', job).execute();
  const members = new Set<number>();
  const bare = new Set<number>();
  for (const row of rows) {
    for (const touched of decodeTouched(row.mods)) {
      if (!touched.member) continue;
      members.add(touched.id);
      if (touched.bare) bare.add(touched.id);
    }
  }
  for (const piece of pieces([...bare])) {
    const given = engine.rows(
      { id: 'int' },
      piece.map(modver => [modver]),
    );
    const same = await sql<{ id: number; other: number }>`
      select a.id as id, b.id as other from ${given} as src cross join modver as a cross join modver as b
      where a.id = src.id and b.module = a.module and b.version = a.version and b.id <> a.id`.execute(tx);
    for (const { id, other } of same.rows) if (members.has(other)) members.delete(id);
  }
  return [...members].sort((a, b) => a - b);
}

/** The number of a set of module versions, ascending by number; it is made when it is new. */
export async function keepSet(tx: Db, members: readonly number[]): Promise<number> {
  const text = encodeIds(members);
  const digest = createHash('sha256').update(text).digest('hex');
  const find = () => tx.selectFrom('modset').select('id').where('digest', '=', digest);
  const found = await find().executeTakeFirst();
  if (found !== undefined) return found.id;
  await tx
    .insertInto('modset')
    .values({ digest, members: text })
    .onConflict(conflict => conflict.column('digest').doNothing())
    .execute();
  return (await find().executeTakeFirstOrThrow()).id;
}

async function writeStates(engine: Engine, tx: Db, cells: readonly Cell[][]): Promise<void> {
  if (cells.length === 0) return;
  const shape = {
    id: 'int',
    state: 'text',
    opened: 'int',
    last: 'int',
    batches: 'int',
    records: 'int',
    dropped: 'int',
    inventory: 'int',
    assurance: 'int',
    modset: 'int',
    eligible: 'int',
  } as const;
  const taken = Object.keys(shape).slice(1);
  await sql`update job set ${sql.raw(taken.map(column => `${column} = src.${column}`).join(', '))}
    from ${engine.rows(shape, cells)} as src where job.id = src.id`.execute(tx);
}
