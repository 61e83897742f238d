import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withoutGo } from '../support/go.ts';
import { runOk } from '../support/process.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { freshCaches, startJob } from './go-job.ts';

const EMPTY = { 'go.mod': 'module example.com/app\n\ngo 1.24\n' };
const LIB = 'github.com/acme/lib';

let dir: TempDir;
let nothing: Upstream;
/** Commit of each state of the repository, by name. */
const commits: Record<string, string> = {};
let git: Record<string, string>;

/** A real repository with tags, a branch and an untagged commit, where github.com/acme would be. */
beforeAll(async () => {
  dir = await tempDir('direct');
  const repo = dir.join('acme', 'lib');
  await mkdir(path.join(repo, 'deep'), { recursive: true });
  const author = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];
  const run = async (...args: string[]) =>
    (await runOk('git', [...author, ...args], { cwd: repo, env: withoutGo(process.env) })).stdout.trim();
  await run('init', '-q', '-b', 'main');
  await writeFile(path.join(repo, 'go.mod'), `module ${LIB}\n\ngo 1.24\n`);
  await writeFile(path.join(repo, 'deep', 'deep.go'), 'package deep\n');
  for (const [name, tag] of [
    ['first', 'v1.0.0'],
    ['second', 'v1.1.0'],
    ['untagged', undefined],
  ] as const) {
    await writeFile(path.join(repo, 'lib.go'), `package lib\n\nconst State = "${name}"\n`);
    await run('add', '.');
    await run('commit', '-q', '-m', name);
    if (tag !== undefined) await run('tag', tag);
    commits[name] = await run('rev-parse', 'HEAD');
  }
  await run('branch', 'topic', 'v1.0.0');
  git = {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.${pathToFileURL(dir.join('acme')).href}/.insteadOf`,
    GIT_CONFIG_VALUE_0: 'https://github.com/acme/',
  };
  nothing = await startUpstream({
    behind: null,
    moduleCaches: [],
    tree: dir.join('tree'),
    made: () => ({ status: 404, body: 'not found: no such module\n' }),
  });
});
afterAll(async () => {
  await nothing.close();
  await dir[Symbol.asyncDispose]();
});

const job = async (goproxy: string, env: Readonly<Record<string, string>> = {}) =>
  await startJob(goproxy, EMPTY, { ...git, GONOSUMDB: 'github.com/acme', ...env });

describe('a module that only version control has', () => {
  it('tags, branches, commits and lists, all from one clone', async () => {
    await using my = await job(`${nothing.url},direct`);
    await using session = await my.start();
    const go = async (...args: string[]) =>
      await my.world.goOk(args, { cwd: my.project, env: { ...session.env, ...freshCaches(my.world) } });
    const resolved = async (query: string) => {
      await go('get', `${LIB}@${query}`);
      const text = await readFile(path.join(my.project, 'go.mod'), 'utf8');
      return new RegExp(`${LIB} (\\S+)`).exec(text)?.[1];
    };
    const { untagged = '', first = '' } = commits;
    expect(await resolved('latest')).toBe('v1.1.0');
    expect(await resolved('v1.0.0')).toBe('v1.0.0');
    expect(await resolved('upgrade')).toBe('v1.1.0');
    expect(await resolved('main')).toMatch(new RegExp(`^v1\\.1\\.1-0\\.\\d{14}-${untagged.slice(0, 12)}$`));
    expect(await resolved('topic')).toBe('v1.0.0');
    expect(await resolved(first.slice(0, 10))).toBe('v1.0.0');
    expect(await resolved('<v1.1.0')).toBe('v1.0.0');
    expect((await go('list', '-m', '-versions', LIB)).stdout).toBe(`${LIB} v1.0.0 v1.1.0\n`);
    const clones = await readdir(path.join(session.dir, 'vcs', 'modcache', 'cache', 'vcs'), {
      withFileTypes: true,
    });
    expect(clones.filter(entry => entry.isDirectory())).toHaveLength(1);
    const records = await session.stop();
    const zips = records.flatMap(r => (r.kind === 'req' && r.op === 'zip' ? [r.source] : []));
    expect(zips[0]).toBe('vcs');
  });

  it('a package below it, which is no module, is not found: go goes on to the module', async () => {
    await using my = await job(`${nothing.url},direct`);
    await my.fresh(['get', `${LIB}/deep@v1.1.0`]);
    expect(await readFile(path.join(my.project, 'go.mod'), 'utf8')).toContain(`${LIB} v1.1.0`);
  });

  it('so is it when the proxy before it failed: version control has the last word', async () => {
    await using broken = await startUpstream({
      faults: () => ({ kind: 'status', status: 400, body: 'no\n' }),
    });
    await using my = await job(`${broken.url}|direct`);
    await my.fresh(['get', `${LIB}/deep@v1.1.0`]);
    expect(await readFile(path.join(my.project, 'go.mod'), 'utf8')).toContain(`${LIB} v1.1.0`);
  });

  it('what version control does not have either is 404 with its reason, whatever the module is called', async () => {
    await using my = await job('direct');
    await using session = await my.start();
    for (const name of ['certificates', 'disk', 'timeout-429']) {
      const answer = await fetch(`${session.url}/github.com/acme/${name}/@v/list`);
      expect(answer.status).toBe(404);
      expect(await answer.text()).toContain(`github.com/acme/${name}`);
    }
  });

  it('is kept as it was first seen, and then needs neither git nor a proxy', async () => {
    await using my = await job('direct', { GOFLAGS: '-mod=mod -modcacherw' });
    await writeFile(path.join(my.project, 'go.mod'), `${EMPTY['go.mod']}\nrequire ${LIB} v1.1.0\n`);
    await writeFile(path.join(my.project, 'app.go'), `package app\n\nimport _ "${LIB}"\n`);
    await my.fresh(['build', './...']);
    expect(await my.stored()).toContain(`${LIB}/@v/v1.1.0.zip`);
    const gone = { GIT_CONFIG_KEY_0: `url.${pathToFileURL(dir.join('gone')).href}/.insteadOf` };
    await my.fresh(['build', './...'], { env: { ...gone, GOPROXY: await deadUrl() } });
  });
});

describe('other entries of GOPROXY', () => {
  it('off says that look-ups are off', async () => {
    await using my = await job('off');
    const failed = await my.run(['go', 'get', 'rsc.io/quote@v1.5.2'], { env: freshCaches(my.world) });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('module lookup disabled by GOPROXY=off');
  });

  it('a tree on disk is an upstream, also the one that modgate keeps', async () => {
    await using upstream = await startUpstream();
    await using first = await startJob(upstream.url, EMPTY);
    await first.fresh(['get', 'rsc.io/quote@v1.5.2']);
    await using second = await startJob(pathToFileURL(first.store).href, EMPTY);
    const got = await second.fresh(['get', 'rsc.io/quote@v1.5.2'], {
      env: { GOFLAGS: '-modcacherw', GONOSUMDB: '*' },
    });
    expect(got.stderr).toMatch(/from upstream +\d+ +[1-9]/);
  });
});
