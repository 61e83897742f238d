import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { maySave, type SaveRequest, saveStore } from '../../src/actions/save.ts';
import { chooseVersions, memberOf, storedVersions } from '../../src/actions/stage.ts';
import { cacheKey } from '../../src/platform/cache-process.ts';
import { tokenMayWrite } from '../../src/platform/cache-service.ts';
import type { StoredVersion } from '../../src/store/types.ts';
import { startCacheService } from '../support/github/cache-service.ts';
import { tempDir } from '../support/temp.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 23);

function version(path: string, lastUse: number, size = 10): StoredVersion {
  return { path, version: 'v1.0.0', files: { info: 1, mod: 1, zip: size }, lastUse };
}

/** Writes files of a version as the store lays them out; `age` in days. */
function put(store: string, path: string, age: number, content = 'zip'): void {
  const files = {
    [`${path}/@v/v1.0.0.info`]: '{}',
    [`${path}/@v/v1.0.0.mod`]: 'module',
    [`${path}/@v/v1.0.0.zip`]: content,
  };
  for (const [key, text] of Object.entries({ ...files, [`modgate/index/${path}/@v/v1.0.0.json`]: '{}' })) {
    mkdirSync(dirname(join(store, key)), { recursive: true });
    writeFileSync(join(store, key), text);
  }
  const time = (NOW - age * DAY) / 1000;
  utimesSync(join(store, `modgate/index/${path}/@v/v1.0.0.json`), time, time);
}

describe('chooseVersions', () => {
  const choice = { now: NOW, keepSinceMs: 30 * DAY, sessionStart: NOW - 60_000, maxBytes: 1e9 };

  it('keeps what was used in this session or lately, most recent first', () => {
    const all = [version('old', NOW - 31 * DAY), version('week', NOW - 7 * DAY), version('now', NOW - 1000)];
    expect(chooseVersions(all, choice).map(v => v.path)).toEqual(['now', 'week']);
    expect(chooseVersions(all, { ...choice, keepSinceMs: 0 }).map(v => v.path)).toEqual(['now']);
  });

  it('leaves the least recently used behind when it is too much', () => {
    const all = [version('a', NOW - 3, 40), version('b', NOW - 2, 40), version('c', NOW - 1, 40)];
    expect(chooseVersions(all, { ...choice, maxBytes: 100 }).map(v => v.path)).toEqual(['c', 'b']);
  });

  it('makes a key of versions and of which files they have, in any order', () => {
    const zip = memberOf(version('a', 1));
    const mod = memberOf({ ...version('a', 2), files: { info: 1, mod: 1 } });
    expect(zip).toBe('a@v1.0.0 info,mod,zip');
    expect(cacheKey([zip, mod])).toBe(cacheKey([mod, zip, zip]));
    expect(cacheKey([zip])).not.toBe(cacheKey([mod]));
    expect(cacheKey([zip])).toMatch(/^modgate-v1-[0-9a-f]{64}$/);
  });
});

describe('maySave', () => {
  const trusted = { trusted: true, reason: 'push' };
  const fork = { trusted: false, reason: 'this is a pull request from a fork' };
  const input = { from: 'input', name: 'input save' } as const;
  const file = { from: 'file', file: '.modgate.yaml', line: 1 } as const;
  it.each([
    ['auto', { from: 'default' } as const, trusted, undefined],
    ['auto', { from: 'default' } as const, fork, fork.reason],
    ['always', input, fork, undefined],
    ['always', file, fork, fork.reason],
    ['always', file, trusted, undefined],
    ['never', input, trusted, 'save is never'],
  ] as const)('%s from %j', (policy, origin, trust, barred) => {
    expect(maySave(policy, origin, trust)).toBe(barred);
  });
});

describe('tokenMayWrite', () => {
  const { samples } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../fixtures/ci/runtime-token/ac-claim.json'), 'utf8'),
  ) as { samples: { name: string; payload: unknown; writable: string[] | null }[] };

  it.each(samples)('$name', ({ payload, writable }) => {
    const token = `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.sig`;
    expect(tokenMayWrite(token)).toBe(writable === null ? undefined : writable.length > 0);
  });

  it('knows nothing of a token that is none', () => {
    expect(tokenMayWrite(undefined)).toBeUndefined();
    expect(tokenMayWrite('x.%%%.y')).toBeUndefined();
  });
});

