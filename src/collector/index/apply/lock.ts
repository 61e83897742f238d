import { sql } from 'kysely';
import { type Engine, idRows, pieces } from '../engine.ts';
import type { Db } from '../schema.ts';

/**
 * Takes rows for this transaction, those with lower ids first: two that want some of the same wait for each other instead
 * of both being ended. SQLite has one writer, who has all rows anyway.
 * @param ids ascending
 */
export async function lockInOrder(
  engine: Engine,
  tx: Db,
  table: 'module' | 'repo',
  ids: readonly number[],
): Promise<void> {
  if (engine.kind !== 'postgres') return;
  for (const piece of pieces(ids)) {
    const given = idRows(engine, piece);
    await sql`select id from ${sql.table(table)}
      where id in (select id from ${given} as src) order by id${engine.lockRows}`.execute(tx);
  }
}
