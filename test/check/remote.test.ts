import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/check/policy/read-policy.ts';
import type { Platform } from '../../src/platform/types.ts';
import { gitServer } from '../support/git-server.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import {
  changeOf,
  checkDir,
  checkout,
  clone,
  GIT_ENV,
  goMod,
  lines,
  notices,
  TestRepository,
} from './repository.ts';

const DENY = 'version: 1\nhosts: {deny: [evil.example]}\n';
const EVIL = goMod('example.com/a', 'require evil.example/lib v1.0.0');
const TOKEN = 'ghs_secret0123456789';
const basic = (user: string) => `basic ${Buffer.from(`${user}:${TOKEN}`).toString('base64')}`;

/** A repository `acme/demo` with a base that denies and a head that requires. */
function demo(dir: TempDir): { repo: TestRepository; baseSha: string; headSha: string } {
  const repo = new TestRepository(dir.join('srv', 'acme', 'demo.git'));
  const baseSha = repo.commit({ 'go.mod': goMod('example.com/a'), '.modgate.yaml': DENY });
  const headSha = repo.commit({ 'go.mod': EVIL, '.modgate.yaml': null });
  return { repo, baseSha, headSha };
}

describe('what a checkout lacks is fetched', () => {
  it('with the token, which goes to the platform’s own server and into no words', async () => {
    await using dir = await tempDir('remote');
    const { repo, baseSha, headSha } = demo(dir);
    await using server = await gitServer(dir.join('srv'), basic('x-access-token'));
    await using stranger = await gitServer(dir.join('srv'));
    const job = checkout(repo.dir, dir.join('job'), headSha);
    const platform: Partial<Platform> = { forge: { url: server.url, gitUser: 'x-access-token' } };
    const settings = { change: { baseSha, headSha }, platform, token: TOKEN };

    job.git('remote', 'set-url', 'origin', `${server.url}/acme/demo.git`);
    const outcome = await checkDir(job.dir, settings);
    expect(lines(outcome)).toEqual(['new host/not-allowed go.mod:5']);
    expect(outcome.report.policy.commit).toBe(baseSha);
    expect(server.requests.length).toBeGreaterThan(0);
    expect(server.requests.every(line => line.endsWith(basic('x-access-token')))).toBe(true);

    job.git('remote', 'set-url', 'origin', `${stranger.url}/acme/demo.git`);
    expect((await checkDir(job.dir, settings)).report.policy.commit).toBe(baseSha);
    expect(stranger.requests.length).toBeGreaterThan(0);
    expect(stranger.requests.filter(line => !line.endsWith(' '))).toEqual([]);

    job.git('remote', 'set-url', 'origin', `${server.url}/acme/demo.git`);
    const refused = await checkDir(job.dir, { ...settings, token: `${TOKEN}x` });
    expect(notices(refused)).toMatch(
      /everything is checked, because the base could not be had: http.*acme\/demo/,
    );
    expect(JSON.stringify(refused.report)).not.toContain(TOKEN);
    expect(JSON.stringify(refused.report)).not.toContain(
      Buffer.from(`x-access-token:${TOKEN}`).toString('base64'),
    );
  });

  it('with the credentials that the checkout step left, once', async () => {
    await using dir = await tempDir('remote');
    const { repo, baseSha, headSha } = demo(dir);
    await using server = await gitServer(dir.join('srv'), basic('x-access-token'));
    const job = checkout(repo.dir, dir.join('job'), headSha);
    job.git('remote', 'set-url', 'origin', `${server.url}/acme/demo.git`);
    job.git('config', `http.${server.url}/.extraheader`, `AUTHORIZATION: ${basic('x-access-token')}`);
    const outcome = await checkDir(job.dir, {
      change: { baseSha, headSha },
      platform: { forge: { url: server.url, gitUser: 'x-access-token' } },
      token: 'another',
    });
    expect(outcome.report.policy.commit).toBe(baseSha);
    expect(new Set(server.requests.map(line => line.split(' ').slice(2).join(' ')))).toEqual(
      new Set([basic('x-access-token')]),
    );
  });

  it('contents of files in one request, and only those that the change touched', async () => {
    await using dir = await tempDir('remote');
    const repo = new TestRepository(dir.join('srv', 'acme', 'demo.git'));
    const files = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`m${i}/go.mod`, goMod(`example.com/m${i}`)]),
    );
    const baseSha = repo.commit(files);
    const changed = Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [
        `m${i}/go.mod`,
        goMod(`example.com/m${i}`, 'exclude x.example/y v1.0.0'),
      ]),
    );
    const headSha = repo.commit(changed);
    await using server = await gitServer(dir.join('srv'));
    const job = checkout(repo.dir, dir.join('job'), headSha);
    job.git('remote', 'set-url', 'origin', `${server.url}/acme/demo.git`);
    const outcome = await checkDir(job.dir, { change: { baseSha, headSha } });
    expect(outcome.report.compared).toMatchObject({ commit: baseSha });
    // For commits and for blobs: a greeting and a pack each. The history of base and head costs as much again.
    expect(server.requests.filter(line => line.startsWith('POST')).length).toBeLessThanOrEqual(6);
  });
});

