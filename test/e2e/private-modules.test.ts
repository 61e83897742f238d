import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../src/audit/journal-record.ts';
import { sumdbName } from '../support/go.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { type Company, GITLAB, startCompany, VANITY } from '../support/vcs/company.ts';
import { goModule } from '../support/vcs/repositories.ts';
import { freshCaches, type Job, startJob } from './go-job.ts';

const EMPTY = { 'go.mod': 'module example.com/app\n\ngo 1.24\n' };
const LIB = `${GITLAB}/group/lib`;
const DEEP = `${GITLAB}/group/sub/deep`;
const MONO = `${GITLAB}/group/mono`;
const NAMED = `${VANITY}/named`;
const CONFIG = `version: 1\nproxy:\n  private: [${GITLAB}, ${VANITY}]\n`;

let company: Company;
let home: TempDir;
let env: Record<string, string>;
let job: Job;

/** Everything in one file, so that one job serves all: what counts is who is asked, not who asks. */
beforeAll(async () => {
  [company, home] = await Promise.all([
    startCompany({
      upstream: {
        behind: null,
        moduleCaches: [],
        made: () => ({ status: 404, body: 'not found: nobody has that here\n' }),
      },
    }),
    tempDir('home'),
  ]);
  const { gitlab, authority } = company;
  const two = (module: string) => [
    { files: goModule(module, 'first'), tags: ['v1.0.0'] },
    { files: goModule(module, 'second'), tags: ['v1.1.0'] },
    { files: goModule(module, 'untagged') },
  ];
  await gitlab.publish('group/lib', [
    ...two(LIB),
    { files: { ...goModule(`${LIB}/v2`, 'major', 'v2') }, tags: ['v2.0.0'], branch: 'next' },
  ]);
  await gitlab.publish('group/sub/deep', two(DEEP));
  await gitlab.publish('group/named', two(NAMED));
  await gitlab.publish('group/mono', [
    {
      files: {
        'README.md': 'no module here\n',
        ...goModule(`${MONO}/one`, 'one', 'one'),
        ...goModule(`${MONO}/tools/two`, 'two', 'tools/two'),
        'tools/two/cmd/say/main.go': 'package main\n\nfunc main() { println("said") }\n',
      },
      tags: ['one/v0.1.0', 'tools/two/v0.2.0'],
    },
    { files: goModule(`${MONO}/one`, 'newer', 'one'), tags: ['one/v0.2.0'] },
  ]);
  company.vanityPaths.set('named', `https://${GITLAB}/group/named.git`);
  const { username, secret } = gitlab.grant({
    kind: 'personal',
    projects: ['group/'],
    scopes: ['read_api', 'read_repository'],
  });
  await writeFile(home.join('.netrc'), `machine ${GITLAB} login ${username} password ${secret}\n`);
  env = {
    ...company.env,
    HOME: home.path,
    SSL_CERT_FILE: authority.caFile,
    GIT_SSL_CAINFO: authority.caFile,
    GIT_CONFIG_NOSYSTEM: '1',
    GOFLAGS: '-mod=mod -modcacherw',
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
  };
  job = await startJob(company.publicModules.url, { ...EMPTY, '.modgate.yaml': CONFIG }, env);
});
afterAll(async () => {
  await Promise.all([company, home, job].map(one => one[Symbol.asyncDispose]()));
});

function requests(records: readonly JournalRecord[]) {
  return records.filter(record => record.kind === 'req');
}

/** Whatever anybody but the forge and its vanity host was asked. */
function toOthers(): string {
  const { publicModules, elsewhere, mirror } = company;
  return JSON.stringify([publicModules.requests, elsewhere.seen, mirror.seen]);
}

