import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detectPlatform } from '../../src/platform/detect.ts';
import type { Env, Probe } from '../../src/platform/types.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/ci');

function probe(files: Readonly<Record<string, string>> = {}, more: Partial<Probe> = {}): Probe {
  return {
    cwd: '/src/repo/sub',
    tmpdir: '/tmp',
    homedir: '/home/dev',
    uid: 1000,
    os: 'linux',
    readFile: path => files[path],
    ...more,
  };
}

const GITHUB: Env = {
  GITHUB_ACTIONS: 'true',
  GITHUB_WORKSPACE: '/home/runner/work/demo/demo',
  RUNNER_TEMP: '/home/runner/work/_temp',
  GITHUB_EVENT_PATH: '/event.json',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/demo',
  GITHUB_REPOSITORY_ID: '1001',
  GITHUB_RUN_ID: '77',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_JOB: 'test',
  RUNNER_TRACKING_ID: 'github_1',
};

function event(name: string): string {
  return readFileSync(join(FIXTURES, 'events', name), 'utf8');
}

function onGithub(eventName: string, file: string, ref: string): ReturnType<typeof detectPlatform> {
  const env = { ...GITHUB, GITHUB_EVENT_NAME: eventName, GITHUB_REF: ref };
  return detectPlatform(env, probe({ '/event.json': event(file) }));
}