describe('policies of other repositories', () => {
  it('are read at their commit, from the same server', async () => {
    await using dir = await tempDir('remote');
    const shared = new TestRepository(dir.join('srv', 'acme', 'policies.git'));
    const commit = shared.commit({ 'go/strict.yaml': DENY });
    shared.commit({ 'go/strict.yaml': 'version: 1\n' });
    const repo = new TestRepository(dir.join('srv', 'acme', 'demo.git'));
    repo.commit({
      'go.mod': EVIL,
      '.modgate.yaml': `version: 1\nextends: [acme/policies/go/strict.yaml@${commit}]\n`,
    });
    await using server = await gitServer(dir.join('srv'));
    const overFile = clone(repo.dir, dir.join('file'));
    const overHttp = clone(repo.dir, dir.join('http'));
    overHttp.git('remote', 'set-url', 'origin', `${server.url}/acme/demo.git`);
    for (const job of [overFile, overHttp]) {
      const outcome = await checkDir(job.dir);
      expect(lines(outcome)).toEqual(['new host/not-allowed go.mod:5']);
      expect(outcome.report.policy.files[0]).toBe(`acme/policies/go/strict.yaml@${commit}`);
    }
    repo.commit({ '.modgate.yaml': null });
    const bare = clone(repo.dir, dir.join('floor'));
    const platform: Partial<Platform> = { forge: { url: server.url, gitUser: 'x-access-token' } };
    const floor = `acme/policies/go/strict.yaml@${commit}`;
    const outcome = await checkDir(bare.dir, { floor, platform });
    expect(lines(outcome)).toEqual(['new host/not-allowed go.mod:5']);
  });

  it.each([
    ['a commit that is not there', 'acme/policies/p.yaml@', '1'.repeat(40)],
    ['a file that is not there', 'acme/policies/nowhere.yaml@', undefined],
    ['a directory', 'acme/policies/dir@', undefined],
    ['a link', 'acme/policies/link.yaml@', undefined],
    ['a repository that is not there', 'acme/gone/p.yaml@', undefined],
  ])('%s stops the check with what to do', async (_, name, other) => {
    await using dir = await tempDir('remote');
    const shared = new TestRepository(dir.join('srv', 'acme', 'policies.git'));
    const commit = shared.commit({ 'p.yaml': DENY, 'dir/x': 'x', 'link.yaml': { link: 'p.yaml' } });
    const repo = new TestRepository(dir.join('srv', 'acme', 'demo.git'));
    const entry = `${name}${other ?? commit}`;
    repo.commit({ 'go.mod': EVIL, '.modgate.yaml': `version: 1\nextends: ["${entry}"]\n` });
    const job = clone(repo.dir, dir.join('job'));
    await expect(checkDir(job.dir)).rejects.toMatchObject({ code: 'config-missing' });
    await expect(checkDir(job.dir)).rejects.toThrow(
      /\.modgate\.yaml:2:.*cannot be read: .*check repository, path and commit/,
    );
    await expect(checkDir(job.dir, { floor: entry })).rejects.toMatchObject({ code: 'remote-file' });
  });
});

