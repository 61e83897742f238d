import { sql } from 'kysely';
import { type Cell, type Engine, idRows, pieces } from '../engine.ts';
import type { Db } from '../schema.ts';
import { moduleSightingKey, type SightingBounds, type SightingKey, sightingKey } from './cache.ts';
import { lockInOrder } from './lock.ts';
import { compare, id, type Names, repoName } from './names.ts';
import type { Prepared } from './prepare.ts';
import type { JobRow } from './rows.ts';
import { ascending } from './sets.ts';

/** The earliest sighting of something; of two at the same time the one whose job has the lower uid. */
interface Sighted {
  readonly key: readonly number[];
  readonly at: number;
  readonly job: number;
  readonly uid: string;
}

interface Winner {
  readonly i: number;
  readonly before: number | null;
  readonly before_uid: string | null;
}

interface Rollup {
  readonly table: 'first_seen' | 'first_module' | 'repo_mod';
  readonly key: readonly string[];
}

const FIRST_SEEN: Rollup = { table: 'first_seen', key: ['modver'] };
const FIRST_MODULE: Rollup = { table: 'first_module', key: ['module'] };
const REPO_MOD: Rollup = { table: 'repo_mod', key: ['repo', 'modver'] };

/** What a group of batches said of the past, by digest. */
export interface News {
  readonly movedEarlier: ReadonlyMap<string, readonly string[]>;
  readonly conflicts: ReadonlyMap<string, readonly string[]>;
  /** What is known to be seen once this is committed, with the time until which it was, by its key in the cache. */
  readonly seen: readonly { readonly key: SightingKey; readonly at: number }[];
}

/**
 * Lowers first-seen of versions, modules and repositories to what these batches saw of code coming in, and notes
 * versions with two hashes.
 */
export async function writeSightings(
  engine: Engine,
  tx: Db,
  known: SightingBounds,
  names: Names,
  jobs: ReadonlyMap<string, JobRow>,
  batches: readonly Prepared[],
): Promise<News> {
  const versions = new Map<SightingKey, Sighted>();
  const modules = new Map<SightingKey, Sighted>();
  const inRepos = new Map<SightingKey, Sighted>();
  for (const batch of batches) {
    const job = jobs.get(batch.facts.job.uid);
    if (job === undefined) continue;
    const repo = id(names.repos, repoName(batch));
    for (const [key, use] of batch.modules) {
      const ids = names.modvers.get(key);
      if (!use.code || ids === undefined) continue;
      const seen = { at: use.time, job: job.id, uid: job.uid };
      lower(known, versions, sightingKey(ids.modver), [ids.modver], seen);
      lower(known, modules, moduleSightingKey(ids.module), [ids.module], seen);
      lower(known, inRepos, sightingKey(ids.modver, repo), [repo, ids.modver], seen);
    }
  }
  const inRepoRows = sorted(inRepos.values());
  const versionRows = sorted(versions.values());
  const moduleRows = sorted(modules.values());
  const newVersions = await winners(engine, tx, FIRST_SEEN, versionRows);
  const newModules = await winners(engine, tx, FIRST_MODULE, moduleRows);
  const newInRepos = await winners(engine, tx, REPO_MOD, inRepoRows);
  const appeared = newVersions
    .filter(({ winner }) => winner.before === null)
    .map(({ row }) => row.key[0] ?? 0);
  if (appeared.length > 0) await lockModules(engine, tx, names, appeared);
  await write(engine, tx, FIRST_SEEN, newVersions);
  await write(engine, tx, FIRST_MODULE, newModules);
  await write(engine, tx, REPO_MOD, newInRepos);
  await cite(engine, tx, newVersions, [...newModules, ...newInRepos]);
  return {
    movedEarlier: moved(names, batches, newModules),
    conflicts: await clashes(engine, tx, names, batches, appeared),
    seen: [versions, modules, inRepos].flatMap(map => [...map].map(([key, { at }]) => ({ key, at }))),
  };
}

