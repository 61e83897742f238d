import { sql } from 'kysely';
import { cleanKey } from '../../clean.ts';
import type { Index, UsedAnswer } from '../../types.ts';
import { HEAD_AGE_MS } from '../apply/heads.ts';
import { membersOfSets, SETS } from '../apply/sets.ts';
import { page, pageSize, readCursor } from '../cursor.ts';
import { type Engine, idRows, pieces } from '../engine.ts';
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
  // The repository's own first sighting is looked up for the page only, not for all that is sorted for it.
  const found = await sql<UseRow>`
    select p.*, (select f.at from repo_mod as f where f.repo = p.repo and f.modver = p.modver) as first
    from (
      select m.id as modver, m.version as version, m.h1 as h1, r.id as repo, r.path as path, r.iss as iss, r.key as key
      from modver as m cross join repo_use as u cross join repo as r
      where ${sql.join(where, sql` and `)}
      order by m.version, m.h1, r.path, r.iss, r.key limit ${size + 1}
    ) as p order by p.version, p.h1, p.path, p.iss, p.key`.execute(db);
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
async function headsWith(engine: Engine, db: Db, uses: readonly UseRow[]): Promise<(use: UseRow) => HeadRow> {
  const repos = [...new Set(uses.map(use => use.repo))];
  const { rows } = await sql<HeadRow>`
    select h.repo as repo, j.uid as uid, j.ref as ref, j.last as last, j.modset as modset
    from ${idRows(engine, repos)} as src cross join repo_head as h cross join job as j
    where h.repo = src.id and j.id = h.job and j.modset is not null
    order by j.last desc, j.uid desc`.execute(db);
  const heads = Map.groupBy(rows, head => head.repo);
  const wanted = new Set(uses.map(use => use.modver));
  const found = new Map<UseRow, HeadRow>();
  let left = uses;
  // Nearly all are in the newest head of their repository, and only these sets are read.
  for (let place = 0; left.length > 0; place++) {
    const tried = left.map(use => ({ use, head: headAt(heads.get(use.repo) ?? [], place, use) }));
    const sets = await membersAmong(
      engine,
      db,
      tried.map(({ head }) => head.modset),
      wanted,
    );
    for (const { use, head } of tried) if (sets.get(head.modset)?.has(use.modver)) found.set(use, head);
    left = left.filter(use => !found.has(use));
  }
  return use => found.get(use) ?? headAt([], 0, use);
}

/** One of the heads of a repository (newest first) that still count. Throws where there is none. */
function headAt(heads: readonly HeadRow[], place: number, use: UseRow): HeadRow {
  const head = heads[place];
  if (head !== undefined && head.last >= (heads[0]?.last ?? 0) - HEAD_AGE_MS) return head;
  throw new Error(`The index has a use in ${use.path} and no job for it.`);
}

/** Those of `wanted` that are in each set: sets may be large. */
async function membersAmong(
  engine: Engine,
  db: Db,
  sets: readonly number[],
  wanted: ReadonlySet<number>,
): Promise<ReadonlyMap<number, ReadonlySet<number>>> {
  const out = new Map<number, ReadonlySet<number>>();
  for (const piece of pieces([...new Set(sets)], SETS)) {
    for (const [set, members] of await membersOfSets(engine, db, piece)) {
      out.set(set, new Set(members.filter(member => wanted.has(member))));
    }
  }
  return out;
}
