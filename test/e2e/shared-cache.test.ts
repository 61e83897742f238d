import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtAction } from '../support/github/built-action.ts';
import type { CacheService } from '../support/github/cache-service.ts';
import type { Job } from '../support/github/runner.ts';
import { type SmallModule, smallProject } from '../support/github/small-project.ts';
import type { TempDir } from '../support/temp.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { type Machines, startMachines } from './action-machine.ts';

const UUID = 'github.com/google/uuid';
const SYNC = 'golang.org/x/sync';
const SEMVER = 'github.com/Masterminds/semver/v3';
const HUMANIZE = 'github.com/dustin/go-humanize';
const ERRWRAP = 'github.com/hashicorp/errwrap';
const CHI = 'github.com/go-chi/chi/v5';

let built: TempDir;
let ACTION: string;
let upstream: Upstream;
beforeAll(async () => {
  built = await builtAction();
  ACTION = built.join('dist', 'actions', 'proxy.js');
  upstream = await startUpstream();
});
afterAll(async () => {
  await built[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

let machines: Machines;
let service: CacheService;
beforeEach(async () => {
  machines = await startMachines();
  ({ service } = machines);
});
afterEach(async () => {
  await machines[Symbol.asyncDispose]();
});

/** A job on a new machine whose program imports these modules, up to where its post phase would begin. */
async function job(modules: readonly SmallModule[], url = upstream.url): Promise<Job> {
  const machine = await machines.machine(url);
  await smallProject(machine.env.GITHUB_WORKSPACE ?? '', modules);
  expect(await machine.uses(ACTION)).toMatchObject({ code: 0 });
  expect(await machine.run('go', ['build', './...'])).toMatchObject({ code: 0 });
  return machine;
}

/** Runs a job to its end; what it asked the upstream for apart from .info, and what of the cache service. */
async function run(modules: readonly SmallModule[], url?: string) {
  const from = upstream.requests.length;
  const asked = service.log.length;
  const machine = await job(modules, url);
  const restored = service.log.length;
  const { posts } = await machine.finish();
  return {
    log: posts.map(post => post.log).join('\n'),
    summary: machine.summary,
    fetched: upstream.requests
      .slice(from)
      .map(request => request.path)
      .filter(path => path.endsWith('.zip') || path.endsWith('.mod')),
    restore: service.log.slice(asked, restored).map(({ step }) => step),
    save: service.log.slice(restored).map(({ step }) => step),
  };
}

function entries() {
  return service.store.entries.filter(entry => entry.finished);
}

describe('the shared cache', () => {
  it('a job fetches only the difference and saves only the difference, and the next one finds the union', async () => {
    const first = await run([SEMVER, UUID, SYNC]);
    expect(first.fetched.filter(path => path.endsWith('.zip'))).toHaveLength(3);
    expect(first.save).toEqual(['lookup', 'reserve', 'upload', 'finalize']);

    const second = await run([SEMVER, UUID, SYNC, HUMANIZE]);
    expect(second.fetched.sort()).toEqual(
      ['mod', 'zip'].map(kind => `/github.com/dustin/go-humanize/@v/v1.0.1.${kind}`),
    );
    expect(second.save).toEqual(['lookup', 'reserve', 'upload', 'finalize']);
    const [whole, difference] = entries().map(entry => entry.data.length);
    expect(difference).toBeLessThan((whole ?? 0) / 2);

    // Nothing is new for the third: not even a look at the service.
    const third = await run([SEMVER, UUID, SYNC, HUMANIZE], await deadUrl());
    expect(third.restore).toEqual(['lookup', 'download', 'lookup', 'download']);
    expect(third.save).toEqual([]);
    expect(third.summary).toMatch(/restored 4 module versions \([\d.]+ kB from 2 entries\)/);
    expect(third.summary).toContain('Nothing new to save');
  });

  it('jobs that end together save once, and the others lose a look', async () => {
    // The others add little to it: a set of another size class would not wait for its turn.
    await run([CHI]);
    const jobs = await Promise.all([job([CHI, UUID]), job([CHI, UUID]), job([CHI, UUID, SYNC])]);
    const before = service.log.length;
    const logs = await Promise.all(jobs.map(async machine => (await machine.finish()).posts[0]?.log ?? ''));
    expect(service.log.slice(before).filter(({ step }) => step === 'upload')).toHaveLength(1);
    expect(entries()).toHaveLength(2);
    expect(logs.filter(log => log.includes('another job saves meanwhile'))).toHaveLength(2);
    for (const log of logs) expect(log).not.toMatch(/::(warning|error)::/);
    // What only one of the others had is added by the next run.
    await run([CHI, UUID, SYNC]);
    const last = await run([CHI, UUID, SYNC], await deadUrl());
    expect(last.summary).toMatch(/restored 3 module versions/);
  });

  it('a tiny job that ends first hides nothing, and one that ends last leaves the larger entry alone', async () => {
    const jobs = [await job([ERRWRAP]), await job([SEMVER, UUID, SYNC, HUMANIZE]), await job([ERRWRAP])];
    for (const machine of jobs) await machine.finish();
    expect(entries()).toHaveLength(2);
    const next = await run([SEMVER, UUID, SYNC, HUMANIZE]);
    expect(next.fetched).toEqual([]);
  });

  it('an entry that the service threw out is downloaded again, and saved again', async () => {
    await run([SEMVER, UUID, SYNC]);
    await run([SEMVER, UUID, SYNC, HUMANIZE]);
    const [oldest] = service.store.entries.splice(0, 1);
    expect(oldest?.finished).toBe(true);
    const healed = await run([SEMVER, UUID, SYNC, HUMANIZE]);
    expect(healed.fetched.filter(path => path.endsWith('.zip'))).toHaveLength(3);
    expect(healed.log).toMatch(
      /::warning::modgate: shared cache: entry modgate-v2-[0-9a-f-]+: .*does not have it any more/,
    );
    expect(healed.save).toContain('upload');
    expect((await run([SEMVER, UUID, SYNC, HUMANIZE], await deadUrl())).summary).toMatch(
      /restored 4 module versions/,
    );
  });

  it('never takes more of the quota than it may, and says so', async () => {
    const machine = await machines.machine(upstream.url);
    const workspace = machine.env.GITHUB_WORKSPACE ?? '';
    await smallProject(workspace, [CHI]);
    const { writeFile } = await import('node:fs/promises');
    await writeFile(`${workspace}/.modgate.yaml`, 'cache: {quota: 1MB}\n');
    await machine.uses(ACTION);
    await machine.run('go', ['build', './...']);
    const { posts } = await machine.finish();
    expect(entries()).toEqual([]);
    expect(posts[0]?.log).toMatch(/cache\.quota is 1\.0 MB; raise it, or wait/);
  });
});
