import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { TABLE_NAMES } from '../../src/collector/index/migrations.ts';
import { openIndex } from '../../src/collector/index/open-index.ts';

const ROWS = 20_000;

/** Copies an index from a file into an empty PostgreSQL database, where the collector's own migration made the tables. */
export async function copyToPostgres({ file, url, log }) {
  await (await openIndex({ url })).close();
  const source = new DatabaseSync(file, { readOnly: true });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('set search_path to modgate');
    for (const table of TABLE_NAMES.filter(name => name !== 'meta')) {
      const columns = source.prepare(`select name, type from pragma_table_info('${table}')`).all();
      const arrays = columns.map(({ type }, i) => `$${i + 1}::${type === 'INTEGER' ? 'bigint' : 'text'}[]`);
      const insert = `insert into "${table}" (${columns.map(({ name }) => `"${name}"`).join(', ')})
        select * from unnest(${arrays.join(', ')})`;
      let rows = [];
      let count = 0;
      const flush = async () => {
        await client.query(
          insert,
          columns.map(({ name }) => rows.map(row => row[name])),
        );
        count += rows.length;
        rows = [];
      };
      for (const row of source.prepare(`select * from "${table}"`).iterate()) {
        if (rows.push(row) === ROWS) await flush();
      }
      if (rows.length > 0) await flush();
      if (columns.some(({ name }) => name === 'id') && count > 0) {
        await client.query(
          `select setval(pg_get_serial_sequence('"${table}"', 'id'), (select max(id) from "${table}"))`,
        );
      }
      if (count > 0) log(`copied ${count} rows of ${table}`);
    }
    // What autovacuum does within the first minute.
    await client.query('vacuum analyze');
    await client.query('checkpoint');
  } finally {
    source.close();
    await client.end();
  }
}