describe('private modules', () => {
  it('are fetched through modgate however go names them, and nobody else is asked', async () => {
    await using session = await job.start();
    expect(session.env).toMatchObject({ GONOPROXY: 'none' });
    expect(session.env.GONOSUMDB).toContain(`${GITLAB},${VANITY}`);
    const go = async (...args: string[]) =>
      await job.world.goOk(args, { cwd: job.project, env: { ...session.env, ...freshCaches(job.world) } });
    const get = async (...asked: string[]) => {
      await go('get', ...asked);
      const text = await readFile(path.join(job.project, 'go.mod'), 'utf8');
      return asked.map(one => {
        const [, version] = new RegExp(`${one.replace(/@.*/, '')} (\\S+)`).exec(text) ?? [];
        return version;
      });
    };
    expect(
      await get(`${LIB}@latest`, `${LIB}/v2@latest`, `${DEEP}@<v1.1.0`, `${NAMED}@v1`, `${MONO}/one@latest`),
    ).toEqual(['v1.1.0', 'v2.0.0', 'v1.0.0', 'v1.1.0', 'v0.2.0']);
    const { repositories } = company.gitlab;
    const [tip, deep] = await Promise.all(
      ['group/lib', 'group/sub/deep'].map(async name => (await repositories.sha(name, 'main')).slice(0, 12)),
    );
    expect(await get(`${LIB}@main`, `${DEEP}@${deep}`)).toEqual([
      expect.stringMatching(new RegExp(`^v1\\.1\\.1-0\\.\\d{14}-${tip}$`)),
      expect.stringMatching(new RegExp(`^v1\\.1\\.1-0\\.\\d{14}-${deep}$`)),
    ]);
    expect((await go('list', '-m', '-versions', `${MONO}/one`)).stdout).toBe(`${MONO}/one v0.1.0 v0.2.0\n`);
    // What is no module of its own: go asks for every prefix and has to be told which is one.
    await go('install', `${MONO}/tools/two/cmd/say@v0.2.0`);
    const vcs = path.join(session.dir, 'vcs', 'modcache', 'cache', 'vcs');
    const clones = await Promise.all(
      (await readdir(vcs)).map(name => readdir(path.join(vcs, name)).catch((): string[] => [])),
    );
    expect(clones.filter(files => files.includes('FETCH_HEAD'))).toHaveLength(4);
    const zips = requests(await session.stop()).filter(({ op }) => op === 'zip');
    // The second time a version is asked for it is the session's own.
    const first = zips.filter(({ source }) => source === 'vcs');
    expect(first.length).toBeGreaterThan(6);
    expect(zips.filter(({ upstream }) => upstream !== undefined)).toEqual(first);
    expect(new Set(first.map(({ upstream }) => upstream))).toEqual(new Set([GITLAB]));
    expect(toOthers()).not.toContain(GITLAB);
    expect(toOthers()).not.toContain(VANITY);
  });

  it('are fetched ahead, kept, and not asked of their host again', async () => {
    await using my = await startJob(
      company.publicModules.url,
      {
        '.modgate.yaml': CONFIG,
        'go.mod': `${EMPTY['go.mod']}\nrequire (\n\t${LIB} v1.1.0\n\t${NAMED} v1.0.0\n)\n`,
        'app.go': `package app\n\nimport (\n\t_ "${LIB}"\n\t_ "${NAMED}"\n)\n`,
      },
      env,
    );
    await my.fresh(['mod', 'tidy'], { flags: ['--store', my.world.dir.join('other')] });
    await using session = await my.start();
    // Nobody asks: what go.sum lists comes by itself, from the one child of each module.
    const log = path.join(session.dir, 'daemon.log');
    await expect
      .poll(async () => (await my.stored()).filter(name => /^[^m].*\.zip$/.test(name)).toSorted(), {
        timeout: 30_000,
      })
      .toEqual([`${LIB}/@v/v1.1.0.zip`, `${NAMED}/@v/v1.0.0.zip`].toSorted());
    const go = { cwd: my.project, env: { ...session.env, ...freshCaches(my.world) } };
    await my.world.goOk(['build', './...'], go);
    const started = (await readFile(log, 'utf8')).match(/direct: .*/g);
    expect(started?.toSorted()).toEqual([`direct: ${LIB}@v1.1.0`, `direct: ${NAMED}@v1.0.0`].toSorted());
    const records = requests(await session.stop()).filter(record => record.op === 'zip');
    expect(records.map(record => record.source)).toEqual(['vcs', 'vcs']);
    const before = company.gitlab.seen.length;
    await my.fresh(['build', './...']);
    expect(company.gitlab.seen.length).toBe(before);
  });

  it('are refused by the policy before their host hears of them, and the checksum database never does', async () => {
    const policy = `${CONFIG}modules: {deny: [${GITLAB}/group/lib]}\n`;
    await using my = await startJob(company.publicModules.url, { ...EMPTY, '.modgate.yaml': policy }, env);
    await using session = await my.start();
    const before = [company.gitlab.seen.length, company.proxy.asked.length];
    for (const name of ['@v/list', '@latest', '@v/main.info', '@v/v1.0.0.info', '@v/v1.0.0.zip']) {
      const answer = await fetch(`${session.url}/${LIB}/${name}`);
      expect([name, answer.status]).toEqual([name, 403]);
    }
    const lookup = await fetch(`${session.url}/sumdb/${await sumdbName()}/lookup/${DEEP}@v1.0.0`);
    expect(lookup.status).toBe(404);
    expect(await lookup.text()).toContain('it is private by proxy.private');
    expect([company.gitlab.seen.length, company.proxy.asked.length]).toEqual(before);
  });

  it('that are not there are 404, and no entry behind modgate hears of them', async () => {
    const missing = `${GITLAB}/group/nothing`;
    const got = await job.run(['go', 'get', `${missing}@v1.0.0`], { env: freshCaches(job.world) });
    expect(got.code).toBe(1);
    expect(got.stderr).toMatch(/404 Not Found[\s\S]*modgate|not found: .*group\/nothing/);
    expect(toOthers()).not.toContain('group');
  });

  it('are left to go where another proxy stands behind modgate', async () => {
    await using my = await startJob(
      company.publicModules.url,
      { ...EMPTY, '.modgate.yaml': CONFIG },
      { ...env, GOPRIVATE: 'other.example.test' },
    );
    const flags = ['--on-failure', 'fallback'];
    await using session = await my.start({ flags });
    expect(session.env.GOPROXY).toContain('|');
    expect(session.env.GONOPROXY).toBe(`${GITLAB},${VANITY},other.example.test`);
    expect(session.env.GONOSUMDB).toBe(`other.example.test,${GITLAB},${VANITY}`);
    const go = { cwd: my.project, env: { ...session.env, ...freshCaches(my.world) } };
    await my.world.goOk(['get', `${LIB}@v1.0.0`], go);
    expect(requests(await session.stop())).toEqual([]);
    expect(toOthers()).not.toContain('group');
  });

  it('of the job itself are private without a word in the file, also when it has no other proxy to ask', async () => {
    await using my = await startJob('off', EMPTY, { ...env, GOPRIVATE: GITLAB });
    const got = await my.fresh(['get', `${DEEP}@v1.0.0`]);
    expect(got.stderr).toContain(`added ${DEEP} v1.0.0`);
  });
});
