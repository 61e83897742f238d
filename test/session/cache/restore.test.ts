import { mkdirSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saveStore } from '../../../src/actions/save.ts';
import { DEFAULTS } from '../../../src/config/defaults.ts';
import { restoreStore } from '../../../src/session/cache/restore.ts';
import { readRestored } from '../../../src/session/cache/restored.ts';
import { Restoring } from '../../../src/session/cache/restoring.ts';
import type { DaemonRequest } from '../../../src/session/types.ts';
import { openDiskStore } from '../../../src/store/disk.ts';
import { createHasher } from '../../../src/store/hasher.ts';
import {
  type CacheFault,
  type CacheService,
  type CacheStep,
  startCacheService,
} from '../../support/github/cache-service.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { commitModule, type RealModule, realModules } from '../../support/store-modules.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';
import { watchUnpackThreads } from '../../support/unpack-threads.ts';

const threads = watchUnpackThreads();
const hasher = createHasher();
afterAll(() => hasher.close());

let modules: RealModule[];
let service: CacheService;
let dir: TempDir;
beforeAll(async () => {
  modules = await realModules([
    'github.com/google/uuid@v1.6.0',
    'gopkg.in/yaml.v3@v3.0.1',
    'github.com/pkg/errors@v0.9.1',
  ]);
  dir = await tempDir('restore');
  service = await startCacheService();
  await save('first', 2);
  await save('second', 3);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
});

/** A job that restores, uses the first `count` modules, and saves. */
async function save(name: string, count: number): Promise<void> {
  const sessionDir = dir.join(name);
  const storeDir = dir.join(name, 'store');
  mkdirSync(sessionDir);
  const { store } = await restoreInto(name, storeDir, sessionDir);
  for (const module of modules.slice(0, count)) await commitModule(store, module);
  await store.flush();
  const limits = { keepSinceMs: 1e12, maxBytes: 1e9, quota: 2e9, now: Date.now(), sessionStart: 0 };
  const env = service.env('v2');
  const report = await saveStore({ env, sessionDir, storeDir, ...limits, log: () => {} }, undefined);
  expect(report).toMatchObject({ state: 'saved', modules: count });
}

async function restoreInto(
  name: string,
  storeDir: string,
  sessionDir = dir.join(name),
  ends = new AbortController(),
) {
  mkdirSync(sessionDir, { recursive: true });
  const store = await openDiskStore(storeDir, { hasher, proof: 'full' });
  const warnings: string[] = [];
  const restoring = new Restoring(() => performance.now());
  const request = { sessionDir, version: '0', cacheEnv: service.env('v2'), config: DEFAULTS };
  const report = await restoreStore({
    request: request as unknown as DaemonRequest,
    store,
    restoring,
    log: () => {},
    warn: line => warnings.push(line),
    signal: ends.signal,
  });
  return { report, store, warnings, restoring, restored: await readRestored(sessionDir) };
}

async function zipsIn(store: Awaited<ReturnType<typeof openDiskStore>>): Promise<number> {
  let zips = 0;
  for await (const version of store.versions()) if (version.files.zip !== undefined) zips++;
  return zips;
}

