import type { ChildProcess } from 'node:child_process';
import { cp, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEMO_MODULES, demoProject } from '../support/gitlab/project.ts';
import { type GoWorld, goWorld, writeProject } from '../support/go.ts';
import { modgate } from '../support/modgate.ts';
import type { Finished } from '../support/process.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';

const SECRET = '0123456789abcdef0123456789abcdef';

let world: GoWorld;
let upstream: Upstream;
let containers: Container[];
beforeEach(async () => {
  [world, upstream] = await Promise.all([goWorld('off'), startUpstream()]);
  containers = [];
});
afterEach(async () => {
  for (const container of containers) container.child.kill('SIGKILL');
  await world[Symbol.asyncDispose]();
  await upstream.close();
});

interface Container {
  readonly child: ChildProcess;
  /** The GOPROXY of the job. */
  readonly url: string;
  /** Ends the container as GitLab does. */
  stop(): Promise<Finished>;
}

/** The build folder that service and job share; there before either of them is. */
function project(): string {
  return world.dir.join('builds', 'demo');
}

/** What the runner does after it has started the services. */
async function checkOut(store?: string): Promise<void> {
  await rm(project(), { recursive: true, force: true });
  await writeProject(project(), demoProject);
  if (store !== undefined) await cp(store, path.join(project(), '.modgate', 'store'), { recursive: true });
}

/** A store with the modules of the project, filled by a session of its own. */
async function filledStore(): Promise<string> {
  const store = world.dir.join('filled');
  const dir = world.dir.join('elsewhere');
  await writeProject(dir, demoProject);
  const env = { ...world.env, GOPROXY: upstream.url, TMPDIR: world.dir.path };
  const done = await modgate(['run', '--store', store, '--', 'go', 'mod', 'download'], { cwd: dir, env });
  expect(done).toMatchObject({ code: 0 });
  await rm(world.modcache, { recursive: true, force: true });
  return store;
}

/** The service's container: the variables of the job, a disk of its own, and the build folder. */
async function service(behind: string): Promise<Container> {
  const base = await deadUrl();
  const url = `${base}/${SECRET}`;
  const tmp = world.dir.join('service');
  await mkdir(tmp, { recursive: true });
  const env = {
    ...world.env,
    TMPDIR: tmp,
    // A job that says this says it to its services too.
    GOPROXY: `${url}|${behind}`,
    MODGATE_SECRET: SECRET,
    GITLAB_CI: 'true',
    CI_JOB_ID: '7',
    CI_PROJECT_ID: '3',
    CI_PROJECT_DIR: project(),
    CI_PIPELINE_SOURCE: 'push',
    CI_COMMIT_BRANCH: 'main',
    CI_DEFAULT_BRANCH: 'main',
  };
  const listen = `0.0.0.0:${new URL(base).port}`;
  let child: ChildProcess | undefined;
  const args = ['start', '--foreground', '--listen', listen];
  const finished = modgate(args, { cwd: tmp, env, onSpawn: spawned => (child = spawned) });
  const ready = new Promise<void>(resolve => {
    child?.stderr?.on('data', (text: string) => {
      if (text.includes('listens on')) resolve();
    });
  });
  await Promise.race([
    ready,
    finished.then(done => Promise.reject(new Error(`the service ended:\n${done.stderr}`))),
  ]);
  if (child === undefined) throw new Error('the service was not started');
  const process = child;
  const container: Container = {
    child: process,
    url,
    stop: async () => {
      process.kill('SIGTERM');
      return await finished;
    },
  };
  containers.push(container);
  return container;
}

function download(url: string): Promise<Finished> {
  return world.go(['mod', 'download'], { cwd: project(), env: { GOPROXY: url } });
}

