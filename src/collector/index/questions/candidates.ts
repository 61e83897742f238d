import { type RawBuilder, sql } from 'kysely';
import { cleanKey } from '../../clean.ts';
import type { Index, LogCandidate } from '../../types.ts';
import { page, pageSize, readCursor } from '../cursor.ts';
import type { Engine } from '../engine.ts';
import { ERA_MS } from '../era.ts';
import type { Db } from '../schema.ts';
import { newest, type Source } from './newest.ts';
import { moduleNumber, repositoriesAt } from './sighting.ts';

type Question = Parameters<Index['candidates']>[0];
type Answer = Awaited<ReturnType<Index['candidates']>>;

const NONE: Answer = { batches: [], next: null };
/** Versions of a module that are looked for one by one; of more, those seen last. */
const VERSIONS = 2000;

/** The batches that may hold records of a module, refusals, of a repository or a job; newest first. */
export async function candidates(engine: Engine, db: Db, question: Question): Promise<Answer> {
  const size = pageSize(question.limit);
  const key = readCursor(question.after, ['number', 'string']);
  const cursor = key === undefined ? undefined : { received: Number(key[0]), digest: String(key[1]) };
  const since = question.since === undefined ? undefined : Math.floor(question.since);
  const source = await sourceOf(db, question);
  const place = await placeOf(db, question);
  if (source === 'none' || place === 'none') return NONE;
  const range = { size: size + 1, since, cursor };
  const found =
    source !== undefined && place === undefined
      ? await newest(engine, db, source, range)
      : await fromBatches(db, source, place, range);
  const { rows, next } = page(found, size, row => [row.received, row.digest]);
  return { batches: rows.map(row => ({ ...row })), next };
}

/** Where batches of this module or with these refusals are noted; undefined when the question is about neither. */
async function sourceOf(
  db: Db,
  { module, version, decision }: Question,
): Promise<Source | 'none' | undefined> {
  const number = module === undefined ? undefined : await moduleNumber(db, cleanKey(module));
  if (module !== undefined && number === undefined) return 'none';
  if (decision === 'deny') {
    const where = [sql`1 = 1`];
    if (number !== undefined) where.push(sql`module = ${number}`);
    if (version !== undefined) where.push(sql`version = ${cleanKey(version)}`);
    return { table: 'denial', where: sql`${sql.join(where, sql` and `)}` };
  }
  if (number === undefined) return undefined;
  let query = db.selectFrom('modver').select('id').where('module', '=', number);
  if (version !== undefined) query = query.where('version', '=', cleanKey(version));
  const modvers = await query.orderBy('id', 'desc').limit(VERSIONS).execute();
  if (modvers.length === 0) return 'none';
  return { table: 'touch', modvers: modvers.map(({ id }) => id) };
}

async function placeOf(
  db: Db,
  { repository, job }: Question,
): Promise<RawBuilder<unknown> | 'none' | undefined> {
  const where: RawBuilder<unknown>[] = [];
  if (repository !== undefined) {
    const repos = await repositoriesAt(db, cleanKey(repository));
    if (repos.length === 0) return 'none';
    where.push(sql`b.repo in (${sql.join(repos)})`);
  }
  if (job !== undefined) {
    const row = await db.selectFrom('job').select('id').where('uid', '=', cleanKey(job)).executeTakeFirst();
    if (row === undefined) return 'none';
    where.push(sql`b.job = ${row.id}`);
  }
  return where.length === 0 ? undefined : sql`${sql.join(where, sql` and `)}`;
}

/** The week comes first in the key of the table. */
function inModvers(modvers: readonly number[]): RawBuilder<unknown> {
  return sql`t.era = b.received / ${sql.lit(ERA_MS)} and t.modver in (${sql.join(modvers)})`;
}

/** Batches in order of time, of a repository or job, each looked at for what is asked. */
async function fromBatches(
  db: Db,
  source: Source | undefined,
  place: RawBuilder<unknown> | undefined,
  { size, since, cursor }: Parameters<typeof newest>[3],
): Promise<readonly LogCandidate[]> {
  const where = [place ?? sql`1 = 1`];
  if (source !== undefined) {
    const of = source.table === 'denial' ? source.where : inModvers(source.modvers);
    where.push(sql`exists (select 1 from ${sql.table(source.table)} as t
      where t.received = b.received and t.batch = b.id and ${of})`);
  }
  if (since !== undefined) where.push(sql`b.received >= ${since}`);
  if (cursor !== undefined) {
    where.push(sql`b.received <= ${cursor.received}`);
    where.push(sql`(b.received, b.digest) < (${cursor.received}, ${cursor.digest})`);
  }
  const found = await sql<LogCandidate>`
    select b.digest as digest, b.raw_key as "rawKey", b.received as received from batch as b
    where ${sql.join(where, sql` and `)}
    order by b.received desc, b.digest desc limit ${size}`.execute(db);
  return found.rows;
}
