import { sql } from 'kysely';
import { type Cell, type ColumnKind, type Engine, pieces } from '../engine.ts';
import type { Db } from '../schema.ts';
import type { ApplyCache, ModverIds } from './cache.ts';
import type { Prepared } from './prepare.ts';

/** Numbers of everything that a group of batches names. */
export interface Names {
  /** By `${iss}\0${key}`. */
  readonly repos: ReadonlyMap<string, number>;
  readonly modules: ReadonlyMap<string, number>;
  /** By `modverKey`. */
  readonly modvers: ReadonlyMap<string, ModverIds>;
}

/** The key of a repository in `Names`. */
export function repoName(batch: Prepared): string {
  return `${batch.facts.job.iss}\0${batch.repoKey}`;
}

/**
 * Gives numbers to all names of these batches. Rows are made in the order of their keys, the same in every writer, so
 * that writers wait for each other and never in a circle. Repositories come first and stay locked: what is worked out
 * for a repository from several jobs is worked out by one writer at a time.
 */
export async function nameAll(
  engine: Engine,
  tx: Db,
  cache: ApplyCache,
  batches: readonly Prepared[],
): Promise<Names> {
  const repos = await nameRepositories(engine, tx, batches);
  const modvers = new Map<string, ModverIds>();
  const unknown = new Map<string, { module: string; version: string; h1: string }>();
  const paths = new Set<string>();
  for (const batch of batches) {
    for (const [key, use] of batch.modules) {
      if (modvers.has(key) || unknown.has(key)) continue;
      const known = cache.modvers.get(key);
      if (known !== undefined) {
        modvers.set(key, known);
        continue;
      }
      unknown.set(key, use);
      paths.add(use.module);
    }
    for (const module of batch.denied) paths.add(module);
  }
  const modules = await number(engine, tx, 'module', { path: 'text' }, [...paths].sort(compare), path => [
    path,
  ]);
  const sorted = [...unknown.entries()].sort(([a], [b]) => compare(a, b));
  const found = await number(
    engine,
    tx,
    'modver',
    { module: 'int', version: 'text', h1: 'text' },
    sorted.map(([key]) => key),
    key => {
      const use = unknown.get(key);
      return use === undefined ? [] : [id(modules, use.module), use.version, use.h1];
    },
  );
  for (const [key, use] of unknown) {
    modvers.set(key, { module: id(modules, use.module), modver: id(found, key) });
  }
  return { repos, modules, modvers };
}

/** Keeps the numbers of a transaction that is committed. */
export function remember(cache: ApplyCache, names: Names): void {
  for (const [key, ids] of names.modvers) cache.modvers.set(key, ids);
}

/** A number that has to be there. */
export function id<K>(numbers: ReadonlyMap<K, number>, key: K): number {
  const found = numbers.get(key);
  if (found === undefined) throw new Error(`The index has no number for ${JSON.stringify(key)}.`);
  return found;
}

/** By UTF-16 units: any order will do that is the same everywhere. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function number(
  engine: Engine,
  tx: Db,
  table: 'module' | 'modver',
  shape: Readonly<Record<string, ColumnKind>>,
  keys: readonly string[],
  cells: (key: string) => Cell[],
): Promise<Map<string, number>> {
  const out = new Map<string, number>();
  const columns = sql.raw(Object.keys(shape).join(', '));
  const same = sql.raw(
    Object.keys(shape)
      .map(column => `t.${column} = src.${column}`)
      .join(' and '),
  );
  for (const piece of pieces(keys)) {
    let missing = piece;
    const find = async () => {
      const given = missing.map((key, i) => [i, ...cells(key)]);
      const { rows } = await sql<{ i: number; id: number }>`
        select src.i as i, t.id as id from ${engine.rows({ i: 'int', ...shape }, given)} as src
        cross join ${sql.table(table)} as t where ${same}`.execute(tx);
      for (const row of rows) out.set(missing[row.i] ?? '', row.id);
      missing = missing.filter(key => !out.has(key));
    };
    await find();
    if (missing.length === 0) continue;
    const given = missing.map(key => cells(key));
    await sql`insert into ${sql.table(table)} (${columns})
      select ${columns} from ${engine.rows(shape, given)} as src where true
      on conflict (${columns}) do nothing`.execute(tx);
    await find();
  }
  return out;
}

async function nameRepositories(
  engine: Engine,
  tx: Db,
  batches: readonly Prepared[],
): Promise<Map<string, number>> {
  const newest = new Map<string, Prepared>();
  for (const batch of batches) {
    const name = repoName(batch);
    const before = newest.get(name);
    if (before === undefined || newer(batch, before)) newest.set(name, batch);
  }
  const names = [...newest.keys()].sort(compare);
  const cells = names.map((name, i): Cell[] => {
    const batch = newest.get(name) as Prepared;
    const { iss, repositoryId, forge } = batch.facts.job;
    return [
      i,
      iss,
      batch.repoKey,
      batch.repoKey.startsWith('id:') ? repositoryId : '',
      forge,
      batch.path,
      batch.facts.sealed,
    ];
  });
  const out = new Map<string, number>();
  for (const piece of pieces(cells)) {
    const src = engine.rows(
      { i: 'int', iss: 'text', key: 'text', native: 'text', forge: 'text', path: 'text', last: 'int' },
      piece,
    );
    await sql`insert into repo (iss, key, native, forge, path, last)
      select iss, key, native, forge, path, last from ${src} as src where true
      on conflict (iss, key) do update set path = excluded.path, last = excluded.last
      where (excluded.last, excluded.path) > (repo.last, repo.path)`.execute(tx);
    const { rows } = await sql<{ i: number; id: number }>`
      select src.i as i, r.id as id from ${src} as src
      cross join repo as r where r.iss = src.iss and r.key = src.key`.execute(tx);
    for (const row of rows) out.set(names[row.i] ?? '', row.id);
  }
  return out;
}

function newer(a: Prepared, b: Prepared): boolean {
  if (a.facts.sealed !== b.facts.sealed) return a.facts.sealed > b.facts.sealed;
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)) > 0;
}
