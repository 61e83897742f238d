import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLI } from '../support/modgate.ts';
import { giveToNobody, runAsNobody } from '../support/other-user.ts';
import type { Job } from '../support/session.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { tinyJobOn } from './tiny-job.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

const tinyJob = (goproxy = upstream.url, env?: Readonly<Record<string, string>>): Promise<Job> =>
  tinyJobOn(goproxy, env);

const run = (job: Job, ...command: string[]) => [
  'run',
  '--store',
  job.store,
  '--on-failure',
  'fail',
  '--',
  ...command,
];
const DOWNLOAD = ['go', 'mod', 'download'];
const NOTHING = [process.execPath, '-e', ''];

describe.concurrent('the command line and the configuration', () => {
  it.each([
    [['run', '--stroe', 'x', '--', 'true'], /unknown option --stroe; did you mean --store\?/],
    [['sart'], /there is no verb "sart"; did you mean start\?/],
    [['run', 'go', 'build'], /the command goes after --/],
    [['start', '--format', 'xml'], /--format wants shell, dotenv, json, github, not "xml"/],
    [['start', '--listen', 'nowhere'], /--listen wants HOST:PORT .*not "nowhere"/],
    [['start', '--listen', '127.0.0.1:99999'], /--listen wants HOST:PORT/],
    [['start', '--owner', 'me'], /--owner wants a whole number/],
    [['start', '--prefetch', '65'], /--prefetch wants a whole number from 0 to 64/],
    [['start', '--on-failure', 'retry'], /--on-failure wants fail or fallback, not "retry"/],
    [['start', '--config', 'missing.yaml'], /missing\.yaml: there is no such file/],
  ])('%j is refused with exit code 2', async (args, words) => {
    await using job = await tinyJob();
    const done = await job.modgate(args);
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toMatch(words);
    expect(done.stderr).not.toMatch(/\n {4}at /);
  });

  it.each([
    ['proxy:\n  on-failure: never\n', /\.modgate\.yaml:2:\d+: proxy\.on-failure: "never" is not one of/],
    ['proxy:\n  prefetsh: 1\n', /\.modgate\.yaml:2:3: unknown key "prefetsh".*did you mean prefetch/],
    ['proxy: [\n', /\.modgate\.yaml:\d+:\d+: /],
  ])('a broken file %j is refused at its line', async (text, words) => {
    await using job = await tinyJob();
    await writeFile(path.join(job.checkout, '.modgate.yaml'), text);
    const done = await job.modgate(run(job, ...NOTHING));
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(words);
  });

  it('two files are refused, because nobody could say which one counts', async () => {
    await using job = await tinyJob();
    await mkdir(path.join(job.checkout, '.github'));
    await writeFile(path.join(job.checkout, '.modgate.yaml'), 'version: 1\n');
    await writeFile(path.join(job.checkout, '.github', 'modgate.yaml'), 'version: 1\n');
    const done = await job.modgate(run(job, ...NOTHING));
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(/\.modgate\.yaml: \.github\/modgate\.yaml is there too; keep one/);
  });
});

