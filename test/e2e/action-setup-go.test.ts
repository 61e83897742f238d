import { chmod, cp, mkdir, readFile, realpath, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtAction } from '../support/github/built-action.ts';
import { type Job, processesWith } from '../support/github/runner.ts';
import { SMALL_COUNT } from '../support/github/small-project.ts';
import { goEnv, realUpstream } from '../support/go.ts';
import { runOk } from '../support/process.ts';
import type { TempDir } from '../support/temp.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { startMachines } from './action-machine.ts';

let built: TempDir;
let ACTION: string;
beforeAll(async () => {
  built = await builtAction();
  ACTION = built.join('dist', 'actions', 'proxy.js');
});
afterAll(async () => {
  await built[Symbol.asyncDispose]();
});

/** What is needed besides go, as links in a directory that holds nothing else. */
async function pathWithoutGo(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  for (const name of ['sh', 'env', 'git', 'tar', 'gzip', 'zstd', 'zstdmt', 'unzstd']) {
    const found = await runOk('sh', ['-c', `command -v ${name}`]).catch(() => undefined);
    if (found !== undefined) await symlink(found.stdout.trim(), path.join(dir, name));
  }
  return dir;
}

/** Puts Go where actions/setup-go would: into the tool cache, and on the PATH of later steps. */
async function installGo(job: Job): Promise<string> {
  const { GOROOT = '', GOVERSION = '' } = await goEnv();
  const versions = path.join(job.env.RUNNER_TOOL_CACHE ?? '', 'go', GOVERSION.slice(2));
  await mkdir(versions, { recursive: true });
  await symlink(await realpath(GOROOT), path.join(versions, process.arch));
  await writeFile(path.join(versions, `${process.arch}.complete`), '');
  const bin = path.join(versions, process.arch, 'bin');
  job.env.PATH = `${bin}${path.delimiter}${job.env.PATH}`;
  return bin;
}

describe('a module cache that somebody else restores after our start, as actions/setup-go does', () => {
  it('meets no file of ours, serves the build, and is told as what nobody verified', async () => {
    await using machines = await startMachines();
    const cold = await machines.machine(await realUpstream(), { env: { GOFLAGS: '' } });
    expect(await cold.run('go', ['mod', 'download'])).toMatchObject({ code: 0 });
    const archive = path.join(cold.temp, 'cache.tar');
    expect(await cold.run('tar', ['-cf', archive, '-C', cold.env.GOMODCACHE ?? '', '.'])).toMatchObject({
      code: 0,
    });

    const job = await machines.machine(await realUpstream(), { env: { GOFLAGS: '' } });
    const modcache = job.env.GOMODCACHE ?? '';
    expect(await job.uses(ACTION)).toMatchObject({ code: 0 });
    await expect.poll(() => prefetched(job), { timeout: 30_000 }).toBe(true);
    await expect(stat(modcache)).rejects.toThrow('ENOENT');
    await mkdir(modcache);
    // Unlike the plain form that the client uses, this one fails when a file is there already.
    expect(await job.run('tar', ['--keep-old-files', '-xf', archive, '-C', modcache])).toMatchObject({
      code: 0,
    });
    expect(await job.run('go', ['build', '-trimpath', './...'])).toMatchObject({ code: 0 });
    const { posts } = await job.finish();
    expect(posts).toMatchObject([{ code: 0, outputs: { modules: '0', 'bytes-from-upstream': '0' } }]);
    expect(posts[0]?.log).toMatch(
      new RegExp(
        `^::warning::modgate: warning: ${SMALL_COUNT} module versions were put into GOMODCACHE from an archive .*cache: false`,
        'm',
      ),
    );
    expect(job.summary).toContain(`⚠️ warning&#58; ${SMALL_COUNT} module versions were put into GOMODCACHE`);
  });
});

