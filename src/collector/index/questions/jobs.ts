import { sql } from 'kysely';
import type { AuditFinding } from '../../../audit/record.ts';
import { cleanKey } from '../../clean.ts';
import type { Index, JobState, JobsAnswer } from '../../types.ts';
import { page, pageSize, readCursor } from '../cursor.ts';
import { type Engine, idRows } from '../engine.ts';
import type { Db } from '../schema.ts';
import { ownedPath } from './scope.ts';
import { isoTime, repositoriesAt } from './sighting.ts';

/** Most findings of one job in an answer; a batch may hold 500. */
const FINDINGS = 100;

interface JobWords {
  readonly id: number;
  readonly uid: string;
  readonly path: string;
  readonly ref: string;
  readonly sha: string;
  readonly name: string;
  readonly actor: string;
  readonly url: string;
  readonly state: JobState;
  readonly opened: number;
  readonly last: number;
  readonly batches: number;
  readonly records: number;
  readonly dropped: number;
}

/** Jobs by state and repository, the one heard of last first. */
export async function jobs(
  engine: Engine,
  db: Db,
  { states, repository, owners, before, limit, after }: Parameters<Index['jobs']>[0],
): Promise<JobsAnswer> {
  const size = pageSize(limit);
  const cursor = readCursor(after, ['number', 'string']);
  const where = [sql`r.id = j.repo`, sql`j.stripped = 0`];
  if (states?.length === 0) return { jobs: [], next: null };
  if (states !== undefined) where.push(sql`j.state in (${sql.join(states)})`);
  if (before !== undefined) where.push(sql`j.last < ${Math.floor(before)}`);
  const owned = ownedPath(sql`r.path`, owners);
  if (owned !== undefined) where.push(owned);
  if (repository !== undefined) {
    const repos = await repositoriesAt(db, cleanKey(repository));
    if (repos.length === 0) return { jobs: [], next: null };
    where.push(sql`j.repo in (${sql.join(repos)})`);
  }
  if (cursor !== undefined) {
    where.push(sql`j.last <= ${cursor[0]}`);
    where.push(sql`(j.last, j.uid) < (${sql.join(cursor)})`);
  }
  const found = await sql<JobWords>`
    select j.id, j.uid, r.path, j.ref, j.sha, j.name, j.actor, j.url, j.state, j.opened, j.last, j.batches,
      j.records, j.dropped
    from job as j cross join repo as r where ${sql.join(where, sql` and `)}
    order by j.last desc, j.uid desc limit ${size + 1}`.execute(db);
  const { rows, next } = page(found.rows, size, row => [row.last, row.uid]);
  const findings = await findingsOf(
    engine,
    db,
    rows.map(row => row.id),
  );
  return {
    jobs: rows.map(row => ({
      job: row.uid,
      repository: row.path,
      ref: row.ref,
      sha: row.sha,
      name: row.name,
      actor: row.actor,
      url: row.url,
      state: row.state,
      opened: isoTime(row.opened),
      last: isoTime(row.last),
      batches: row.batches,
      records: row.records,
      dropped: row.dropped,
      findings: findings.get(row.id) ?? [],
    })),
    next,
  };
}

async function findingsOf(
  engine: Engine,
  db: Db,
  jobs: readonly number[],
): Promise<ReadonlyMap<number, readonly AuditFinding[]>> {
  const given = idRows(engine, jobs);
  const { rows } = await sql<{
    job: number;
    rule: string;
    level: AuditFinding['level'];
    module: string | null;
    version: string | null;
    message: string;
  }>`select job, rule, level, module, version, message from (
      select b.job as job, f.rule as rule, f.level as level, f.module as module, f.version as version,
        f.message as message, row_number() over (partition by b.job order by b.inst, b.no, b.digest, f.no) as place
      from ${given} as src cross join batch as b cross join finding as f
      where b.job = src.id and f.batch = b.id
    ) as told where place <= ${FINDINGS} order by job, place`.execute(db);
  const out = new Map<number, AuditFinding[]>();
  for (const { job, rule, level, module, version, message } of rows) {
    const list = out.get(job) ?? [];
    list.push({
      rule,
      level,
      ...(module === null ? {} : { module }),
      ...(version === null ? {} : { version }),
      message,
    });
    out.set(job, list);
  }
  return out;
}
