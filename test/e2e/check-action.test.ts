import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Change, proposeChange } from '../support/forge/change.ts';
import { type GitHubApi, startGitHubApi } from '../support/forge/github-api.ts';
import { builtAction } from '../support/github/built-action.ts';
import { Job, type JobOptions } from '../support/github/runner.ts';
import type { TempDir } from '../support/temp.ts';
import { BAD, BASE, GOOD, HOSTILE } from './check-changes.ts';

let built: TempDir;
let ACTION: string;
let bad: Change;
beforeAll(async () => {
  built = await builtAction();
  ACTION = built.join('dist', 'actions', 'check.js');
  bad = await proposeChange(BASE, BAD);
});
afterAll(async () => {
  await built[Symbol.asyncDispose]();
  await bad[Symbol.asyncDispose]();
});

const REPOSITORY = { id: 1001, full_name: 'acme/demo', default_branch: 'main', fork: false };

function pullRequest(change: Change, fork = false): Partial<JobOptions> {
  const head = fork ? { id: 2002, full_name: 'outsider/demo', fork: true } : REPOSITORY;
  return {
    event: 'pull_request',
    ref: 'refs/pull/7/merge',
    payload: {
      number: 7,
      pull_request: {
        number: 7,
        head: { ref: 'feature', sha: change.head, repo: head },
        base: { ref: 'main', sha: change.base, repo: REPOSITORY },
      },
      repository: REPOSITORY,
    },
  };
}

let machines = 0;

/** A job on a machine of its own, with a checkout as actions/checkout leaves it. */
async function job(
  change: Change,
  commit: string,
  options: Partial<JobOptions>,
  api?: GitHubApi,
): Promise<Job> {
  const root = change.dir.join(`runner-${++machines}`);
  await mkdir(root);
  const workspace = await change.checkout(commit);
  return new Job({
    dir: { ...change.dir, path: root, join: (...parts) => [root, ...parts].join('/') },
    workspace,
    ...options,
    env: {
      GITHUB_SHA: commit,
      GITHUB_API_URL: api?.url ?? 'http://127.0.0.1:9',
      GITHUB_WORKFLOW: 'policy',
      GIT_ALLOW_PROTOCOL: 'file',
      ...options.env,
    },
  });
}

const TOKEN = { token: 'ghs_s3cret' };
const annotated = (log: string): string[] => log.split('\n').filter(line => line.startsWith('::'));

