import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maySave, type SaveRequest, saveStore } from '../../src/actions/save.ts';
import { tokenMayWrite } from '../../src/platform/cache-service.ts';
import { storedVersions } from '../../src/store/bundle/choose.ts';
import { type DiskStore, openDiskStore } from '../../src/store/disk.ts';
import { createHasher } from '../../src/store/hasher.ts';
import { versionKeys } from '../../src/store/layout.ts';
import { type CacheFault, type CacheStep, startCacheService } from '../support/github/cache-service.ts';
import { realCache } from '../support/github/real-cache.ts';
import { commitModule, type RealModule, realModules } from '../support/store-modules.ts';
import { tempDir } from '../support/temp.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 23);
const hasher = createHasher();
afterAll(() => hasher.close());

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
  let modules: RealModule[];
  beforeAll(async () => {
    modules = await realModules([
      'github.com/pkg/errors@v0.9.1',
      'github.com/google/uuid@v1.6.0',
      'golang.org/x/sync@v0.7.0',
    ]);
  });

  /** A store with these modules, each last used so many days ago. */
  async function storeWith(dir: string, ages: readonly number[]): Promise<DiskStore> {
    const store = await openDiskStore(dir, { hasher });
    for (const [at, age] of ages.entries()) {
      const module = modules[at];
      if (module === undefined) throw new Error('more ages than modules');
      await commitModule(store, module);
      const keys = versionKeys(module);
      const time = (NOW - age * DAY) / 1000;
      utimesSync(join(dir, keys?.index ?? ''), time, time);
    }
    await store.flush();
    return store;
  }

  function request(
    over: Partial<SaveRequest> & Pick<SaveRequest, 'env' | 'sessionDir' | 'storeDir'>,
  ): SaveRequest {
    return {
      keepSinceMs: 30 * DAY,
      maxBytes: 1e9,
      quota: 2e9,
      now: NOW,
      sessionStart: NOW - 60_000,
      log: () => {},
      ...over,
    };
  }

  it('saves what is used, with its times, and the real client can unpack it', async () => {
    await using dir = await tempDir('save');
    await using service = await startCacheService();
    const storeDir = dir.join('store');
    await storeWith(storeDir, [0, 7, 31]);
    mkdirSync(join(storeDir, 'modgate/tmp'), { recursive: true });
    writeFileSync(join(storeDir, 'modgate/tmp/junk'), 'x');
    const sessionDir = dir.join('session');
    mkdirSync(sessionDir);
    const base = { env: service.env('v2'), sessionDir, storeDir };
    const report = await saveStore(request(base), undefined);
    expect(report).toMatchObject({ state: 'saved', modules: 2, files: 6 });
    expect(readdirSync(sessionDir)).toEqual([]);

    const back = dir.join('back');
    mkdirSync(back);
    const { key } = await realCache({
      op: 'restore',
      dir: back,
      key: 'modgate-v2-',
      restoreKeys: ['modgate-v2-'],
      env: service.env('v2'),
    });
    expect(key).toBe(report.state === 'saved' ? report.key : '');
    expect((await storedVersions(join(back, 'store'))).map(v => [v.path, v.lastUse])).toEqual(
      expect.arrayContaining([
        ['github.com/pkg/errors', NOW],
        ['github.com/google/uuid', NOW - 7 * DAY],
      ]),
    );
    expect(readdirSync(join(back, 'store/modgate')).sort()).toEqual(['bundle.json', 'index']);
  });

  it('asks nothing when it may not save, and never saves nothing', async () => {
    await using dir = await tempDir('save');
    await using service = await startCacheService();
    await storeWith(dir.join('store'), [0]);
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

  const FAULTS: readonly CacheFault[] = [
    'rate-limited',
    'unavailable',
    'denied',
    'denied-200',
    'not-json',
    'cut',
    'garbage',
  ];
  const STEPS: readonly CacheStep[] = ['lookup', 'reserve', 'upload', 'finalize'];
  it.each(STEPS.flatMap(step => FAULTS.map(fault => [step, fault] as const)))(
    'at %s the service is %s: it says so in one line, and leaves nothing behind',
    async (step, fault) => {
      await using dir = await tempDir('save');
      await using service = await startCacheService();
      await storeWith(dir.join('store'), [0]);
      const sessionDir = dir.join('session');
      mkdirSync(sessionDir);
      service.faults[step] = fault;
      const env = service.env('v2');
      const report = await saveStore(request({ env, sessionDir, storeDir: dir.join('store') }), undefined);
      // A job that may write but not read saves all the same; blob storage has no words for some of this.
      if (report.state !== 'saved') {
        expect(['failed', 'skipped']).toContain(report.state);
        const why = 'why' in report ? report.why : '';
        expect(why).toMatch(/^[^\n]{10,400}$/);
        expect(why).not.toMatch(/s3cret|sig=/);
        expect(service.store.entries.filter(entry => entry.finished)).toEqual([]);
      }
      expect(readdirSync(sessionDir)).toEqual([]);
    },
  );
});
