import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { goEnv, sumdbName } from '../support/go.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { asked, freshCaches, type Job, startJob } from './go-job.ts';

const PROGRAM = {
  'go.mod': `module example.com/app

go 1.24

require github.com/hashicorp/go-multierror v1.1.1

require github.com/hashicorp/errwrap v1.0.0 // indirect
`,
  'main.go':
    'package main\n\nimport "github.com/hashicorp/go-multierror"\n\nfunc main() { println(multierror.Append(nil) != nil) }\n',
};
const SUM = `github.com/hashicorp/errwrap v1.0.0 h1:hLrqtEDnRye3+sgx6z4qVLNuviH3MR5aQ0ykNJa/UYA=
github.com/hashicorp/errwrap v1.0.0/go.mod h1:YH+1FKiLXxHSkmPseP+kNlulaMuP3n2brvKWEqk/Jc4=
github.com/hashicorp/go-multierror v1.1.1 h1:H5DkEtf6CXdFp0N0Em5UCwQpXMWke8IA0+lD48awMYo=
github.com/hashicorp/go-multierror v1.1.1/go.mod h1:iw975J/qwKPdAO1clOe2L8331t/9/fmwbPZ6JB6eMoM=
`;
const MODULES = 2;
const WITHOUT_SUM = { GOFLAGS: '-mod=mod -modcacherw -trimpath' };
const BUILD = ['build', '-o', process.platform === 'win32' ? 'NUL' : '/dev/null', '.'];

/** Files of module versions in the store: none of them are index entries. */
const content = async (job: Job) => (await job.stored()).filter(name => !name.startsWith('modgate/'));
const sumdbPaths = (paths: readonly string[]) => paths.filter(name => name.startsWith('sumdb/'));

/** Who vouched for each hash that the store's index has. */
async function vouchers(job: Job): Promise<string[]> {
  const names = (await job.stored()).filter(name => name.startsWith('modgate/index/'));
  const texts = await Promise.all(
    names.map(name => readFile(path.join(job.store, ...name.split('/')), 'utf8')),
  );
  return texts.flatMap(text => {
    const { vouchedBy } = JSON.parse(text) as { vouchedBy?: Record<string, string> };
    return Object.values(vouchedBy ?? {});
  });
}

/** A job on GitHub with a checkout and a store that other jobs of the machine share. */
async function github(job: Job, event: 'pull_request' | 'push'): Promise<Record<string, string>> {
  const file = event === 'push' ? 'push.json' : 'pull_request-fork.json';
  return {
    ...freshCaches(job.world),
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: job.project,
    GITHUB_EVENT_NAME: event,
    GITHUB_EVENT_PATH: fileURLToPath(new URL(`../fixtures/ci/events/${file}`, import.meta.url)),
    GITHUB_REF: event === 'push' ? 'refs/heads/main' : 'refs/pull/42/merge',
    RUNNER_TEMP: job.world.dir.path,
  };
}

