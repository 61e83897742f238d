import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { timed } from './measure.mjs';
import { startUpstream } from './peers.mjs';
import { benchDir, cleanGoEnv, seedTree, zipFacts } from './world.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The dependency that changes between two states of the bench project: one zip, which needs no other new one. */
const CHANGED = 'github.com/redis/go-redis/v9@v9.8.0';
/** A small real project with tests; its own zip holds them. */
const SMALL = 'github.com/spf13/viper@v1.21.0';

/**
 * What the scenarios of the cache share: the bench project before and after one dependency changed, a small project
 * with tests, the upstream that is slow to answer, and a place for the caches of its jobs.
 *
 * @param {{latencyMs: number}} options
 */
export async function makeCacheWorld({ latencyMs }) {
  const dir = await benchDir('cache');
  const before = path.join(dir, 'before');
  const after = path.join(dir, 'after');
  const small = path.join(dir, 'small');
  const tree = path.join(dir, 'tree');
  const goEnv = await cleanGoEnv(dir);
  await cp(path.join(ROOT, 'test', 'fixtures', 'bench-project'), before, { recursive: true });
  await cp(before, after, { recursive: true });
  await seedTree({ goEnv, tree, projects: [before] });
  const zips = await zipFacts(tree);
  await seedTree({
    goEnv,
    tree,
    /** Of the bench project, in either state. */
    zips,
    projects: [after, small],
    prepare: async env => {
      // The project's own sums are known; the few new ones are pinned by this first sight.
      await timed('go', ['get', CHANGED], { cwd: after, env: { ...env, GOSUMDB: 'off' } });
      const module = await timed('go', ['mod', 'download', '-json', SMALL], { cwd: before, env });
      await cp(JSON.parse(module.stdout).Dir, small, { recursive: true });
    },
  });
  const upstream = await startUpstream({ latencyMs, moduleCache: tree });
  return {
    dir,
    projects: { before, after, small },
    goEnv: { ...goEnv, GOPROXY: upstream.url },
    tree,
    /** Of the bench project, in either state. */
    zips,
    close: async () => {
      await upstream.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The method of setup-go as its users run it: one bundled file. */
export async function bundleSetupGo(dir) {
  const file = path.join(dir, 'setup-go.mjs');
  const bundle = await rolldown({
    input: path.join(ROOT, 'scripts', 'bench', 'cache-setup-go.mjs'),
    platform: 'node',
    logLevel: 'silent',
  });
  await bundle.write({ file, format: 'es', codeSplitting: false });
  await bundle.close();
  return file;
}

/**
 * Starts a cache service of one repository in a process of its own.
 *
 * @param {{dir: string, latencyMs?: number, bytesPerSecond?: number}} options
 */
export async function startService({ dir, latencyMs = 0, bytesPerSecond }) {
  const program = path.join(ROOT, 'scripts', 'bench', 'cache-service.mjs');
  const args = [program, '--dir', dir, '--latency', String(latencyMs)];
  if (bytesPerSecond) args.push('--bandwidth', String(bytesPerSecond));
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('The cache service ended.');
    return JSON.parse(value);
  };
  const { url } = await next();
  let last = Promise.resolve();
  const ask = line => {
    last = last.then(() => {
      child.stdin.write(`${line}\n`);
      return next();
    });
    return last;
  };
  return {
    /** What a runner tells its actions. */
    env: {
      ACTIONS_RUNTIME_TOKEN: `e30.${Buffer.from('{}').toString('base64url')}.sig`,
      ACTIONS_CACHE_SERVICE_V2: 'True',
      ACTIONS_RESULTS_URL: url,
    },
    /** @returns {Promise<{key: string, version: string, bytes: number}[]>} oldest first */
    entries: () => ask('entries'),
    /** Forgets all entries but the first `count`. */
    keep: count => ask(`keep ${count}`),
    /** @returns {Promise<{up: number, down: number}>} bytes since it was last asked */
    traffic: () => ask('traffic'),
    stop: async () => {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(dir, { recursive: true, force: true });
    },
  };
}
