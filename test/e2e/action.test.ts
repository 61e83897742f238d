import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtAction } from '../support/github/built-action.ts';
import type { CacheService } from '../support/github/cache-service.ts';
import { processesWith } from '../support/github/runner.ts';
import { SMALL_BYTES, SMALL_COUNT } from '../support/github/small-project.ts';
import { realUpstream } from '../support/go.ts';
import type { TempDir } from '../support/temp.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { type Machines, startMachines } from './action-machine.ts';

let built: TempDir;
let ACTION: string;
beforeAll(async () => {
  built = await builtAction();
  ACTION = built.join('dist', 'actions', 'proxy.js');
});
afterAll(async () => {
  await built[Symbol.asyncDispose]();
});

let machines: Machines;
let service: CacheService;
let machine: Machines['machine'];
let entries: Machines['entries'];
beforeEach(async () => {
  machines = await startMachines();
  ({ service, machine, entries } = machines);
});
afterEach(async () => {
  await machines[Symbol.asyncDispose]();
});

describe('actions/proxy on a runner', () => {
  it.each(['v1', 'v2'] as const)(
    'over %s: the second job on a new machine needs no upstream at all',
    async protocol => {
      const project = protocol === 'v2' ? { project: 'examples/hello' } : {};
      const cold = await machine(await realUpstream(), project, protocol);
      const start = await cold.uses(ACTION);
      expect(start).toMatchObject({ code: 0 });
      expect(start.outputs.goproxy).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\|http/);
      expect(await cold.run('go', ['mod', 'download'])).toMatchObject({ code: 0 });
      const { posts, killed } = await cold.finish();
      expect(posts).toMatchObject([{ code: 0 }]);
      expect(posts[0]?.log).not.toContain('::warning::');
      expect(killed).toEqual([]);
      expect(entries()).toHaveLength(1);
      expect(cold.summary).toMatch(/\| from upstream \| [1-9]\d* \|/);
      expect(cold.summary).toMatch(/Saved for later jobs: [1-9]\d* module versions/);

      const warm = await machine(await deadUrl(), project, protocol);
      const again = await warm.uses(ACTION, { 'on-failure': 'fail' });
      expect(again).toMatchObject({ code: 0 });
      expect(again.outputs.goproxy).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}$/);
      const build = await warm.run('go', ['build', '-trimpath', './...']);
      expect(build).toMatchObject({ code: 0 });
      const stop = await warm.uses(ACTION, { command: 'stop' });
      expect(stop.outputs).toMatchObject({ 'cache-hit': 'true', 'bytes-from-upstream': '0' });
      expect(Number(stop.outputs.modules)).toBeGreaterThanOrEqual(protocol === 'v2' ? 30 : SMALL_COUNT);
      expect(Number(stop.outputs['bytes-from-store'])).toBeGreaterThan(SMALL_BYTES);
      // The stop step did it all: the post phases have nothing left to do.
      expect((await warm.finish()).posts.map(post => post.outputs)).toEqual([{}, {}]);
      expect(warm.summary.match(/### modgate/g)).toHaveLength(1);
    },
  );

  it('after a stop step later steps have the GOPROXY back that the job had', async () => {
    const upstream = await realUpstream();
    const job = await machine(upstream);
    await job.uses(ACTION);
    expect(job.env.GOPROXY).not.toBe(upstream);
    await job.uses(ACTION, { command: 'stop' });
    expect(job.env.GOPROXY).toBe(upstream);
    expect(await job.run('go', ['mod', 'download', 'github.com/google/uuid'])).toMatchObject({ code: 0 });
  });

  it('finishes in order after a step that failed', async () => {
    const job = await machine(await realUpstream());
    await job.uses(ACTION);
    expect((await job.run('go', ['mod', 'download', 'github.com/google/uuid'])).code).toBe(0);
    expect((await job.run('go', ['vet', './nowhere'])).code).not.toBe(0);
    const { posts, killed } = await job.finish();
    expect(posts).toMatchObject([{ code: 0 }]);
    expect(entries()).toHaveLength(1);
    expect(killed).toEqual([]);
  });

  it('fails with the name of a wrong input or key, and its post phase has nothing to say', async () => {
    const job = await machine(await realUpstream());
    const input = await job.uses(ACTION, { prefetch: 'many' });
    expect(input.code).toBe(1);
    expect(input.log).toMatch(/^::error::modgate: input prefetch: it must be a whole number/m);
    writeFileSync(join(job.env.GITHUB_WORKSPACE ?? '', '.modgate.yaml'), 'proxy:\n  prefetsh: 1\n');
    const file = await job.uses(ACTION);
    expect(file.code).toBe(1);
    expect(file.log).toMatch(
      /^::error::\.modgate\.yaml:2:3: unknown key "prefetsh" under proxy; did you mean prefetch/m,
    );
    expect((await job.finish()).posts).toMatchObject([
      { code: 0, log: '' },
      { code: 0, log: '' },
    ]);
  });

  it('starts one session a job: a second step joins it and leaves its end to the first', async () => {
    const job = await machine(await realUpstream());
    const first = await job.uses(ACTION);
    const second = await job.uses(ACTION);
    expect(second.log).toContain('has a session already');
    expect(second.outputs.goproxy).toBe(first.outputs.goproxy);
    await job.run('go', ['mod', 'download', 'github.com/google/uuid']);
    const { posts } = await job.finish();
    expect(posts[0]?.log).toBe('');
    expect(posts[1]?.log).toContain('modgate: 1 modules');
    expect(entries()).toHaveLength(1);
  });

  it('saves nothing in a pull request from a fork, and says why', async () => {
    const fork = new URL('../fixtures/ci/events/pull_request-fork.json', import.meta.url);
    const job = await machine(await realUpstream(), {
      event: 'pull_request',
      ref: 'refs/pull/42/merge',
      payload: JSON.parse(readFileSync(fork, 'utf8')),
    });
    writeFileSync(join(job.env.GITHUB_WORKSPACE ?? '', '.modgate.yaml'), 'cache: {save: always}\n');
    await job.uses(ACTION);
    await job.run('go', ['mod', 'download', 'github.com/google/uuid']);
    await job.finish();
    expect(entries()).toEqual([]);
    expect(service.log.map(entry => entry.step)).toEqual(['lookup']);
    expect(job.summary).toContain('Not saved for later jobs: this is a pull request from a fork.');
  });

  it.each([
    [
      'unavailable',
      /^::warning::modgate: the module store was not saved: .*the next job downloads what is new/m,
    ],
    [
      'not-json',
      /^::warning::modgate: the module store was not saved: .*the next job downloads what is new/m,
    ],
    // A job that may not is no failure: the summary says why, and nobody has to mend anything.
    ['denied', /save: skipped \(.*cache write denied/],
  ] as const)('a cache that is %s costs speed and not the job', async (fault, word) => {
    service.faults.lookup = fault;
    service.faults.reserve = fault;
    const job = await machine(await realUpstream(), { actionEnv: { ...service.env('v2') } });
    expect((await job.uses(ACTION)).code).toBe(0);
    expect((await job.run('go', ['mod', 'download', 'github.com/google/uuid'])).code).toBe(0);
    const { posts } = await job.finish();
    expect(posts[0]?.code).toBe(0);
    expect(posts[0]?.log).toMatch(word);
    expect(posts[0]?.log).not.toMatch(/::error::|debug/);
  });

  it('reports and saves when the proxy was killed', async () => {
    const job = await machine(await realUpstream());
    await job.uses(ACTION);
    await job.run('go', ['mod', 'download', 'github.com/google/uuid']);
    const session = JSON.parse(readFileSync(join(job.temp, 'modgate', 'session.json'), 'utf8')) as {
      pid: number;
    };
    process.kill(session.pid, 'SIGKILL');
    const { posts } = await job.finish();
    expect(posts[0]).toMatchObject({ code: 0 });
    expect(job.summary).toContain('proxy had died');
    expect(entries()).toHaveLength(1);
  });

  it('leaves no secret in the environment of a process that later steps can see, nor in a log', async () => {
    const job = await machine(await realUpstream());
    const start = await job.uses(ACTION);
    const ours = processesWith(job.trackingId);
    expect(ours.map(process => process.command)).toContainEqual(expect.stringMatching(/daemon\.js$/));
    for (const process of ours) expect(process.environ).not.toMatch(/s3cret|ACTIONS_|GITHUB_TOKEN/);
    const secret = /:\d+\/([0-9a-f]{32})/.exec(job.env.GOPROXY ?? '')?.[1] ?? '';
    expect(secret).toHaveLength(32);
    const { posts } = await job.finish();
    for (const log of [start.log, posts[0]?.log ?? '', job.summary]) expect(log).not.toContain(secret);
    expect(readFileSync(join(job.temp, 'modgate', 'daemon.log'), 'utf8')).not.toMatch(/s3cret/);
  });

  it('masks the password of a GOPROXY that stands behind ours, because the runner shows the environment', async () => {
    const job = await machine('https://user:s3cret@proxy.example.test/go');
    const start = await job.uses(ACTION);
    expect(job.env.GOPROXY).toContain('|https://user:s3cret@');
    const shown = await job.run('sh', ['-c', 'echo "GOPROXY: $GOPROXY"']);
    expect(shown.log).toMatch(
      /^GOPROXY: http:\/\/127\.0\.0\.1:\d+\/\*\*\*\|https:\/\/\*\*\*@proxy\.example\.test/,
    );
    const { posts } = await job.finish();
    for (const log of [start.log, posts[0]?.log, job.summary]) expect(log).not.toContain('s3cret');
  });

  it('says of a module cache that somebody else filled that nobody verified it, and how to mend that', async () => {
    const job = await machine(await realUpstream());
    expect(await job.run('go', ['mod', 'download'])).toMatchObject({ code: 0 });
    await job.uses(ACTION);
    expect(await job.run('go', ['mod', 'download'])).toMatchObject({ code: 0 });
    const { posts } = await job.finish();
    expect(posts[0]?.log).toMatch(
      new RegExp(`^::warning::modgate: ${SMALL_COUNT} module versions in GOMODCACHE .*cache: false`, 'm'),
    );
    expect(job.summary).toMatch(new RegExp(`${SMALL_COUNT} module versions were in GOMODCACHE`));
  });

  it('a job that ends without post phases leaves no proxy behind', async () => {
    const job = await machine(await realUpstream());
    await job.uses(ACTION);
    expect(job.killLeftovers()).toContainEqual(expect.stringMatching(/daemon\.js$/));
    await expect.poll(() => processesWith(job.trackingId)).toEqual([]);
  });
});
