import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { packRaw } from '../../src/audit/raw/pack.ts';
import type { SealedBatch } from '../../src/audit/types.ts';
import { csvCell } from '../../src/cli/audit-report.ts';
import { type BatchWish, batchOf, denialOf, h1Of, zipOf } from '../support/audit-batch.ts';
import { type Serve, send, serve, settled } from '../support/collector.ts';
import { modgate } from '../support/modgate.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

const ENV = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' };
const READ = 'read-token-for-the-tests';
const WRITE = 'write-token-for-the-tests';

/** What an attacker calls things, to be run by whoever looks at the answer. */
const FORMULA = '=HYPERLINK("https://evil.example","click")';
const HOSTILE = '\u001b[31mred\u202e';

const OLD = '2026-11-01T10:00:01.000Z';
const WISHES: readonly BatchWish[] = [
  {
    job: 'old',
    repository: 'acme/app',
    wall: OLD,
    requests: [zipOf('lib.example/a', 'v1.0.0', { t: OLD }), zipOf('lib.example/b')],
  },
  {
    job: 'new',
    repository: 'acme/app',
    requests: [zipOf('lib.example/a', 'v1.1.0'), zipOf('lib.example/c')],
  },
  {
    job: 'other',
    repository: 'acme/other',
    requests: [zipOf('lib.example/a', 'v1.0.0', { h1: h1Of('moved tag') })],
  },
  { job: 'open', repository: 'acme/lost', phase: 'open' },
  {
    job: 'hostile',
    repository: FORMULA,
    claimed: { actor: HOSTILE },
    requests: [denialOf('=1+1', '@SUM(A1)', { rule: '-rule', reason: '+reason, "quoted"\nand more' })],
  },
];

/** A directory as the store `directory` of a job leaves it. */
async function fill(dir: string, batches: readonly SealedBatch[]): Promise<void> {
  for (const [at, { key, gzip }] of batches.entries()) {
    const file = `${dir}/${key}`;
    await mkdir(dirname(file), { recursive: true });
    const receipt = {
      kind: 'rcpt',
      v: 1,
      received: `2026-11-20T11:00:0${at}.000Z`,
      writer: 'import',
      assurance: 'relayed',
    } as const;
    await writeFile(file, packRaw(receipt, gzip));
  }
}

