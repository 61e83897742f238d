import { sql } from 'kysely';
import type { Engine, TableShape } from './engine.ts';
import { IndexError } from './errors.ts';
import type { Db } from './schema.ts';

/** The tables of the first version, by name. */
const FIRST: Readonly<Record<string, TableShape>> = {
  repo: {
    columns: {
      id: 'int',
      iss: 'text',
      key: 'text',
      native: 'text',
      forge: 'text',
      path: 'text',
      last: 'int',
      uses: 'int?',
    },
    unique: [['iss', 'key']],
    indexes: [['path']],
  },
  module: { columns: { id: 'int', path: 'text' }, unique: [['path']] },
  modver: {
    columns: { id: 'int', module: 'int', version: 'text', h1: 'text' },
    unique: [['module', 'version', 'h1']],
  },
  job: {
    columns: {
      id: 'int',
      uid: 'text',
      repo: 'int',
      name: 'text',
      ref: 'text',
      sha: 'text',
      event: 'text',
      actor: 'text',
      url: 'text',
      change: 'text',
      on_default: 'int',
      facts_at: 'int',
      facts_by: 'text',
      state: 'text',
      opened: 'int',
      last: 'int',
      batches: 'int',
      records: 'int',
      dropped: 'int',
      inventory: 'int',
      assurance: 'int',
      modset: 'int?',
      eligible: 'int',
      cited: 'int',
      stripped: 'int',
      news: 'int',
    },
    unique: [['uid']],
    indexes: [
      ['stripped', 'last'],
      ['stripped', 'state', 'last'],
      ['repo', 'last'],
      ['repo', 'name', 'eligible', 'inventory', 'last'],
      ['news', 'repo', 'sha'],
    ],
  },
  batch: {
    columns: {
      id: 'int',
      digest: 'text',
      job: 'int',
      repo: 'int',
      inst: 'text',
      no: 'int',
      prev: 'text?',
      phase: 'text',
      assurance: 'int',
      received: 'int',
      sealed: 'int',
      first_seq: 'int',
      last_seq: 'int',
      records: 'int',
      dropped: 'int',
      inventory: 'int',
      raw_key: 'text',
      mods: 'text',
    },
    unique: [['digest']],
    indexes: [['job', 'inst', 'no'], ['received'], ['repo', 'received']],
  },
  touch: {
    columns: { era: 'int', modver: 'int', received: 'int', batch: 'int' },
    key: ['era', 'modver', 'received', 'batch'],
  },
  modset: { columns: { id: 'int', digest: 'text', members: 'text' }, unique: [['digest']] },
  repo_head: { columns: { repo: 'int', name: 'text', job: 'int' }, key: ['repo', 'name'] },
  repo_use: { columns: { modver: 'int', repo: 'int' }, key: ['modver', 'repo'] },
  first_seen: {
    columns: { modver: 'int', at: 'int', job: 'int' },
    key: ['modver'],
    indexes: [['job']],
  },
  first_module: { columns: { module: 'int', at: 'int', job: 'int' }, key: ['module'] },
  repo_mod: {
    columns: { repo: 'int', modver: 'int', at: 'int', job: 'int' },
    key: ['repo', 'modver'],
  },
  clash: { columns: { module: 'int', version: 'text' }, key: ['module', 'version'] },
  denial: {
    columns: {
      batch: 'int',
      seq: 'int',
      received: 'int',
      at: 'int',
      op: 'text',
      module: 'int',
      version: 'text',
      rule: 'text',
      reason: 'text',
    },
    key: ['batch', 'seq'],
    indexes: [
      ['module', 'received', 'batch'],
      ['received', 'batch'],
    ],
  },
  finding: {
    columns: {
      batch: 'int',
      no: 'int',
      rule: 'text',
      level: 'text',
      module: 'text?',
      version: 'text?',
      message: 'text',
    },
    key: ['batch', 'no'],
  },
  change: { columns: { repo: 'int', sha: 'text', info: 'text', again: 'int?' }, key: ['repo', 'sha'] },
};

type Migration = (engine: Engine, tx: Db) => Promise<void>;

/** Step n brings version n to n + 1; a step that was released is never changed. */
const MIGRATIONS: readonly Migration[] = [
  async (engine, tx) => {
    for (const [name, table] of Object.entries(FIRST)) {
      for (const statement of engine.createTable(name, table)) await sql.raw(statement).execute(tx);
    }
  },
];

/** The version of the tables that this modgate reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings the tables up to this version, in one transaction that excludes every other writer. Throws IndexError
 * `newer-schema` when a newer modgate was here, and `not-an-index` when the place holds tables of somebody else.
 */
export async function migrate(engine: Engine): Promise<void> {
  await engine.writer.transaction().execute(async tx => {
    await engine.lock(tx, 'alone');
    const version = await currentVersion(engine, tx);
    if (version > SCHEMA_VERSION) {
      throw new IndexError(
        'newer-schema',
        `The index in ${engine.name} has tables of version ${version}, and this modgate knows up to version ` +
          `${SCHEMA_VERSION}: run the newer modgate that made it, or give this one a database of its own ` +
          '(an index is rebuilt from the raw batches).',
      );
    }
    if (version === SCHEMA_VERSION) return;
    for (const step of MIGRATIONS.slice(version)) await step(engine, tx);
    await sql`insert into meta (name, value) values ('schema', ${String(SCHEMA_VERSION)})
      on conflict (name) do update set value = excluded.value`.execute(tx);
  });
}

async function currentVersion(engine: Engine, tx: Db): Promise<number> {
  const names = new Set((await engine.catalogue.execute(tx)).rows.map(row => row.name));
  if (!names.has('meta')) {
    if (names.size > 0) throw notAnIndex(engine, [...names].slice(0, 3).join(', '));
    for (const statement of engine.createTable('meta', {
      columns: { name: 'text', value: 'text' },
      key: ['name'],
    })) {
      await sql.raw(statement).execute(tx);
    }
    return 0;
  }
  const row = await tx
    .selectFrom('meta')
    .select('value')
    .where('name', '=', 'schema')
    .executeTakeFirst()
    .catch((error: unknown) => {
      throw notAnIndex(engine, 'meta', error);
    });
  const version = Number(row?.value);
  if (!Number.isSafeInteger(version) || version < 1) throw notAnIndex(engine, 'meta');
  return version;
}

function notAnIndex(engine: Engine, tables: string, cause?: unknown): IndexError {
  return new IndexError(
    'not-an-index',
    `${engine.name} holds tables that are not modgate's (${tables}): give the index a database of its own.`,
    { cause },
  );
}

/** Names of all tables, for whoever empties or compares an index. */
export const TABLE_NAMES: readonly string[] = ['meta', ...Object.keys(FIRST)];
