import { cp, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deliver } from '../../src/audit/deliver.ts';
import { Outbox } from '../../src/audit/outbox.ts';
import { recover } from '../../src/audit/recover.ts';
import { answer, MemoryStore, openJournal } from '../audit/session-dir.ts';
import { type StoreServer, startStoreServer } from '../audit/store-server.ts';
import { modgate } from '../support/modgate.ts';
import type { Finished } from '../support/process.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

const TOKEN = 'a-token-of-the-writer';

let dir: TempDir;
let server: StoreServer;
beforeEach(async () => {
  dir = await tempDir('audit-upload');
  server = await startStoreServer();
  await mkdir(dir.join('work'));
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
});

const upload = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> =>
  modgate(['audit', 'upload', ...args], {
    cwd: dir.join('work'),
    env: { PATH: process.env.PATH ?? '', HOME: dir.path, TMPDIR: dir.path, ...env },
  });
const seqs = () => [...server.batches.values()].flatMap(({ requests }) => requests.map(({ seq }) => seq));

/** A session that could send nothing: an opening batch, 5 records, and its end unless it was killed. */
async function session(name = 'session', killed = false): Promise<string> {
  const sessionDir = dir.join(name);
  await mkdir(sessionDir);
  const journal = await openJournal(sessionDir);
  const outbox = await Outbox.open({ sessionDir, journal });
  await outbox.sealOpen();
  for (let n = 1; n <= 5; n++) journal.append(answer(n));
  await journal.flush();
  if (!killed) await outbox.sealClose({ inventories: [], findings: [], reason: 'stop' });
  await outbox.close();
  return sessionDir;
}

