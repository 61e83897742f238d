import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detectPlatform } from '../../src/platform/detect.ts';
import type { Env, Platform } from '../../src/platform/types.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/ci');
const BASE = '2'.repeat(40);
const HEAD = '4'.repeat(40);

const event = (name: string): string => readFileSync(join(FIXTURES, 'events', name), 'utf8');

function onGithub(name: string, text: string | undefined, more: Env = {}): Platform {
  return detectPlatform(
    { GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: '/event.json', ...more },
    { cwd: '/w', tmpdir: '/tmp', homedir: '/home/dev', uid: 1, os: 'linux', readFile: () => text },
  );
}

function onGitlab(file: string, more: Env = {}): Platform {
  const lines = readFileSync(join(FIXTURES, 'gitlab', file), 'utf8')
    .trim()
    .split('\n');
  const env = Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return detectPlatform(
    { ...env, ...more },
    { cwd: '/w', tmpdir: '/tmp', homedir: '/home/dev', uid: 1, os: 'linux', readFile: () => undefined },
  );
}

describe('the change of a GitHub run', () => {
  it.each([
    ['pull_request', 'pull_request-same-repo.json', false],
    ['pull_request', 'pull_request-fork.json', true],
    ['pull_request', 'pull_request-fork-deleted-head.json', true],
    ['pull_request_target', 'pull_request_target-fork.json', true],
    ['pull_request_review', 'pull_request-fork.json', true],
  ])('%s with %s', (name, file, fork) => {
    expect(onGithub(name, event(file)).change).toEqual({
      kind: 'pull-request',
      baseSha: BASE,
      baseRef: 'main',
      headSha: HEAD,
      number: 42,
      fork,
    });
  });

  it('a merge group names the commit that it is built on', () => {
    expect(onGithub('merge_group', event('merge_group.json')).change).toEqual({
      kind: 'merge-group',
      baseSha: BASE,
      baseRef: 'main',
      headSha: '5'.repeat(40),
      number: undefined,
      fork: false,
    });
  });

  it.each([
    ['push', 'push.json', false],
    ['push', 'push-tag.json', false],
    ['schedule', 'schedule.json', true],
    ['workflow_dispatch', 'workflow_dispatch.json', false],
    ['workflow_run', 'workflow_run-fork.json', false],
  ])('%s is none', (name, file, scheduled) => {
    const platform = onGithub(name, event(file), { GITHUB_REF: 'refs/heads/main' });
    expect(platform.change).toBeUndefined();
    expect(platform.scheduled).toBe(scheduled);
  });

  it.each([
    undefined,
    '',
    'null',
    '[]',
    '{"pull_request":7}',
    '{"pull_request":{"base":[],"head":null}}',
    '{"pull_request":{"base":{"sha":"--upload-pack=x","ref":"--all"},"head":{"sha":7}}}',
    `{"pull_request":{"base":{"sha":"${'0'.repeat(40)}","ref":"a..b"}}}`,
    '{"pull_request":{"number":-1,"base":{"sha":"abc","ref":"x\\ny"}}}',
  ])('a pull request stays one, whatever its event holds: %j', text => {
    const { change } = onGithub('pull_request', text, { GITHUB_BASE_REF: 'main' });
    expect(change).toEqual({
      kind: 'pull-request',
      baseSha: undefined,
      baseRef: 'main',
      headSha: undefined,
      number: undefined,
      fork: true,
    });
  });

  it('the ref of a pull request counts for events that are not named after one', () => {
    const { change } = onGithub('deployment', '{}', { GITHUB_REF: 'refs/pull/42/merge' });
    expect(change).toMatchObject({ kind: 'pull-request', baseSha: undefined, fork: true });
  });

  it('takes SHA-256 commits and branch names with slashes', () => {
    const text = JSON.stringify({
      pull_request: { base: { sha: 'AB'.repeat(32), ref: 'release/1.x' }, head: {} },
    });
    const { change } = onGithub('pull_request', text);
    expect(change).toMatchObject({ baseSha: 'ab'.repeat(32), baseRef: 'release/1.x' });
  });

  it('knows its server, without credentials of its URL', () => {
    const forge = (url: string | undefined) => onGithub('push', '{}', { GITHUB_SERVER_URL: url }).forge;
    expect(forge('https://u:p@ghes.example.test/')).toEqual({
      url: 'https://ghes.example.test',
      gitUser: 'x-access-token',
    });
    expect(forge(undefined)?.url).toBe('https://github.com');
    expect(forge('ext::sh -c x')).toBeUndefined();
  });
});

describe('the change of a GitLab pipeline', () => {
  it('a merge request of a fork, which runs in the fork', () => {
    expect(onGitlab('merge-request-fork.env').change).toEqual({
      kind: 'pull-request',
      baseSha: BASE,
      tipUnknown: true,
      baseRef: 'main',
      headSha: HEAD,
      number: 42,
      fork: true,
      repository: 'https://gitlab.example.test/acme/demo',
    });
  });

  it('merged results and merge trains name the tip of the target branch', () => {
    const more = {
      CI_MERGE_REQUEST_EVENT_TYPE: 'merged_result',
      CI_MERGE_REQUEST_TARGET_BRANCH_SHA: '6'.repeat(40),
      CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: HEAD,
      CI_COMMIT_SHA: '7'.repeat(40),
      CI_PROJECT_ID: '1001',
    };
    const { change } = onGitlab('merge-request-fork.env', more);
    expect(change).toMatchObject({ kind: 'pull-request', baseSha: '6'.repeat(40), headSha: HEAD });
    expect(change).not.toHaveProperty('tipUnknown');
    expect(change).not.toHaveProperty('repository');
    const train = { ...more, CI_MERGE_REQUEST_EVENT_TYPE: 'merge_train' };
    expect(onGitlab('merge-request-fork.env', train).change?.kind).toBe('merge-group');
  });

  it('no other pipeline is one; only the default branch has a scheduled run', () => {
    expect(onGitlab('push-default-branch.env').change).toBeUndefined();
    expect(onGitlab('tag.env').change).toBeUndefined();
    const scheduled = (more: Env) =>
      onGitlab('push-default-branch.env', { CI_PIPELINE_SOURCE: 'schedule', ...more }).scheduled;
    expect(scheduled({})).toBe(true);
    expect(scheduled({ CI_COMMIT_BRANCH: 'other' })).toBe(false);
    expect(onGitlab('push-default-branch.env').scheduled).toBe(false);
  });
});

describe('off CI', () => {
  it('there is no change, no schedule and no server', () => {
    const platform = detectPlatform(
      {},
      { cwd: '/w', tmpdir: '/tmp', homedir: '/h', uid: 1, os: 'linux', readFile: () => undefined },
    );
    expect(platform.change).toBeUndefined();
    expect(platform.scheduled).toBe(false);
    expect(platform.forge).toBeUndefined();
  });
});
