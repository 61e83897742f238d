import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IndexEntry } from '../../src/store/types.ts';
import { modgate } from '../support/modgate.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { freshCaches, type Job, startJob } from './go-job.ts';
import { LIB, type Repository, repository } from './moved-tag.ts';

const EMPTY = { 'go.mod': 'module example.com/app\n\ngo 1.24\n' };
const H1 = /h1:[A-Za-z0-9+/]{43}=/g;
const DAY = 86_400_000;

let dir: TempDir;
let repo: Repository;
beforeAll(async () => {
  dir = await tempDir('pins');
  repo = await repository(dir);
});
afterAll(async () => await dir[Symbol.asyncDispose]());

const startPrivate = async (env: Readonly<Record<string, string>> = {}) =>
  await startJob('direct', EMPTY, { ...repo.env, GONOSUMDB: 'example.test', ...env });

/** The h1 that a download of a version gives go, with an empty module cache. */
async function download(job: Job, version: string, env: Readonly<Record<string, string>> = {}) {
  const done = await job.run(['go', 'mod', 'download', '-json', `${LIB}@${version}`], {
    env: { ...freshCaches(job.world), ...env },
  });
  const told = done.stdout === '' ? {} : (JSON.parse(done.stdout) as { Sum?: string; Error?: string });
  return { ...told, code: done.code, stderr: done.stderr };
}

function indexFile(job: Job, version: string): string {
  return path.join(job.store, 'modgate', 'index', ...LIB.split('/'), '@v', `${version}.json`);
}

async function entryOf(job: Job, version: string): Promise<IndexEntry> {
  return JSON.parse(await readFile(indexFile(job, version), 'utf8')) as IndexEntry;
}

/** Makes all of a store look as if it was used and written long ago, and prunes it. */
async function prune(job: Job): Promise<void> {
  const then = new Date(Date.now() - 60 * DAY);
  for (const name of await readdir(job.store, { recursive: true }))
    await utimes(path.join(job.store, name), then, then);
  const done = await cache(job, 'prune', job.store);
  expect(done).toMatchObject({ code: 0 });
}

const cache = async (job: Job, ...args: string[]) =>
  await modgate(['cache', ...args], { cwd: job.project, env: job.world.env });

describe('a tag that is moved', () => {
  it('is refused with both hashes when the version was pruned, until it is forgotten', async () => {
    await repo.tag('v1.0.0', 'first');
    await using job = await startPrivate();
    const first = await download(job, 'v1.0.0');
    expect(first).toMatchObject({ code: 0, Sum: expect.stringMatching(H1) });
    expect(await entryOf(job, 'v1.0.0')).toMatchObject({
      h1: first.Sum,
      vouchedBy: { zip: 'first-seen', mod: 'first-seen' },
    });

    await repo.tag('v1.0.0', 'second');
    expect(await download(job, 'v1.0.0')).toMatchObject({ code: 0, Sum: first.Sum });

    await prune(job);
    const { firstSeen } = await entryOf(job, 'v1.0.0');
    expect(await job.stored()).toEqual([`modgate/index/${LIB}/@v/v1.0.0.json`]);
    const moved = await download(job, 'v1.0.0');
    expect(moved.code).toBe(1);
    const second = moved.Error?.match(H1)?.at(-1) ?? '';
    expect(second).not.toBe(first.Sum);
    expect(moved.Error).toContain(`${LIB}@v1.0.0 is not what it was: its hash was ${first.Sum}`);
    expect(moved.Error).toContain(`first seen on ${firstSeen.slice(0, 19)}`);
    expect(moved.Error).toContain(`modgate cache forget ${LIB}@v1.0.0`);
    expect(moved.stderr).toMatch(/error: .*lib\.git@v1\.0\.0 is not what it was.* \(sum\/changed\)/);

    const forgotten = await cache(job, 'forget', `${LIB}@v1.0.0`, job.store);
    expect(forgotten.stdout).toBe(
      `${LIB}@v1.0.0 is forgotten by ${job.store}: it had ${first.Sum}, go.mod ${(await modHash(job)) ?? ''}, first seen on ${firstSeen}\n`,
    );
    expect(await download(job, 'v1.0.0')).toMatchObject({ code: 0, Sum: second });
    expect(await entryOf(job, 'v1.0.0')).toMatchObject({ h1: second, vouchedBy: { zip: 'first-seen' } });
    expect((await cache(job, 'forget', `${LIB}@v9.9.9`, job.store)).stdout).toContain('knows nothing of');
  });

  it('is the same error where go.sum has its new hash and the store the old files', async () => {
    await repo.tag('v1.1.0', 'first');
    await using job = await startPrivate();
    const first = await download(job, 'v1.1.0');
    await repo.tag('v1.1.0', 'second');
    await using elsewhere = await startPrivate();
    const second = await download(elsewhere, 'v1.1.0');
    expect(second.Sum).not.toBe(first.Sum);
    await writeFile(path.join(job.project, 'go.sum'), `${LIB} v1.1.0 ${second.Sum}\n`);
    const refused = await download(job, 'v1.1.0');
    expect(refused.code).toBe(1);
    expect(refused.Error).toContain(first.Sum);
    expect(refused.Error).toContain(`now go.sum has ${second.Sum}`);
    expect(await entryOf(job, 'v1.1.0')).toMatchObject({ h1: first.Sum });

    // Told to a session that runs: what is fetched next is right for it, too.
    await using session = await job.start();
    const told = await modgate(['cache', 'forget', `${LIB}@v1.1.0`], {
      cwd: job.project,
      env: session.env as Record<string, string>,
    });
    expect(told.stdout).toContain(`is forgotten by ${job.store}`);
    const go = await job.world.go(['mod', 'download', `${LIB}@v1.1.0`], {
      cwd: job.project,
      env: { ...session.env, ...freshCaches(job.world) },
    });
    expect(go).toMatchObject({ code: 0 });
    const records = await session.stop();
    expect(
      records.some(r => r.kind === 'note' && r.text.includes(`cache forget: ${LIB}@v1.1.0 (${first.Sum}`)),
    ).toBe(true);
  });
});

