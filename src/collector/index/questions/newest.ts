import { type RawBuilder, sql } from 'kysely';
import type { LogCandidate } from '../../types.ts';
import { type Engine, idRows, pieces } from '../engine.ts';
import type { Db } from '../schema.ts';

/** Rows of (received, batch) in a table. */
export interface Source {
  readonly table: 'touch' | 'denial';
  /** What is wanted, in parts: an index has the rows of each in the order of time. */
  readonly parts: readonly RawBuilder<unknown>[];
  /** All parts in one condition. */
  readonly all: RawBuilder<unknown>;
}

export interface Range {
  readonly size: number;
  readonly since: number | undefined;
  /** The last batch of the page before. */
  readonly cursor: { readonly received: number; readonly digest: string } | undefined;
}

interface Place {
  readonly received: number;
  readonly batch: number;
}

/** Parts in one statement; SQLite takes 500. */
const TOGETHER = 50;
/** Batches received in one millisecond that are told apart. */
const TIES = 10_000;

/**
 * The newest batches of a source. Each part gives its newest only: a popular module is in every batch there is, and
 * neither engine merges ordered lists by itself.
 */
export async function newest(
  engine: Engine,
  db: Db,
  source: Source,
  { size, since, cursor }: Range,
): Promise<readonly LogCandidate[]> {
  const places = new Map<number, Place>();
  let floor = since ?? 0;
  let ordered: Place[] = [];
  for (const parts of pieces(source.parts, TOGETHER)) {
    const before = cursor === undefined ? sql`` : sql`and received < ${cursor.received}`;
    for (const row of await gather(db, source.table, parts, sql`and received >= ${floor} ${before}`, size)) {
      places.set(row.batch, row);
    }
    ordered = [...places.values()].sort((a, b) => b.received - a.received);
    floor = ordered[size - 1]?.received ?? floor;
  }
  const kept = ordered.filter(({ received }) => received >= floor);
  // What shares a millisecond with either end of the page is ordered by digest, which no index has.
  const ends = new Set<number>();
  if (kept.length >= size) ends.add(floor);
  if (cursor !== undefined && cursor.received >= (since ?? 0)) ends.add(cursor.received);
  for (const end of ends) {
    for (const parts of pieces(source.parts, TOGETHER)) {
      kept.push(...(await gather(db, source.table, parts, sql`and received = ${end}`, TIES)));
    }
  }
  const rows = await tell(engine, db, [...new Set(kept.map(({ batch }) => batch))]);
  return rows
    .filter(
      ({ received, digest }) =>
        cursor === undefined ||
        received < cursor.received ||
        (received === cursor.received && digest < cursor.digest),
    )
    .sort((a, b) => b.received - a.received || (a.digest < b.digest ? 1 : -1))
    .slice(0, size);
}

async function gather(
  db: Db,
  table: Source['table'],
  parts: readonly RawBuilder<unknown>[],
  range: RawBuilder<unknown>,
  limit: number,
): Promise<readonly Place[]> {
  // Within one module version a batch is noted once.
  const distinct = sql.raw(table === 'denial' ? 'distinct' : '');
  const each = parts.map(
    where =>
      sql`select * from (select ${distinct} received, batch from ${sql.table(table)}
        where ${where} ${range} order by received desc, batch desc limit ${limit}) as one`,
  );
  return (await sql<Place>`${sql.join(each, sql` union all `)}`.execute(db)).rows;
}

async function tell(engine: Engine, db: Db, batches: readonly number[]): Promise<LogCandidate[]> {
  const out: LogCandidate[] = [];
  for (const piece of pieces(batches)) {
    const given = idRows(engine, piece);
    const { rows } = await sql<LogCandidate>`
      select b.digest as digest, b.raw_key as "rawKey", b.received as received
      from ${given} as src cross join batch as b where b.id = src.id`.execute(db);
    out.push(...rows);
  }
  return out;
}
