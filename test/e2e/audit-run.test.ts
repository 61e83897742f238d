import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobsAnswer } from '../../src/collector/types.ts';
import { ask, type Serve, serve, settled } from '../support/collector.ts';
import { writeProject } from '../support/go.ts';
import { type Job, makeJob } from '../support/session.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { tinyProject } from './small-project.ts';

const MODULE = 'github.com/google/uuid';
const WRITE = 'hidden-writer-0123456789';
const READ = 'hidden-reader-0123456789';
const KEYED = { MODGATE_AUDIT_TOKEN: WRITE };

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

/** A collector with tokens on a directory of its own. */
const collectorAt = (dir: TempDir, listen = '127.0.0.1:0'): Promise<Serve> =>
  serve({ dir: dir.path, listen, env: { MODGATE_WRITE_TOKEN: WRITE, MODGATE_READ_TOKEN: READ } });

async function tinyJob(): Promise<Job> {
  const job = await makeJob(upstream.url);
  await tinyProject(job.checkout);
  return job;
}

/** Arguments of `modgate run` for a build whose result lies in the checkout. */
const build = (job: Job, store: string, ...flags: readonly string[]): string[] => [
  ...['run', '--store', job.store, '--audit-store', store, ...flags],
  ...['--', 'go', 'build', '-o', 'built', '.'],
];

const isBuilt = async (job: Job): Promise<boolean> => (await readdir(job.checkout)).includes('built');

async function jobsOf(url: string): Promise<JobsAnswer['jobs']> {
  await settled(url);
  const told = (await ask(url, 'jobs?state=any&older=0', READ)) as unknown as JobsAnswer;
  return told.jobs;
}

const rawOf = async (dir: TempDir): Promise<string[]> =>
  (await readdir(dir.join('raw'), { recursive: true }).catch(() => [])).filter(n => n.endsWith('.gz'));

