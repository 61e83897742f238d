import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { SCHEMA_VERSION } from '../../../src/collector/index/migrations.ts';
import { type IndexPlace, openIndex } from '../../../src/collector/index/open-index.ts';
import { tempDir } from '../../support/temp.ts';
import { dump } from './dump.ts';
import { ENGINES, engines, withEngine } from './engines.ts';
import { DAY, job, wholeJob } from './facts.ts';

const { fresh, open, place } = engines();

async function run(at: IndexPlace, statement: string): Promise<void> {
  await withEngine(at, async ({ writer }) => {
    await sql.raw(statement).execute(writer);
  });
}

describe.each(ENGINES)('opening an index on %s', engine => {
  it('makes the tables once, and finds what it had', async () => {
    const at = await place(engine);
    const first = await open(at);
    await first.apply(wholeJob(job('a'), DAY, ['example.com/x@v1.0.0']));
    const before = await dump(at);
    const again = await open(at);
    expect((await again.who({ module: 'example.com/x' })).first?.job).toBe(job('a').uid);
    expect(await dump(at)).toEqual(before);
    const row = await withEngine(at, ({ reader }) => reader.selectFrom('meta').selectAll().execute());
    expect(row.map(one => ({ ...one }))).toEqual([{ name: 'schema', value: String(SCHEMA_VERSION) }]);
  });

  it('works for several that start at once', async () => {
    const at = await place(engine);
    const all = await Promise.all(Array.from({ length: 4 }, () => open(at)));
    for (const [i, index] of all.entries()) {
      await index.apply(wholeJob(job(`${i}`), DAY, ['example.com/x@v1.0.0']));
    }
    expect((await all[0]?.jobs({}))?.jobs).toHaveLength(4);
  });

  it('refuses tables of a newer modgate', async () => {
    const at = await place(engine);
    await (await open(at)).apply([]);
    await run(at, `update meta set value = '${SCHEMA_VERSION + 1}'`);
    const opening = openIndex(at);
    await expect(opening).rejects.toMatchObject({ code: 'newer-schema' });
    await expect(opening).rejects.toThrow(/run the newer modgate/);
  });

  it.each([
    ['tables of somebody else', 'create table invoices (id integer)'],
    ['a table that only looks like ours', 'create table meta (id integer)'],
  ])('refuses %s', async (_, statement) => {
    const at = await place(engine);
    await run(at, statement.replace('table ', engine === 'postgres' ? 'table modgate.' : 'table '));
    await expect(openIndex(at)).rejects.toMatchObject({ code: 'not-an-index' });
  });

  it('leaves nothing half when a statement fails in the middle of a group', async () => {
    const at = await place(engine);
    const index = await open(at);
    await index.apply(wholeJob(job('a'), DAY, ['example.com/x@v1.0.0']));
    const before = await dump(at);
    // The last statement of apply, more or less: what a repository uses now.
    await run(
      at,
      engine === 'sqlite'
        ? `create trigger t before insert on repo_use begin select raise(abort, 'no room'); end`
        : `create function modgate.f() returns trigger language plpgsql as
             $$ begin raise exception 'no room'; end $$;
           create trigger t before insert on modgate.repo_use for each row execute function modgate.f()`,
    );
    const more = wholeJob(job('b'), DAY + 1000, ['example.com/y@v1.0.0', 'example.com/x@v1.1.0']);
    const applying = index.apply(more);
    await expect(applying).rejects.toMatchObject({ code: 'failed' });
    await expect(applying).rejects.toThrow(/no room.*Nothing was changed/);
    expect(await dump(at)).toEqual(before);
    await run(at, `drop trigger t ${engine === 'sqlite' ? '' : 'on modgate.repo_use'}`);
    expect((await index.apply(more)).map(one => one.dup)).toEqual([false, false, false]);
    const rebuilt = await fresh('sqlite');
    await rebuilt.apply([...more, ...wholeJob(job('a'), DAY, ['example.com/x@v1.0.0'])]);
    for (const module of ['example.com/x', 'example.com/y']) {
      expect(await index.who({ module })).toEqual(await rebuilt.who({ module }));
      expect(await index.used({ module })).toEqual(await rebuilt.used({ module }));
    }
  });
});

describe('an index in a file', () => {
  it('is refused where the file is something else, or cannot be', async () => {
    await using dir = await tempDir('index');
    const file = dir.join('index.db');
    await writeFile(
      file,
      'this is no database, and long enough to be looked at by anybody who would open it'.repeat(50),
    );
    await expect(openIndex({ file })).rejects.toMatchObject({ code: 'not-an-index' });
    const opening = openIndex({ file: dir.path });
    await expect(opening).rejects.toMatchObject({ code: 'unavailable' });
    await expect(opening).rejects.toThrow(dir.path);
  });

  it('opens without a word on stderr', async () => {
    await using dir = await tempDir('index');
    const module = new URL('../../../src/collector/index/open-index.ts', import.meta.url).href;
    const program = `const { openIndex } = await import(${JSON.stringify(module)});
      const index = await openIndex({ file: ${JSON.stringify(dir.join('index.db'))} });
      await index.close();
      process.emitWarning('the others are still told');`;
    const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    expect(stderr).not.toMatch(/SQLite|Experimental/);
    expect(stderr).toContain('the others are still told');
  });
});

describe('an index in PostgreSQL', () => {
  it('is left in peace by what else the database holds', async () => {
    const at = await place('postgres');
    const url = 'url' in at ? at.url : '';
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('create table public.job (other integer)');
    const index = await open(at);
    await index.apply(wholeJob(job('a'), DAY, []));
    expect((await client.query('select * from public.job')).rows).toEqual([]);
    await client.end();
  });

  it('that cannot be reached is told without its password', async () => {
    const at = await place('postgres');
    const url = new URL('url' in at ? at.url : '');
    url.password = 'hunter2hunter2';
    const refused = openIndex({ url: url.href });
    await expect(refused).rejects.toMatchObject({ code: 'unavailable' });
    const words = await refused.catch((error: Error) => `${error.message} ${error.stack}`);
    expect(words).toContain(url.host);
    expect(words).not.toContain('hunter2');
    url.port = '1';
    await expect(openIndex({ url: url.href })).rejects.toMatchObject({ code: 'unavailable' });
  });
});
