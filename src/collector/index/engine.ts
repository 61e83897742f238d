import type { Kysely, RawBuilder } from 'kysely';
import type { Db, Tables } from './schema.ts';

export type Cell = string | number | null;
export type ColumnKind = 'int' | 'text';

/** What differs between the two engines, beside the dialect: everything else is one SQL text. */
export interface Engine {
  readonly kind: 'sqlite' | 'postgres';
  /** For messages: the file, or the address without credentials. */
  readonly name: string;
  /** Writes; every transaction of it sees what the one before committed. */
  readonly writer: Db;
  /** Reads, without waiting for the writer. */
  readonly reader: Db;
  /**
   * Rows handed to a statement as a table: `sql`... from ${engine.rows({id: 'int'}, rows)} as src``.
   * The statement's text does not depend on how many there are. Rows keep their order.
   */
  rows(shape: Readonly<Record<string, ColumnKind>>, rows: readonly (readonly Cell[])[]): RawBuilder<unknown>;
  /** ` for update` where other writers are possible. */
  readonly lockRows: RawBuilder<unknown>;
  /** Taken at the begin of a transaction: any number of `apply`, or one `alone`. */
  lock(tx: Kysely<Tables>, how: 'apply' | 'alone'): Promise<void>;
  /** Names of the tables that are there, as `name`. */
  readonly catalogue: RawBuilder<{ name: string }>;
  /** DDL of a table. */
  createTable(name: string, table: TableShape): readonly string[];
  /** The transaction lost against another one and may be tried again. */
  isTransient(error: unknown): boolean;
  /** The database is away, as opposed to refusing a statement. */
  isAway(error: unknown): boolean;
  close(): Promise<void>;
}

/** A table in words that both engines have. A column `id` numbers itself and is the key. */
export interface TableShape {
  readonly columns: Readonly<Record<string, ColumnKind | 'int?' | 'text?'>>;
  /** The key where it is not `id`; rows lie in its order where the engine can. */
  readonly key?: readonly string[];
  readonly unique?: readonly (readonly string[])[];
  readonly indexes?: readonly (readonly string[])[];
}

/** Numbers handed to a statement as a table with one column, `id`. */
export function idRows(engine: Pick<Engine, 'rows'>, ids: readonly number[]): RawBuilder<unknown> {
  return engine.rows(
    { id: 'int' },
    ids.map(id => [id]),
  );
}

/** At most this many rows go into one statement. */
export const ROWS_A_STATEMENT = 5000;

/** Rows in pieces that one statement takes. */
export function* pieces<T>(rows: readonly T[], size: number = ROWS_A_STATEMENT): Generator<readonly T[]> {
  if (rows.length <= size) {
    if (rows.length > 0) yield rows;
    return;
  }
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}
