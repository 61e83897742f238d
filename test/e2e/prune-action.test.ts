import { mkdir, readdir, utimes } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDiskStore } from '../../src/store/disk.ts';
import { createHasher } from '../../src/store/hasher.ts';
import { type GitHubApi, startGitHubApi } from '../support/forge/github-api.ts';
import { builtAction } from '../support/github/built-action.ts';
import { writeEntry } from '../support/github/bundle-entry.ts';
import { type CacheService, startCacheService } from '../support/github/cache-service.ts';
import { Job, type StepResult } from '../support/github/runner.ts';
import { type SmallModule, smallProject } from '../support/github/small-project.ts';
import { writeProject } from '../support/go.ts';
import { runOk } from '../support/process.ts';
import { commitModule, realModules } from '../support/store-modules.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { startMachines } from './action-machine.ts';

const MAIN = 'refs/heads/main';
const DAY = 86_400_000;
const TOKEN = 'ghs_s3cret';
const AUTHOR = ['-c', 'user.name=t', '-c', 'user.email=t@example.test'];

let built: TempDir;
let ACTION: string;
beforeAll(async () => {
  built = await builtAction();
  ACTION = built.join('dist', 'actions', 'prune.js');
});
afterAll(async () => {
  await built[Symbol.asyncDispose]();
});

/** A repository with its caches, as GitHub lists them and as its cache service has them. */
interface Repository extends AsyncDisposable {
  readonly api: GitHubApi;
  readonly service: CacheService;
  /** Adds an entry, `age` days old; its manifest is at the service unless `listed` only. */
  entry(key: string, age: number, more?: Partial<More>): Promise<void>;
  /** Runs the action on a machine of its own. */
  prune(
    inputs?: Readonly<Record<string, string>>,
    cache?: boolean,
    checkout?: (workspace: string) => Promise<void>,
  ): Promise<Run>;
  keys(): string[];
}
interface More {
  readonly ref: string;
  readonly parents: readonly string[];
  readonly listed: boolean;
}
interface Run extends StepResult {
  readonly summary: string;
}