describe('modgate as a service of a GitLab job', () => {
  it('serves a store that appears after it, with the upstream gone', async () => {
    const store = await filledStore();
    const container = await service(await deadUrl());
    await expect(stat(project())).rejects.toMatchObject({ code: 'ENOENT' });
    await checkOut(store);
    expect(await download(container.url)).toMatchObject({ code: 0 });
    expect((await stat(path.join(project(), '.modgate', '.gitignore'))).isFile()).toBe(true);
    const done = await container.stop();
    expect(done).toMatchObject({ code: 0, stdout: '' });
    expect(done.stderr).toMatch(new RegExp(`from the store +${DEMO_MODULES} `));
    expect(done.stderr).toMatch(/from upstream +0 +0 B/);
    expect(done.stderr).not.toContain(SECRET);
  });

  it('fills the store of the job, in a build folder that was made anew after the start', async () => {
    await checkOut();
    const container = await service(upstream.url);
    await checkOut();
    expect(await download(container.url)).toMatchObject({ code: 0 });
    const zip = path.join(project(), '.modgate', 'store', 'github.com', 'google', 'uuid', '@v', 'v1.6.0.zip');
    expect((await stat(zip)).size).toBeGreaterThan(1000);
    expect((await container.stop()).stderr).toMatch(new RegExp(`from upstream +${DEMO_MODULES} `));
  });

  it('reads the configuration of the checkout, and go prints what is wrong with it', async () => {
    const container = await service(upstream.url);
    await checkOut();
    const config = path.join(project(), '.modgate.yaml');
    await writeFile(config, 'version: 1\nproxy: {prefetsh: 1}\n');
    const refused = await download(container.url);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/\.modgate\.yaml:2:\d+: unknown key "prefetsh"/);
    await writeFile(config, `version: 1\nproxy: {upstream: ["${upstream.url}"], prefetch: 0}\n`);
    expect(await download(container.url)).toMatchObject({ code: 0 });
  });

  it('listens for others only under a secret of their choice', async () => {
    const env = { ...world.env, TMPDIR: world.dir.path };
    for (const [secret, said] of [
      [undefined, /no secret is set; set MODGATE_SECRET/],
      ['short', /MODGATE_SECRET is not of the right form/],
    ] as const) {
      const done = await modgate(['start', '--foreground', '--listen', '0.0.0.0:0'], {
        cwd: world.dir.path,
        env: { ...env, MODGATE_SECRET: secret },
      });
      expect(done).toMatchObject({ code: 2, stdout: '' });
      expect(done.stderr).toMatch(said);
    }
  });

  it('answers nobody who does not know the secret', async () => {
    const container = await service(upstream.url);
    await checkOut();
    const origin = new URL(container.url).origin;
    for (const wrong of ['', SECRET.replace('0', '1'), SECRET.slice(1), '-']) {
      const answer = await fetch(`${origin}/${wrong}/rsc.io/quote/@v/list`);
      expect(answer.status).toBeGreaterThanOrEqual(403);
      expect(await answer.text()).not.toContain('v1.5.2');
    }
    expect(upstream.stats().requests).toBe(0);
  });
});

describe('a store that is filled under an open session', () => {
  it('is found file by file', async () => {
    const store = await filledStore();
    await checkOut();
    const late = world.dir.join('late');
    const env = { ...world.env, GOPROXY: upstream.url, TMPDIR: world.dir.join('job') };
    upstream.setFaults(() => ({ kind: 'status', status: 404 }));
    await mkdir(env.TMPDIR);
    const options = ['--store', late, '--on-failure', 'fail', '--format', 'json'];
    const started = await modgate(['start', ...options], { cwd: project(), env });
    expect(started).toMatchObject({ code: 0 });
    const job = JSON.parse(started.stdout) as { GOPROXY: string; MODGATE_SESSION: string };
    try {
      // Asked for and not there: an absence that must not be remembered.
      expect((await download(job.GOPROXY)).code).not.toBe(0);
      await cp(store, late, { recursive: true });
      expect(await download(job.GOPROXY)).toMatchObject({ code: 0 });
    } finally {
      const stopped = await modgate(['stop', '--session', job.MODGATE_SESSION], { cwd: project(), env });
      expect(stopped.stdout).toMatch(new RegExp(`from the store +${DEMO_MODULES} `));
    }
  });
});
