import { type RawBuilder, sql } from 'kysely';
import type { LogCandidate } from '../../types.ts';
import { type Cell, type Engine, idRows, pieces } from '../engine.ts';
import { eraOf } from '../era.ts';
import type { Db } from '../schema.ts';

/** Where batches are noted: by the module versions in them, or by what was refused. */
export type Source =
  | { readonly table: 'touch'; readonly modvers: readonly number[] }
  | { readonly table: 'denial'; readonly where: RawBuilder<unknown> };

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

/** Times of batches, the earliest and the first that is too late; ms since 1970. */
interface Span {
  readonly from: number;
  readonly before: number;
}

/** Places (a module version in a week) that one statement looks at. */
const TOGETHER = 20_000;
/** Batches received in one millisecond that are told apart. */
const TIES = 10_000;

/** The newest batches of a source. */
export async function newest(
  engine: Engine,
  db: Db,
  source: Source,
  { size, since, cursor }: Range,
): Promise<readonly LogCandidate[]> {
  const find = (span: Span, limit: number) =>
    source.table === 'touch'
      ? touched(engine, db, source.modvers, span, limit)
      : refused(db, source.where, span, limit);
  const from = since ?? 0;
  const found = await find({ from, before: cursor?.received ?? Number.MAX_SAFE_INTEGER }, size);
  // What shares a millisecond with either end of the page is ordered by digest, which no index has.
  const last = found[size - 1]?.received;
  const ends = new Set([last, cursor?.received].filter(end => end !== undefined && end >= from));
  for (const end of ends) found.push(...(await find({ from: end ?? 0, before: (end ?? 0) + 1 }, TIES)));
  const rows = await tell(engine, db, [...new Set(found.map(({ batch }) => batch))]);
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

/** Newest first. Week after week, and more of them at once the longer too little is found. */
async function touched(
  engine: Engine,
  db: Db,
  modvers: readonly number[],
  { from, before }: Span,
  limit: number,
): Promise<Place[]> {
  const found: Place[] = [];
  const most = Math.max(1, Math.floor(TOGETHER / modvers.length));
  let last = eraOf(before - 1);
  for (let count = 1; found.length < limit; count = Math.min(4 * count, most)) {
    const eras = await erasUpTo(db, last, eraOf(from), count);
    const cells = eras.flatMap(era => modvers.map((modver): Cell[] => [era, modver]));
    const { rows } = await sql<Place>`
      select distinct t.received as received, t.batch as batch
      from ${engine.rows({ era: 'int', modver: 'int' }, cells)} as src cross join touch as t
      where t.era = src.era and t.modver = src.modver and t.received >= ${from} and t.received < ${before}
      order by t.received desc, t.batch desc limit ${limit - found.length}`.execute(db);
    for (const row of rows) found.push(row);
    if (eras.length < count) break;
    last = (eras.at(-1) ?? 0) - 1;
  }
  return found;
}

/** The weeks of which there is anything, from the last one down; of others there may be any number. */
async function erasUpTo(db: Db, last: number, first: number, count: number): Promise<number[]> {
  const { rows } = await sql<{ era: number }>`
    with recursive week(era) as (
      select max(era) from touch where era <= ${last}
      union all
      select (select max(t.era) from touch as t where t.era < week.era) from week where week.era >= ${first}
    ) select era from week where era >= ${first} limit ${count}`.execute(db);
  return rows.map(({ era }) => era);
}

/** Newest first. */
async function refused(
  db: Db,
  where: RawBuilder<unknown>,
  { from, before }: Span,
  limit: number,
): Promise<Place[]> {
  // A batch may have many.
  const { rows } = await sql<Place>`
    select distinct received, batch from denial
    where ${where} and received >= ${from} and received < ${before}
    order by received desc, batch desc limit ${limit}`.execute(db);
  return rows;
}

async function tell(engine: Engine, db: Db, batches: readonly number[]): Promise<LogCandidate[]> {
  const out: LogCandidate[] = [];
  for (const piece of pieces(batches)) {
    const { rows } = await sql<LogCandidate>`
      select b.digest as digest, b.raw_key as "rawKey", b.received as received
      from ${idRows(engine, piece)} as src cross join batch as b where b.id = src.id`.execute(db);
    out.push(...rows);
  }
  return out;
}