describe('readPolicy', () => {
  const settings = (dir: string, fetch: boolean, change?: Parameters<typeof changeOf>[0]) => ({
    load: { workspace: dir, cwd: dir },
    env: GIT_ENV,
    platform: { change: change === undefined ? undefined : changeOf(change) },
    fetch,
  });

  it('of a change gives the base’s, and says when it has to be fetched', async () => {
    await using dir = await tempDir('remote');
    const { repo, baseSha, headSha } = demo(dir);
    const job = checkout(repo.dir, dir.join('job'), headSha);
    const change = { baseSha, headSha };
    expect(await readPolicy(settings(job.dir, false, change))).toEqual({ state: 'needs-fetch' });
    const fetched = await readPolicy(settings(job.dir, true, change));
    expect(fetched).toMatchObject({ state: 'read', commit: baseSha });
    expect(fetched.state === 'read' && fetched.config.policy.layers[0]?.hosts.deny[0]?.value).toBe(
      'evil.example',
    );
    const deep = checkout(repo.dir, dir.join('deep'), headSha, 2);
    expect(await readPolicy(settings(deep.dir, false, change))).toMatchObject({
      state: 'read',
      commit: baseSha,
    });
  });

  it('without a change gives the checkout’s own', async () => {
    await using dir = await tempDir('remote');
    const { repo } = demo(dir);
    repo.write({ '.modgate.yaml': 'version: 1\nfail-on: note\n' });
    const own = await readPolicy(settings(repo.dir, false));
    expect(own).toMatchObject({ state: 'read', commit: undefined });
    expect(own.state === 'read' && own.config.policy.failOn).toBe('note');
    const shared = `version: 1\nextends: [acme/policies/p.yaml@${'1'.repeat(40)}]\n`;
    repo.write({ '.modgate.yaml': shared });
    expect(await readPolicy(settings(repo.dir, false))).toEqual({ state: 'needs-fetch' });
    await expect(readPolicy(settings(repo.dir, true))).rejects.toMatchObject({ code: 'config-missing' });
  });

  it('is unavailable, and never the head’s, when the base cannot be had', async () => {
    await using dir = await tempDir('remote');
    const { repo, baseSha, headSha } = demo(dir);
    const job = checkout(repo.dir, dir.join('job'), headSha);
    job.git('remote', 'set-url', 'origin', `file://${dir.join('gone')}`);
    const change = { baseSha, headSha };
    expect(await readPolicy(settings(job.dir, true, change))).toMatchObject({ state: 'unavailable' });
    writeFileSync(dir.join('go.mod'), EVIL);
    expect(await readPolicy(settings(dir.path, true, change))).toMatchObject({
      state: 'unavailable',
      why: 'the checkout is no git repository',
    });
  });

  it('a partial clone that lacks the base’s file needs a fetch', async () => {
    await using dir = await tempDir('remote');
    const { repo, baseSha, headSha } = demo(dir);
    repo.git('config', 'uploadpack.allowFilter', 'true');
    repo.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
    const job = clone(repo.dir, dir.join('job'), '--filter=blob:none');
    const change = { baseSha, headSha };
    expect(await readPolicy(settings(job.dir, false, change))).toEqual({ state: 'needs-fetch' });
    expect(await readPolicy(settings(job.dir, true, change))).toMatchObject({
      state: 'read',
      commit: baseSha,
    });
  });
});
