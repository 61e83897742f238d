import { sql } from 'kysely';
import { cleanKey } from '../../clean.ts';
import type { Index, WhoAnswer } from '../../types.ts';
import { page, pageSize, readCursor } from '../cursor.ts';
import type { Engine } from '../engine.ts';
import type { Db } from '../schema.ts';
import { moduleNumber, repositoriesAt, type Seen, sightings } from './sighting.ts';

interface VersionRow extends Seen {
  readonly version: string;
  readonly h1: string;
}

/** Who first brought in a module, each of its versions, or one; everywhere or in one repository. */
export async function who(
  engine: Engine,
  db: Db,
  { module, version, repository, limit, after }: Parameters<Index['who']>[0],
): Promise<WhoAnswer> {
  const size = pageSize(limit);
  const cursor = readCursor(after, ['string', 'string']);
  const empty = { module, ...(version === undefined ? {} : { version }), versions: [], next: null };
  const number = await moduleNumber(db, cleanKey(module));
  if (number === undefined) return empty;
  const repos = repository === undefined ? undefined : await repositoriesAt(db, cleanKey(repository));
  if (repos?.length === 0) return empty;

  const sightedBy = repos === undefined ? sql`first_seen as s` : sql`repo_mod as s`;
  const where = [sql`m.module = ${number}`, sql`s.modver = m.id`];
  if (repos !== undefined) where.push(sql`s.repo in (${sql.join(repos)})`);
  if (version !== undefined) where.push(sql`m.version = ${cleanKey(version)}`);
  const matching = sql`from modver as m cross join ${sightedBy} where ${sql.join(where, sql` and `)}`;

  // Of several repositories that had one path, each has its own first sighting of a version: the earliest counts.
  const later = cursor === undefined ? sql`` : sql`and (m.version, m.h1) > (${cursor[0]}, ${cursor[1]})`;
  const found = await sql<VersionRow & { id: number }>`
    select m.id as id, m.version as version, m.h1 as h1, s.at as at, s.job as job ${matching} ${later}
    order by m.version, m.h1, s.at limit ${(size + 1) * (repos?.length ?? 1)}`.execute(db);
  const versions = [...new Map(found.rows.toReversed().map(row => [row.id, row])).values()].toReversed();
  const first =
    repos === undefined && version === undefined
      ? await db
          .selectFrom('first_module')
          .select(['at', 'job'])
          .where('module', '=', number)
          .executeTakeFirst()
      : (
          await sql<Seen>`select s.at as at, s.job as job ${matching}
            order by s.at, (select uid from job where id = s.job) limit 1`.execute(db)
        ).rows[0];
  const { rows, next } = page(versions, size, row => [row.version, row.h1]);
  const tell = await sightings(engine, db, first === undefined ? rows : [...rows, first]);
  return {
    ...empty,
    ...(first === undefined ? {} : { first: tell(first) }),
    versions: rows.map(row => ({ version: row.version, h1: row.h1, first: tell(row) })),
    next,
  };
}
