import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBuildManifest } from '../../src/store/build/unpack.ts';
import { auditStore } from '../support/audit-store.ts';
import { builtAction } from '../support/github/built-action.ts';
import type { CacheEntry } from '../support/github/cache-store.ts';
import type { Job } from '../support/github/runner.ts';
import { writeProject } from '../support/go.ts';
import type { TempDir } from '../support/temp.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { type MachineOptions, type Machines, startMachines } from './action-machine.ts';

const TOKEN = 'audit-s3cret-token';
const COMPILES = /[/\\]compile(?:\.exe)?"? -o /;
const PULL_REQUEST = {
  event: 'pull_request',
  ref: 'refs/pull/7/merge',
  payload: {
    number: 7,
    repository: { id: 1001, default_branch: 'main' },
    pull_request: { number: 7, base: { ref: 'main', repo: { id: 1001 } }, head: { repo: { id: 1001 } } },
  },
} satisfies MachineOptions;

let built: TempDir;
let ACTION: string;
let machines: Machines;
beforeAll(async () => {
  built = await builtAction();
  ACTION = built.join('dist', 'actions', 'proxy.js');
  machines = await startMachines();
});
afterAll(async () => {
  await machines[Symbol.asyncDispose]();
  await built[Symbol.asyncDispose]();
});

/** Packages that import nothing need no standard library, so that compiling them takes no time. */
function packages(names: readonly string[]): Record<string, string> {
  const files = names.map(name => [
    `${name}/${name}.go`,
    `package ${name}\n\nvar Table = [4096]int{${Array.from({ length: 4096 }, (_, at) => at * name.length)}}\n`,
  ]);
  return { 'go.mod': 'module example.com/p\n\ngo 1.24\n', ...Object.fromEntries(files) };
}

const NAMES = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

async function jobWith(names: readonly string[], options: MachineOptions = {}): Promise<Job> {
  const job = await machines.machine(await deadUrl(), options);
  await writeProject(job.env.GITHUB_WORKSPACE ?? '', packages(names));
  return job;
}

/** Starts, builds, ends; what go compiled, and the logs of both steps of ours. */
async function whole(job: Job, inputs: Readonly<Record<string, string>> = { 'build-cache': 'true' }) {
  const start = await job.uses(ACTION, inputs);
  expect(start).toMatchObject({ code: 0 });
  const go = await job.run('go', ['build', '-x', './one/', ...NAMES.slice(1).flatMap(existing(job))]);
  expect(go).toMatchObject({ code: 0 });
  const { posts } = await job.finish();
  expect(posts).toMatchObject([{ code: 0 }]);
  const compiled = go.log.split('\n').filter(line => COMPILES.test(line)).length;
  return { compiled, start: start.log, post: posts[0]?.log ?? '' };
}

function existing(job: Job): (name: string) => string[] {
  return name => (existsSync(join(job.env.GITHUB_WORKSPACE ?? '', name)) ? [`./${name}/`] : []);
}

function builds(): CacheEntry[] {
  return machines.service.store.entries.filter(
    entry => entry.finished && entry.key.startsWith('modgate-build-v1-'),
  );
}