describe.concurrent('modgate run -- go build, with a collector', () => {
  it('sends everything, and no token is in any output', async () => {
    await using dir = await tempDir('run-all');
    await using collector = await collectorAt(dir);
    await using job = await tinyJob();
    const done = await job.modgate(build(job, collector.url, '--audit-required'), { env: KEYED });
    expect(done.code, done.stderr).toBe(0);
    expect(await isBuilt(job)).toBe(true);
    expect(done.stderr).toMatch(/Audit: \d batches, 3 records sent to http/);
    expect(await jobsOf(collector.url)).toMatchObject([{ state: 'closed', records: 3, dropped: 0 }]);
    expect(collector.log() + done.stdout + done.stderr).not.toContain('hidden');
  });

  it('shows the checkpoint that the store signed, by which a later look at its files proves it', async () => {
    await using dir = await tempDir('run-checkpoint');
    await using collector = await collectorAt(dir);
    await using job = await tinyJob();
    const done = await job.modgate(build(job, collector.url), { env: KEYED });
    expect(done.code, done.stderr).toBe(0);
    const shown = /Checkpoint of the audit log, for .*:\n((?: {4}.*\n|\n)+)/.exec(done.stderr)?.[1] ?? '';
    expect(shown).toMatch(/ {4}modgate-log-[0-9a-f]{16}\n {4}\d+\n/);
    const key = await fetch(`${collector.url}/v1/log/key`, { headers: { authorization: `Bearer ${READ}` } });
    expect((await fetch(`${collector.url}/v1/log/key`)).status).toBe(401);
    await settled(collector.url);
    await collector.stop();
    const seen = path.join(job.checkout, 'seen.txt');
    await writeFile(seen, shown);
    const verify = [
      ...['audit', 'verify', dir.path, '--checkpoint', seen],
      ...['--key', (await key.text()).trim()],
    ];
    const proven = await job.modgate(verify);
    expect(proven.code, proven.stdout + proven.stderr).toBe(0);
    expect(proven.stdout).toMatch(/everything is as it was signed/);
    const [first = ''] = await rawOf(dir);
    await rm(dir.join('raw', first));
    const caught = await job.modgate(verify);
    expect(caught.code).toBe(1);
    expect(caught.stdout).toMatch(/batch\/deleted: raw\/v1\/.*lies nowhere/);
  });

  it('required: exit code 4 before the build when nobody listens', async () => {
    await using job = await tinyJob();
    const done = await job.modgate(build(job, await deadUrl(), '--audit-required'), { env: KEYED });
    expect(done).toMatchObject({ code: 4, stdout: '' });
    expect(done.stderr).toMatch(
      /audit\.required is on, and the opening record was not delivered: .*ECONNREFUSED/,
    );
    expect(await isBuilt(job)).toBe(false);
  });

  it('required: exit code 4 before the build without the right token', async () => {
    await using dir = await tempDir('run-token');
    await using collector = await collectorAt(dir);
    await using job = await tinyJob();
    const stranger = 'hidden-stranger-0123456789';
    for (const [token, status] of [
      [undefined, 401],
      [stranger, 401],
      [READ, 403],
    ] as const) {
      const told = collector.log().length;
      const done = await job.modgate(build(job, collector.url, '--audit-required'), {
        env: { MODGATE_AUDIT_TOKEN: token },
      });
      expect(done).toMatchObject({ code: 4, stdout: '' });
      expect(done.stderr).toContain(`answered ${status}`);
      expect(done.stderr).toContain('MODGATE_AUDIT_TOKEN');
      expect(await isBuilt(job)).toBe(false);
      expect(collector.log().slice(told)).toMatch(new RegExp(`\\b${status}\\b`));
      expect(collector.log() + done.stderr).not.toContain('hidden');
    }
    expect(await rawOf(dir)).toEqual([]);
  });

  it('not required: builds without a token, and says where the records lie', async () => {
    await using dir = await tempDir('run-warn');
    await using collector = await collectorAt(dir);
    await using job = await tinyJob();
    const done = await job.modgate(build(job, collector.url), { env: {} });
    expect(done.code, done.stderr).toBe(0);
    expect(await isBuilt(job)).toBe(true);
    expect(done.stderr).toMatch(/warning: \d batches of audit records could not be sent.*answered 401/);
    expect(await rawOf(dir)).toEqual([]);
    // Somebody who has the token sends them by hand.
    const [, spool = ''] = /they wait in (\S+) for the next session/.exec(done.stderr) ?? [];
    const sent = await job.modgate(['audit', 'upload', spool, '--store', collector.url], { env: KEYED });
    expect(sent.code, sent.stderr).toBe(0);
    expect(await jobsOf(collector.url)).toMatchObject([{ state: 'closed', records: 3, dropped: 0 }]);
  });

  it('a collector that is killed during the build and comes back has all of it', async () => {
    await using dir = await tempDir('run-back');
    const first = await collectorAt(dir);
    await using job = await tinyJob();
    await writeProject(job.checkout, { 'build.mjs': BUILD_AND_WAIT });
    const args = ['run', '--store', job.store, '--audit-store', first.url, '--audit-required'];
    const running = job.modgate([...args, '--', process.execPath, 'build.mjs'], { env: KEYED });
    while (!(await isBuilt(job))) await new Promise(resolve => setTimeout(resolve, 20));
    await first.kill();
    await using second = await collectorAt(dir, new URL(first.url).host);
    await writeProject(job.checkout, { 'go-on': '' });
    const done = await running;
    expect(done.code, done.stderr).toBe(0);
    expect(await jobsOf(second.url)).toMatchObject([{ state: 'closed', records: 3, dropped: 0 }]);
    const who = await ask(second.url, `who?module=${MODULE}`, READ);
    const sums = await readFile(path.join(job.checkout, 'go.sum'), 'utf8');
    const h1 = /v1\.6\.0 (h1:\S+)/.exec(sums)?.[1];
    expect(who.versions).toMatchObject([{ version: 'v1.6.0', h1 }]);
  });

  it('what a collector missed that stays away is sent by the next run on the same machine', async () => {
    await using dir = await tempDir('run-next');
    const first = await collectorAt(dir);
    await using job = await tinyJob();
    await writeProject(job.checkout, { 'build.mjs': BUILD_AND_WAIT });
    const args = ['run', '--store', job.store, '--audit-store', first.url];
    const running = job.modgate([...args, '--', process.execPath, 'build.mjs'], { env: KEYED });
    while (!(await isBuilt(job))) await new Promise(resolve => setTimeout(resolve, 20));
    await first.kill();
    await writeProject(job.checkout, { 'go-on': '' });
    const done = await running;
    expect(done.code, done.stderr).toBe(0);
    expect(done.stderr).toMatch(/could not be sent: .*; they wait in .* for the next session/);
    await using second = await collectorAt(dir, new URL(first.url).host);
    expect(await jobsOf(second.url)).toMatchObject([{ state: 'open' }]);
    await using _ = await job.start(['--audit-store', second.url], { env: KEYED });
    while ((await jobsOf(second.url)).every(({ state }) => state === 'open')) {
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    const [one] = (await jobsOf(second.url)).filter(({ state }) => state !== 'open');
    expect(one).toMatchObject({ state: 'closed', records: 3, dropped: 0 });
  });
});

const BUILD_AND_WAIT = `import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
execFileSync('go', ['build', '-o', 'built', '.'], { stdio: 'inherit' });
while (!existsSync('go-on')) await new Promise(resolve => setTimeout(resolve, 20));
`;