function envFile(name: string): Env {
  const lines = readFileSync(join(FIXTURES, 'gitlab', name), 'utf8')
    .trim()
    .split('\n');
  return Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

describe('GitHub', () => {
  it.each([
    ['push', 'push.json', 'refs/heads/main', true, /push to the default branch/],
    ['push', 'push.json', 'refs/heads/feature', false, /not the default branch/],
    ['push', 'push-tag.json', 'refs/tags/v1.2.3', false, /tag/],
    ['schedule', 'schedule.json', 'refs/heads/main', true, /scheduled/],
    ['workflow_dispatch', 'workflow_dispatch.json', 'refs/heads/main', true, /manual run/],
    ['workflow_dispatch', 'workflow_dispatch.json', 'refs/heads/other', false, /not the default/],
    ['pull_request', 'pull_request-same-repo.json', 'refs/pull/42/merge', false, /a pull request$/],
    ['pull_request', 'pull_request-fork.json', 'refs/pull/42/merge', false, /from a fork$/],
    ['pull_request', 'pull_request-fork-deleted-head.json', 'refs/pull/42/merge', false, /deleted/],
    ['pull_request_target', 'pull_request_target-fork.json', 'refs/heads/main', false, /pull_request_target/],
    ['workflow_run', 'workflow_run-fork.json', 'refs/heads/main', false, /workflow_run/],
    ['merge_group', 'merge_group.json', 'refs/heads/gh-readonly-queue/main/pr-42-2', false, /merge queue/],
    ['release', 'push-tag.json', 'refs/heads/main', false, /release/],
    ['issue_comment', 'push.json', 'refs/heads/main', false, /not a push/],
  ])('%s with %s on %s: trusted %s', (eventName, file, ref, trusted, reason) => {
    const { trust } = onGithub(eventName, file, ref);
    expect(trust.trusted).toBe(trusted);
    expect(trust.reason).toMatch(reason);
  });

  it.each([undefined, '', '{', '[]', '{"repository":{"default_branch":7}}', '{"repository":null}'])(
    'does not trust a push whose event file holds %j',
    text => {
      const env = { ...GITHUB, GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main' };
      const found = detectPlatform(env, probe(text === undefined ? {} : { '/event.json': text }));
      expect(found.trust.trusted).toBe(false);
    },
  );

  it('puts the session below RUNNER_TEMP and the store into it', () => {
    const found = onGithub('push', 'push.json', 'refs/heads/main');
    expect(found).toMatchObject({
      name: 'github',
      workspace: '/home/runner/work/demo/demo',
      sessionDir: '/home/runner/work/_temp/modgate',
      defaultStore: { dir: '/home/runner/work/_temp/modgate/store', lifetime: 'job' },
    });
    expect(found.ownerHints.names).toContain('Runner.Worker');
    expect(found.job.url).toBe('https://github.com/acme/demo/actions/runs/77');
    expect(found.job.claimed).toMatchObject({ repository: 'acme/demo', run_id: '77', event: 'push' });
  });

  it('says who issues the tokens of a job, and what its event knows', () => {
    const push = onGithub('push', 'push.json', 'refs/heads/main').job;
    expect(push).toMatchObject({ forge: 'github', issuer: 'https://token.actions.githubusercontent.com' });
    expect(push.claimed).toMatchObject({
      default_branch: 'main',
      url: 'https://github.com/acme/demo/actions/runs/77',
    });
    expect(push.claimed).not.toHaveProperty('change');
    const pull = onGithub('pull_request', 'pull_request-fork.json', 'refs/pull/42/merge').job;
    expect(pull.claimed).toMatchObject({ default_branch: 'main', change: '42' });
    const server = (url: string) => detectPlatform({ ...GITHUB, GITHUB_SERVER_URL: url }, probe()).job.issuer;
    expect(server('https://acme.ghe.com')).toBe('https://token.actions.acme.ghe.com');
    expect(server('https://git.example.com')).toBe('https://git.example.com/_services/token');
    expect(push).not.toHaveProperty('recurring');
    const { RUNNER_TRACKING_ID: _, ...act } = GITHUB;
    expect(detectPlatform(act, probe()).job.recurring).toBe(true);
    expect(detectPlatform({ ...act, MODGATE_CHECK_RUN_ID: '1' }, probe()).job).not.toHaveProperty(
      'recurring',
    );
  });

  it('knows where a later step may put Go, which no other platform has', () => {
    const tools = (more: Env, os?: NodeJS.Platform) =>
      detectPlatform({ ...GITHUB, ...more }, probe({}, os ? { os } : {})).laterGo;
    expect(tools({ RUNNER_TOOL_CACHE: '/opt/tools' })).toEqual(['/opt/tools/go', '/usr/local/go']);
    expect(tools({})).toEqual(['/usr/local/go']);
    expect(tools({ RUNNER_TOOL_CACHE: 'C:\\tools' }, 'win32')?.[0]).toBe('C:\\tools\\go');
    expect(detectPlatform(envFile('push-default-branch.env'), probe()).laterGo).toBeUndefined();
    expect(detectPlatform({}, probe()).laterGo).toBeUndefined();
  });

  it('names setup-go in its advice on a foreign module cache, which GitLab does not', () => {
    expect(detectPlatform(GITHUB, probe()).modcacheAdvice).toMatch(/cache: false .*setup-go/);
    expect(detectPlatform(envFile('push-default-branch.env'), probe()).modcacheAdvice).toMatch(
      /^take GOMODCACHE out/,
    );
    expect(detectPlatform({}, probe()).modcacheAdvice).toBeUndefined();
  });

  it('names a job by what makes it unique', () => {
    const uid = (more: Env): string => detectPlatform({ ...GITHUB, ...more }, probe()).job.uid;
    const first = uid({ MODGATE_CHECK_RUN_ID: '1' });
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(uid({ MODGATE_CHECK_RUN_ID: '1', RUNNER_TRACKING_ID: 'other' })).toBe(first);
    expect(uid({ MODGATE_CHECK_RUN_ID: '2' })).not.toBe(first);
    expect(uid({ MODGATE_CHECK_RUN_ID: '1', GITHUB_RUN_ATTEMPT: '2' })).not.toBe(first);
    expect(uid({ RUNNER_TRACKING_ID: 'a' })).not.toBe(uid({ RUNNER_TRACKING_ID: 'b' }));
  });

  it('takes no credentials and no odd scheme into the page of a job', () => {
    const url = (server: string): string | undefined =>
      detectPlatform({ ...GITHUB, GITHUB_SERVER_URL: server }, probe()).job.url;
    expect(url('https://u:p@ghes.example.test/?x#y')).toBe(
      'https://ghes.example.test/acme/demo/actions/runs/77',
    );
    expect(url('javascript:alert(1)')).toBeUndefined();
  });
});

describe('GitLab', () => {
  it.each([
    ['push-default-branch.env', {}, true],
    ['push-default-branch.env', { CI_PIPELINE_SOURCE: 'schedule' }, true],
    ['push-default-branch.env', { CI_PIPELINE_SOURCE: 'web' }, true],
    ['push-default-branch.env', { CI_PIPELINE_SOURCE: 'trigger' }, false],
    ['push-default-branch.env', { CI_COMMIT_BRANCH: 'x', CI_COMMIT_REF_PROTECTED: 'false' }, false],
    ['push-default-branch.env', { CI_COMMIT_BRANCH: 'release', CI_COMMIT_REF_PROTECTED: 'true' }, true],
    ['tag.env', {}, false],
    ['merge-request-fork.env', {}, false],
    ['merge-request-fork.env', { CI_PIPELINE_SOURCE: 'push' }, false],
  ])('%s with %j: trusted %s', (file, more, trusted) => {
    expect(detectPlatform({ ...envFile(file), ...more }, probe()).trust.trusted).toBe(trusted);
  });

  it('says that a merge request comes from a fork', () => {
    expect(detectPlatform(envFile('merge-request-fork.env'), probe()).trust.reason).toMatch(/fork/);
  });

  it('keeps the session outside the checkout and the store inside it', () => {
    const found = detectPlatform(envFile('push-default-branch.env'), probe());
    expect(found).toMatchObject({
      name: 'gitlab',
      workspace: '/builds/acme/demo',
      sessionDir: '/tmp/modgate-1000/1001-7002',
      defaultStore: { dir: '/builds/acme/demo/.modgate/store', lifetime: 'job' },
      ownerHints: { names: [], shell: true },
    });
  });

  it('lets no job id lead out of the temp directory', () => {
    const env = { ...envFile('push-default-branch.env'), CI_JOB_ID: '../../etc', CI_PROJECT_ID: '/' };
    expect(detectPlatform(env, probe()).sessionDir).toBe('/tmp/modgate-1000/_-______etc');
  });

  it('recognises gitlab-ci-local, which sets GITLAB_CI to false', () => {
    const env = { ...envFile('push-default-branch.env'), GITLAB_CI: 'false' };
    expect(detectPlatform(env, probe()).name).toBe('gitlab');
  });
});

it('a GitLab job says its default branch and its merge request', () => {
  const push = detectPlatform(envFile('push-default-branch.env'), probe()).job;
  expect(push).toMatchObject({ forge: 'gitlab', issuer: 'https://gitlab.example.test' });
  expect(push.claimed).toMatchObject({ default_branch: 'main', repository_id: '1001', ref: 'main' });
  expect(push.claimed).not.toHaveProperty('change');
  const page = 'https://gitlab.example.test/acme/demo/-/jobs/7002';
  const merge = detectPlatform({ ...envFile('merge-request-fork.env'), CI_JOB_URL: page }, probe()).job;
  expect(merge.claimed).toMatchObject({ change: '42', url: page });
});

describe('local and nested', () => {
  it('says whose checkout it is, and that each session is a job of its own', () => {
    const files = {
      '/src/repo/.git/HEAD': 'ref: refs/heads/main\n',
      '/src/repo/.git/refs/heads/main': `${'a'.repeat(40)}\n`,
      '/src/repo/.git/config':
        '[remote "origin"]\n\turl = https://robot:hunter2@git.example.com/acme/demo.git\n',
    };
    const { job } = detectPlatform({ USER: 'dev' }, probe(files));
    expect(job).toMatchObject({ forge: 'local', issuer: 'local', recurring: true });
    expect(job.claimed).toEqual({
      repository: 'acme/demo',
      ref: 'refs/heads/main',
      sha: 'a'.repeat(40),
      actor: 'dev',
    });
    expect(detectPlatform({}, probe()).job.claimed).toEqual({ repository: 'sub' });
  });

  it('finds the git top level of a checkout, a worktree, or takes the working directory', () => {
    const at = (files: Readonly<Record<string, string>>): string =>
      detectPlatform({}, probe(files)).workspace;
    expect(at({ '/src/repo/.git/HEAD': 'ref: refs/heads/main\n' })).toBe('/src/repo');
    expect(at({ '/src/repo/.git': 'gitdir: /elsewhere\n' })).toBe('/src/repo');
    expect(at({})).toBe('/src/repo/sub');
  });

  it.each([
    ['linux', {}, '/home/dev/.cache/modgate/store'],
    ['linux', { XDG_CACHE_HOME: '/cache' }, '/cache/modgate/store'],
    ['linux', { XDG_CACHE_HOME: 'relative' }, '/home/dev/.cache/modgate/store'],
    ['darwin', {}, '/home/dev/Library/Caches/modgate/store'],
  ] as const)('keeps the store of %s with %j in %s', (os, env, dir) => {
    expect(detectPlatform(env, probe({}, { os })).defaultStore).toEqual({ dir, lifetime: 'persistent' });
  });

  it('speaks the paths of Windows there', () => {
    const windows = probe(
      {},
      { os: 'win32', cwd: 'C:\\src\\demo', tmpdir: 'C:\\Temp', homedir: 'C:\\U', uid: undefined },
    );
    const found = detectPlatform({ LOCALAPPDATA: 'C:\\U\\Local' }, windows);
    expect(found.defaultStore.dir).toBe('C:\\U\\Local\\modgate\\store');
    expect(found.sessionDir).toMatch(/^C:\\Temp\\modgate\\[0-9a-f]{16}$/);
  });

  it('picks the inner of two runners by the working directory', () => {
    const env = { ...GITHUB, ...envFile('push-default-branch.env') };
    expect(detectPlatform(env, probe({}, { cwd: '/builds/acme/demo/x' })).name).toBe('gitlab');
    expect(detectPlatform(env, probe({}, { cwd: '/home/runner/work/demo/demo' })).name).toBe('github');
    expect(detectPlatform(env, probe({}, { cwd: '/elsewhere' })).name).toBe('github');
  });
});