describe('actions/check on a pull request', () => {
  it('annotates the exact token, says why and how, and comments once until it is resolved', async () => {
    await using api = await startGitHubApi();
    const first = await job(bad, bad.merge, pullRequest(bad), api);
    const failed = await first.uses(ACTION, TOKEN);
    expect(failed.code).toBe(1);
    const annotation = annotated(failed.log).find(line => line.includes('local-fork'));
    const line = 1 + (BAD['go.mod'] as string).split('\n').findIndex(text => text.startsWith('replace'));
    // `=> ./local-fork`: column 35 to 47 of the line.
    expect(annotation).toMatch(
      new RegExp(`^::error file=go\\.mod,line=${line},endLine=${line},col=35,endColumn=47,title=`),
    );
    expect(annotation).toContain('go mod edit -dropreplace=github.com/google/uuid');
    expect(failed.outputs).toMatchObject({ verdict: 'failed', errors: '1' });
    expect(first.summary).toContain('replace/local-broken');
    expect(failed.log).not.toContain('s3cret');
    expect(api.comments).toHaveLength(1);
    expect(api.comments[0]?.body).toContain('replace/local-broken');
    const json = JSON.parse(readFileSync(failed.outputs['json-file'] ?? '', 'utf8')) as {
      findings: { rule: string; status: string }[];
    };
    expect(json.findings).toMatchObject([{ rule: 'replace/local-broken', status: 'new' }]);
    const sarif = JSON.parse(readFileSync(failed.outputs['sarif-file'] ?? '', 'utf8')) as object;
    expect(sarif).toMatchObject({
      version: '2.1.0',
      runs: [{ results: [{ ruleId: 'replace/local-broken' }] }],
    });

    const again = await (await job(bad, bad.merge, pullRequest(bad), api)).uses(ACTION, TOKEN);
    expect(again.code).toBe(1);
    expect(api.comments).toHaveLength(1);

    await using good = await proposeChange(BASE, GOOD);
    const fixed = await (await job(good, good.merge, pullRequest(good), api)).uses(ACTION, TOKEN);
    expect(fixed).toMatchObject({ code: 0, outputs: { verdict: 'passed' } });
    expect(api.comments).toHaveLength(1);
    expect(api.comments[0]?.body).toMatch(/resolved/);
    expect(api.comments[0]?.body).not.toContain('local-fork');
  });

  it('says nothing on a pull request that is fine', async () => {
    await using api = await startGitHubApi();
    await using good = await proposeChange(BASE, GOOD);
    const done = await (await job(good, good.merge, pullRequest(good), api)).uses(ACTION, TOKEN);
    expect(done).toMatchObject({ code: 0, outputs: { verdict: 'passed', errors: '0', warnings: '0' } });
    expect(annotated(done.log)).toEqual([]);
    expect(api.comments).toEqual([]);
  });

  it('from a fork: the token may not write, the verdict and the report are the same', async () => {
    await using api = await startGitHubApi();
    api.writable = false;
    const runner = await job(bad, bad.merge, pullRequest(bad, true), api);
    const done = await runner.uses(ACTION, TOKEN);
    expect(done).toMatchObject({ code: 1, outputs: { verdict: 'failed', errors: '1' } });
    expect(annotated(done.log).filter(line => line.includes('local-fork'))).toHaveLength(1);
    expect(annotated(done.log).filter(line => line.startsWith('::warning'))).toEqual([]);
    expect(done.log).toMatch(/no comment was written: .*403.*fork/);
    expect(runner.summary).toContain('local-fork');
    expect(api.comments).toEqual([]);
  });

  it('an outage of the forge costs the comment and nothing else', async () => {
    const done = await (await job(bad, bad.merge, pullRequest(bad))).uses(ACTION, TOKEN);
    expect(done).toMatchObject({ code: 1, outputs: { verdict: 'failed' } });
    expect(done.log).toMatch(/::warning::modgate: no comment was written/);
  });

  it('comments never when told so, and without a token', async () => {
    await using api = await startGitHubApi();
    const never = await (await job(bad, bad.merge, pullRequest(bad), api)).uses(ACTION, {
      ...TOKEN,
      comment: 'never',
    });
    const none = await (await job(bad, bad.merge, pullRequest(bad), api)).uses(ACTION);
    expect([never.code, none.code]).toEqual([1, 1]);
    expect(api.asked).toEqual([]);
  });

  it('does not let the change loosen the policy, nor waive itself', async () => {
    const policy = 'version: 1\nhosts: {allow: [github.com, rsc.io]}\n';
    await using change = await proposeChange(
      { ...BASE, '.modgate.yaml': policy },
      {
        'go.mod': `${BASE['go.mod'] as string}\nrequire evil.example.test/x v1.0.0\n`,
        '.modgate.yaml': 'version: 1\nrules: {host/not-allowed: off}\n',
      },
    );
    const runner = await job(change, change.merge, pullRequest(change));
    const done = await runner.uses(ACTION, { comment: 'never' });
    expect(done).toMatchObject({ code: 1, outputs: { errors: '1' } });
    expect(annotated(done.log).join('\n')).toContain('evil.example.test');
    expect(runner.summary).toMatch(/\.modgate\.yaml/);
  });

  it('takes a floor from outside, which the repository cannot loosen', async () => {
    await using change = await proposeChange(
      { ...BASE, '.modgate.yaml': 'version: 1\nrules: {host/not-allowed: off}\n' },
      { 'go.mod': `${BASE['go.mod'] as string}\nrequire evil.example.test/x v1.0.0\n` },
    );
    const floor = change.dir.join('floor.yaml');
    await import('node:fs/promises').then(fs =>
      fs.writeFile(floor, 'version: 1\nhosts: {allow: [github.com, rsc.io]}\n'),
    );
    const without = await (await job(change, change.merge, pullRequest(change))).uses(ACTION, {
      comment: 'never',
    });
    const under = await (await job(change, change.merge, pullRequest(change))).uses(ACTION, {
      comment: 'never',
      floor,
    });
    expect([without.code, under.code]).toEqual([0, 1]);
    expect(annotated(under.log).join('\n')).toContain('evil.example.test');
  });

  it('a fork that talks to the runner, the page and the terminal reaches none of them', async () => {
    await using api = await startGitHubApi();
    await using change = await proposeChange(BASE, HOSTILE);
    const runner = await job(change, change.merge, pullRequest(change), api);
    const done = await runner.uses(ACTION, TOKEN);
    expect(done.code).toBe(1);
    for (const line of done.log.split('\n')) {
      expect(line).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      if (line.startsWith('::'))
        expect(line).toMatch(/^::(?:error|warning|notice) (?:file|title)=|^::warning::modgate: /);
      else expect(line).not.toMatch(/^\s*::|##\[/);
    }
    for (const page of [runner.summary, api.comments[0]?.body ?? '']) {
      expect(page).toContain('replace/local-broken');
      expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
      // Inside a code span nothing is markup and nobody is told.
      expect(page.replaceAll(/`[^`\n]*`/g, '')).not.toMatch(/<img|@everyone|##\[/);
    }
  });
});

describe('actions/check on other events', () => {
  it('checks everything on a push and on a schedule, and the change alone in a merge queue', async () => {
    const old = { ...BASE, ...BAD };
    await using change = await proposeChange(old, GOOD);
    const payload = { repository: REPOSITORY };
    const push = await (await job(change, change.merge, { event: 'push', payload })).uses(ACTION);
    const schedule = await (await job(change, change.merge, { event: 'schedule', payload })).uses(ACTION);
    const queue = await (
      await job(change, change.merge, {
        event: 'merge_group',
        ref: 'refs/heads/gh-readonly-queue/main/pr-7',
        payload: {
          action: 'checks_requested',
          merge_group: {
            head_sha: change.merge,
            head_ref: 'refs/heads/gh-readonly-queue/main/pr-7',
            base_sha: change.base,
            base_ref: 'refs/heads/main',
          },
          repository: REPOSITORY,
        },
      })
    ).uses(ACTION);
    expect([push.code, schedule.code, queue.code]).toEqual([1, 1, 0]);
    expect(push.outputs.errors).toBe('1');
    expect(queue.log).toContain('local-fork');
  });

  it('passes where there is no Go, and says so', async () => {
    await using change = await proposeChange({ 'a.txt': 'a\n' }, { 'b.txt': 'b\n' });
    const done = await (await job(change, change.merge, pullRequest(change))).uses(ACTION);
    expect(done).toMatchObject({ code: 0, outputs: { verdict: 'passed' } });
    expect(done.log).toMatch(/no go\.mod or go\.work/);
  });

  it('tries a policy without failing anything', async () => {
    const done = await (await job(bad, bad.merge, pullRequest(bad))).uses(ACTION, {
      comment: 'never',
      level: 'warn',
    });
    expect(done).toMatchObject({ code: 0, outputs: { verdict: 'passed', errors: '0', warnings: '1' } });
    expect(annotated(done.log)).toEqual([expect.stringMatching(/^::warning file=go\.mod/)]);
  });
});

describe('actions/check that is used wrongly', () => {
  it('names the input, the line of a broken policy, and a floor that is not there', async () => {
    const input = await (await job(bad, bad.merge, {})).uses(ACTION, { level: 'loud', comment: 'perhaps' });
    expect(input.code).toBe(2);
    expect(input.log).toMatch(/::error::modgate: input level: "loud" is not one of note, warn/);
    expect(input.log).toMatch(/::error::modgate: input comment: "perhaps" is not one of auto, never/);

    await using broken = await proposeChange(
      { ...BASE, '.modgate.yaml': 'version: 1\nhosts: {alow: [github.com]}\n' },
      GOOD,
    );
    const policy = await (await job(broken, broken.merge, { event: 'push' })).uses(ACTION);
    expect(policy).toMatchObject({ code: 2, outputs: { verdict: 'incomplete' } });
    expect(policy.log).toMatch(/^::error file=\.modgate\.yaml,line=2,col=\d+::.*did you mean allow\?/m);

    const floor = await (await job(bad, bad.merge, {})).uses(ACTION, { floor: '/nowhere/floor.yaml' });
    expect(floor.code).toBe(2);
    expect(floor.log).toMatch(/::error.*\/nowhere\/floor\.yaml/);
  });
});
