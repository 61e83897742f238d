import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitlabProject, isAlive, type Pipeline } from '../support/gitlab/pipeline.ts';
import { DEMO_MODULES } from '../support/gitlab/project.ts';
import { runOk } from '../support/process.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';

const BUILD = `
build:
  extends: .modgate
  script:
    - go build -o bin/demo .
    - go version -m bin/demo
`;

let pipeline: Pipeline;
let upstream: Upstream;
beforeEach(async () => {
  [pipeline, upstream] = await Promise.all([gitlabProject(), startUpstream()]);
});
afterEach(async () => {
  await pipeline[Symbol.asyncDispose]();
  await upstream.close();
});

/** Every file and directory of a directory with its size and time: all that a runner compares with its archive. */
async function snapshot(dir: string): Promise<string[]> {
  const entries = ['', ...(await readdir(dir, { recursive: true }))];
  const lines = entries.map(async name => {
    const { size, mtimeMs } = await stat(path.join(dir, name));
    return `${name} ${size} ${mtimeMs}`;
  });
  return (await Promise.all(lines)).sort();
}

/** Daemons that do not end; the one that a job stopped last may take a moment. */
async function aliveSessions(patience = 20): Promise<number[]> {
  const pids = (await pipeline.sessions()).map(session => session.pid);
  for (let i = 0; i < patience && pids.some(isAlive); i++) await sleep(100);
  return pids.filter(isAlive);
}