describe('the checksum database through modgate', () => {
  it('go verifies our answers without a go.sum, cold and with the upstream gone', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, PROGRAM, WITHOUT_SUM);
    await job.fresh(BUILD);
    const sum = path.join(job.project, 'go.sum');
    expect(await readFile(sum, 'utf8')).toBe(SUM);
    const tiles = sumdbPaths(asked(upstream));
    expect(tiles.some(name => name.includes('/tile/8/0/'))).toBe(true);
    expect(tiles.filter((name, at) => tiles.indexOf(name) !== at)).toEqual([]);

    await writeFile(sum, '');
    const offline = await job.fresh(BUILD, { env: { GOPROXY: await deadUrl() } });
    expect(await readFile(sum, 'utf8')).toBe(SUM);
    expect(offline.stderr).toMatch(/from upstream +0 +0 B/);
  });

  it('a byte that flips on the way to us costs go nothing', async () => {
    await using upstream = await startUpstream({
      faults: ({ path, nth }) =>
        /^\/sumdb\/.*\/(lookup|tile)\//.test(path) && nth <= 2 ? { kind: 'flip-byte' } : undefined,
    });
    await using job = await startJob(upstream.url, PROGRAM, WITHOUT_SUM);
    await job.fresh(BUILD);
    expect(await readFile(path.join(job.project, 'go.sum'), 'utf8')).toBe(SUM);
    expect(upstream.requests.filter(request => request.fault === 'flip-byte').length).toBeGreaterThan(6);
  });

  it('answers each of its paths', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, PROGRAM);
    await using session = await job.start();
    const name = await sumdbName();
    const get = async (what: string) => {
      const answer = await fetch(`${session.url}/sumdb/${what}`);
      return { status: answer.status, text: await answer.text() };
    };
    expect(await get(`${name}/supported`)).toEqual({ status: 200, text: '' });
    const lookup = await get(`${name}/lookup/github.com/hashicorp/go-multierror@v1.1.1`);
    expect(lookup.text).toContain(SUM.split('\n')[2]);
    expect(lookup.text).toContain(`\n— ${name} `);
    const latest = await get(`${name}/latest`);
    expect(latest.text).toMatch(/^go\.sum database tree\n\d+\n/);
    const size = Number(latest.text.split('\n')[1]);
    const full = await get(`${name}/tile/8/0/000`);
    expect(full.status).toBe(200);
    const beyond = await get(`${name}/tile/8/3/x999/999`);
    expect(size).toBeGreaterThan(1e6);
    expect(beyond.status).toBe(404);
    expect((await get('db.example.com/supported')).status).toBe(404);
    expect((await get(`${name}/lookup/github.com/hashicorp/go-multierror@v9.9.9`)).status).toBe(404);
    expect((await get(`${name}/lookup/github.com/hashicorp/Go-multierror@v1.1.1`)).status).toBe(404);
  });

  it('GONOSUMDB names never reach it, and are pinned as they were first seen', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, PROGRAM, {
      ...WITHOUT_SUM,
      GONOSUMDB: 'github.com/hashicorp/go-*',
    });
    await job.fresh(BUILD);
    const lookups = asked(upstream).filter(name => name.includes('/lookup/'));
    expect(lookups.length).toBeGreaterThan(0);
    expect(lookups.filter(name => name.includes('go-multierror'))).toEqual([]);
    const kept = await content(job);
    expect(kept.some(name => name.startsWith('github.com/hashicorp/errwrap/') && name.endsWith('.zip'))).toBe(
      true,
    );
    expect(kept).toContain('github.com/hashicorp/go-multierror/@v/v1.1.1.zip');
    expect(new Set(await vouchers(job))).toEqual(new Set(['sumdb', 'first-seen']));
  });

  it('with GOSUMDB=off and no go.sum modules are pinned as they were first seen', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, PROGRAM, { ...WITHOUT_SUM, GOSUMDB: 'off' });
    await job.fresh(BUILD);
    expect(await readFile(path.join(job.project, 'go.sum'), 'utf8')).toBe(SUM);
    expect(sumdbPaths(asked(upstream))).toEqual([]);
    expect(new Set(await vouchers(job))).toEqual(new Set(['first-seen']));
    // A job that has the database asks it about what others only saw first.
    await writeFile(path.join(job.project, 'go.sum'), '');
    await job.fresh(BUILD, { env: { GOSUMDB: (await goEnv()).GOSUMDB } });
    expect(sumdbPaths(asked(upstream)).some(name => name.includes('/lookup/'))).toBe(true);
  });
});