describe('a module cache that was restored before our start', () => {
  it('is compared with go.sum when that is asked for', async () => {
    await using machines = await startMachines();
    const job = await machines.machine(await realUpstream());
    expect(await job.run('go', ['mod', 'download'])).toMatchObject({ code: 0 });
    const poisoned = path.join(job.env.GOMODCACHE ?? '', 'github.com', 'google', 'uuid@v1.6.0');
    await writeFile(path.join(poisoned, 'evil.go'), 'package uuid\n');
    expect(await job.uses(ACTION, { modcache: 'verify' })).toMatchObject({ code: 0 });
    expect(await job.run('go', ['build', '-trimpath', './...'])).toMatchObject({ code: 0 });
    const { posts } = await job.finish();
    expect(posts).toMatchObject([{ code: 0 }]);
    const log = posts[0]?.log ?? '';
    expect(log).toMatch(
      /^::error::modgate: error: GOMODCACHE: github\.com\/google\/uuid@v1\.6\.0: .* evil\.go added \(modcache\/changed\)/m,
    );
    // It did not come through modgate either, and only that one was not found to be right.
    expect(log).toContain('::warning::modgate: 1 module versions in GOMODCACHE did not come');
    expect(job.summary).toContain(`${SMALL_COUNT - 1} module versions are what go.sum says, 1 is not`);
  });

  it('costs nothing when it holds all, and what it lacks comes from the shared cache', async () => {
    await using machines = await startMachines();
    const cold = await machines.machine(await realUpstream());
    await cold.uses(ACTION);
    expect(await cold.run('go', ['mod', 'download'])).toMatchObject({ code: 0 });
    await cold.finish();
    const cache = path.join(cold.env.GOMODCACHE ?? '', 'cache', 'download');
    const before = machines.service.log.length;

    const whole = await machines.machine(await deadUrl());
    await cp(cache, path.join(whole.env.GOMODCACHE ?? '', 'cache', 'download'), { recursive: true });
    expect(await whole.uses(ACTION, { 'on-failure': 'fail' })).toMatchObject({ code: 0 });
    expect(await whole.run('go', ['build', '-trimpath', './...'])).toMatchObject({ code: 0 });
    await whole.finish();
    expect(machines.service.log.slice(before)).toEqual([]);
    expect(whole.summary).toContain(`${SMALL_COUNT} module versions were in GOMODCACHE`);

    const part = await machines.machine(await deadUrl());
    const uuid = path.join('github.com', 'google', 'uuid');
    await cp(path.join(cache, uuid), path.join(part.env.GOMODCACHE ?? '', 'cache', 'download', uuid), {
      recursive: true,
    });
    expect(await part.uses(ACTION, { 'on-failure': 'fail' })).toMatchObject({ code: 0 });
    expect(await part.run('go', ['build', '-trimpath', './...'])).toMatchObject({ code: 0 });
    await part.finish();
    expect(part.summary).toContain(`| from the store | ${SMALL_COUNT - 1} |`);
    expect(part.summary).toContain('1 module versions were in GOMODCACHE');
  });
});

/** Whether the daemon has fetched ahead all that the small project needs. */
async function prefetched(job: Job): Promise<boolean> {
  const store = path.join(job.temp, 'modgate', 'store');
  const zips = ['github.com/!masterminds/semver/v3/@v/v3.4.0.zip', 'github.com/google/uuid/@v/v1.6.0.zip'];
  const found = await Promise.all(zips.map(zip => stat(path.join(store, zip)).catch(() => undefined)));
  return found.every(file => file?.isFile());
}

describe('a job that installs Go after modgate', () => {
  /** A machine whose go would take its GOPROXY from a file that only go reads. */
  async function withoutGo(machines: Awaited<ReturnType<typeof startMachines>>, upstream: string) {
    const job = await machines.machine(upstream);
    const settings = path.join(job.temp, 'go.env');
    await writeFile(settings, `GOPROXY=${upstream}\n`);
    delete job.env.GOPROXY;
    Object.assign(job.env, {
      GOENV: settings,
      RUNNER_TOOL_CACHE: path.join(job.temp, 'tools'),
      PATH: await pathWithoutGo(path.join(job.temp, 'bin')),
    });
    return job;
  }

  it('is served by the go that comes, cold and then from the shared cache alone', async () => {
    await using machines = await startMachines();
    const cold = await withoutGo(machines, await realUpstream());
    const start = await cold.uses(ACTION, { 'on-failure': 'fail' });
    expect(start).toMatchObject({ code: 0 });
    expect(start.log).toMatch(/no go command is on PATH yet: .* a later step installs/);
    expect(start.log).not.toContain('::warning::');
    const bin = await installGo(cold);
    expect(await cold.run('go', ['build', '-trimpath', './...'])).toMatchObject({ code: 0 });
    const log = await readFile(path.join(cold.temp, 'modgate', 'daemon.log'), 'utf8');
    expect(log).toContain(`first request: ${(await goEnv()).GOVERSION} at ${path.join(bin, 'go')}`);
    await cold.finish();
    expect(cold.summary).toContain(`| from upstream | ${SMALL_COUNT} |`);
    expect(machines.entries()).toHaveLength(1);

    const warm = await withoutGo(machines, await deadUrl());
    expect(await warm.uses(ACTION, { 'on-failure': 'fail' })).toMatchObject({ code: 0 });
    await installGo(warm);
    expect(await warm.run('go', ['build', '-trimpath', './...'])).toMatchObject({ code: 0 });
    await warm.finish();
    expect(warm.summary).toContain(`| from the store | ${SMALL_COUNT} |`);
    expect(warm.summary).toContain('Shared cache: restored');
  });

  it('has no other GOPROXY behind ours until one is known, and is told so', async () => {
    await using machines = await startMachines();
    const upstream = await realUpstream();
    const job = await withoutGo(machines, upstream);
    const start = await job.uses(ACTION, { 'on-failure': 'fallback' });
    expect(start.log).toMatch(/no other GOPROXY stands behind it/);
    expect(start.outputs.goproxy).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}$/);
    await installGo(job);
    const again = await job.uses(ACTION, { 'on-failure': 'fallback' });
    expect(again.outputs.goproxy).toBe(`${start.outputs.goproxy}|${upstream}`);
  });
});