describe('gitlab-ci/proxy.yml on a runner', () => {
  it('builds cold, then warm without the upstream, and the tree stays clean for go', async () => {
    await pipeline.define(BUILD, { 'on-failure': 'fail' });
    const cold = await pipeline.job('build', { proxy: upstream.url });
    expect(cold).toMatchObject({ code: 0 });
    expect(cold.stdout).toContain('vcs.modified=false');
    expect(cold.stdout).toMatch(/from upstream +4 /);
    expect(await pipeline.report()).toMatchObject({ modules: DEMO_MODULES, modulesFromStore: 0 });

    await pipeline.forgetModules();
    const warm = await pipeline.job('build', { proxy: await deadUrl() });
    expect(warm).toMatchObject({ code: 0 });
    expect(warm.stdout).toContain('vcs.modified=false');
    const report = await pipeline.report();
    expect(report).toMatchObject({ modules: DEMO_MODULES, bytesFromUpstream: 0, daemonDied: false });
    expect(report?.bytesFromStore).toBeGreaterThan(100_000);

    expect(await pipeline.sessions()).toHaveLength(2);
    expect(await aliveSessions()).toEqual([]);
  });

  it('reports after a script that failed, and leaves no process', async () => {
    await pipeline.define('test: {extends: .modgate, script: [go mod download, exit 7]}');
    const done = await pipeline.job('test', { proxy: upstream.url });
    expect(done.code).not.toBe(0);
    expect(done.stdout).toMatch(/from upstream +4 /);
    expect(await pipeline.report()).toMatchObject({ modules: DEMO_MODULES, daemonDied: false });
    expect(await aliveSessions()).toEqual([]);
  });

  it('reports from disk when the proxy went with the container of the script', async () => {
    await pipeline.define(`
test:
  extends: .modgate
  script:
    - go mod download
    - kill -9 $(sed 's/.*"pid":\\([0-9]*\\).*/\\1/' "$MODGATE_SESSION/session.json")
`);
    const done = await pipeline.job('test', { proxy: upstream.url });
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toMatch(/from upstream +4 .*the proxy had died/s);
    expect(await pipeline.report()).toMatchObject({ modules: DEMO_MODULES, daemonDied: true });
  });

  it('works in a job with a before_script, after_script and cache of its own', async () => {
    await pipeline.define(`
test:
  cache:
    - !reference [.modgate-cache, own]
    - {key: mine, paths: [bin/]}
  before_script:
    - echo first
    - !reference [.modgate-start, before_script]
    - go mod download
    - test "$STAGE_FAILS" != yes
  script: [go build -o bin/demo .]
  after_script:
    - !reference [.modgate-stop, after_script]
    - echo last
`);
    const done = await pipeline.job('test', { proxy: upstream.url });
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toMatch(/first.*from upstream +4 .*last/s);

    await pipeline.forgetModules();
    const failed = await pipeline.job('test', { proxy: await deadUrl(), variables: { STAGE_FAILS: 'yes' } });
    expect(failed.code).not.toBe(0);
    expect(failed.stdout).not.toContain('go build');
    expect(await pipeline.report()).toMatchObject({ modules: DEMO_MODULES, bytesFromUpstream: 0 });
    expect(await aliveSessions()).toEqual([]);
  });

  it('stops the job over a wrong configuration, at its line', async () => {
    await pipeline.define(BUILD);
    await writeFile(path.join(pipeline.dir, '.modgate.yaml'), 'version: 1\nproxy: {prefetsh: 1}\n');
    const done = await pipeline.job('build', { proxy: upstream.url });
    expect(done.code).not.toBe(0);
    expect(`${done.stdout}${done.stderr}`).toMatch(/\.modgate\.yaml:2:\d+: unknown key "prefetsh"/);
    expect(`${done.stdout}${done.stderr}`).not.toContain('vcs.modified');
    expect(await pipeline.sessions()).toEqual([]);
  });

  it('without a modgate to run the job goes on, or ends when it must not', async () => {
    await pipeline.define(
      `
goes-on: {extends: .modgate, script: [go mod download]}
ends: {extends: .strict, script: [go mod download]}
`,
      { modgate: 'no-such-modgate' },
      { modgate: 'no-such-modgate', job: '.strict', 'on-failure': 'fail' },
    );
    const ends = await pipeline.job('ends', { proxy: upstream.url });
    expect(ends.code).not.toBe(0);
    expect(`${ends.stdout}${ends.stderr}`).toContain('modgate did not start (exit code 127)');
    expect(upstream.stats().requests).toBe(0);
    expect(await pipeline.job('goes-on', { proxy: upstream.url })).toMatchObject({ code: 0 });
    expect(upstream.stats().requests).toBeGreaterThan(8);
  });

  it('carries the store through the cache of the runner; without a stop the end of the job ends the proxy', async () => {
    await pipeline.define(
      `build: {extends: .modgate, after_script: [], script: [go build -o bin/demo ., go version -m bin/demo]}`,
      { 'on-failure': 'fail' },
    );
    expect(await pipeline.job('build', { proxy: upstream.url, isolated: true })).toMatchObject({ code: 0 });
    await pipeline.forgetModules();
    const warm = await pipeline.job('build', { proxy: await deadUrl(), isolated: true });
    expect(warm).toMatchObject({ code: 0 });
    expect(warm.stdout).toContain('vcs.modified=false');
    // Looked at every five seconds.
    expect(await aliveSessions(200)).toEqual([]);
  });

  it('heals when jobs at the same time replaced each other: the next one leaves the union', async () => {
    const needs = (name: string, ...modules: string[]) =>
      `${name}: {extends: .modgate, after_script: [], script: [go mod download ${modules.join(' ')}]}\n`;
    const [errors, sync] = ['github.com/pkg/errors@v0.9.1', 'golang.org/x/sync@v0.7.0'];
    await pipeline.define(
      needs('one', errors) + needs('two', sync) + needs('both', errors, sync) + needs('again', errors, sync),
      { 'on-failure': 'fail' },
    );
    const job = async (name: string, proxy: string): Promise<void> => {
      await pipeline.forgetModules();
      expect(await pipeline.job(name, { proxy, isolated: true }), name).toMatchObject({ code: 0 });
    };
    await job('one', upstream.url);
    // As if both had begun before the other had saved.
    await pipeline.forgetCache();
    await job('two', upstream.url);
    await job('both', upstream.url);
    await job('again', await deadUrl());
  });

  it('leaves the cache as it was restored in a merge request, whatever it fetches', async () => {
    await pipeline.define(BUILD);
    expect(await pipeline.job('build', { proxy: upstream.url })).toMatchObject({ code: 0 });
    await pipeline.define(
      'test: {extends: .modgate, script: [go mod download github.com/pkg/errors@v0.9.1]}',
    );
    const store = path.join(pipeline.dir, '.modgate', 'store');
    const before = await snapshot(store);
    expect(before.length).toBeGreaterThan(12);
    const base = await runOk('git', ['rev-parse', 'HEAD~1'], { cwd: pipeline.dir });
    const request = {
      CI_PIPELINE_SOURCE: 'merge_request_event',
      CI_MERGE_REQUEST_IID: '42',
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
      CI_MERGE_REQUEST_DIFF_BASE_SHA: base.stdout.trim(),
    };
    const done = await pipeline.job('test', { proxy: upstream.url, variables: request });
    expect(done).toMatchObject({ code: 0 });
    expect(await pipeline.report()).toMatchObject({ modules: 1, modulesFromUpstream: 1 });
    expect(await snapshot(store)).toEqual(before);

    await pipeline.forgetModules();
    await pipeline.define(
      'test: {extends: .modgate, script: [go mod download github.com/pkg/errors@v0.9.1]}',
      {
        save: 'always',
      },
    );
    expect(await pipeline.job('test', { proxy: upstream.url, variables: request })).toMatchObject({
      code: 0,
    });
    expect((await snapshot(store)).join('\n')).toContain('github.com/pkg/errors/@v/v0.9.1.zip');
  });

  it('leaves no empty store in a merge request without a cache, which would be the archive of later jobs', async () => {
    await pipeline.define(
      'test: {extends: .modgate, script: [go mod download github.com/pkg/errors@v0.9.1]}',
    );
    const request = { CI_PIPELINE_SOURCE: 'merge_request_event', CI_MERGE_REQUEST_IID: '42' };
    const variables = { ...request, CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main' };
    const base = await runOk('git', ['rev-parse', 'HEAD~1'], { cwd: pipeline.dir });
    const done = await pipeline.job('test', {
      proxy: upstream.url,
      variables: { ...variables, CI_MERGE_REQUEST_DIFF_BASE_SHA: base.stdout.trim() },
    });
    expect(done).toMatchObject({ code: 0 });
    expect(await readdir(path.join(pipeline.dir, '.modgate'))).not.toContain('store');
    expect(await pipeline.report()).toMatchObject({ modules: 1, modulesFromUpstream: 1 });
  });

  it('gives the proxy none of the pipes of the job, which would hold it', async () => {
    await pipeline.define(`
test:
  extends: .modgate
  script:
    - echo "job $(readlink /proc/$$/fd/1) $(readlink /proc/$$/fd/2)"
    - ls -l /proc/$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/' "$MODGATE_SESSION/session.json")/fd | sed 's/^/proxy /'
`);
    const done = await pipeline.job('test', { proxy: upstream.url });
    expect(done).toMatchObject({ code: 0 });
    const [, first, second] = /> job (\S+) (\S+)/.exec(done.stdout) ?? [];
    expect(first).toMatch(/^(pipe|socket):\[\d+\]$/);
    const held = done.stdout.split('\n').filter(line => line.includes('> proxy '));
    expect(held.join('\n')).toContain('daemon.log');
    expect(held.filter(line => line.endsWith(` ${first}`) || line.endsWith(` ${second}`))).toEqual([]);
  });
});
