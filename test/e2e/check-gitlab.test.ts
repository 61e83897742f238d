import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGitLabApi } from '../support/forge/gitlab-api.ts';
import { gitlabProject, type Pipeline } from '../support/gitlab/pipeline.ts';
import { run, runOk } from '../support/process.ts';

let pipeline: Pipeline;
let base: string;
beforeEach(async () => {
  pipeline = await gitlabProject('check.yml');
  await pipeline.define('');
  base = await git('rev-parse', 'HEAD');
});
afterEach(async () => {
  await pipeline[Symbol.asyncDispose]();
});

async function git(...args: string[]): Promise<string> {
  return (await runOk('git', args, { cwd: pipeline.dir })).stdout.trim();
}

/** Changes a file and commits it. */
async function change(file: string, edit: (text: string) => string): Promise<void> {
  const at = path.join(pipeline.dir, file);
  await writeFile(at, edit(await readFile(at, 'utf8').catch(() => '')));
  await git('add', '-A');
  await git('commit', '-q', '-m', 'change');
}

const addBadReplace = () =>
  change('go.mod', text => `${text}\nreplace github.com/google/uuid => ./local-fork\n`);

const mergeRequest = (more: Record<string, string> = {}) => ({
  CI_PIPELINE_SOURCE: 'merge_request_event',
  CI_MERGE_REQUEST_IID: '7',
  CI_MERGE_REQUEST_PROJECT_ID: '42',
  CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '42',
  CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
  CI_MERGE_REQUEST_DIFF_BASE_SHA: base,
  ...more,
});

interface CodeQuality {
  readonly check_name: string;
  readonly severity: string;
  readonly fingerprint: string;
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
}

async function reportOf<T = CodeQuality[]>(name: string): Promise<T> {
  const text = await readFile(path.join(pipeline.dir, '.modgate', 'reports', name), 'utf8');
  return (name.endsWith('.json') ? JSON.parse(text) : text) as T;
}

describe('gitlab-ci/check.yml on a merge request', () => {
  it('fails the job, and leaves reports that GitLab shows', async () => {
    await addBadReplace();
    const done = await pipeline.job('modgate-check', { variables: mergeRequest() });
    expect(done.code).not.toBe(0);
    expect(done.stdout).toContain('replace/local-broken');
    expect(done.stdout).toContain('go mod edit -dropreplace=github.com/google/uuid');
    expect(await reportOf('codequality.json')).toMatchObject([
      { check_name: 'replace/local-broken', location: { path: 'go.mod' } },
    ]);
    expect(await reportOf<string>('junit.xml')).toMatch(/<failure[^>]*/);
    expect(await reportOf<object>('check.json')).toMatchObject({ schema: 1, summary: { errors: 1 } });
    expect(await git('status', '--porcelain')).toBe('');
  });

  it('writes one note when a token is there, and resolves it', async () => {
    await using api = await startGitLabApi();
    const variables = mergeRequest({ CI_SERVER_URL: api.url, MODGATE_NOTE_TOKEN: 'glpat-s3cret' });
    await addBadReplace();
    const failed = await pipeline.job('modgate-check', { variables });
    expect(failed.code).not.toBe(0);
    expect(api.notes).toMatchObject([{ body: expect.stringContaining('replace/local-broken') }]);
    expect(failed.stdout + failed.stderr).not.toContain('s3cret');
    await change('go.mod', text => text.replace(/\nreplace .*\n/, ''));
    expect(await pipeline.job('modgate-check', { variables })).toMatchObject({ code: 0 });
    expect(api.notes).toMatchObject([{ body: expect.stringContaining('resolved') }]);
    expect(api.notes).toHaveLength(1);
  });

  it('does without a token, and without one that may write', async () => {
    await using api = await startGitLabApi();
    api.writable = false;
    await addBadReplace();
    const fork = { CI_SERVER_URL: api.url, CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '99' };
    for (const more of [fork, { ...fork, MODGATE_NOTE_TOKEN: 'glpat-s3cret' }]) {
      const done = await pipeline.job('modgate-check', { variables: mergeRequest(more) });
      expect(done.code).not.toBe(0);
      expect(done.stdout + done.stderr).toMatch(/no comment was written/);
      expect(await reportOf('codequality.json')).toHaveLength(1);
    }
    expect(api.notes).toEqual([]);
  });

  it('judges what the change brings in, and by the policy of the target branch', async () => {
    await addBadReplace();
    await change('.modgate.yaml', () => 'version: 1\nhosts: {allow: [github.com, rsc.io, golang.org]}\n');
    base = await git('rev-parse', 'HEAD');
    await change('.modgate.yaml', () => 'version: 1\n');
    const same = await pipeline.job('modgate-check', { variables: mergeRequest() });
    expect(same).toMatchObject({ code: 0 });
    await change('go.mod', text => `${text}\nrequire evil.example.test/x v1.0.0\n`);
    const more = await pipeline.job('modgate-check', { variables: mergeRequest() });
    expect(more.code).not.toBe(0);
    expect(more.stdout).toMatch(/host\/not-allowed/);
    // GitLab compares the report with that of the target branch itself, so it holds the old finding, too.
    const names = (await reportOf('codequality.json')).map(({ check_name }) => check_name);
    expect(names.sort()).toEqual(['host/not-allowed', 'replace/local-broken']);
  });
});