async function repository(): Promise<Repository> {
  const dir = await tempDir('prune');
  const [api, service] = await Promise.all([startGitHubApi(), startCacheService()]);
  const { caches } = api;
  let machines = 0;
  return {
    api,
    service,
    async entry(name, age, { ref = MAIN, parents = [], listed = false } = {}) {
      const key = name.startsWith('modgate-') ? name : `modgate-v2-${name}`;
      const named = parents.map(parent => `modgate-v2-${parent}`);
      const saved = listed
        ? { version: 'v', bytes: 1_000_000 }
        : await writeEntry(service, dir, { key, ref, parents: named });
      const time = new Date(Date.now() - age * DAY).toISOString();
      caches.rows.push({
        ...{ id: 1000 + caches.rows.length + caches.deleted.length, ref, key, version: saved.version },
        ...{ created_at: time, last_accessed_at: time, size_in_bytes: saved.bytes },
      });
    },
    async prune(inputs = {}, cache = true, checkout = async () => {}) {
      service.store.scopes = { write: MAIN, read: [MAIN] };
      const root = dir.join(`runner-${++machines}`);
      await mkdir(`${root}/demo`, { recursive: true });
      await checkout(`${root}/demo`);
      const job = new Job({
        dir: { ...dir, path: root, join: (...parts) => [root, ...parts].join('/') },
        workspace: `${root}/demo`,
        event: 'schedule',
        env: { GITHUB_API_URL: api.url },
        actionEnv: cache ? service.env('v2') : {},
      });
      const done = await job.uses(ACTION, { token: TOKEN, ...inputs });
      return { ...done, summary: job.summary };
    },
    keys: () => caches.rows.map(row => row.key.replace('modgate-v2-', '')),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}

const warnings = (log: string): string[] => log.split('\n').filter(line => line.startsWith('::warning'));

describe('actions/prune on the shared cache', () => {
  it('deletes what no job needs any more, and says what and why', async () => {
    await using repo = await repository();
    const { caches } = repo.api;
    await repo.entry('first', 6);
    await repo.entry('second', 5);
    await repo.entry('third', 4, { parents: ['first', 'second'] });
    await repo.entry('newest', 2, { parents: ['second'] });
    await repo.entry('running', 0.1, { parents: ['newest'] });
    await repo.entry('open', 3, { ref: 'refs/pull/7/merge', listed: true });
    await repo.entry('closed', 3, { ref: 'refs/pull/9/merge', listed: true });
    await repo.entry('merged', 3, { ref: 'refs/heads/feature', listed: true });
    await repo.entry('modgate-v1-abc', 3, { listed: true });
    caches.rows.push({ ...(caches.rows[0] as (typeof caches.rows)[0]), id: 7, key: 'setup-go-linux' });
    caches.pulls.set(7, 'open').set(9, 'closed');
    caches.otherBytes = 5_000_000;

    const dry = await repo.prune({ 'dry-run': 'true' });
    expect(dry).toMatchObject({ code: 0, outputs: { deleted: '3', 'bytes-freed': '3000000' } });
    expect(dry.summary).toContain('dry run');
    expect(caches.deleted).toEqual([]);
    expect(repo.api.asked.filter(line => line.startsWith('DELETE'))).toEqual([]);

    const done = await repo.prune();
    expect(done.code, done.log).toBe(0);
    expect(warnings(done.log)).toEqual([]);
    // `first`, `second` and `third` are older than the entry of the open pull request, which may need them.
    expect(repo.keys()).toEqual(['first', 'second', 'third', 'newest', 'running', 'open', 'setup-go-linux']);
    const left = caches.rows.filter(row => row.key.startsWith('modgate-'));
    const bytes = left.reduce((sum, row) => sum + row.size_in_bytes, 0);
    expect(done.outputs).toMatchObject({
      deleted: '3',
      'bytes-freed': '3000000',
      'bytes-left': String(bytes),
    });
    expect(done.summary).toMatch(/\| went \| branch gone, or pull request closed \| 2 \| 2\.0 MB \|/);
    expect(done.summary).toMatch(/modgate has 1\.0 MB in 6 entries of the 6\.0 MB/);
    expect(done.log + done.summary).not.toContain(TOKEN);
    expect([...repo.api.tokens]).toEqual([`token ${TOKEN}`]);

    // Without it nothing is in doubt any more.
    caches.pulls.set(7, 'closed');
    const more = await repo.prune();
    expect(more.outputs).toMatchObject({ deleted: '4' });
    expect(repo.keys()).toEqual(['newest', 'running', 'setup-go-linux']);
    expect(more.log).toContain('deleted modgate-v2-first of refs/heads/main');
  });

  it('keeps what it cannot judge: without a cache service, or with a manifest that is none', async () => {
    await using repo = await repository();
    await repo.entry('old', 9);
    await repo.entry('parent', 5);
    await repo.entry('newest', 2, { parents: ['parent'] });
    const blind = await repo.prune({}, false);
    expect(blind).toMatchObject({ code: 0, outputs: { deleted: '1' } });
    expect(repo.keys()).toEqual(['parent', 'newest']);

    const stored = repo.service.store.entries.find(entry => entry.key === 'modgate-v2-newest');
    if (stored) stored.data = Buffer.from('no archive');
    const broken = await repo.prune();
    expect(broken).toMatchObject({ code: 0, outputs: { deleted: '0' } });
    expect(warnings(broken.log).join('\n')).toContain('the manifest of modgate-v2-newest could not be read');
    expect(repo.keys()).toEqual(['parent', 'newest']);
  });

  it('names the permission that the token lacks', async () => {
    await using repo = await repository();
    await repo.entry('old', 5);
    await repo.entry('newest', 2);
    const { permissions } = repo.api.caches;
    for (const actions of ['none', 'read'] as const) {
      permissions.actions = actions;
      const done = await repo.prune();
      expect(done.code).toBe(2);
      expect(done.log).toMatch(/::error::modgate: .*`permissions: actions: write`/);
      expect(done.log).not.toContain(TOKEN);
    }
    expect(repo.keys()).toEqual(['old', 'newest']);
  });

  it('does not take a branch that it may not see for one that is gone', async () => {
    await using repo = await repository();
    await repo.entry('newest', 2);
    await repo.entry('feature', 3, { ref: 'refs/heads/feature', listed: true });
    await repo.entry('pull', 3, { ref: 'refs/pull/7/merge', listed: true });
    const { permissions } = repo.api.caches;
    Object.assign(permissions, { contents: 'none', pulls: 'none' });
    const blind = await repo.prune();
    expect(blind).toMatchObject({ code: 0, outputs: { deleted: '0' } });
    expect(warnings(blind.log).join('\n')).toContain('contents: read');
    permissions.contents = 'read';
    expect((await repo.prune()).outputs.deleted).toBe('1');
    expect(repo.keys()).toEqual(['newest', 'pull']);
  });

  it('turns the pages of a long list', async () => {
    await using repo = await repository();
    for (let i = 0; i < 205; i++) {
      await repo.entry(`modgate-v3-${i}`, 9, { listed: true });
    }
    await repo.entry('old', 10);
    await repo.entry('newest', 1);
    const done = await repo.prune();
    expect(done).toMatchObject({ code: 0, outputs: { deleted: '1' } });
    expect(repo.keys()).toHaveLength(206);
    expect(repo.keys()).not.toContain('old');
    expect(repo.api.asked.filter(line => line === 'GET /repos/acme/demo/actions/caches')).toHaveLength(3);
  });
});

describe('actions/prune between jobs that share the cache', () => {
  it('leaves the next job all that it had, in an entry and its parent', async () => {
    await using machines = await startMachines();
    await using upstream = await startUpstream();
    await using api = await startGitHubApi();
    await using dir = await tempDir('prune');
    const { service } = machines;
    const build = async (modules: readonly SmallModule[], proxy: string): Promise<string> => {
      const job = await machines.machine(proxy);
      await smallProject(job.env.GITHUB_WORKSPACE ?? '', modules);
      const start = await job.uses(built.join('dist', 'actions', 'proxy.js'), { 'on-failure': 'fail' });
      expect(start.code, start.log).toBe(0);
      const done = await job.run('go', ['mod', 'download']);
      expect(done.code, done.log).toBe(0);
      await job.finish();
      return job.summary;
    };
    const few = ['github.com/Masterminds/semver/v3', 'github.com/google/uuid', 'golang.org/x/sync'] as const;
    const more = [...few, 'github.com/dustin/go-humanize'] as const;
    await writeEntry(service, dir, { key: 'modgate-v2-forgotten', ref: MAIN });
    await build(few, upstream.url);
    await build(more, upstream.url);
    const { entries } = service.store;
    expect(entries).toHaveLength(3);
    for (const [i, { key, version, scope, data }] of entries.entries()) {
      const time = new Date(Date.now() - (9 - i) * DAY).toISOString();
      const times = { created_at: time, last_accessed_at: time };
      api.caches.rows.push({ id: i, ref: scope, key, version, size_in_bytes: data.length, ...times });
    }

    const job = await machines.machine(await deadUrl(), { env: { GITHUB_API_URL: api.url } });
    const done = await job.uses(ACTION, { token: TOKEN });
    expect(done, done.log).toMatchObject({ code: 0, outputs: { deleted: '1' } });
    expect(api.caches.deleted.map(row => row.key)).toEqual(['modgate-v2-forgotten']);
    for (const gone of api.caches.deleted)
      entries.splice(
        entries.findIndex(e => e.key === gone.key),
        1,
      );
    expect(await build(more, await deadUrl())).toMatch(/restored 4 module versions .* from 2 entries/);
  });
});

describe('actions/prune on the store of a self-hosted runner', () => {
  it('removes what nobody used, but not what a branch of the keep-list needs, beside the shared cache', async () => {
    await using repo = await repository();
    await using dir = await tempDir('store');
    const store = dir.join('store');
    const modules = await realModules(['github.com/pkg/errors@v0.9.1', 'github.com/google/uuid@v1.6.0']);
    const hasher = createHasher();
    const disk = await openDiskStore(store, { hasher });
    const unused = new Date(Date.now() - 40 * DAY);
    for (const module of modules) await commitModule(disk, module);
    for (const file of await readdir(store, { recursive: true })) {
      await utimes(`${store}/${file}`, unused, unused);
    }
    await hasher.close();
    const checkout = async (workspace: string) => {
      await writeProject(workspace, {
        'go.mod': 'module example.com/demo\n\ngo 1.24\n\nrequire github.com/google/uuid v1.6.0\n',
        '.modgate.yaml': 'version: 1\ncache: {keep-since: 30d, keep-refs: [main]}\n',
      });
      for (const args of [
        ['init', '-q', '-b', 'main'],
        ['add', '-A'],
        [...AUTHOR, 'commit', '-q', '-m', 'x'],
      ])
        await runOk('git', args, { cwd: workspace });
    };
    await repo.entry('old', 9);
    await repo.entry('newest', 1);

    const dry = await repo.prune({ store, 'dry-run': 'true' }, true, checkout);
    expect(dry.code, dry.log).toBe(0);
    expect(dry.outputs).toMatchObject({ deleted: '1', 'store-deleted': '1' });
    expect(await disk.list('github.com/pkg/errors')).toEqual(['v0.9.1']);
    expect(dry.summary).toMatch(/store .*\(dry run/);

    const done = await repo.prune({ store }, true, checkout);
    expect(done.code, done.log).toBe(0);
    expect(done.outputs).toMatchObject({ deleted: '1', 'store-deleted': '1' });
    expect(Number(done.outputs['store-bytes-freed'])).toBeGreaterThan(10_000);
    expect(Number(done.outputs['store-bytes-left'])).toBeGreaterThan(10_000);
    expect(await disk.list('github.com/pkg/errors')).toEqual([]);
    expect(await disk.list('github.com/google/uuid')).toEqual(['v1.6.0']);
    expect(repo.keys()).toEqual(['newest']);
    expect(done.summary).toMatch(/\| went \| not used for long \| 1 \|/);
    expect(done.log).toMatch(/Removed 1 version/);

    // A ref that cannot be told stops the store's part, and not the other.
    await repo.entry('older', 9);
    const lost = await repo.prune(
      { store, 'keep-refs': 'main, nowhere', 'keep-since': '1h' },
      true,
      checkout,
    );
    expect(lost.code).toBe(4);
    expect(lost.log).toMatch(/::error::modgate: .*nowhere.*nothing was removed/);
    expect(lost.outputs).toMatchObject({ deleted: '1' });
    expect(await disk.list('github.com/google/uuid')).toEqual(['v1.6.0']);

    const wrong = await repo.prune({ store: dir.path, 'shared-cache': 'false' });
    expect(wrong.code).toBe(2);
    expect(wrong.log).toContain('::error::modgate: module store: ');
    expect(wrong.outputs).toEqual({});
  });
});

describe('actions/prune that is used wrongly', () => {
  it('names each input, and needs something to do', async () => {
    await using repo = await repository();
    const wrong = await repo.prune({ 'keep-since': 'long', 'max-size': 'big', 'dry-run': 'perhaps' });
    expect(wrong.code).toBe(2);
    for (const told of ['keep-since: "long" is not a duration', 'max-size: "big"', 'dry-run: "perhaps"']) {
      expect(wrong.log).toContain(`::error::modgate: input ${told}`);
    }
    expect((await repo.prune({ 'shared-cache': 'false' })).log).toContain('nothing else to clean up');
    expect((await repo.prune({ token: '' })).log).toContain('::error::modgate: input token');
    expect(repo.api.asked).toEqual([]);
  });
});
