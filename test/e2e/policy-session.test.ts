import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type AuditStore, auditStore } from '../support/audit-store.ts';
import { writeProject } from '../support/go.ts';
import { runOk } from '../support/process.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { type Site, startSite } from '../support/vcs/site.ts';
import { asked, freshCaches, type Job, startJob } from './go-job.ts';

const UUID = {
  'go.mod': 'module example.com/app\n\ngo 1.24\n\nrequire github.com/google/uuid v1.6.0\n',
  'go.sum': `github.com/google/uuid v1.6.0 h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=
github.com/google/uuid v1.6.0/go.mod h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo=
`,
  'main.go':
    'package main\n\nimport "github.com/google/uuid"\n\nfunc main() { println(uuid.Nil.String()) }\n',
};
const DENY = 'version: 1\nmodules: {deny: [{pattern: github.com/google/uuid, reason: not here}]}\n';

describe('a checkout that requires what its policy refuses', () => {
  it('starts nothing, though the module cache is warm and would ask nobody', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, UUID);
    const warm = freshCaches(job.world);
    expect(await job.run(['go', 'build', './...'], { env: warm })).toMatchObject({ code: 0 });
    await writeFile(path.join(job.project, '.modgate.yaml'), DENY);
    const before = upstream.requests.length;
    const done = await job.run([process.execPath, '-e', 'console.log("ran")'], { env: warm });
    expect(done).toMatchObject({ code: 1, stdout: '' });
    expect(done.stderr).toMatch(/go\.mod:5:\d+: error: .*github\.com\/google\/uuid.*\(module\/denied\)/);
    expect(done.stderr).toContain('not here');
    expect(asked(upstream, before)).toEqual([]);
    await expect(job.start()).rejects.toThrow(/ended with 1:[\s\S]*module\/denied/);
  });

  it('does not refuse what a waiver names, neither before nor in the proxy', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, UUID);
    const day = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const waiver = `{rule: module/denied, module: github.com/google/uuid, owner: me, reason: for now, expires: "${day}"}`;
    await writeFile(path.join(job.project, '.modgate.yaml'), `${DENY}waivers: [${waiver}]\n`);
    expect(await job.run(['go', 'build', './...'], { env: freshCaches(job.world) })).toMatchObject({
      code: 0,
    });
  });
});

/** Makes the project a repository with this base, and the job a pull request of its next commit. */
async function pullRequest(
  job: Job,
  base: Readonly<Record<string, string>>,
  head: Readonly<Record<string, string>>,
): Promise<{ clone: string; env: Record<string, string> }> {
  const git = async (cwd: string, ...args: string[]) =>
    (
      await runOk('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.test', ...args], { cwd })
    ).stdout.trim();
  const origin = job.world.dir.join('origin');
  await mkdir(origin);
  await git(origin, 'init', '-q', '-b', 'main');
  await git(origin, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  await writeProject(origin, base);
  await git(origin, 'add', '.');
  await git(origin, 'commit', '-qm', 'base');
  const baseSha = await git(origin, 'rev-parse', 'HEAD');
  await git(origin, 'checkout', '-qb', 'change');
  await writeProject(origin, head);
  await git(origin, 'add', '.');
  await git(origin, 'commit', '-qm', 'change');
  const headSha = await git(origin, 'rev-parse', 'HEAD');
  const clone = job.world.dir.join('clone');
  await git(
    job.world.dir.path,
    'clone',
    '-q',
    '--depth=1',
    '-b',
    'change',
    pathToFileURL(origin).href,
    clone,
  );
  const payload = {
    number: 7,
    repository: { id: 1001, default_branch: 'main', full_name: 'acme/demo' },
    pull_request: {
      number: 7,
      base: { sha: baseSha, ref: 'main', repo: { id: 1001, full_name: 'acme/demo' } },
      head: { sha: headSha, ref: 'change', repo: { id: 1001, full_name: 'acme/demo' } },
    },
  };
  const event = job.world.dir.join('event.json');
  await writeFile(event, JSON.stringify(payload));
  const temp = job.world.dir.join('runner');
  await mkdir(temp);
  return {
    clone,
    env: {
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: clone,
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_EVENT_PATH: event,
      GITHUB_REPOSITORY: 'acme/demo',
      GITHUB_REPOSITORY_ID: '1001',
      GITHUB_BASE_REF: 'main',
      GITHUB_REF: 'refs/pull/7/merge',
      GITHUB_SHA: headSha,
      RUNNER_TEMP: temp,
    },
  };
}

