import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { Recent } from '../../tlog/recent.ts';

/** Calls into SQLite block the event loop; after this long, ms, others get a turn between two statements. */
const TURN_MS = 5;
const STATEMENTS = 200;

/** Kysely over one connection of node:sqlite, whose transactions begin with `begin`. */
export function sqliteDialect(db: DatabaseSync, begin: 'begin' | 'begin immediate'): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new NodeSqliteDriver(db, begin),
    createIntrospector: kysely => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

class NodeSqliteDriver implements Driver {
  readonly #db: DatabaseSync;
  readonly #begin: string;
  readonly #connection: NodeSqliteConnection;
  /** Resolves when the one that has the connection gives it back. */
  #free: Promise<void> = Promise.resolve();
  #giveBack: () => void = () => {};

  constructor(db: DatabaseSync, begin: string) {
    this.#db = db;
    this.#begin = begin;
    this.#connection = new NodeSqliteConnection(db);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#free;
    const mine = Promise.withResolvers<void>();
    this.#free = mine.promise;
    await before;
    this.#giveBack = mine.resolve;
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#giveBack();
  }

  async beginTransaction(): Promise<void> {
    this.#db.exec(this.#begin);
  }

  async commitTransaction(): Promise<void> {
    this.#db.exec('commit');
  }

  async rollbackTransaction(): Promise<void> {
    // Some errors (disk full, I/O) end the transaction by themselves.
    if (this.#db.isTransaction) this.#db.exec('rollback');
  }

  async destroy(): Promise<void> {
    await this.#free;
    this.#connection.forget();
    this.#db.close();
  }
}

class NodeSqliteConnection implements DatabaseConnection {
  readonly #db: DatabaseSync;
  readonly #statements = new Recent<StatementSync>(STATEMENTS);
  #turn = performance.now();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    if (performance.now() - this.#turn > TURN_MS) {
      await nextTurn();
      this.#turn = performance.now();
    }
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    const values = parameters as readonly SQLInputValue[];
    if (statement.columns().length > 0) return { rows: statement.all(...values) as R[] };
    const { changes } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  // biome-ignore lint/correctness/useYield: nothing here asks for streams, and the interface wants the method.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('The index reads whole pages; there is no streaming.');
  }

  forget(): void {
    this.#statements.clear();
  }
}
