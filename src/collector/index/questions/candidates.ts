import { type RawBuilder, sql } from 'kysely';
import { cleanKey } from '../../clean.ts';
import type { Index, LogCandidate } from '../../types.ts';
import { page, pageSize, readCursor } from '../cursor.ts';
import type { Db } from '../schema.ts';
import { moduleNumber, repositoriesAt } from './sighting.ts';

type Question = Parameters<Index['candidates']>[0];
type Answer = Awaited<ReturnType<Index['candidates']>>;

const NONE: Answer = { batches: [], next: null };

/** The batches that may hold records of a module, refusals, of a repository or a job; newest first. */
export async function candidates(db: Db, question: Question): Promise<Answer> {
  const size = pageSize(question.limit);
  const cursor = readCursor(question.after, ['number', 'string']);
  const where: RawBuilder<unknown>[] = [];
  let from = sql`batch as b`;
  let received = sql`b.received`;
  if (question.decision === 'deny') {
    from = sql`denial as t cross join batch as b`;
    received = sql`t.received`;
    where.push(sql`b.id = t.batch`);
  }
  if (question.module !== undefined) {
    const number = await moduleNumber(db, cleanKey(question.module));
    if (number === undefined) return NONE;
    if (question.decision === 'deny') {
      where.push(sql`t.module = ${number}`);
    } else {
      from = sql`touch as t cross join batch as b`;
      received = sql`t.received`;
      where.push(sql`b.id = t.batch`);
      where.push(sql`t.modver in (select id from modver where module = ${number}
        ${question.version === undefined ? sql`` : sql`and version = ${cleanKey(question.version)}`})`);
    }
  }
  if (question.version !== undefined && question.decision === 'deny') {
    where.push(sql`t.version = ${cleanKey(question.version)}`);
  }
  if (question.repository !== undefined) {
    const repos = await repositoriesAt(db, cleanKey(question.repository));
    if (repos.length === 0) return NONE;
    where.push(sql`b.repo in (${sql.join(repos)})`);
  }
  if (question.job !== undefined) {
    where.push(sql`b.job = (select id from job where uid = ${cleanKey(question.job)})`);
  }
  if (question.since !== undefined) where.push(sql`${received} >= ${Math.floor(question.since)}`);
  if (cursor !== undefined) {
    where.push(sql`${received} <= ${cursor[0]}`);
    where.push(sql`(${received}, b.digest) < (${sql.join(cursor)})`);
  }
  const found = await sql<LogCandidate>`
    select distinct b.digest as digest, b.raw_key as "rawKey", ${received} as received from ${from}
    ${where.length === 0 ? sql`` : sql`where ${sql.join(where, sql` and `)}`}
    order by ${received} desc, b.digest desc limit ${size + 1}`.execute(db);
  const { rows, next } = page(found.rows, size, row => [row.received, row.digest]);
  return { batches: rows.map(row => ({ ...row })), next };
}