describe('a pull request in a shallow clone', () => {
  const EMPTY = {
    'go.mod': 'module example.com/app\n\ngo 1.24\n',
    'main.go': 'package main\n\nfunc main() {}\n',
  };

  it('is held to the policy of its base, whatever its own says', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, {});
    const base = { ...EMPTY, '.modgate.yaml': DENY };
    const { clone, env } = await pullRequest(job, base, { '.modgate.yaml': 'version: 1\n' });
    await using session = await job.start({ cwd: clone, env });
    expect(session.url).not.toContain('|');
    const get = (what: string) =>
      job.world.go(['get', what], { cwd: clone, env: { ...session.env, ...freshCaches(job.world) } });
    const done = await get('github.com/google/uuid@v1.6.0');
    expect(done.code).toBe(1);
    expect(done.stderr).toContain('modgate: module/denied');
    expect(await get('github.com/pkg/errors@v0.9.1')).toMatchObject({ code: 0 });
  });

  it('shows a token to the server that its base names for it, and to no other', async () => {
    await using upstream = await startUpstream();
    await using mirror = await startSite({
      name: 'mirror',
      answer: (_, res) => void res.writeHead(404).end(),
    });
    await using evil = await startSite({ name: 'evil', answer: (_, res) => void res.writeHead(404).end() });
    await using job = await startJob(upstream.url, {});
    const named = ({ url }: Site) => {
      const { host } = new URL(url);
      return `proxy: {upstream: ["${url}"], credentials: [{host: "${host}", token-env: MIRROR_KEY}], insecure: ["${host}"]}\n`;
    };
    const base = { ...EMPTY, '.modgate.yaml': named(mirror) };
    const { clone, env } = await pullRequest(job, base, { '.modgate.yaml': named(evil) });
    await using session = await job.start({ cwd: clone, env: { ...env, MIRROR_KEY: 'hidden-mirror-token' } });
    const done = await job.world.go(['get', 'github.com/pkg/errors@v0.9.1'], {
      cwd: clone,
      env: { ...session.env, ...freshCaches(job.world) },
    });
    expect(done.code).toBe(1);
    const shown = mirror.seen.map(({ headers }) => new Map(headers).get('authorization'));
    expect(new Set(shown)).toEqual(new Set(['Bearer hidden-mirror-token']));
    expect(evil.seen).toEqual([]);
    expect(upstream.requests).toEqual([]);
  });

  it('is refused everything when the base cannot be had', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, {});
    const { clone, env } = await pullRequest(job, EMPTY, { 'a.txt': 'a\n' });
    await runOk('git', ['remote', 'set-url', 'origin', pathToFileURL(job.world.dir.join('gone')).href], {
      cwd: clone,
    });
    await using session = await job.start({ cwd: clone, env });
    const done = await job.world.go(['get', 'github.com/pkg/errors@v0.9.1'], {
      cwd: clone,
      env: { ...session.env, ...freshCaches(job.world) },
    });
    expect(done.code).toBe(1);
    expect(done.stderr).toContain('403 Forbidden');
    expect(done.stderr).toContain('the policy of the target branch could not be read');
    const run = await job.run([process.execPath, '-e', 'console.log("ran")'], { cwd: clone, env });
    expect(run).toMatchObject({ code: 4, stdout: '' });
  });
});

describe('the records of a pull request in a shallow clone', () => {
  const EMPTY = { 'go.mod': 'module example.com/app\n\ngo 1.24\n' };
  const audited = (store: AuditStore) => `version: 1\naudit: {store: "${store.url}", required: true}\n`;
  const KEYED = { MODGATE_AUDIT_TOKEN: 'hidden-audit-token' };

  it('go to the store of its base, and the token to no other', async () => {
    await using upstream = await startUpstream();
    await using store = await auditStore('hidden-audit-token');
    await using evil = await auditStore();
    await using job = await startJob(upstream.url, {});
    const base = { ...EMPTY, '.modgate.yaml': audited(store) };
    const { clone, env } = await pullRequest(job, base, { '.modgate.yaml': audited(evil) });
    await using session = await job.start({
      cwd: clone,
      env: { ...env, ...KEYED },
      flags: ['--audit-store', evil.url],
    });
    const get = ['get', 'github.com/pkg/errors@v0.9.1'];
    const goEnv = { ...session.env, ...freshCaches(job.world) };
    expect(await job.world.go(get, { cwd: clone, env: goEnv })).toMatchObject({ code: 0 });
    await session.stop();
    expect(evil.asked).toEqual([]);
    const last = store.batches.at(-1)?.header;
    expect(last).toMatchObject({ phase: 'close', claimed: { change: '7', default_branch: 'main' } });
    // The header that was written before the base was known told of another policy.
    expect(new Set(store.batches.map(({ header }) => header.policy.digest)).size).toBe(1);
  });

  it('are waited for by the first answer where the base wants them', async () => {
    await using upstream = await startUpstream();
    await using store = await auditStore('another-token');
    await using job = await startJob(upstream.url, {});
    const base = { ...EMPTY, '.modgate.yaml': audited(store) };
    const { clone, env } = await pullRequest(job, base, { 'a.txt': 'a\n' });
    const session = await job.start({ cwd: clone, env: { ...env, ...KEYED } });
    const get = ['get', 'github.com/pkg/errors@v0.9.1'];
    const goEnv = { ...session.env, ...freshCaches(job.world) };
    const done = await job.world.go(get, { cwd: clone, env: goEnv });
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(
      /403 Forbidden[\s\S]*audit\.required is on, and the opening record was not delivered/,
    );
    expect(done.stderr).not.toContain('hidden');
    await expect(session.stop()).rejects.toThrow(/ended with 4:[\s\S]*could not be sent: the audit store/);
  });
});

it('an environment that goes past the policy is told at the end', async () => {
  await using upstream = await startUpstream();
  await using job = await startJob(upstream.url, {
    ...UUID,
    '.modgate.yaml': 'version: 1\nhosts: {allow: [github.com]}\n',
  });
  const node = [process.execPath, '-e', '0'];
  expect(await job.run(node)).toMatchObject({ code: 0 });
  const warned = await job.run(node, { env: { GOFLAGS: '-overlay=x.json' } });
  expect(warned.code).toBe(0);
  expect(warned.stderr).toContain('"-overlay=x.json" in the environment of the job');
  await writeFile(
    path.join(job.project, '.modgate.yaml'),
    'version: 1\nhosts: {allow: [github.com]}\nrules: {bypass/env: error}\n',
  );
  expect(await job.run(node, { env: { GOFLAGS: '-overlay=x.json' } })).toMatchObject({ code: 1 });
});