describe('modgate audit upload', () => {
  it('sends what a session left, with the token, and the session knows', async () => {
    const at = await session();
    const done = await upload([at, '--store', server.url], { MODGATE_AUDIT_TOKEN: TOKEN });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toBe(`3 batches with 5 records sent to the audit store ${server.url}; 0 left\n`);
    expect(server.asked[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect((await recover(at)).chain.map(({ state }) => state)).toEqual(['sent', 'sent', 'sent']);
    const outbox = await Outbox.reopen({ sessionDir: at });
    expect(await deliver(new MemoryStore(), outbox)).toMatchObject({ sent: 0, left: 0 });
    expect(outbox.tally).toMatchObject({ sent: 3, records: 5, lost: 0 });
    await outbox.close();
  });

  it('finds the session of this job by itself', async () => {
    const at = await session();
    const done = await upload(['--store', server.url], { MODGATE_SESSION: at });
    expect(done.code).toBe(0);
    expect(seqs()).toEqual([1, 2, 3, 4, 5]);
    const none = await upload(['--store', server.url]);
    expect(none.code).toBe(0);
    expect(none.stderr).toContain('there is no session at');
  });

  it('finds the store in the configuration, and the token where that says', async () => {
    await writeFile(
      dir.join('work', '.modgate.yaml'),
      `version: 1\naudit: {store: "${server.url}", token-env: OTHER_TOKEN}\n`,
    );
    const done = await upload([await session()], { OTHER_TOKEN: TOKEN, MODGATE_AUDIT_TOKEN: 'not-this-one' });
    expect(done.code).toBe(0);
    expect(server.asked[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });

  it('sends artifacts as often as it is asked, without another effect, and leaves them', async () => {
    const at = await session();
    await mkdir(dir.join('artifacts', 'job-1'), { recursive: true });
    await rename(`${at}/spool`, dir.join('artifacts', 'job-1', 'audit'));
    await writeFile(dir.join('artifacts', 'summary.json'), '{}');
    const args = [dir.join('artifacts'), '--store', server.url, '--format', 'json'];
    const first = JSON.parse((await upload(args)).stdout);
    expect(first).toMatchObject({ sent: 3, records: 5, duplicates: 0, refused: 0, left: 0, kept: [] });
    expect(JSON.parse((await upload(args)).stdout)).toMatchObject({ sent: 3, duplicates: 3, left: 0 });
    expect(await readdir(dir.join('artifacts', 'job-1', 'audit'))).toHaveLength(3);
    expect((await upload([...args, '--delete'])).code).toBe(0);
    expect(await readdir(dir.join('artifacts', 'job-1', 'audit'))).toEqual([]);
  });

  it('takes single files, and one that is named twice or lies there twice once', async () => {
    const at = await session();
    const [name = ''] = (await readdir(`${at}/spool`)).slice(1);
    await cp(`${at}/spool/${name}`, dir.join('copy.ndjson.gz'));
    const file = `${at}/spool/${name}`;
    const done = await upload([file, file, dir.join('copy.ndjson.gz'), '--store', server.url]);
    expect(done.stdout).toContain('1 batch with 5 records');
    expect(server.asked).toHaveLength(1);
  });

  it('carries the raw objects of one store to another', async () => {
    await upload([await session(), '--store', dir.join('store')]);
    const done = await upload([dir.join('store'), '--store', server.url]);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(seqs()).toEqual([1, 2, 3, 4, 5]);
    const again = await upload([dir.join('store'), '--store', 'other', '--format', 'json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ sent: 3, left: 0 });
    expect(await readdir(dir.join('work', 'other', 'raw'))).toContain('v1');
  });

  it('names files that are no batches, sends the others, and ends with 4', async () => {
    const at = await session();
    await mkdir(dir.join('files'));
    await rename(`${at}/spool`, dir.join('files', 'good'));
    await writeFile(dir.join('files', 'bad.ndjson.gz'), 'no gzip');
    const done = await upload([dir.join('files'), '--store', server.url]);
    expect(done.code).toBe(4);
    expect(done.stderr).toContain(`${dir.join('files', 'bad.ndjson.gz')}: `);
    expect(done.stdout).toContain('3 batches with 5 records sent');
    expect(done.stdout).toContain('1 left');
  });

  it('tells what a store refused and why it stopped, and ends with 4', async () => {
    const at = await session();
    server.say(
      { status: 422, body: '{"error":{"code":"future-date","message":"the batch is of tomorrow"}}' },
      (asked, res) => {
        const digest = asked.headers['modgate-batch'];
        const refused = [{ line: 2, why: 'has a wrong op' }];
        res.end(JSON.stringify({ digest, dup: false, refused, time: new Date().toISOString() }));
      },
      { status: 403, body: '{"error":{"code":"right","message":"this token may only read"}}' },
    );
    const done = await upload([at, '--store', server.url, '--format', 'json']);
    expect(done.code).toBe(4);
    const told = JSON.parse(done.stdout);
    expect(told).toMatchObject({ sent: 1, refused: 1, left: 2 });
    expect(told.kept).toMatchObject([{ no: 1, why: expect.stringContaining('the batch is of tomorrow') }]);
    expect(told.error).toContain('this token may only read');
    expect(done.stderr).toContain('line 2 is no record: has a wrong op');
    expect(await readdir(`${at}/quarantine`)).toHaveLength(1);
    expect((await recover(at)).chain.map(({ state }) => state)).toEqual(['spooled', 'sent', 'spooled']);
    expect((await upload([at, '--store', server.url])).code).toBe(0);
    expect((await recover(at)).chain.map(({ state }) => state)).toEqual(['sent', 'sent', 'sent']);
  });

  it('waits for a store that is away as long as it is told to', async () => {
    const at = await session();
    server.say({ status: 503 });
    expect((await upload([at, '--store', server.url])).code).toBe(0);
    await server[Symbol.asyncDispose]();
    const more = await session('more');
    const done = await upload([more, '--store', server.url, '--patience', '0']);
    expect(done.code).toBe(4);
    expect(done.stderr).toContain('could not be reached');
    expect(done.stdout).toContain('3 left');
    server = await startStoreServer();
  });

  it('tells of a session that nobody has closed', async () => {
    const at = await session('killed', true);
    const done = await upload([at, '--store', server.url]);
    expect(done.code).toBe(0);
    expect(done.stderr).toContain('5 records of it are in no batch yet; modgate stop --session');
  });

  it.each([
    [['--store', 'https://user:pass@audit.example.test'], 'has credentials in it'],
    [['--store', 'artifact'], 'is where files of a job wait'],
    [['--store', 's3://bucket'], 'is not a store that this version knows'],
    [['--store', 'gitlab-package:'], 'is for jobs of GitLab'],
    [['--store', './x', '--patience', 'long'], '--patience wants a number of seconds'],
    [['--store', './x', '--format', 'csv'], '--format wants text or json'],
    [['--store', './x', 'nowhere'], 'there is nothing at'],
    [[], 'there is no audit store'],
  ])('does not work with %j', async (args, why) => {
    const done = await upload(args);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain(why);
    expect(done.stderr).not.toContain('pass@');
    expect(done.stdout).toBe('');
  });
});