describe.concurrent('what the job gives', () => {
  it('a malformed go.sum line is named with its file and number', async () => {
    await using job = await tinyJob();
    const sum = path.join(job.checkout, 'go.sum');
    await writeFile(sum, `${await readFile(sum, 'utf8')}github.com/pkg/errors v0.9.1\n`);
    const done = await job.modgate(run(job, ...DOWNLOAD));
    expect(done.stderr).toMatch(/warning: .*go\.sum:3: .*go mod tidy/);
  });

  it('a port that is taken is named, with what to do', async () => {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await using job = await tinyJob();
      const done = await job.modgate(['start', '--store', job.store, '--listen', `127.0.0.1:${port}`]);
      expect(done).toMatchObject({ code: 3, stdout: '' });
      expect(done.stderr).toContain(
        `cannot listen on 127.0.0.1:${port}: another program listens there; leave --listen out`,
      );
    } finally {
      server.close();
    }
  });

  it('without go on PATH a session starts when an upstream is known, else it says what to do', async () => {
    await using job = await tinyJob();
    const without = { PATH: job.dir.join('nothing') };
    const known = await job.modgate(run(job, ...NOTHING), { env: without });
    expect(known.code).toBe(0);
    expect(known.stderr).toMatch(/warning: no go command is on PATH/);
    const unknown = await job.modgate(run(job, ...NOTHING), { env: { ...without, GOPROXY: undefined } });
    expect(unknown.code).toBe(3);
    expect(unknown.stderr).toMatch(/no go command is on PATH.*install Go before modgate.*--upstream/);
  });

  it('GOPROXY=off serves what the store has, and says that it may not ask for the rest', async () => {
    await using warm = await tinyJob();
    expect(await warm.modgate(run(warm, ...DOWNLOAD))).toMatchObject({ code: 0 });
    await using off = await tinyJob('off');
    const cold = await off.modgate(run(off, ...DOWNLOAD));
    expect(cold.code).toBe(1);
    expect(cold.stderr).toMatch(
      /module lookup disabled by GOPROXY=off, and the store has no github\.com\/google\/uuid@v1\.6\.0/,
    );
    expect(cold.stderr).toMatch(/next: /);
    const stored = await off.modgate(run({ ...off, store: warm.store }, ...DOWNLOAD));
    expect(stored).toMatchObject({ code: 0 });
  });

  it.each([
    ['htp://mirror.example.test', /GOPROXY cannot be used: invalid proxy URL scheme/],
    ['http://robot:s3cret-word@mirror .example.test', /GOPROXY cannot be used: .*xxxxx@/],
    [',', /GOPROXY cannot be used: GOPROXY list is not the empty string, but contains no entries/],
  ])('GOPROXY=%j is refused with exit code 2', async (goproxy, words) => {
    await using job = await tinyJob(goproxy);
    const done = await job.modgate(run(job, ...NOTHING));
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(words);
    expect(done.stderr).not.toContain('s3cret-word');
  });

  it('the password of an upstream stands in no output, log, journal or store', async () => {
    await using job = await tinyJob(`http://robot:s3cret-word@${new URL(upstream.url).host}/`);
    await using session = await job.start(['--on-failure', 'fail']);
    const good = await session.go(['mod', 'download']);
    expect(good).toMatchObject({ code: 0 });
    const bad = await session.go(['mod', 'download', 'github.com/google/uuid@v99.0.0']);
    expect(bad.code).toBe(1);
    const { said, summary } = await session.stop();
    const outputs = [good, bad].map(done => done.stdout + done.stderr).join('');
    expect(`${outputs}${session.said}${said}${JSON.stringify([session.env, summary])}`).not.toContain(
      's3cret',
    );
    let read = 0;
    for (const root of [session.dir, job.store]) {
      for (const name of await readdir(root, { recursive: true })) {
        const file = path.join(root, name);
        if (!(await stat(file)).isFile()) continue;
        expect(await readFile(file, 'latin1'), file).not.toContain('s3cret');
        read++;
      }
    }
    expect(read).toBeGreaterThan(5);
    const sent = upstream.requests.filter(request => request.headers.authorization !== undefined);
    expect(sent.length).toBeGreaterThan(0);
  });
});

describe.concurrent('the place of the session', () => {
  /** Where the session of a job would be, in modgate's own words. */
  async function placeOf(job: Job): Promise<string> {
    const { stderr } = await job.modgate(['stop']);
    const dir = /there is no session at (.*); nothing/.exec(stderr)?.[1];
    if (dir === undefined) throw new Error(stderr);
    return dir;
  }

  it('a temporary directory that is none is named', async () => {
    await using job = await tinyJob();
    const file = job.dir.join('file');
    await writeFile(file, '');
    const done = await job.modgate(['start', '--store', job.store], { env: { TMPDIR: file } });
    expect(done).toMatchObject({ code: 3, stdout: '' });
    expect(done.stderr).toMatch(
      /cannot make the session directory .*set RUNNER_TEMP or TMPDIR to a directory/,
    );
  });

  it.skipIf(process.platform === 'win32')(
    'a symbolic link in its place is refused, also above it',
    async () => {
      await using job = await tinyJob();
      const dir = await placeOf(job);
      const elsewhere = job.dir.join('elsewhere');
      await mkdir(elsewhere, { recursive: true });
      await mkdir(path.dirname(dir), { recursive: true });
      await symlink(elsewhere, dir);
      const done = await job.modgate(['start', '--store', job.store]);
      expect(done).toMatchObject({ code: 3, stdout: '' });
      expect(done.stderr).toMatch(/the session directory .* is a symbolic link.*remove it/);

      await using above = await tinyJob();
      const parent = path.dirname(await placeOf(above));
      await symlink(elsewhere, parent);
      const second = await above.modgate(['start', '--store', above.store]);
      expect(second.code).toBe(3);
      expect(second.stderr).toMatch(/is a symbolic link/);
      expect(await readdir(elsewhere)).toEqual([]);
    },
  );

  it.runIf(process.platform === 'linux')('a directory of another user is refused', async () => {
    await using job = await tinyJob();
    const tmp = job.dir.join('shared-tmp');
    await mkdir(path.join(tmp, 'modgate-65534'), { recursive: true });
    for (const dir of [job.dir.path, job.checkout]) await giveToNobody(dir, 0o755);
    await giveToNobody(tmp, 0o777);
    const done = await runAsNobody(process.execPath, [CLI, 'start', '--store', job.dir.join('mine')], {
      cwd: job.checkout,
      env: { ...job.env, TMPDIR: tmp, HOME: tmp, GOCACHE: job.dir.join('gocache') },
    });
    expect(done).toMatchObject({ code: 3, stdout: '' });
    expect(done.stderr).toMatch(/the session directory .* belongs to another user, .*TMPDIR/);
  });
});
