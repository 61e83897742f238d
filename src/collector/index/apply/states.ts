import { sql } from 'kysely';
import type { JobState } from '../../types.ts';
import { type Cell, type Engine, idRows, pieces } from '../engine.ts';
import type { Db } from '../schema.ts';
import type { JobRow } from './rows.ts';
import { keepSets, membersOfJobs } from './sets.ts';

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

/** Batches that are read at once to tell what their jobs had. */
const BATCHES = 500;

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
    const sums = await sumUp(engine, tx, piece);
    const sets = await setsOf(
      engine,
      tx,
      sums.filter(sum => stateOf(sum) === 'closed'),
    );
    const byId = new Map(sums.map(sum => [sum.job, sum]));
    const cells: Cell[][] = [];
    for (const job of piece) {
      const sum = byId.get(job.id);
      if (sum === undefined) continue;
      const state = stateOf(sum);
      const modset = sets.get(job.id) ?? null;
      const eligible = state === 'closed' && job.on_default === 1 ? 1 : 0;
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
      out.push({ ...job, state, modset, eligible });
    }
    await writeStates(engine, tx, cells);
  }
  return out;
}

/** The set of each of these jobs, by its number. */
async function setsOf(engine: Engine, tx: Db, jobs: readonly Sums[]): Promise<Map<number, number>> {
  const out = new Map<number, number>();
  let group: number[] = [];
  let batches = 0;
  const flush = async (): Promise<void> => {
    const members = [...(await membersOfJobs(engine, tx, group))];
    const numbers = await keepSets(
      engine,
      tx,
      members.map(([, numbers]) => numbers),
    );
    for (const [i, [job]] of members.entries()) out.set(job, numbers[i] ?? 0);
    group = [];
    batches = 0;
  };
  for (const sum of jobs) {
    if (group.length > 0 && batches + sum.batches > BATCHES) await flush();
    group.push(sum.job);
    batches += sum.batches;
  }
  if (group.length > 0) await flush();
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
  const given = idRows(
    engine,
    jobs.map(job => job.id),
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
