import { Kysely, PostgresDialect, sql } from 'kysely';
import { within } from '../../platform/within.ts';
import type { Cell, ColumnKind, Engine, TableShape } from './engine.ts';
import { IndexError } from './errors.ts';
import type { Tables } from './schema.ts';

/** Tables live in a schema of their own, so that the database may hold other things. */
const SCHEMA = 'modgate';
/** One number that every modgate takes its advisory lock on. */
const LOCK = 0x6d6f_6467;
const CONNECTIONS = 8;
/** Connections that stay open when nothing is asked: a new one takes longer than most answers. */
const KEPT_CONNECTIONS = 2;
const CONNECT_MS = 10_000;
/** A statement that takes longer is stuck: the largest piece of work takes well below a second. */
const STATEMENT_MS = 60_000;
/** What the server cannot end any more, because it is gone without a word, ends here. */
const ANSWER_MS = STATEMENT_MS + 5_000;
/** A pool whose connections broke while they were opened may never say that it has ended. */
const END_MS = 2_000;

const INT8 = 20;
const DEADLOCK = '40P01';
const SERIALIZATION = '40001';

/** The index in a PostgreSQL database (15 or newer). Throws IndexError `unavailable` when it cannot be reached. */
export async function openPostgres(url: string): Promise<Engine> {
  const { Pool, types } = (await import('pg')).default;
  const name = withoutCredentials(url);
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS,
    min: KEPT_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    application_name: 'modgate',
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === INT8 ? Number : types.getTypeParser(oid, format as 'text'),
    } as never,
  });
  // A connection that the server closes while it is idle, or between two statements, ends the process without these.
  // The next query on it is told, and the next transaction gets another.
  pool.on('error', () => {});
  pool.on('connect', client => client.on('error', () => {}));
  try {
    await pool.query(`create schema if not exists ${SCHEMA}`).catch(async (error: unknown) => {
      // Two that start at once; or a user who may not make schemas and finds one made for it.
      const there = await pool.query('select 1 from pg_namespace where nspname = $1', [SCHEMA]);
      if (there.rowCount === 0) throw error;
    });
  } catch (error) {
    await within(END_MS, pool.end());
    throw cannotConnect(name, error);
  }
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool,
      onCreateConnection: async connection => {
        await connection.executeQuery(
          // Every statement is meant for the indexes; before the first ANALYZE the planner guesses otherwise.
          sql`set search_path to ${sql.raw(SCHEMA)}; set enable_seqscan to off`.compile(db),
        );
      },
    }),
  });
  return {
    kind: 'postgres',
    name,
    writer: db,
    reader: db,
    rows,
    lockRows: sql` for update`,
    lock: async (tx, how) => {
      const take = how === 'alone' ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared';
      await sql`select ${sql.raw(take)}(${sql.lit(LOCK)})`.execute(tx);
    },
    catalogue: sql`select table_name as name from information_schema.tables where table_schema = current_schema()`,
    createTable,
    isTransient: error => [DEADLOCK, SERIALIZATION].includes(sqlState(error)),
    isAway: error => {
      const state = sqlState(error);
      // Connection, resources, operator intervention; no state at all: the socket.
      return state === '' || /^(?:08|53|57|58)/.test(state);
    },
    close: async () => {
      await within(
        END_MS,
        db.destroy().then(() => (pool.ended ? undefined : pool.end())),
      );
    },
  };
}

/** Drops the schema with all that is in it. Throws IndexError `unavailable` when the server cannot be reached. */
export async function dropPostgres(url: string): Promise<void> {
  const { Client } = (await import('pg')).default;
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  try {
    await client.connect();
    await client.query(`drop schema if exists ${SCHEMA} cascade`);
  } catch (error) {
    throw cannotConnect(withoutCredentials(url), error);
  } finally {
    await client.end().catch(() => {});
  }
}

function rows(shape: Readonly<Record<string, ColumnKind>>, cells: readonly (readonly Cell[])[]) {
  const names = Object.keys(shape);
  const arrays = Object.values(shape).map((kind, i) => {
    const type = kind === 'int' ? sql`bigint[]` : sql`text[]`;
    return sql`${arrayOf(cells, i)}::${type}`;
  });
  return sql`(select * from unnest(${sql.join(arrays)}) as given(${sql.raw(names.join(', '))}))`;
}

/** A column as PostgreSQL writes an array. The driver would do the same, in several passes over each element. */
function arrayOf(cells: readonly (readonly Cell[])[], column: number): string {
  let text = '';
  for (const row of cells) {
    const cell = row[column] ?? null;
    if (text !== '') text += ',';
    if (cell === null) text += 'NULL';
    else if (typeof cell === 'number') text += cell;
    else text += `"${/["\\]/.test(cell) ? cell.replace(/["\\]/g, '\\$&') : cell}"`;
  }
  return `{${text}}`;
}

const TYPES = {
  int: 'bigint not null',
  // Order by bytes, as SQLite does.
  text: 'text collate "C" not null',
  'int?': 'bigint',
  'text?': 'text collate "C"',
};

function createTable(name: string, table: TableShape): string[] {
  const columns = Object.entries(table.columns).map(([column, kind]) =>
    column === 'id' ? 'id bigint generated by default as identity primary key' : `"${column}" ${TYPES[kind]}`,
  );
  const keys = table.key === undefined ? [] : [`primary key (${table.key.join(', ')})`];
  const unique = (table.unique ?? []).map(key => `unique (${key.join(', ')})`);
  return [
    `create table "${name}" (${[...columns, ...keys, ...unique].join(', ')})`,
    ...(table.indexes ?? []).map(
      key => `create index "${name}_${key.join('_')}" on "${name}" (${key.join(', ')})`,
    ),
  ];
}

function sqlState(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^[0-9A-Z]{5}$/.test(code) ? code : '';
}

/** The address without user, password and parameters (which may hold a password too). */
function withoutCredentials(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `postgres://${host}${pathname}`;
  } catch {
    return 'the PostgreSQL database';
  }
}

function cannotConnect(name: string, error: unknown): IndexError {
  const why = error instanceof Error ? error.message || ('code' in error ? String(error.code) : '') : '';
  return new IndexError(
    'unavailable',
    `The index in ${name} cannot be opened: ${why}. Check that the server runs, that the database exists ` +
      'and that the user may connect to it and create a schema.',
    { cause: error },
  );
}