describe('a restore', () => {
  it('brings the newest entry and those that it builds on', async () => {
    const { report, store, warnings, restored } = await restoreInto('whole', dir.join('whole', 'store'));
    expect(report).toMatchObject({ state: 'hit', adopted: 3, refused: 0, entries: 2 });
    expect(warnings).toEqual([]);
    expect(await zipsIn(store)).toBe(3);
    expect(restored).toMatchObject({ key: report.key, lostBundles: [], lostFiles: [] });
  });

  const FAULTS: readonly CacheFault[] = [
    'rate-limited',
    'unavailable',
    'denied',
    'not-json',
    'cut',
    'garbage',
    'missing',
    'reset',
    'redirect-loop',
  ];
  const STEPS: readonly CacheStep[] = ['lookup', 'download'];
  it.each(STEPS.flatMap(step => FAULTS.map(fault => [step, fault] as const)))(
    'whose %s is %s costs speed: at most one line says so, and nobody waits on',
    async (step, fault) => {
      service.faults[step] = fault;
      try {
        const name = `fault-${step}-${fault}`;
        const { report, store, warnings, restoring } = await restoreInto(name, dir.join(name, 'store'));
        expect(warnings.length).toBeLessThanOrEqual(1);
        if (report.state === 'failed')
          expect(warnings[0]).toMatch(
            /^the shared cache was not restored: .*; this job downloads its modules again$/,
          );
        for (const line of warnings) expect(line).not.toMatch(/s3cret|sig=|\n/);
        expect(await restoring.wait({ path: 'x', version: 'v1.0.0' }, 'zip')).toBe(false);
        await store.flush();
        expect(readdirSync(dir.join(name, 'store', 'modgate', 'tmp'))).toEqual([]);
        // Whatever came in is what it should be.
        for (const module of modules) {
          const zip = await store.get(module, 'zip');
          if (zip !== undefined) expect(zip.h1).toBe(module.h1);
        }
      } finally {
        delete service.faults[step];
      }
    },
  );

  it('whose second entry is refused for the moment brings the first, and counts nothing for lost', async () => {
    service.next.lookup = [undefined, 'denied'];
    const { report, warnings, restored } = await restoreInto('half', dir.join('half', 'store'));
    expect(report).toMatchObject({ state: 'hit', adopted: 1 });
    expect(warnings).toHaveLength(1);
    // A refusal of the moment is no proof that the entry is lost.
    expect(restored?.lostBundles).toEqual([]);
  });

  it('onto a full disk keeps what fits, says so, and leaves no half file', async () => {
    const mount = dir.join('tiny');
    await using disk = await smallDisk(mount, '100k');
    expect(disk).toBeDefined();
    const { report, warnings } = await restoreInto('full', `${mount}/store`, dir.join('full'));
    expect(report.state).toMatch(/hit|failed/);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/disk is full/);
    expect(readdirSync(`${mount}/store/modgate/tmp`)).toEqual([]);
  });

  it('whose unpacking threads die ends with one line, and leaves no half file', async () => {
    await Promise.all([...threads.alive].map(thread => thread.terminate()));
    let killed = 0;
    threads.onStart = thread => {
      killed += 1;
      void thread.terminate();
    };
    try {
      const { report, store, warnings, restoring } = await restoreInto('dying', dir.join('dying', 'store'));
      expect(killed).toBeGreaterThan(0);
      expect(report.state).toBe('failed');
      expect(warnings).toEqual([
        expect.stringMatching(
          /^the shared cache was not restored: .*its thread failed.*downloads its modules again$/,
        ),
      ]);
      expect(await restoring.wait({ path: 'x', version: 'v1.0.0' }, 'zip')).toBe(false);
      expect(await zipsIn(store)).toBe(0);
      expect(readdirSync(dir.join('dying', 'store', 'modgate', 'tmp'))).toEqual([]);
    } finally {
      delete threads.onStart;
    }
    const again = await restoreInto('alive', dir.join('alive', 'store'));
    expect(again.warnings).toEqual([]);
    expect(await zipsIn(again.store)).toBe(3);
  });

  it('of a service that crawls ends with the session, and loses nothing of what came', async () => {
    service.settings.bytesPerSecond = 100_000;
    const ends = new AbortController();
    setTimeout(() => ends.abort(), 600);
    try {
      const { report, warnings, restored } = await restoreInto(
        'slow',
        dir.join('slow', 'store'),
        dir.join('slow'),
        ends,
      );
      expect(['hit', 'off']).toContain(report.state);
      expect(warnings).toEqual([]);
      // What is on its way is not lost: the next save must not pack it again.
      if (restored !== undefined) expect(restored.lostBundles).toEqual([]);
    } finally {
      service.settings.bytesPerSecond = undefined;
    }
  });
});
