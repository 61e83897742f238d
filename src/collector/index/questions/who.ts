import { sql } from 'kysely';
import { cleanKey } from '../../clean.ts';
import type { Index, WhoAnswer } from '../../types.ts';
import { page, pageSize, readCursor } from '../cursor.ts';
import type { Engine } from '../engine.ts';
import type { Db } from '../schema.ts';
import { ownedRepo } from './scope.ts';
import { moduleNumber, repositoriesAt, type Seen, sightings } from './sighting.ts';

interface VersionRow extends Seen {
  readonly version: string;
  readonly h1: string;
}

/** Who first brought in a module, each of its versions, or one; everywhere or in one repository. */
export async function who(
  engine: Engine,
  db: Db,
  { module, version, repository, owners, limit, after }: Parameters<Index['who']>[0],
): Promise<WhoAnswer> {
  const size = pageSize(limit);
  const cursor = readCursor(after, ['string', 'string']);
  const empty = { module, ...(version === undefined ? {} : { version }), versions: [], next: null };
  const number = await moduleNumber(db, cleanKey(module));
  if (number === undefined) return empty;
  const repos = repository === undefined ? undefined : await repositoriesAt(db, cleanKey(repository));
  if (repos?.length === 0) return empty;

  // Sightings of each repository where not all of them count, else the first of all.
  const some = repos !== undefined || owners !== undefined;
  const where = [sql`m.module = ${number}`, sql`s.modver = m.id`];
  if (repos !== undefined) where.push(sql`s.repo in (${sql.join(repos)})`);
  const owned = ownedRepo(sql`s.repo`, owners);
  if (owned !== undefined) where.push(owned);
  if (version !== undefined) where.push(sql`m.version = ${cleanKey(version)}`);
  const matching = sql`from modver as m cross join ${some ? sql`repo_mod as s` : sql`first_seen as s`}
    where ${sql.join(where, sql` and `)}`;

  const later = cursor === undefined ? sql`` : sql`and (m.version, m.h1) > (${cursor[0]}, ${cursor[1]})`;
  const all = some
    ? sql`(select m.id, m.version, m.h1, s.at, s.job, row_number() over (
        partition by m.id order by s.at, (select uid from job where id = s.job)) as place ${matching} ${later})`
    : sql`(select m.id, m.version, m.h1, s.at, s.job, 1 as place ${matching} ${later})`;
  const found = await sql<VersionRow>`
    select version, h1, at, job from ${all} as firsts where place = 1
    order by version, h1 limit ${size + 1}`.execute(db);
  const first =
    !some && version === undefined
      ? await db
          .selectFrom('first_module')
          .select(['at', 'job'])
          .where('module', '=', number)
          .executeTakeFirst()
      : (
          await sql<Seen>`select s.at as at, s.job as job ${matching}
            order by s.at, (select uid from job where id = s.job) limit 1`.execute(db)
        ).rows[0];
  const { rows, next } = page(found.rows, size, row => [row.version, row.h1]);
  const tell = await sightings(engine, db, first === undefined ? rows : [...rows, first]);
  return {
    ...empty,
    ...(first === undefined ? {} : { first: tell(first) }),
    versions: rows.map(row => ({ version: row.version, h1: row.h1, first: tell(row) })),
    next,
  };
}
