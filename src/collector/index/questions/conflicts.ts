import { sql } from 'kysely';
import type { ConflictsAnswer, Index } from '../../types.ts';
import { page, pageSize, readCursor } from '../cursor.ts';
import type { Engine } from '../engine.ts';
import type { Db } from '../schema.ts';
import { ownedRepo } from './scope.ts';
import { type Seen, sightings } from './sighting.ts';

/** Most hashes that one version is shown with; an honest one has one, a moved tag two. */
const HASHES = 100;

interface HashRow extends Seen {
  readonly module: string;
  readonly version: string;
  readonly h1: string;
}

/** Versions that came with more than one h1: a tag was moved, or somebody lies. */
export async function conflicts(
  engine: Engine,
  db: Db,
  { owners, limit, after }: Parameters<Index['conflicts']>[0],
): Promise<ConflictsAnswer> {
  const size = pageSize(limit);
  const cursor = readCursor(after, ['string', 'string']);
  const later = cursor === undefined ? sql`` : sql`and (m.path, c.version) > (${sql.join(cursor)})`;
  const owned = ownedRepo(sql`s.repo`, owners);
  // Whoever sees some repositories only is told of a conflict among these only.
  const seen =
    owned === undefined
      ? sql``
      : sql`and (select count(distinct v.h1) from modver as v cross join repo_mod as s
          where v.module = c.module and v.version = c.version and v.h1 <> '' and s.modver = v.id and ${owned}) > 1`;
  const clashes = await sql<{ id: number; module: string; version: string }>`
    select m.id as id, m.path as module, c.version as version
    from clash as c cross join module as m where m.id = c.module ${later} ${seen}
    order by m.path, c.version limit ${size + 1}`.execute(db);
  const { rows, next } = page(clashes.rows, size, row => [row.module, row.version]);
  const hashes: HashRow[] = [];
  for (const { id, module, version } of rows) {
    const found =
      owned === undefined
        ? await sql<Omit<HashRow, 'module'>>`
            select v.version as version, v.h1 as h1, f.at as at, f.job as job
            from modver as v cross join first_seen as f
            where v.module = ${id} and v.version = ${version} and v.h1 <> '' and f.modver = v.id
            order by f.at, v.h1 limit ${HASHES}`.execute(db)
        : await sql<Omit<HashRow, 'module'>>`
            select version, h1, at, job from (
              select v.version as version, v.h1 as h1, s.at as at, s.job as job,
                row_number() over (partition by v.id order by s.at, j.uid) as place
              from modver as v cross join repo_mod as s cross join job as j
              where v.module = ${id} and v.version = ${version} and v.h1 <> '' and s.modver = v.id and ${owned}
                and j.id = s.job
            ) as firsts where place = 1 order by at, h1 limit ${HASHES}`.execute(db);
    hashes.push(...found.rows.map(row => ({ ...row, module })));
  }
  const tell = await sightings(engine, db, hashes);
  const byVersion = Map.groupBy(hashes, row => `${row.module}\0${row.version}`);
  return {
    conflicts: rows.map(({ module, version }) => ({
      module,
      version,
      hashes: (byVersion.get(`${module}\0${version}`) ?? []).map(row => ({ h1: row.h1, first: tell(row) })),
    })),
    next,
  };
}