describe('who pins', () => {
  it('not a pull request, though a pin holds for it, too', async () => {
    await repo.tag('v1.2.0', 'first');
    await using job = await startPrivate();
    const fork = fileURLToPath(new URL('../fixtures/ci/events/pull_request-fork.json', import.meta.url));
    const untrusted = {
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: job.project,
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_EVENT_PATH: fork,
      GITHUB_REF: 'refs/pull/42/merge',
      RUNNER_TEMP: job.world.dir.path,
    };
    const first = await download(job, 'v1.2.0', untrusted);
    expect(first).toMatchObject({ code: 0 });
    expect(await job.stored()).toEqual([]);
    expect(await download(job, 'v1.2.0')).toMatchObject({ code: 0, Sum: first.Sum });
    await repo.tag('v1.2.0', 'second');
    await prune(job);
    const refused = await download(job, 'v1.2.0', untrusted);
    expect(refused).toMatchObject({ code: 1, Error: expect.stringContaining('is not what it was') });
    expect(await entryOf(job, 'v1.2.0')).toMatchObject({ h1: first.Sum });
  });

  it('with GOSUMDB=off every trusted job, tools outside go.sum included', async () => {
    await repo.tag('v1.3.0', 'first');
    await using job = await startPrivate({ GONOSUMDB: '', GOSUMDB: 'off' });
    const install = async () =>
      await job.run(['go', 'install', `${LIB}/cmd/tool@v1.3.0`], { env: freshCaches(job.world) });
    expect(await install()).toMatchObject({ code: 0 });
    expect(await entryOf(job, 'v1.3.0')).toMatchObject({
      vouchedBy: { zip: 'first-seen', mod: 'first-seen' },
    });
    await repo.tag('v1.3.0', 'second');
    expect(await install()).toMatchObject({ code: 0 });
    await prune(job);
    const refused = await install();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`${LIB}@v1.3.0 is not what it was`);
  });
});

async function modHash(job: Job): Promise<string | undefined> {
  const log = path.join(job.store, 'modgate', 'log');
  const texts = await Promise.all((await readdir(log)).map(name => readFile(path.join(log, name), 'utf8')));
  const lines = texts.flatMap(text => text.split('\n')).filter(line => line.includes('"forgot"'));
  const [last] = lines.map(line => JSON.parse(line) as { forgot: string; goModH1: string });
  expect(last?.forgot).toBe(`${LIB}@v1.0.0`);
  return last?.goModH1;
}
