import { sql } from 'kysely';
import { type Cell, type Engine, idRows, pieces } from '../engine.ts';
import type { Db } from '../schema.ts';
import { lockInOrder } from './lock.ts';
import type { JobRow } from './rows.ts';
import { ascending, keepSets, membersOfSets } from './sets.ts';

/** A job this much older than the newest of its repository says nothing of today: its workflow is gone. */
export const HEAD_AGE_MS = 30 * 24 * 3600 * 1000;

/** Repositories whose use is worked out together. */
const REPOSITORIES = 50;

interface Repository {
  readonly id: number;
  readonly uses: number | null;
}

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
  await lockInOrder(engine, tx, 'repo', repos);
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
  const heads = await headsOf(engine, tx, repos);
  const { rows } = await sql<Repository>`
    select r.id, r.uses from ${idRows(engine, repos)} as src cross join repo as r where r.id = src.id`.execute(
    tx,
  );
  const current = rows.map(({ id, uses }) => ({ id, uses, sets: currentSets(heads.get(id) ?? []) }));
  // Repositories may use a lot: what is in memory at once is what a few of them use.
  for (const piece of pieces(current, REPOSITORIES)) await updateSome(engine, tx, piece);
}

async function headsOf(
  engine: Engine,
  tx: Db,
  repos: readonly number[],
): Promise<ReadonlyMap<number, readonly Head[]>> {
  const { rows } = await sql<Head>`
    select distinct h.repo as repo, j.last as last, j.modset as modset
    from ${idRows(engine, repos)} as src cross join repo_head as h cross join job as j
    where h.repo = src.id and j.id = h.job and j.modset is not null`.execute(tx);
  return Map.groupBy(rows, head => head.repo);
}

/** Sets of the heads that still count, ascending. */
function currentSets(heads: readonly Head[]): readonly number[] {
  const newest = heads.reduce((last, head) => Math.max(last, head.last), 0);
  const sets = heads.filter(head => head.last >= newest - HEAD_AGE_MS).map(head => head.modset);
  return ascending(new Set(sets));
}

async function updateSome(
  engine: Engine,
  tx: Db,
  repos: readonly (Repository & { readonly sets: readonly number[] })[],
): Promise<void> {
  const several = repos.filter(({ sets }) => sets.length > 1);
  const known = await membersOfSets(
    engine,
    tx,
    several.flatMap(({ sets }) => sets),
  );
  const unions = several.map(({ sets }) => ascending(new Set(sets.flatMap(set => known.get(set) ?? []))));
  const united = new Map<number, number>();
  (await keepSets(engine, tx, unions)).forEach((set, i) => {
    known.set(set, unions[i] ?? []);
    united.set(several[i]?.id ?? 0, set);
  });
  const changed = repos
    .map(({ id, uses, sets }) => ({ id, uses, now: united.get(id) ?? sets[0] ?? null }))
    .filter(({ uses, now }) => uses !== now);
  if (changed.length === 0) return;
  const wanted = changed.flatMap(({ uses, now }) => [uses ?? 0, now ?? 0]);
  const more = await membersOfSets(
    engine,
    tx,
    wanted.filter(set => set > 0 && !known.has(set)),
  );
  const membersOf = (set: number | null) => known.get(set ?? 0) ?? more.get(set ?? 0) ?? [];
  const come: Cell[][] = [];
  const gone: Cell[][] = [];
  for (const { id, uses, now } of changed) {
    const had = new Set(membersOf(uses));
    const has = new Set(membersOf(now));
    for (const modver of has) if (!had.has(modver)) come.push([modver, id]);
    for (const modver of had) if (!has.has(modver)) gone.push([modver, id]);
  }
  await replaceUse(engine, tx, come, gone);
  const cells = changed.map(({ id, now }): Cell[] => [id, now]);
  await sql`update repo set uses = src.uses
    from ${engine.rows({ id: 'int', uses: 'int' }, cells)} as src where repo.id = src.id`.execute(tx);
}

async function replaceUse(
  engine: Engine,
  tx: Db,
  come: readonly Cell[][],
  gone: readonly Cell[][],
): Promise<void> {
  const shape = { modver: 'int', repo: 'int' } as const;
  for (const piece of pieces(come)) {
    await sql`insert into repo_use (modver, repo)
      select modver, repo from ${engine.rows(shape, piece)} as src where true`.execute(tx);
  }
  for (const piece of pieces(gone)) {
    await sql`delete from repo_use where (modver, repo) in
      (select modver, repo from ${engine.rows(shape, piece)} as src)`.execute(tx);
  }
}
