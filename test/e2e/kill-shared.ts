import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync, utimesSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { openDiskStore } from '../../src/store/disk.ts';
import { createHasher } from '../../src/store/hasher.ts';
import { versionKeys } from '../../src/store/layout.ts';
import { type CacheService, startCacheService } from '../support/github/cache-service.ts';
import { membersOf } from '../support/github/tamper.ts';
import { CLI } from '../support/modgate.ts';
import { gone, type Job, makeJob } from '../support/session.ts';
import { commitModule, type RealModule, realModules } from '../support/store-modules.ts';
import { removeTree } from '../support/temp.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { verifyStore } from '../support/verify-store.ts';
import { smallProject } from './small-project.ts';

const SAVE = fileURLToPath(new URL('../support/save-program.ts', import.meta.url));
const DAEMONS = 4;
/** No module of the project: these are what a prune may remove. */
const OLD = ['github.com/pkg/errors@v0.9.0', 'github.com/google/uuid@v1.5.0', 'golang.org/x/sync@v0.7.0'];
const TWO_HOURS_S = 7_200;

/**
 * Kills daemons, prunes and saves that work on one store directory at the same time, four daemons among them, each
 * at a moment of its own; after each round nothing in the store is wrong and nothing that the project needs is lost.
 *
 * @param kills at least so many processes are killed
 * @returns how many of them were in the middle of their work
 */
export async function killShared(kills: number): Promise<{ hits: number; kills: number }> {
  await using upstream = await startUpstream({ latencyMs: 10 });
  await using service = await startCacheService();
  const jobs = await Promise.all(Array.from({ length: DAEMONS }, () => makeJob(upstream.url)));
  const [first] = jobs;
  if (first === undefined) throw new Error('no job');
  const old = await realModules(OLD);
  try {
    await Promise.all(jobs.map(job => smallProject(job.checkout)));
    let done = 0;
    let hits = 0;
    for (let round = 0; done < kills; round++) {
      // Now and then from nothing, so that commits are hit and not only reads.
      if (round % 2 === 0) await removeTree(first.store);
      await addOld(first.store, old);
      const outcome = await killRound(first, jobs, service, round);
      done += outcome.kills;
      hits += outcome.hits;
      expect((await verifyStore(first.store)).bad, `after round ${round + 1}`).toEqual([]);
    }
    await lastRun(first);
    return { hits, kills: done };
  } finally {
    for (const job of jobs) await job[Symbol.asyncDispose]();
  }
}

/** Modules that nobody used for two hours: a prune by `--keep-since 1h` removes them. */
async function addOld(dir: string, modules: readonly RealModule[]): Promise<void> {
  const hasher = createHasher();
  try {
    const store = await openDiskStore(dir, { hasher });
    const then = Date.now() / 1000 - TWO_HOURS_S;
    for (const module of modules) {
      await commitModule(store, module);
      const keys = versionKeys(module);
      for (const key of [keys?.index, ...Object.values(keys?.files ?? {})]) {
        utimesSync(path.join(dir, key ?? ''), then, then);
      }
    }
    await store.flush();
  } finally {
    await hasher.close();
  }
}

async function killRound(
  first: Job,
  jobs: readonly Job[],
  service: CacheService,
  round: number,
): Promise<{ hits: number; kills: number }> {
  await Promise.all(jobs.map(job => removeTree(job.modcache)));
  const sessions = await Promise.all(
    jobs.map(job => job.start(['--store', first.store, '--on-failure', 'fail'])),
  );
  const downloads = sessions.map(session => session.go(['mod', 'download']));
  const sessionDir = path.join(first.dir.path, 'save-session');
  await mkdir(sessionDir, { recursive: true });
  const others = [
    spawnNode([CLI, 'cache', 'prune', '--store', first.store, '--keep-since', '1h'], first.env),
    spawnNode([SAVE, sessionDir, first.store], { ...first.env, ...service.env('v2') }),
  ];
  const before = tree(first.store);
  const killed = await Promise.all([
    ...sessions.map(async ({ file: { pid } }, at) => {
      await delay(20 + ((round * 37 + at * 61) % 400));
      process.kill(pid, 'SIGKILL');
      await gone(pid);
      return false;
    }),
    ...others.map(async (child, at) => {
      await delay(60 + ((round * 53 + at * 97) % 350));
      const running = child.exitCode === null;
      child.kill('SIGKILL');
      if (running) await once(child, 'exit');
      return running;
    }),
  ]);
  const codes = await Promise.all(downloads.map(async download => (await download).code));
  for (const session of sessions) await session.stop();
  // What the job uses is never what a prune removes.
  const lost = [...before].filter(name => !OLD.some(o => isOf(name, o)) && !tree(first.store).has(name));
  expect(lost, `lost in round ${round + 1}`).toEqual([]);
  // What a save that died leaves cannot be found by anybody; what can be found is whole.
  for (const entry of service.store.entries.filter(({ finished }) => finished)) {
    const names = (await membersOf(entry.data)).map(({ header }) => header.name);
    expect(names[0]).toBe('store/modgate/bundle.json');
    expect(names.some(name => name.endsWith('.zip'))).toBe(true);
  }
  const hits = codes.filter(code => code !== 0).length + killed.filter(Boolean).length;
  return { hits, kills: killed.length };
}

/** After one run that nobody kills nothing is left over, and the project builds from the store alone. */
async function lastRun(job: Job): Promise<void> {
  await removeTree(job.modcache);
  await using session = await job.start(['--on-failure', 'fail']);
  expect(await session.go(['mod', 'download'])).toMatchObject({ code: 0 });
  expect((await session.stop()).summary).toMatchObject({ failed: 0, daemonDied: false });
  expect(await job.modgate(['cache', 'prune', '--store', job.store, '--keep-since', '1h'])).toMatchObject({
    code: 0,
  });
  expect(await job.modgate(['cache', 'verify', '--store', job.store])).toMatchObject({ code: 0 });
  const names = readdirSync(job.store, { recursive: true, encoding: 'utf8' });
  expect(names.filter(name => /\.tmp$|\.pruned$|\.lock$/.test(name))).toEqual([]);
  for (const module of OLD) expect(names.filter(name => isOf(name, module))).toEqual([]);
  expect((await verifyStore(job.store)).bad).toEqual([]);
  await removeTree(job.modcache);
  await using offline = await job.start(['--on-failure', 'fail', '--upstream', 'off']);
  expect(await offline.go(['mod', 'download'])).toMatchObject({ code: 0 });
  await offline.stop();
}

function spawnNode(args: readonly string[], env: Readonly<Record<string, string | undefined>>): ChildProcess {
  return spawn(process.execPath, [...args], { env: { ...env }, stdio: 'ignore' });
}

/** Names of the module files that are whole in a store: those that have an index entry. */
function tree(store: string): Set<string> {
  const names = readdirSync(store, { recursive: true, encoding: 'utf8' });
  const indexed = names.filter(
    name => name.startsWith(path.join('modgate', 'index')) && name.endsWith('.json'),
  );
  return new Set(indexed.filter(name => statSync(path.join(store, name)).isFile()));
}

function isOf(name: string, module: string): boolean {
  const [modulePath = '', version = ''] = module.split('@');
  return name.includes(path.join(modulePath, '@v', version));
}