describe('build-cache: true', () => {
  it('is off, and leaves GOCACHE alone, until somebody asks for it', async () => {
    const job = await jobWith(NAMES);
    const own = job.env.GOCACHE;
    await whole(job, {});
    expect(job.env.GOCACHE).toBe(own);
    expect(builds()).toEqual([]);
    expect(job.summary).not.toMatch(/build cache/i);
  });

  it('saves what a job compiled, and the next one on another machine compiles nothing', async () => {
    const cold = await jobWith(NAMES);
    const first = await whole(cold);
    expect(cold.env.GOCACHE).toBe(join(cold.temp, 'modgate', 'gocache'));
    expect(first.compiled).toBe(10);
    expect(first.start).toContain('build cache: there is none for this version of Go yet');
    expect(cold.summary).toMatch(/Saved for later builds: \d+ objects in an entry of /);
    expect(builds()).toHaveLength(1);
    expect(builds()[0]?.key).toMatch(/^modgate-build-v1-linux-x64-go1\.\d+\.\d+-[0-9a-f]{12}-[0-9a-f]{16}$/);

    await using audit = await auditStore(TOKEN);
    const warm = await jobWith(NAMES);
    const second = await whole(warm, {
      'build-cache': 'true',
      'audit-store': audit.url,
      'audit-token': TOKEN,
    });
    expect(second.compiled).toBe(0);
    expect(second.start).toMatch(
      /build cache: \d+ objects, \d+ bytes, restored in \d+ ms; nobody verified them/,
    );
    const told = audit.batches.flatMap(({ footer }) => footer.findings);
    expect(told).toMatchObject([{ rule: 'bypass/build-cache', level: 'note' }]);
    // Told as what it is, and neither a warning nor a failure.
    expect(second.post).toMatch(
      /note: \d+ objects that another job compiled were restored .*\(bypass\/build-cache\)/,
    );
    expect(second.post).not.toContain('::warning::');
    expect(warm.summary).toMatch(/Build cache&#58; \d+ objects .* restored in .*, which nobody verified/);
    expect(warm.summary).toContain('Of the build cache too little is new to save it again.');
    expect(builds()).toHaveLength(1);
  });

  it('restores in a pull request, and saves nothing of it, whatever save says', async () => {
    for (const save of ['auto', 'always']) {
      const change = await jobWith([...NAMES.slice(0, 5), 'eleven'], PULL_REQUEST);
      const { compiled } = await whole(change, { 'build-cache': 'true', save });
      expect(compiled).toBe(0);
      expect(change.summary).toContain('Build cache not saved: ');
      expect(builds()).toHaveLength(1);
    }
  });

  it('of another version of Go, or other settings, is no exact match, and of the first none at all', async () => {
    const other = await jobWith(NAMES, { env: { CGO_ENABLED: '0' } });
    expect((await whole(other)).start).toMatch(/build cache: \d+ objects/);
    const keys = builds().map(({ key }) => key.slice(0, -17));
    expect(new Set(keys).size).toBe(2);
    // go takes the highest of its own and the lines of go.mod for the version that it switches to.
    const version = await jobWith(NAMES, { env: { GOTOOLCHAIN: 'auto' } });
    await writeProject(version.env.GITHUB_WORKSPACE ?? '', {
      'go.mod': 'module example.com/p\n\ngo 1.24\n\ntoolchain go1.99.1\n',
    });
    expect((await version.uses(ACTION, { 'build-cache': 'true' })).log).toContain(
      'build cache: there is none for this version of Go yet',
    );
    version.killLeftovers();
  });

  it('keeps only what the last job used, once that is much less', async () => {
    const before = builds().length;
    const small = await jobWith(NAMES.slice(0, 3));
    const { compiled } = await whole(small);
    expect(compiled).toBe(0);
    expect(builds()).toHaveLength(before + 1);
    // What this job knew of the others stands in its entry, so that the next one can count them.
    const [newest, ...rest] = builds().toReversed();
    const { others } = await readBuildManifest(
      Readable.from([newest?.data ?? '']),
      new AbortController().signal,
    );
    expect(others.map(({ key }) => key).sort()).toEqual(rest.map(({ key }) => key).sort());
    const full = await jobWith(NAMES);
    expect((await whole(full)).compiled).toBe(7);
  });

  it('forbidden by the policy is neither restored nor saved', async () => {
    const before = builds().length;
    const job = await jobWith(NAMES);
    await writeProject(job.env.GITHUB_WORKSPACE ?? '', {
      '.modgate.yaml': 'version: 1\ncache: {build: true}\nrules: {bypass/build-cache: error}\n',
    });
    const own = job.env.GOCACHE;
    const { start } = await whole(job, {});
    expect(start).toContain('build cache: not used: the policy forbids it (bypass/build-cache: error)');
    expect(job.env.GOCACHE).toBe(own);
    expect(builds()).toHaveLength(before);
  });

  it('that does not fit the quota beside the others is not saved', async () => {
    const before = builds().length;
    const job = await jobWith(NAMES.slice(5));
    await writeProject(job.env.GITHUB_WORKSPACE ?? '', {
      '.modgate.yaml': 'version: 1\ncache: {quota: 20kB}\n',
      'one/one.go': 'package one\n\nfunc One() int { return 1 }\n',
    });
    await whole(job);
    expect(job.summary).toMatch(
      /Build cache not saved: entries with compiled objects take .* half of cache\.quota/,
    );
    expect(builds()).toHaveLength(before);
  });

  it('that is damaged, cut or hostile leaves an empty GOCACHE that works, and is replaced', async () => {
    const newest = builds().at(-1);
    if (newest === undefined) throw new Error('no entry to damage');
    const intact = newest.data;
    for (const data of [intact.subarray(0, intact.length / 2), Buffer.from('#!/bin/sh\n'), Buffer.alloc(0)]) {
      newest.data = data;
      const job = await jobWith(NAMES);
      const { start, compiled } = await whole(job, { 'build-cache': 'true', save: 'never' });
      expect(start).toMatch(
        /build cache: not restored: entry modgate-build-v1-.*; this job compiles everything itself/,
      );
      expect(compiled).toBe(10);
    }
    const before = builds().length;
    const mending = await jobWith(NAMES);
    expect((await whole(mending)).compiled).toBe(10);
    expect(mending.summary).toContain('Saved for later builds: ');
    expect(builds()).toHaveLength(before + 1);
    expect((await whole(await jobWith(NAMES))).compiled).toBe(0);
  });

  it('of a service that fails, or does not answer, costs the objects and nothing else', async () => {
    machines.service.faults.lookup = 'unavailable';
    try {
      const job = await jobWith(NAMES);
      const { compiled, start } = await whole(job);
      expect(compiled).toBe(10);
      expect(start).toContain('build cache: not restored: ');
    } finally {
      delete machines.service.faults.lookup;
    }
  });
});
