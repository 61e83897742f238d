import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import type { Cell, ColumnKind, Engine, TableShape } from './engine.ts';
import { IndexError } from './errors.ts';
import type { Tables } from './schema.ts';
import { sqliteDialect } from './sqlite-dialect.ts';

/** Page cache of each of the two connections, KiB: what a week of batches touches; more does not make them faster. */
const CACHE_KIB = 8 * 1024;
/** Pages of 4 KiB in the log before they go into the file: seldom enough that hot pages go once. */
const CHECKPOINT_PAGES = 10_000;
/** How long a statement waits for another process, ms; the event loop waits with it. */
const BUSY_MS = 2000;

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const AWAY = new Set([7, 8, 10, 13, 14]);

/** The index in a file of its own; the directory is made. Throws IndexError. */
export async function openSqlite(file: string): Promise<Engine> {
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  const { DatabaseSync } = await importSqlite();
  const opened: DatabaseSync[] = [];
  try {
    const writing = new DatabaseSync(file, { timeout: BUSY_MS, enableForeignKeyConstraints: false });
    opened.push(writing);
    writing.exec('pragma journal_mode = wal');
    writing.exec('pragma synchronous = full');
    writing.exec(`pragma cache_size = -${CACHE_KIB}`);
    writing.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    const reading = new DatabaseSync(file, { timeout: BUSY_MS, readOnly: true });
    opened.push(reading);
    reading.exec(`pragma cache_size = -${CACHE_KIB}`);
    return engine(file, writing, reading);
  } catch (error) {
    for (const db of opened) db.close();
    throw cannotOpen(file, error);
  }
}

function engine(file: string, writing: DatabaseSync, reading: DatabaseSync): Engine {
  const writer = new Kysely<Tables>({ dialect: sqliteDialect(writing, 'begin immediate') });
  const reader = new Kysely<Tables>({ dialect: sqliteDialect(reading, 'begin') });
  return {
    kind: 'sqlite',
    name: file,
    writer,
    reader,
    rows,
    lockRows: sql``,
    // BEGIN IMMEDIATE excludes every other writer already.
    lock: async () => {},
    catalogue: sql`select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'`,
    createTable,
    isTransient: error => [SQLITE_BUSY, SQLITE_LOCKED].includes(errcode(error)),
    isAway: error => AWAY.has(errcode(error)),
    close: async () => {
      // Kysely leaves a connection alone that was never used. The writer goes last: a reader cannot clear the log away.
      await reader.destroy();
      if (reading.isOpen) reading.close();
      await writer.destroy();
      if (writing.isOpen) writing.close();
    },
  };
}

function rows(shape: Readonly<Record<string, ColumnKind>>, cells: readonly (readonly Cell[])[]) {
  const columns = Object.keys(shape).map((name, i) => `value ->> ${i} as ${name}`);
  return sql`(select ${sql.raw(columns.join(', '))} from json_each(${JSON.stringify(cells)}))`;
}

const TYPES = { int: 'integer not null', text: 'text not null', 'int?': 'integer', 'text?': 'text' };

function createTable(name: string, table: TableShape): string[] {
  const columns = Object.entries(table.columns).map(([column, kind]) =>
    column === 'id' ? 'id integer primary key' : `"${column}" ${TYPES[kind]}`,
  );
  const keys = table.key === undefined ? [] : [`primary key (${table.key.join(', ')})`];
  const unique = (table.unique ?? []).map(key => `unique (${key.join(', ')})`);
  // A table with a key of its own lies in its order, without a second tree for it.
  const how = table.key === undefined ? 'strict' : 'strict, without rowid';
  return [
    `create table "${name}" (${[...columns, ...keys, ...unique].join(', ')}) ${how}`,
    ...(table.indexes ?? []).map(
      key => `create index "${name}_${key.join('_')}" on "${name}" (${key.join(', ')})`,
    ),
  ];
}

function errcode(error: unknown): number {
  // Extended codes keep the primary one in their low byte.
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
}

function cannotOpen(file: string, error: unknown): IndexError {
  const why = error instanceof Error ? error.message : String(error);
  if (errcode(error) === 26) {
    return new IndexError(
      'not-an-index',
      `${file} is not an SQLite database (${why}): move it away, and the index is rebuilt from the raw batches.`,
      { cause: error },
    );
  }
  return new IndexError(
    'unavailable',
    `The index ${file} cannot be opened: ${why}. Check that the file and its directory belong to this user.`,
    { cause: error },
  );
}

/** node:sqlite without the one warning that older versions of Node print on every start. */
export async function importSqlite(): Promise<typeof import('node:sqlite')> {
  const emit = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (String(warning).includes('SQLite is an experimental feature')) return;
    Reflect.apply(emit, process, [warning, ...rest]);
  }) as typeof process.emitWarning;
  try {
    return await import('node:sqlite');
  } finally {
    process.emitWarning = emit;
  }
}