describe('modgate audit', () => {
  const batches = WISHES.map(batchOf);
  let dir: TempDir;
  let live: TempDir;
  let collector: Serve;

  beforeAll(async () => {
    dir = await tempDir('audit');
    await fill(dir.path, batches);
    live = await tempDir('audit-live');
    collector = await serve({
      dir: live.path,
      env: { MODGATE_READ_TOKEN: READ, MODGATE_WRITE_TOKEN: WRITE },
    });
    for (const batch of batches) {
      expect((await send(collector.url, batch, WRITE)).status).toBe(201);
      // In another millisecond each, as in the directory: what was received at the same time has an order of its own.
      const sent = Date.now();
      await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(sent), { interval: 1 });
    }
    await settled(collector.url);
  });
  afterAll(async () => {
    await collector[Symbol.asyncDispose]();
    await live[Symbol.asyncDispose]();
    await dir[Symbol.asyncDispose]();
  });

  const audit = async (...args: string[]): Promise<Awaited<ReturnType<typeof modgate>>> =>
    await modgate(['audit', ...args], { env: { ...ENV, MODGATE_READ_TOKEN: READ }, cwd: dir.path });
  const job = (name: string): string => batches[WISHES.findIndex(wish => wish.job === name)]?.jobUid ?? '';

  it.each([
    ['who', 'lib.example/a'],
    ['who', 'lib.example/a@v1.1.0', '--repository', 'acme/app'],
    ['used', 'lib.example/a'],
    ['conflicts'],
    ['jobs'],
    ['repositories'],
    ['diff', batchOf(WISHES[0]).jobUid, batchOf(WISHES[1]).jobUid],
    ['log', '--decision', 'deny'],
    ['log', '--module', 'lib.example/a', '--since', '2026-11-02'],
  ])('%s: the same from a directory and from a collector', async (...question) => {
    const [here, there] = await Promise.all([
      audit(...question, '--store', dir.path, '--format', 'json'),
      audit(...question, '--store', collector.url, '--format', 'json'),
    ]);
    expect(here).toMatchObject({ code: 0 });
    expect(there).toMatchObject({ code: 0 });
    const [a, b] = [here, there].map(({ stdout }) => JSON.parse(stdout) as Record<string, unknown>);
    expect(a).toEqual(b);
    const lists = Object.values(a ?? {}).filter(value => Array.isArray(value));
    expect(lists.some(list => list.length > 0)).toBe(true);
  });

  it('tells who was first, by module, version and repository', async () => {
    const { stdout } = await audit('who', 'lib.example/a', '--store', dir.path, '--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      module: 'lib.example/a',
      first: { time: OLD, repository: 'acme/app', job: job('old') },
      versions: expect.arrayContaining([
        expect.objectContaining({ version: 'v1.0.0', h1: h1Of('moved tag') }),
        expect.objectContaining({ version: 'v1.0.0', h1: h1Of('lib.example/a@v1.0.0') }),
        expect.objectContaining({ version: 'v1.1.0' }),
      ]),
    });
  });

  it('tells use now: what the newest closed job has', async () => {
    const { stdout } = await audit('used', 'lib.example/a', '--store', dir.path, '--format', 'json');
    const { uses } = JSON.parse(stdout) as { uses: { repository: string; version: string }[] };
    expect(uses.map(({ repository, version }) => `${repository} ${version}`).toSorted()).toEqual([
      'acme/app v1.1.0',
      'acme/other v1.0.0',
    ]);
    const gone = await audit('used', 'lib.example/b', '--store', dir.path, '--format', 'json');
    expect(JSON.parse(gone.stdout)).toMatchObject({ uses: [] });
  });

  it('names the job that never ended, and the tag that was moved', async () => {
    const jobs = await audit('jobs', '--store', dir.path, '--format', 'json', '--older', '0');
    expect(JSON.parse(jobs.stdout).jobs).toMatchObject([{ repository: 'acme/lost', state: 'open' }]);
    const moved = await audit('conflicts', '--store', dir.path);
    expect(moved.stdout.split('\n').filter(line => line.startsWith('lib.example/a '))).toHaveLength(2);
  });

  it('answers nothing with 0 and words', async () => {
    for (const store of [dir.path, collector.url]) {
      const { code, stdout, stderr } = await audit(
        'who',
        'nobody.example/x@v9',
        '--store',
        store,
        '--format',
        'json',
      );
      expect({ code, stdout: JSON.parse(stdout) as unknown }).toEqual({
        code: 0,
        stdout: { module: 'nobody.example/x', version: 'v9', versions: [], next: null },
      });
      expect(stderr).toContain('no record names this module');
    }
  });

  it('prints CSV in which nothing is a formula, and text in which nothing acts', async () => {
    const csv = await audit('log', '--decision', 'deny', '--store', dir.path, '--format', 'csv');
    const [head = '', ...rows] = csv.stdout.split('\r\n');
    expect(head.split(',').slice(0, 5)).toEqual(['time', 'decision', 'op', 'module', 'version']);
    expect(rows.filter(Boolean)).toHaveLength(1);
    expect(rows[0]).toContain(`"'=1+1"`);
    expect(rows[0]).toContain(`"'@SUM(A1)"`);
    expect(rows[0]).toContain(`"'-rule"`);
    expect(rows[0]).toContain(`"'+reason, ""quoted""\\nand more"`);
    expect(rows[0]).toContain(`"'=HYPERLINK(""https://evil.example"",""click"")"`);
    const text = await audit('log', '--decision', 'deny', '--store', dir.path);
    expect(text.stdout).toContain('=1+1');
    expect(text.stdout + csv.stdout).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u202e]/);
  });

  it('gets every page with --all, and the next with --after', async () => {
    const whole = await audit('log', '--store', dir.path, '--format', 'json');
    const all = await audit('log', '--store', dir.path, '--format', 'json', '--limit', '2', '--all');
    expect(JSON.parse(all.stdout)).toEqual(JSON.parse(whole.stdout));
    const first = JSON.parse(
      (await audit('log', '--store', collector.url, '--format', 'json', '--limit', '2')).stdout,
    );
    expect(first.records).toHaveLength(2);
    const second = await audit(
      'log',
      '--store',
      collector.url,
      '--format',
      'json',
      '--limit',
      '2',
      '--after',
      first.next,
    );
    const expected = (JSON.parse(whole.stdout) as { records: unknown[] }).records;
    expect(expected.length).toBeGreaterThan(4);
    expect(
      new Set([...first.records, ...JSON.parse(second.stdout).records].map(one => JSON.stringify(one))).size,
    ).toBe(4);
    const text = await audit('log', '--store', dir.path, '--limit', '2');
    expect(text.stderr).toContain('there is more: --after ');
  });

  it('finds the store in the configuration', async () => {
    await using checkout = await tempDir('checkout');
    await writeFile(checkout.join('.modgate.yaml'), `audit: {store: ${JSON.stringify(dir.path)}}\n`);
    const told = await modgate(['audit', 'used', 'lib.example/c', '--format', 'json'], {
      env: ENV,
      cwd: checkout.path,
    });
    expect(JSON.parse(told.stdout)).toMatchObject({ uses: [{ repository: 'acme/app' }] });
    await writeFile(checkout.join('.modgate.yaml'), 'audit: {store: artifact}\n');
    const cannot = await modgate(['audit', 'used', 'lib.example/c'], { env: ENV, cwd: checkout.path });
    expect(cannot).toMatchObject({ code: 2, stdout: '' });
  });

  it('reads a directory that it may not write, and leaves nothing behind', async () => {
    if (process.getuid?.() === 0) {
      // For root nothing is read-only; a file in the place of the lock cannot be locked by anybody.
      await using other = await tempDir('read-only');
      await fill(other.path, batches);
      await mkdir(other.join('collector.lock'));
      const before = await readdir(other.path);
      const told = await audit('used', 'lib.example/c', '--store', other.path, '--format', 'json');
      expect(JSON.parse(told.stdout)).toMatchObject({ uses: [{ repository: 'acme/app' }] });
      expect(await readdir(other.path)).toEqual(before);
      return;
    }
    await using other = await tempDir('read-only');
    await fill(other.path, batches);
    await chmod(other.path, 0o500);
    const told = await audit('used', 'lib.example/c', '--store', other.path, '--format', 'json');
    await chmod(other.path, 0o700);
    expect(JSON.parse(told.stdout)).toMatchObject({ uses: [{ repository: 'acme/app' }] });
    expect(await readdir(other.path)).toEqual(['raw']);
  });

  it('asks beside a collector that works on the directory', async () => {
    const told = await audit('used', 'lib.example/c', '--store', live.path, '--format', 'json');
    expect(JSON.parse(told.stdout)).toMatchObject({ uses: [{ repository: 'acme/app' }] });
  });

  it('knows what came into the directory since it was asked', async () => {
    const late = batchOf({ job: 'late', repository: 'acme/late', requests: [zipOf('late.example/x')] });
    await using other = await tempDir('late');
    await fill(other.path, batches);
    expect((await audit('used', 'late.example/x', '--store', other.path)).stdout).toBe('');
    await fill(other.path, [late]);
    const told = await audit('used', 'late.example/x', '--store', other.path, '--format', 'json');
    expect(JSON.parse(told.stdout)).toMatchObject({ uses: [{ repository: 'acme/late' }] });
  });

  it.each([
    [['what'], 'audit cannot "what"; did you mean who?'],
    [['who'], 'audit who takes MODULE'],
    [['who', 'a', '--limit', '0'], 'limit wants a number'],
    [['diff', 'a'], 'audit diff takes FROM and TO'],
    [['log', '--format', 'xml'], '--format wants text, json or csv'],
    [['log', '--store', 'ftp://x'], 'is not a store'],
    [['log', '--store', 'https://user:secret-thing@audit.example.test'], 'has credentials in it'],
    [['log', '--store', '/nowhere/at/all'], 'cannot be read'],
    [['log', '--store', '.'], 'is no audit store'],
    [['used', 'a', '--store', 'http://audit.example.test'], 'over plain http'],
  ])('refuses %j with 2', async (args, words) => {
    await using empty = await tempDir('empty');
    const done = await modgate(['audit', ...args], {
      env: { ...ENV, MODGATE_READ_TOKEN: READ },
      cwd: empty.path,
    });
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toContain(words);
    expect(done.stderr).not.toContain('secret-thing');
  });

  it('ends with 2 for a token that may not, and with 3 for a store that is away', async () => {
    const question = ['audit', 'who', 'a', '--store', collector.url];
    const wrong = await modgate(question, { env: { ...ENV, MODGATE_READ_TOKEN: WRITE } });
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('said 403');
    expect(wrong.stderr).not.toContain(WRITE);
    const none = await modgate(question, { env: ENV });
    expect(none).toMatchObject({ code: 2 });
    expect(none.stderr).toContain('said 401');
    const gone = await modgate(['audit', 'who', 'a', '--store', 'http://127.0.0.1:1'], { env: ENV });
    expect(gone).toMatchObject({ code: 3 });
    expect(gone.stderr).toContain('did not answer');
  });

  it('tells its options', async () => {
    for (const name of ['log', 'rebuild']) {
      const { code, stdout } = await audit(name, '--help');
      expect({ name, code }).toEqual({ name, code: 0 });
      expect(stdout).toContain(`usage: modgate audit ${name}`);
    }
  });

  it('makes an index in a directory once, and again when it is gone', async () => {
    expect(await readdir(dir.path)).toContain('index.db');
    await rm(dir.join('index.db'));
    const told = await audit('used', 'lib.example/c', '--store', dir.path, '--format', 'json');
    expect(JSON.parse(told.stdout)).toMatchObject({ uses: [{ repository: 'acme/app' }] });
  });
});

describe('a cell of CSV', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    [undefined, ''],
    [12, '12'],
    [-12, '-12'],
    ['=1+1', `"'=1+1"`],
    [' =1', `"' =1"`],
    ['+1', `"'+1"`],
    ['-1', `"'-1"`],
    ['@x', `"'@x"`],
    ['a"b', '"a""b"'],
    ['a,b', '"a,b"'],
    ['a\r\n=b', 'a\\r\\n=b'],
    ['\t=b', `"' =b"`],
  ])('%j is %s', (value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });
});
