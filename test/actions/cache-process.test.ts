import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CacheAnswer,
  type CacheRequest,
  cacheKey,
  RESTORE_KEYS,
  runCacheProcess,
} from '../../src/platform/cache-process.ts';
import {
  type CacheFault,
  type CacheService,
  type CacheStep,
  startCacheService,
} from '../support/github/cache-service.ts';
import type { CacheEntry } from '../support/github/cache-store.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

const FILE = 'example.com/a/@v/v1.0.0.zip';

function stage(dir: TempDir, name: string, content: string | Buffer): string {
  const root = dir.join(name);
  mkdirSync(join(root, 'store', FILE, '..'), { recursive: true });
  writeFileSync(join(root, 'store', FILE), content);
  return root;
}

function empty(dir: TempDir, name: string): string {
  mkdirSync(dir.join(name), { recursive: true });
  return dir.join(name);
}

function perform(
  service: CacheService,
  protocol: 'v1' | 'v2',
  request: Pick<CacheRequest, 'op' | 'dir'> & Partial<CacheRequest>,
  log: string[] = [],
): Promise<CacheAnswer> {
  return runCacheProcess(
    { primary: cacheKey(['a']), keys: [], timeoutMs: 60_000, env: service.env(protocol), ...request },
    { env: { ...process.env, ...service.env(protocol) }, log: line => log.push(line) },
  );
}

const restoreBy = { op: 'restore', ...RESTORE_KEYS } as const;

describe.each(['v1', 'v2'] as const)('the real client over %s', protocol => {
  it('saves, refuses to save twice without packing, restores by prefix the newest', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    const first = stage(dir, 'one', 'first');
    const second = stage(dir, 'two', 'second');

    const saved = await perform(service, protocol, { op: 'save', dir: first });
    expect(saved).toMatchObject({ ok: true, saved: true, key: cacheKey(['a']) });
    const again = await perform(service, protocol, { op: 'save', dir: first });
    expect(again).toMatchObject({ ok: true, saved: false });
    expect(service.log.filter(entry => entry.step === 'reserve')).toHaveLength(1);

    await perform(service, protocol, { op: 'save', dir: second, primary: cacheKey(['a', 'b']) });
    expect(service.store.entries.map(e => e.finished)).toEqual([true, true]);

    const target = empty(dir, 'target');
    const restored = await perform(service, protocol, { ...restoreBy, dir: target });
    expect(restored).toMatchObject({ ok: true, key: cacheKey(['a', 'b']) });
    expect(readFileSync(join(target, 'store', FILE), 'utf8')).toBe('second');
    // No other runner's directory is in an entry: another place finds it.
    expect(readdirSync(target)).toContain('store');
    expect(service.leaked).toEqual([]);
  });

  it('a pull request reads the default branch and writes where no other job reads', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    await perform(service, protocol, { op: 'save', dir: stage(dir, 'main', 'main') });
    service.store.scopes = { write: 'refs/pull/42/merge', read: ['refs/pull/42/merge', 'refs/heads/main'] };
    const fromMain = await perform(service, protocol, { ...restoreBy, dir: empty(dir, 'a') });
    expect(fromMain).toMatchObject({ ok: true, key: cacheKey(['a']) });

    const own = cacheKey(['pull']);
    await perform(service, protocol, { op: 'save', dir: stage(dir, 'pull', 'pull'), primary: own });
    expect(await perform(service, protocol, { ...restoreBy, dir: empty(dir, 'b') })).toMatchObject({
      key: own,
    });
    service.store.scopes = { write: 'refs/heads/main', read: ['refs/heads/main'] };
    expect(await perform(service, protocol, { ...restoreBy, dir: empty(dir, 'c') })).toMatchObject({
      key: cacheKey(['a']),
    });
  });

  it('takes a miss for a miss and not for a failure', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    const answer = await perform(service, protocol, { ...restoreBy, dir: empty(dir, 'x') });
    expect(answer.ok).toBe(true);
    expect(answer).not.toHaveProperty('key');
    const lookup = await perform(service, protocol, { op: 'lookup', dir: empty(dir, 'x') });
    expect(lookup).toMatchObject({ ok: true, op: 'lookup' });
  });
});