describe("a pull request's go.sum", () => {
  const wrong = SUM.replace('h1:H5DkEtf6CXdFp0', 'h1:H5DkEtf6CXdFp1');

  it('that is wrong stops the build, and what it vouches for does not enter the store', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, { ...PROGRAM, 'go.sum': wrong });
    const failed = await job.run(['go', ...BUILD], { env: await github(job, 'pull_request') });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('checksum mismatch: got h1:H5DkEtf6CXdFp0');
    expect(failed.stderr).toContain('go.sum has h1:H5DkEtf6CXdFp1');
    expect(await job.stored()).not.toContain('github.com/hashicorp/go-multierror/@v/v1.1.1.zip');
    for (const by of await vouchers(job)) expect(by).toBe('sumdb');
  });

  it('cannot make another job build what it vouches for', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, { ...PROGRAM, 'go.sum': SUM });
    await job.fresh(BUILD);
    await writeFile(path.join(job.project, 'go.sum'), wrong);
    const failed = await job.run(['go', ...BUILD], { env: await github(job, 'pull_request') });
    expect(failed.stderr).toContain(
      "the store's github.com/hashicorp/go-multierror@v1.1.1.zip has h1:H5DkEtf6CXdFp0",
    );
    expect(failed.stderr).toContain('checksum mismatch: got h1:H5DkEtf6CXdFp0');
    expect(failed.code).toBe(1);
    await writeFile(path.join(job.project, 'go.sum'), SUM);
    await job.fresh(BUILD, { env: { GOPROXY: await deadUrl() } });
  });

  it('that is right serves this job only, unless the database vouches too', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, { ...PROGRAM, 'go.sum': SUM });
    const run = async (env: Readonly<Record<string, string>>) => {
      const done = await job.run(['go', ...BUILD], {
        env: { ...(await github(job, 'pull_request')), ...env },
      });
      expect(done.code, done.stderr).toBe(0);
    };
    await run({ GOSUMDB: 'off' });
    expect(await job.stored()).toEqual([]);
    await run({});
    expect((await content(job)).filter(name => name.endsWith('.zip'))).toHaveLength(MODULES);
    const by = await vouchers(job);
    expect(by.length).toBeGreaterThanOrEqual(2 * MODULES);
    for (const one of by) expect(one).toBe('sumdb');
  });

  it('that is missing leaves everything to the database', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, PROGRAM, WITHOUT_SUM);
    const done = await job.run(['go', ...BUILD], { env: await github(job, 'pull_request') });
    expect(done.code, done.stderr).toBe(0);
    expect((await content(job)).filter(name => name.endsWith('.zip'))).toHaveLength(MODULES);
    for (const by of await vouchers(job)) expect(by).toBe('sumdb');
  });

  it('as that of a trusted push vouches for the store without the database', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, { ...PROGRAM, 'go.sum': SUM }, { GOSUMDB: 'off' });
    const done = await job.run(['go', ...BUILD], { env: await github(job, 'push') });
    expect(done.code, done.stderr).toBe(0);
    expect((await content(job)).filter(name => name.endsWith('.zip'))).toHaveLength(MODULES);
    expect(sumdbPaths(asked(upstream))).toEqual([]);
  });
});

describe('what is private', () => {
  it('is asked of nobody, though go.mod and go.sum name it', async () => {
    await using upstream = await startUpstream();
    const secret = 'corp.example.com/secret';
    const h1 = SUM.split('\n')[2]?.split(' ')[2];
    await using job = await startJob(
      upstream.url,
      {
        ...PROGRAM,
        'go.mod': `${PROGRAM['go.mod']}\nrequire ${secret} v1.0.0 // indirect\n`,
        'go.sum': `${secret} v1.0.0 ${h1}\n${secret} v1.0.0/go.mod ${h1}\n${SUM}`,
      },
      { GOPRIVATE: 'corp.example.com', GOVCS: '*:off' },
    );
    await using session = await job.start();
    const before = await fetch(`${session.url}/github.com/hashicorp/go-multierror/@v/v1.1.1.zip`);
    expect(before.status).toBe(200);
    const go = await job.world.go(['list', '-deps', '.'], {
      cwd: job.project,
      env: { ...session.env, ...freshCaches(job.world) },
    });
    expect(go.code, go.stderr).toBe(0);
    await session.stop();
    expect(asked(upstream).some(name => name.endsWith('errwrap/@v/v1.0.0.zip'))).toBe(true);
    expect(asked(upstream).filter(name => name.includes('secret'))).toEqual([]);
  });
});

it('an .info is kept as we write it, whatever the upstream put in', async () => {
  const body =
    '{"Version":"v1.1.1", "Extra":"x","Time":"2018-02-14T15:44:20Z","Origin":{"VCS":"git","Evil":"\\u001b"}}';
  await using upstream = await startUpstream({
    made: path => (path === '/github.com/hashicorp/go-multierror/@v/v1.1.1.info' ? { body } : undefined),
  });
  await using job = await startJob(upstream.url, { ...PROGRAM, 'go.sum': SUM });
  await job.fresh(['mod', 'download']);
  const kept = await readFile(
    path.join(job.store, 'github.com', 'hashicorp', 'go-multierror', '@v', 'v1.1.1.info'),
    'utf8',
  );
  expect(kept).toBe('{"Version":"v1.1.1","Time":"2018-02-14T15:44:20Z"}');
});