/** Notes the earliest; what is known to have been seen before cannot be the first. */
function lower(
  known: SightingBounds,
  map: Map<SightingKey, Sighted>,
  name: SightingKey,
  key: readonly number[],
  seen: Omit<Sighted, 'key'>,
): void {
  if (known.seenBefore(name, seen.at)) return;
  const before = map.get(name);
  if (before === undefined || isEarlier(seen, before)) map.set(name, { key, ...seen });
}

function isEarlier(a: Omit<Sighted, 'key'>, b: Omit<Sighted, 'key'>): boolean {
  return a.at !== b.at ? a.at < b.at : a.uid < b.uid;
}

function sorted(sightings: Iterable<Sighted>): Sighted[] {
  return [...sightings].sort(
    (a, b) => (a.key[0] ?? 0) - (b.key[0] ?? 0) || (a.key[1] ?? 0) - (b.key[1] ?? 0),
  );
}

interface Won {
  readonly row: Sighted;
  readonly winner: Winner;
}

/** Those that are earlier than what is there: usually none, and then nothing is written or locked. */
async function winners(
  engine: Engine,
  tx: Db,
  { table, key }: Rollup,
  rows: readonly Sighted[],
): Promise<Won[]> {
  const out: Won[] = [];
  const same = sql.raw(key.map(column => `t.${column} = src.${column}`).join(' and '));
  const shape = Object.fromEntries(['i', ...key, 'at'].map(name => [name, 'int' as const]));
  for (const piece of pieces(rows)) {
    const given = piece.map((row, i): Cell[] => [i, ...row.key, row.at, row.uid]);
    const found = await sql<Winner>`
      select src.i as i, t.at as before, j.uid as before_uid
      from ${engine.rows({ ...shape, uid: 'text' }, given)} as src
      left join ${sql.table(table)} as t on ${same}
      left join job as j on j.id = t.job and src.at = t.at
      where t.at is null or src.at < t.at or (src.at = t.at and src.uid < j.uid)`.execute(tx);
    for (const winner of found.rows) {
      const row = piece[winner.i];
      if (row !== undefined) out.push({ row, winner });
    }
  }
  return out.sort((a, b) => rowOrder(a.row, b.row));
}

function rowOrder(a: Sighted, b: Sighted): number {
  return (a.key[0] ?? 0) - (b.key[0] ?? 0) || (a.key[1] ?? 0) - (b.key[1] ?? 0);
}

async function write(engine: Engine, tx: Db, { table, key }: Rollup, won: readonly Won[]): Promise<void> {
  const columns = [...key, 'at', 'job'];
  const list = sql.raw(columns.join(', '));
  const shape = Object.fromEntries(columns.map(name => [name, 'int' as const]));
  const t = sql.table(table);
  for (const piece of pieces(won)) {
    const given = piece.map(({ row }): Cell[] => [...row.key, row.at, row.job]);
    // Another writer may have been faster with an earlier one.
    await sql`insert into ${t} (${list}) select ${list} from ${engine.rows(shape, given)} as src where true
      on conflict (${sql.raw(key.join(', '))}) do update set at = excluded.at, job = excluded.job
      where excluded.at < ${t}.at or (excluded.at = ${t}.at and
        (select uid from job where id = excluded.job) < (select uid from job where id = ${t}.job))`.execute(
      tx,
    );
  }
}

/** A job that a first sighting names outlives retention; one that brought a version in is news for the forge. */
async function cite(engine: Engine, tx: Db, versions: readonly Won[], others: readonly Won[]): Promise<void> {
  const news = new Set(versions.map(({ row }) => row.job));
  const cited = new Set([...news, ...others.map(({ row }) => row.job)]);
  const cells = [...cited].sort((a, b) => a - b).map((job): Cell[] => [job, news.has(job) ? 1 : 0]);
  for (const piece of pieces(cells)) {
    await sql`update job set cited = 1, news = case
        when src.news = 0 or job.news > 0 or job.sha = '' then job.news
        when exists (select 1 from change c where c.repo = job.repo and c.sha = job.sha and c.again is null) then 2 else 1 end
      from ${engine.rows({ job: 'int', news: 'int' }, piece)} as src where job.id = src.job`.execute(tx);
  }
}