describe('gitlab-ci/check.yml on other pipelines', () => {
  it('checks the whole default branch on a push and on a schedule', async () => {
    await addBadReplace();
    for (const source of ['push', 'schedule']) {
      const done = await pipeline.job('modgate-check', {
        variables: { CI_PIPELINE_SOURCE: source, CI_DEFAULT_BRANCH: 'main' },
      });
      expect(done.code).not.toBe(0);
      expect(await reportOf('codequality.json')).toHaveLength(1);
    }
  });

  it('leaves empty reports of a tree that is fine, so that the next merge request has something to compare with', async () => {
    const done = await pipeline.job('modgate-check', { variables: { CI_DEFAULT_BRANCH: 'main' } });
    expect(done).toMatchObject({ code: 0 });
    expect(await reportOf('codequality.json')).toEqual([]);
  });

  it('takes its inputs: job, stage, config, floor, level, save', async () => {
    await addBadReplace();
    await writeFile(
      path.join(pipeline.dir, 'ci', 'm.yaml'),
      'version: 1\nrules: {go/version-range: {min: "1.25"}}\n',
    );
    await pipeline.define('', {
      job: 'policy',
      stage: 'build',
      config: 'ci/m.yaml',
      level: 'warning',
      save: 'never',
      comment: 'never',
    });
    const done = await pipeline.job('policy', { variables: { CI_DEFAULT_BRANCH: 'main' } });
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toMatch(/go\/version-range/);
    await expect(reportOf('check.json')).rejects.toThrow(/ENOENT/);
    for (const [name, value] of [
      ['level', 'loud'],
      ['comment', 'sometimes'],
      ['save', 'perhaps'],
    ] as const) {
      await pipeline.define('', { [name]: value });
      await expect(pipeline.preview()).rejects.toThrow(name);
    }
  });

  it('runs on merge requests and the default branch only', async () => {
    const listed = async (variables: Record<string, string>): Promise<string> => {
      const given = Object.entries(variables).flatMap(([key, value]) => ['--variable', `${key}=${value}`]);
      const gcl = await import('../support/tools.ts').then(tools => tools.tool('gitlab-ci-local'));
      return (await run(process.execPath, [gcl, '--list', ...given], { cwd: pipeline.dir })).stdout;
    };
    expect(await listed({ CI_DEFAULT_BRANCH: 'main' })).toContain('modgate-check');
    expect(await listed(mergeRequest({ CI_DEFAULT_BRANCH: 'main' }))).toContain('modgate-check');
    await git('checkout', '-q', '-b', 'feature');
    expect(await listed({ CI_DEFAULT_BRANCH: 'main' })).not.toContain('modgate-check');
  });
});
