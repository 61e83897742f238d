import { sql } from 'kysely';
import type { Index } from '../../types.ts';
import { page, pageSize, readCursor } from '../cursor.ts';
import type { Db } from '../schema.ts';
import { ownedPath } from './scope.ts';
import { isoTime } from './sighting.ts';

type Answer = Awaited<ReturnType<Index['repositories']>>;

interface RepositoryRow {
  readonly iss: string;
  readonly key: string;
  readonly native: string;
  readonly path: string;
  readonly last: number;
}

/** Every repository that sent a record, ever. */
export async function repositories(
  db: Db,
  { forge, owners, limit, after }: Parameters<Index['repositories']>[0],
): Promise<Answer> {
  const size = pageSize(limit);
  const cursor = readCursor(after, ['string', 'string']);
  const where = [sql`1 = 1`];
  if (forge !== undefined) where.push(sql`forge = ${forge}`);
  const owned = ownedPath(sql`path`, owners);
  if (owned !== undefined) where.push(owned);
  if (cursor !== undefined) where.push(sql`(iss, key) > (${sql.join(cursor)})`);
  const found = await sql<RepositoryRow>`
    select iss, key, native, path, last from repo where ${sql.join(where, sql` and `)}
    order by iss, key limit ${size + 1}`.execute(db);
  const { rows, next } = page(found.rows, size, row => [row.iss, row.key]);
  return {
    repositories: rows.map(row => ({
      iss: row.iss,
      repository: row.path,
      repositoryId: row.native,
      last: isoTime(row.last),
    })),
    next,
  };
}