/** Whoever brings in a version of a module first waits for others that do: else each would miss the other's hash. */
async function lockModules(engine: Engine, tx: Db, names: Names, appeared: readonly number[]): Promise<void> {
  const wanted = new Set(appeared);
  const modules = new Set<number>();
  for (const ids of names.modvers.values()) if (wanted.has(ids.modver)) modules.add(ids.module);
  await lockInOrder(engine, tx, 'module', ascending(modules));
}

function moved(
  names: Names,
  batches: readonly Prepared[],
  won: readonly Won[],
): ReadonlyMap<string, readonly string[]> {
  const known = new Map<number, Omit<Sighted, 'key' | 'job'> | undefined>();
  for (const { row, winner } of won) {
    const before =
      winner.before === null ? undefined : { at: winner.before, uid: winner.before_uid ?? '\uffff' };
    known.set(row.key[0] ?? 0, before);
  }
  const out = new Map<string, string[]>();
  for (const batch of batches) {
    const { digest, job } = batch.facts;
    for (const [key, use] of batch.modules) {
      const module = names.modvers.get(key)?.module ?? 0;
      if (!use.code || !known.has(module)) continue;
      const before = known.get(module);
      const seen = { at: use.time, uid: job.uid };
      if (before !== undefined) {
        if (seen.at > before.at || (seen.at === before.at && seen.uid >= before.uid)) continue;
        const list = out.get(digest) ?? [];
        if (!list.includes(use.module)) list.push(use.module);
        out.set(digest, list);
      }
      known.set(module, seen);
    }
  }
  return out;
}

/** Versions that now have two hashes because of a module version that just appeared. */
async function clashes(
  engine: Engine,
  tx: Db,
  names: Names,
  batches: readonly Prepared[],
  appeared: readonly number[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  /** Hashes of a version that were there before, by the number of one that appeared. */
  const others = new Map<number, number[]>();
  for (const piece of pieces(appeared)) {
    const given = idRows(engine, piece);
    const { rows } = await sql<{ id: number; other: number; module: number; version: string }>`
      select a.id as id, b.id as other, a.module as module, a.version as version
      from ${given} as src cross join modver as a cross join modver as b cross join first_seen as f
      where a.id = src.id and a.h1 <> '' and b.module = a.module and b.version = a.version
        and b.id <> a.id and b.h1 <> '' and f.modver = b.id
      order by a.module, a.version`.execute(tx);
    const cells = new Map(rows.map(row => [`${row.module}\0${row.version}`, [row.module, row.version]]));
    for (const few of pieces([...cells.values()])) {
      await sql`insert into clash (module, version)
        select module, version from ${engine.rows({ module: 'int', version: 'text' }, few)} as src where true
        on conflict (module, version) do nothing`.execute(tx);
    }
    for (const row of rows) others.set(row.id, [...(others.get(row.id) ?? []), row.other]);
  }
  const out = new Map<string, string[]>();
  if (others.size === 0) return out;
  const unseen = new Set(appeared);
  for (const batch of batches) {
    for (const [key, use] of batch.modules) {
      const modver = names.modvers.get(key)?.modver ?? 0;
      if (!use.code || !unseen.delete(modver)) continue;
      if (!(others.get(modver) ?? []).some(other => !unseen.has(other))) continue;
      const { digest } = batch.facts;
      out.set(digest, [...(out.get(digest) ?? []), `${use.module}@${use.version}`].sort(compare));
    }
  }
  return out;
}