describe('MODGATE_ variables of a job', () => {
  it('stand above the file and below the inputs, in the start and in the post phase', async () => {
    await using machines = await startMachines();
    const job = await machines.machine(await realUpstream(), {
      env: { MODGATE_ON_FAILURE: 'fail', MODGATE_SAVE: 'never', MODGATE_PREFETCH: '0' },
    });
    const file = path.join(job.env.GITHUB_WORKSPACE ?? '', '.modgate.yaml');
    await writeFile(file, 'cache: {save: always}\nproxy: {on-failure: fallback, prefetch: 1}\n');
    expect((await job.uses(ACTION)).outputs.goproxy).not.toContain('|');
    expect(await job.run('go', ['mod', 'download', 'github.com/google/uuid'])).toMatchObject({ code: 0 });
    await job.uses(ACTION, { command: 'stop' });
    expect(job.summary).toContain('Not saved for later jobs: save is never.');
    expect(machines.entries()).toEqual([]);
    expect((await job.uses(ACTION, { 'on-failure': 'fallback' })).outputs.goproxy).toContain('|');

    job.env.MODGATE_PREFETCH = 'many';
    const wrong = await job.uses(ACTION);
    expect(wrong).toMatchObject({ code: 1 });
    expect(wrong.log).toMatch(/^::error::MODGATE_PREFETCH: "many" is not a whole number from 0 to 64/m);
  });

  it('reach neither the daemon nor what it starts', async () => {
    await using machines = await startMachines();
    const job = await machines.machine(await realUpstream(), {
      env: { MODGATE_SECRET: '5'.repeat(32), MODGATE_KEEP_TOKEN: 'kept-s3cret', MODGATE_SAVE: 'never' },
    });
    // The real go behind a note of what each call was given.
    const notes = path.join(job.temp, 'calls');
    const wrapper = path.join(job.temp, 'go');
    await writeFile(wrapper, `#!/bin/sh\n{ echo "call $*"; env; } >> '${notes}'\nexec go "$@"\n`);
    await chmod(wrapper, 0o755);
    job.env.MODGATE_GO = wrapper;
    // The daemon starts go where it has to fetch from version control; here nobody answers that go either.
    expect(await job.uses(ACTION, { upstream: 'direct' })).toMatchObject({ code: 0 });
    expect(await job.run('go', ['mod', 'download', 'example.invalid/m@v1.0.0'])).toMatchObject({ code: 1 });
    const daemon = processesWith(job.trackingId).filter(({ command }) => command.endsWith('daemon.js'));
    expect(daemon).toHaveLength(1);
    expect(daemon[0]?.environ).not.toMatch(/MODGATE_|5{32}|s3cret/);
    await job.finish();
    const calls = (await readFile(notes, 'utf8')).split(/^call /m);
    const children = calls.filter(call => /^(?:mod download|list) /.test(call));
    expect(children.length).toBeGreaterThan(0);
    // What modgate itself tells the gate before ssh is no variable of the job.
    const ofJob = children.map(call => call.replace(/^MODGATE_FILTER=.*$/gm, ''));
    for (const call of ofJob) expect(call).not.toMatch(/MODGATE_|5{32}|s3cret|ACTIONS_R/);
  });
});