describe('saveStore', () => {
  function request(
    over: Partial<SaveRequest> & Pick<SaveRequest, 'env' | 'sessionDir' | 'storeDir'>,
  ): SaveRequest {
    return {
      restoredKey: undefined,
      keepSinceMs: 30 * DAY,
      maxBytes: 1e9,
      now: NOW,
      sessionStart: NOW - 60_000,
      log: () => {},
      ...over,
    };
  }

  it('saves what is used, with its times, and nothing else', async () => {
    await using dir = await tempDir('save');
    await using service = await startCacheService();
    const store = dir.join('store');
    put(store, 'example.com/used', 0);
    put(store, 'example.com/week', 7);
    put(store, 'example.com/old', 31);
    mkdirSync(join(store, 'modgate/tmp'), { recursive: true });
    writeFileSync(join(store, 'modgate/tmp/junk'), 'x');
    mkdirSync(join(store, 'sumdb/db.example.test'), { recursive: true });
    writeFileSync(join(store, 'sumdb/db.example.test/latest'), 'note');
    symlinkSync('/etc/passwd', join(store, 'example.com/used/@v/v1.1.0.zip'));

    const env = { ...process.env, ...service.env('v2') };
    const base = { env, sessionDir: dir.join('session'), storeDir: store };
    const report = await saveStore(request(base), undefined);
    expect(report).toMatchObject({ state: 'saved', modules: 2 });
    expect(readdirSync(dir.join('session'))).toEqual([]);

    const { runCacheProcess, RESTORE_KEYS } = await import('../../src/platform/cache-process.ts');
    mkdirSync(dir.join('back'));
    const answer = await runCacheProcess(
      { op: 'restore', dir: dir.join('back'), ...RESTORE_KEYS, timeoutMs: 60_000, env: service.env('v2') },
      { env },
    );
    expect(answer).toMatchObject({ ok: true, key: report.state === 'saved' ? report.key : '' });
    const back = dir.join('back', 'store');
    expect((await storedVersions(back)).map(v => v.path).sort()).toEqual([
      'example.com/used',
      'example.com/week',
    ]);
    expect(readdirSync(join(back, 'modgate'))).toEqual(['index']);
    expect(readFileSync(join(back, 'sumdb/db.example.test/latest'), 'utf8')).toBe('note');
    const index = statSync(join(back, 'modgate/index/example.com/week/@v/v1.0.0.json'));
    expect(index.mtimeMs).toBe(NOW - 7 * DAY);

    // The same set again: nothing is packed and, when it was restored, nothing is even asked.
    expect(await saveStore(request(base), undefined)).toMatchObject({ state: 'unchanged', modules: 2 });
    service.log.length = 0;
    const key = report.state === 'saved' ? report.key : undefined;
    expect(await saveStore(request({ ...base, restoredKey: key }), undefined)).toMatchObject({
      state: 'unchanged',
    });
    expect(service.log).toEqual([]);
  });

  it('asks nothing when it may not save, and never saves nothing', async () => {
    await using dir = await tempDir('save');
    await using service = await startCacheService();
    put(dir.join('store'), 'example.com/used', 0);
    mkdirSync(dir.join('empty'));
    const base = { sessionDir: dir.join('session'), storeDir: dir.join('store') };
    const env = service.env('v2');
    const readOnly = `e30.${Buffer.from(JSON.stringify({ ac: '[{"Scope":"refs/heads/main","Permission":1}]' })).toString('base64url')}.s`;
    const why = async (over: Partial<SaveRequest>, barred?: string): Promise<string> => {
      const report = await saveStore(request({ env, ...base, ...over }), barred);
      return report.state === 'skipped' ? report.why : `not skipped: ${report.state}`;
    };
    expect(await why({}, 'this is a pull request')).toBe('this is a pull request');
    expect(await why({ env: {} })).toBe('this job has no cache service');
    expect(await why({ env: { ...env, ACTIONS_CACHE_MODE: 'read' } })).toMatch(/cache-mode: read/);
    expect(await why({ env: { ...env, ACTIONS_RUNTIME_TOKEN: readOnly } })).toMatch(/only read/);
    expect(await why({ storeDir: dir.join('empty') })).toMatch(/holds nothing/);
    expect(await why({ storeDir: dir.join('nowhere') })).toMatch(/holds nothing/);
    expect(service.log).toEqual([]);
  });

  it('tells how many modules are lost when the service refuses', async () => {
    await using dir = await tempDir('save');
    await using service = await startCacheService();
    put(dir.join('store'), 'example.com/used', 0);
    service.faults.reserve = 'denied-200';
    const env = { ...process.env, ...service.env('v2') };
    const report = await saveStore(
      request({ env, sessionDir: dir.join('s'), storeDir: dir.join('store') }),
      undefined,
    );
    expect(report).toEqual({
      state: 'failed',
      why: expect.stringMatching(/cache write denied/),
      lost: 'the next job downloads 1 module again',
    });
  });
});
