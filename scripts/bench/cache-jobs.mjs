import { createHash } from 'node:crypto';
import { cp, lstat, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { Job } from '../../test/support/github/runner.ts';
import { processorTime } from './measure.mjs';
import { zipFacts } from './world.mjs';

/**
 * A job on a machine that has nothing: checkout, the step of `method`, commands of go, the post phases. Every job has
 * the same paths unless `machine` names others, because they are in the keys of GOCACHE and of the cache client.
 *
 * @param {object} world `makeCacheWorld`
 * @param {object} job
 * @param {{name: string, program?: string, env?: object, inputs?: (workspace: string, modcache: string) => Promise<object>}} job.method
 * @param {string} job.project directory that is checked out
 * @param {object} job.service `startService`
 * @param {string[][]} [job.commands] arguments of go, one after another; the first are the modules
 * @param {string} [job.machine] name of the machine
 * @param {string} [job.goproxy] another upstream than the world's
 * @param {boolean} [job.watchDisk] looks at the disk all the time, which costs time itself
 * @param {string} [job.goCache] a build cache that outlives the job
 * @param {(job: {modcache: string, logs: string[]}) => Promise<T>} [job.look] called before everything is removed
 * @returns {Promise<{startMs: number, modulesMs: number, postMs: number, wholeMs: number, cpuMs: number | undefined, uploaded: number, downloaded: number, logs: string[], peakBytes?: number, seen?: T}>}
 *   milliseconds: the step alone, from its start until the first command has ended, the post phases, all, processor
 *   time of all, which a busy machine changes less; bytes
 */
export async function runJob(world, job) {
  const { method, service, commands = [['mod', 'download']], machine = 'machine' } = job;
  const dir = path.join(world.dir, machine);
  const workspace = path.join(dir, 'work');
  const modcache = path.join(dir, 'modcache');
  await rm(dir, { recursive: true, force: true });
  await mkdir(path.join(dir, 'tmp'), { recursive: true });
  await cp(job.project, workspace, { recursive: true, preserveTimestamps: true });
  const runner = new Job({
    dir: { path: dir, join: (...parts) => path.join(dir, ...parts) },
    workspace,
    env: {
      ...world.goEnv,
      TMPDIR: path.join(dir, 'tmp'),
      GOMODCACHE: modcache,
      GOCACHE: job.goCache ?? path.join(dir, 'gocache'),
      ...method.env,
      ...(job.goproxy ? { GOPROXY: job.goproxy } : {}),
    },
    actionEnv: service.env,
  });
  await service.traffic();
  const disk = job.watchDisk ? watchDisk(dir) : undefined;
  try {
    const logs = [];
    const step = async result => {
      const { code, log } = await result;
      logs.push(log);
      if (code !== 0) throw new Error(`a step of ${method.name} failed with ${code}:\n${log.slice(-3000)}`);
    };
    const cpuBefore = await processorTime('self', { children: true });
    const began = performance.now();
    if (method.program) await step(runner.uses(method.program, await method.inputs(workspace, modcache)));
    const startMs = performance.now() - began;
    let modulesMs;
    for (const args of commands) {
      await step(runner.run('go', args));
      modulesMs ??= performance.now() - began;
    }
    const daemonCpu = await daemonTime(runner.temp);
    const worked = performance.now();
    const { posts } = await runner.finish();
    const ended = performance.now();
    for (const post of posts) await step(Promise.resolve(post));
    const peakBytes = await disk?.stop();
    const { up, down } = await service.traffic();
    const cpuAfter = await processorTime('self', { children: true });
    const seen = await job.look?.({ modcache, logs });
    return {
      startMs,
      modulesMs,
      postMs: ended - worked,
      wholeMs: ended - began,
      cpuMs: cpuAfter === undefined ? undefined : cpuAfter - cpuBefore + daemonCpu,
      uploaded: up,
      downloaded: down,
      logs,
      ...(peakBytes === undefined ? {} : { peakBytes }),
      ...(seen === undefined ? {} : { seen }),
    };
  } finally {
    await disk?.stop();
    runner.killLeftovers();
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Processor time of the job's daemon so far, which is nobody's child; 0 without one. */
async function daemonTime(temp) {
  const text = await readFile(path.join(temp, 'modgate', 'session.json'), 'utf8').catch(() => undefined);
  return text === undefined ? 0 : ((await processorTime(JSON.parse(text).pid)) ?? 0);
}

/** setup-go's method: everything or nothing, by the hash of go.sum, the system and the version of Go. */
export function setupGoMethod(program, { system = 'linux', go = '1.26.8' } = {}) {
  return {
    name: 'setup-go',
    program,
    inputs: async (workspace, modcache) => {
      const sum = await readFile(path.join(workspace, 'go.sum'));
      const hash = createHash('sha256').update(sum).digest('hex');
      return { key: `setup-go-${system}-x64-go-${go}-${hash}`, path: modcache };
    },
  };
}

/** No step at all: the modules lie on the machine's own disk. */
export function localMethod(goproxy) {
  return { name: 'local', env: { GOPROXY: goproxy } };
}

/** The action as it is committed or was built. */
export function modgateMethod(dist) {
  return { name: 'modgate', program: path.join(dist, 'actions', 'proxy.js'), inputs: async () => ({}) };
}

/** Fails unless a job got all modules of a project: a time without them means nothing. */
export function hasZips(count) {
  return async ({ modcache }) => {
    const got = (await zipFacts(path.join(modcache, 'cache', 'download'))).count;
    if (got !== count) throw new Error(`The job got ${got} of ${count} zips.`);
  };
}

/** The most that the files below a directory ever took, looked at again and again; a file with two names counts once. */
function watchDisk(dir) {
  let peak = 0;
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      peak = Math.max(peak, await diskUse(dir));
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      await watching;
      return peak;
    },
  };
}

async function diskUse(dir) {
  const seen = new Set();
  let bytes = 0;
  const look = async at => {
    for (const entry of await readdir(at, { withFileTypes: true }).catch(() => [])) {
      const full = path.join(at, entry.name);
      if (entry.isDirectory()) {
        await look(full);
        continue;
      }
      const found = await lstat(full).catch(() => undefined);
      if (found === undefined || seen.has(found.ino)) continue;
      if (found.nlink > 1) seen.add(found.ino);
      bytes += found.blocks * 512;
    }
  };
  await look(dir);
  return bytes;
}
