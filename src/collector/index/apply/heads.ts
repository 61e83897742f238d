import { sql } from 'kysely';
import { type Cell, type Engine, pieces } from '../engine.ts';
import { decodeIds } from '../id-list.ts';
import type { Db } from '../schema.ts';
import type { JobRow } from './rows.ts';
import { keepSet } from './states.ts';

/** A job this much older than the newest of its repository says nothing of today: its workflow is gone. */
export const HEAD_AGE_MS = 30 * 24 * 3600 * 1000;

interface Head {
  readonly repo: number;
  readonly last: number;
  readonly modset: number;
}

/**
 * What repositories use now: of each job name the newest closed job of the default branch (one with an inventory
 * before one without, which knows only what it fetched), none much older than the newest of the repository.
 * `before` and `after` are the same jobs as they were and as they are.
 */
export async function updateUse(
  engine: Engine,
  tx: Db,
  before: readonly JobRow[],
  after: readonly JobRow[],
): Promise<void> {
  const places = new Map<string, readonly [number, string]>();
  for (const job of [...before, ...after]) {
    if (job.eligible === 1) places.set(`${job.repo} ${job.name}`, [job.repo, job.name]);
  }
  if (places.size === 0) return;
  const sorted = [...places.values()].sort(([a, x], [b, y]) => a - b || (x < y ? -1 : 1));
  const repos = [...new Set(sorted.map(([repo]) => repo))];
  if (engine.kind === 'postgres') {
    const given = engine.rows(
      { id: 'int' },
      repos.map(repo => [repo]),
    );
    await sql`select id from repo where id in (select id from ${given} as src) order by id${engine.lockRows}`.execute(
      tx,
    );
  }
  for (const piece of pieces(sorted)) await chooseHeads(engine, tx, piece);
  await updateRepositories(engine, tx, repos);
}

async function chooseHeads(
  engine: Engine,
  tx: Db,
  places: readonly (readonly [number, string])[],
): Promise<void> {
  const given = places.map(([repo, name], i): Cell[] => [i, repo, name]);
  const { rows } = await sql<{ i: number; job: number | null }>`
    select src.i as i, (
      select j.id from job as j where j.repo = src.repo and j.name = src.name and j.eligible = 1
      order by j.inventory desc, j.last desc, j.uid desc limit 1
    ) as job from ${engine.rows({ i: 'int', repo: 'int', name: 'text' }, given)} as src`.execute(tx);
  const heads: Cell[][] = [];
  const none: Cell[][] = [];
  for (const { i, job } of rows) {
    const [repo, name] = places[i] ?? [0, ''];
    if (job === null) none.push([repo, name]);
    else heads.push([repo, name, job]);
  }
  if (heads.length > 0) {
    await sql`insert into repo_head (repo, name, job)
      select repo, name, job from ${engine.rows({ repo: 'int', name: 'text', job: 'int' }, heads)} as src where true
      on conflict (repo, name) do update set job = excluded.job`.execute(tx);
  }
  if (none.length > 0) {
    await sql`delete from repo_head where (repo, name) in
      (select repo, name from ${engine.rows({ repo: 'int', name: 'text' }, none)} as src)`.execute(tx);
  }
}

async function updateRepositories(engine: Engine, tx: Db, repos: readonly number[]): Promise<void> {
  const given = engine.rows(
    { id: 'int' },
    repos.map(repo => [repo]),
  );
  const { rows } = await sql<Head>`
    select distinct h.repo as repo, j.last as last, j.modset as modset
    from ${given} as src cross join repo_head as h cross join job as j
    where h.repo = src.id and j.id = h.job and j.modset is not null`.execute(tx);
  const current = await sql<{ id: number; uses: number | null }>`
    select r.id, r.uses from ${given} as src cross join repo as r where r.id = src.id`.execute(tx);
  const heads = Map.groupBy(rows, head => head.repo);
  for (const { id, uses } of current.rows) {
    const own = heads.get(id) ?? [];
    const newest = own.reduce((last, head) => Math.max(last, head.last), 0);
    const sets = new Set(own.filter(head => head.last >= newest - HEAD_AGE_MS).map(head => head.modset));
    const now = await union(tx, sets);
    if (now === uses) continue;
    await replaceUse(engine, tx, id, uses, now);
  }
}

async function union(tx: Db, sets: ReadonlySet<number>): Promise<number | null> {
  const [only] = sets;
  if (only === undefined) return null;
  if (sets.size === 1) return only;
  const all = new Set<number>();
  for (const set of sets) for (const member of await membersOf(tx, set)) all.add(member);
  return await keepSet(
    tx,
    [...all].sort((a, b) => a - b),
  );
}

async function membersOf(tx: Db, set: number | null): Promise<number[]> {
  if (set === null) return [];
  const row = await tx.selectFrom('modset').select('members').where('id', '=', set).executeTakeFirst();
  return row === undefined ? [] : decodeIds(row.members);
}

async function replaceUse(
  engine: Engine,
  tx: Db,
  repo: number,
  before: number | null,
  now: number | null,
): Promise<void> {
  const had = new Set(await membersOf(tx, before));
  const has = new Set(await membersOf(tx, now));
  const shape = { modver: 'int', repo: 'int' } as const;
  for (const piece of pieces([...has].filter(member => !had.has(member)))) {
    const cells = piece.map((modver): Cell[] => [modver, repo]);
    await sql`insert into repo_use (modver, repo)
      select modver, repo from ${engine.rows(shape, cells)} as src where true`.execute(tx);
  }
  for (const piece of pieces([...had].filter(member => !has.has(member)))) {
    const cells = piece.map((modver): Cell[] => [modver, repo]);
    await sql`delete from repo_use where (modver, repo) in
      (select modver, repo from ${engine.rows(shape, cells)} as src)`.execute(tx);
  }
  await tx.updateTable('repo').set({ uses: now }).where('id', '=', repo).execute();
}