describe('trouble', () => {
  const seeds = new Map<string, CacheEntry>();
  beforeAll(async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    const primary = cacheKey(['seed']);
    for (const protocol of ['v1', 'v2'] as const) {
      service.store.entries.length = 0;
      await perform(service, protocol, { op: 'save', dir: stage(dir, protocol, 'seed'), primary });
      const entry = service.store.entries[0];
      if (entry) seeds.set(protocol, entry);
    }
    expect([...seeds.values()].map(entry => entry.finished)).toEqual([true, true]);
  });

  async function failing(
    step: CacheStep,
    fault: CacheFault,
    op: 'restore' | 'save',
    protocol: 'v1' | 'v2' = 'v2',
  ): Promise<{ answer: CacheAnswer; service: CacheService }> {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    const seed = seeds.get(protocol);
    if (seed) service.store.entries.push(seed);
    service.faults[step] = fault;
    const target = op === 'save' ? stage(dir, 'more', 'more') : empty(dir, 'target');
    const request = op === 'save' ? { op, dir: target, modules: 3 } : { ...restoreBy, dir: target };
    const answer = await perform(service, protocol, {
      ...request,
      timeoutMs: fault === 'hang' ? 1_500 : 60_000,
    });
    return { answer, service };
  }

  it.concurrent.each([
    ['lookup', 'rate-limited', 'restore', /429|rate limit/i],
    ['lookup', 'denied', 'restore', /cache read denied/],
    ['lookup', 'unavailable', 'restore', /503/],
    ['lookup', 'hang', 'restore', /longer than 1.5 s/],
    ['download', 'cut', 'restore', /./],
    ['download', 'garbage', 'restore', /tar/],
    ['download', 'hang', 'restore', /longer than 1.5 s/],
    ['lookup', 'unavailable', 'save', /503/],
    ['lookup', 'not-json', 'restore', /JSON|<html>/i],
    ['lookup', 'rate-limited', 'save', /429|rate limit/i],
    ['reserve', 'rate-limited', 'save', /429|rate limit/i],
    ['reserve', 'denied', 'save', /403|cache write denied/],
    ['reserve', 'denied-200', 'save', /cache write denied/],
    ['upload', 'hang', 'save', /longer than 1.5 s/],
    ['finalize', 'denied-200', 'save', /cache write denied/],
  ] as const)('%s: %s makes the %s an answer that says what was lost', async (step, fault, op, why) => {
    const { answer, service } = await failing(step, fault, op);
    expect(answer.ok).toBe(false);
    if (answer.ok) return;
    expect(answer.why).toMatch(why);
    expect(answer.why).not.toContain('s3cret');
    expect(answer.lost).toBe(
      op === 'save' ? 'the next job downloads 3 modules again' : 'this job downloads its modules again',
    );
    expect(service.store.entries.filter(e => e.finished)).toHaveLength(1);
  });

  it('v1: a denied read and a denied write are told as what they are', async () => {
    expect((await failing('lookup', 'denied', 'restore', 'v1')).answer).toMatchObject({
      ok: false,
      why: expect.stringMatching(/cache read denied/),
    });
    expect((await failing('reserve', 'denied', 'save', 'v1')).answer).toMatchObject({
      ok: false,
      why: expect.stringMatching(/cache write denied/),
    });
  });

  it('a job that may write but not read saves', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    service.faults.lookup = 'denied';
    const answer = await perform(service, 'v2', { op: 'save', dir: stage(dir, 'x', 'x') });
    expect(answer).toMatchObject({ ok: true, saved: true });
  });

  it('a key that another job took meanwhile is no failure', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    const root = stage(dir, 'x', 'x');
    service.faults.finalize = 'denied-200';
    await perform(service, 'v2', { op: 'save', dir: root });
    delete service.faults.finalize;
    expect(service.store.entries).toMatchObject([{ finished: false }]);
    expect(await perform(service, 'v2', { op: 'save', dir: root })).toMatchObject({ ok: true, saved: false });
    expect(service.log.at(-1)).toEqual({ step: 'reserve', status: 409 });
  });

  it('an empty store is never saved, and nothing is asked for it', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    mkdirSync(dir.join('x', 'store', 'deep'), { recursive: true });
    const answer = await perform(service, 'v2', { op: 'save', dir: dir.join('x') });
    expect(answer).toMatchObject({ ok: false, why: 'there is nothing to save' });
    expect(service.log).toEqual([]);
  });

  it('a service that is not there, and a request that makes no sense, are answers too', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    const gone = { ...service.env('v2'), ACTIONS_RESULTS_URL: 'http://127.0.0.1:1/' };
    const refused = await perform(service, 'v2', { ...restoreBy, dir: empty(dir, 'x'), env: gone });
    expect(refused).toMatchObject({ ok: false, why: expect.stringMatching(/ECONNREFUSED/) });
    const odd = await perform(service, 'v2', { ...restoreBy, dir: 'relative' });
    expect(odd).toMatchObject({ ok: false, why: expect.stringMatching(/dir is not an absolute path/) });
    const nowhere = await perform(service, 'v2', { ...restoreBy, dir: dir.join('nowhere') });
    expect(nowhere).toMatchObject({ ok: false, why: expect.stringMatching(/ENOENT/) });
  });

  it('an aborted operation ends at once', async () => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    service.faults.lookup = 'hang';
    const ending = new AbortController();
    const running = runCacheProcess(
      { ...restoreBy, dir: empty(dir, 'x'), timeoutMs: 60_000, env: service.env('v2') },
      { env: process.env, signal: ending.signal },
    );
    setTimeout(() => ending.abort(), 200);
    expect(await running).toMatchObject({ ok: false, why: 'the session was ending' });
  });
});

it('keeps the token out of the first environment of the process and of what it starts', async () => {
  await using service = await startCacheService();
  await using dir = await tempDir('cache');
  const bin = empty(dir, 'bin');
  // A tar of our own that shows its environment and then does the work.
  const real = spawnSync('sh', ['-c', 'command -v tar']).stdout.toString().trim();
  const seen = dir.join('seen');
  const script = `#!/bin/sh\ncat "/proc/$PPID/environ" > ${seen}.parent\nenv > ${seen}\nexec ${real} "$@"\n`;
  writeFileSync(join(bin, 'tar'), script, { mode: 0o755 });
  const env = { ...process.env, ...service.env('v2'), PATH: `${bin}:${process.env.PATH ?? ''}` };
  const answer = await runCacheProcess(
    {
      op: 'save',
      dir: stage(dir, 'x', 'x'),
      primary: cacheKey(['a']),
      keys: [],
      timeoutMs: 60_000,
      env: service.env('v2'),
    },
    { env },
  );
  expect(answer).toMatchObject({ ok: true, saved: true });
  for (const file of [seen, `${seen}.parent`]) {
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('PATH=');
    expect(text).not.toContain(service.token);
    expect(text).not.toContain('ACTIONS_RUNTIME_TOKEN');
  }
  expect(readFileSync(seen, 'utf8')).toContain('ZSTD_CLEVEL=1');
});
