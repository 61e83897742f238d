import { sql } from 'kysely';
import { cleanKey } from '../../clean.ts';
import type { Index, UsedAnswer } from '../../types.ts';
import { HEAD_AGE_MS } from '../apply/heads.ts';
import { page, pageSize, readCursor } from '../cursor.ts';
import { type Engine, idRows, pieces } from '../engine.ts';
import { decodeIds } from '../id-list.ts';
import type { Db } from '../schema.ts';
import { ownedPath } from './scope.ts';
import { isoTime, moduleNumber } from './sighting.ts';

interface UseRow {
  readonly modver: number;
  readonly version: string;
  readonly h1: string;
  readonly repo: number;
  readonly path: string;
  readonly iss: string;
  readonly key: string;
  readonly first: number | null;
}

interface HeadRow {
  readonly repo: number;
  readonly uid: string;
  readonly ref: string;
  readonly last: number;
  readonly modset: number;
}

/** Which repositories use a module, or one version of it, now. */
export async function used(
  engine: Engine,
  db: Db,
  { module, version, owners, limit, after }: Parameters<Index['used']>[0],
): Promise<UsedAnswer> {
  const size = pageSize(limit);
  const cursor = readCursor(after, ['string', 'string', 'string', 'string', 'string']);
  const asked = { module, ...(version === undefined ? {} : { version }) };
  const number = await moduleNumber(db, cleanKey(module));
  if (number === undefined) return { ...asked, uses: [], next: null };

  const where = [sql`m.module = ${number}`, sql`u.modver = m.id`, sql`r.id = u.repo`];
  if (version !== undefined) where.push(sql`m.version = ${cleanKey(version)}`);
  const owned = ownedPath(sql`r.path`, owners);
  if (owned !== undefined) where.push(owned);
  if (cursor !== undefined) {
    // The first condition is implied by the second, and an index has it.
    where.push(sql`m.version >= ${cursor[0]}`);
    where.push(sql`(m.version, m.h1, r.path, r.iss, r.key) > (${sql.join(cursor)})`);
  }
  const found = await sql<UseRow>`
    select m.id as modver, m.version as version, m.h1 as h1, r.id as repo, r.path as path, r.iss as iss,
      r.key as key, (select f.at from repo_mod as f where f.repo = r.id and f.modver = m.id) as first
    from modver as m cross join repo_use as u cross join repo as r
    where ${sql.join(where, sql` and `)}
    order by m.version, m.h1, r.path, r.iss, r.key limit ${size + 1}`.execute(db);
  const { rows, next } = page(found.rows, size, row => [row.version, row.h1, row.path, row.iss, row.key]);
  const headOf = await headsWith(engine, db, rows);
  return {
    ...asked,
    uses: rows.map(row => {
      const head = headOf(row);
      return {
        repository: row.path,
        version: row.version,
        h1: row.h1,
        first: isoTime(row.first ?? head.last),
        last: isoTime(head.last),
        ref: head.ref,
        job: head.uid,
      };
    }),
    next,
  };
}

/** For each use the newest head of the repository that has the version. */
async function headsWith(engine: Engine, db: Db, uses: readonly UseRow[]) {
  const repos = [...new Set(uses.map(use => use.repo))];
  const given = idRows(engine, repos);
  const heads = await sql<HeadRow>`
    select h.repo as repo, j.uid as uid, j.ref as ref, j.last as last, j.modset as modset
    from ${given} as src cross join repo_head as h cross join job as j
    where h.repo = src.id and j.id = h.job
    order by j.last desc, j.uid desc`.execute(db);
  const wanted = new Set(uses.map(use => use.modver));
  const sets = new Map<number, ReadonlySet<number>>();
  for (const piece of pieces([...new Set(heads.rows.map(head => head.modset))], 100)) {
    const rows = await db.selectFrom('modset').select(['id', 'members']).where('id', 'in', piece).execute();
    // Only what the page is about is kept: sets may be large.
    for (const { id, members } of rows) {
      sets.set(id, new Set(decodeIds(members).filter(member => wanted.has(member))));
    }
  }
  const byRepo = Map.groupBy(heads.rows, head => head.repo);
  return (use: UseRow): HeadRow => {
    const own = byRepo.get(use.repo) ?? [];
    const oldest = (own[0]?.last ?? 0) - HEAD_AGE_MS;
    const head = own.find(({ last, modset }) => last >= oldest && sets.get(modset)?.has(use.modver));
    if (head === undefined) throw new Error(`The index has a use in ${use.path} and no job for it.`);
    return head;
  };
}
