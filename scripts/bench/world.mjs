import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { timed } from './measure.mjs';
import { startUpstream } from './peers.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Everything the scenarios share: the project, a tree of its modules on tmpfs, the slow upstream.
 *
 * @param {{latencyMs: number}} options
 */
export async function makeWorld({ latencyMs }) {
  const dir = await benchDir('bench');
  const project = path.join(dir, 'project');
  await cp(path.join(ROOT, 'test', 'fixtures', 'bench-project'), project, { recursive: true });
  const goEnv = await cleanGoEnv(dir);
  const tree = path.join(dir, 'tree');
  await seedTree({ goEnv, tree, projects: [project] });
  const zips = await zipFacts(tree);
  const upstream = await startUpstream({ latencyMs, moduleCache: tree });

  let runs = 0;
  /** Milliseconds of `go mod download` into an empty module cache, by itself or behind `prefix`. */
  async function download(goproxy, { prefix = [], onSpawn } = {}) {
    const modcache = path.join(dir, `modcache-${++runs}`);
    const [command, ...args] = [...prefix, 'go', 'mod', 'download'];
    const env = { ...goEnv, GOPROXY: goproxy, GOMODCACHE: modcache };
    const { ms } = await timed(command, args, { cwd: project, env, ...(onSpawn ? { onSpawn } : {}) });
    const got = (await zipFacts(path.join(modcache, 'cache', 'download'))).count;
    await rm(modcache, { recursive: true, force: true });
    if (got !== zips.count)
      throw new Error(`${command} left ${got} of ${zips.count} zips: the time means nothing.`);
    return ms;
  }

  return {
    dir,
    project,
    goEnv,
    zips,
    upstream,
    fileUrl: pathToFileURL(tree).href,
    download,
    close: async () => {
      await upstream.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A new directory for everything of a benchmark, on tmpfs where there is one. */
export function benchDir(name) {
  return mkdtemp(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `modgate-${name}-`));
}

/** What `go` runs with: nothing of this machine's settings, all of its own files below `dir`. */
export async function cleanGoEnv(dir) {
  const env = {
    ...withoutGo(process.env),
    GOENV: 'off',
    GOFLAGS: '-modcacherw',
    GOTOOLCHAIN: 'local',
    GOTELEMETRY: 'off',
    GOPATH: path.join(dir, 'gopath'),
    GOCACHE: path.join(dir, 'gocache'),
    TMPDIR: path.join(dir, 'tmp'),
  };
  await mkdir(env.TMPDIR);
  return env;
}

/** Makes a module tree that has all modules of some projects; `prepare` runs before, with the same upstream. */
export async function seedTree({ goEnv, tree, projects, prepare }) {
  const seed = `${tree}-seed`;
  const filler = await startUpstream({ latencyMs: 0 });
  try {
    const env = { ...goEnv, GOPROXY: filler.url, GOMODCACHE: seed };
    await prepare?.(env);
    for (const cwd of projects) await timed('go', ['mod', 'download'], { cwd, env });
  } finally {
    await filler.stop();
  }
  await cp(path.join(seed, 'cache', 'download'), tree, { recursive: true, force: false });
  await rm(seed, { recursive: true, force: true });
}

/** Number and bytes of the zips in a module tree. */
export async function zipFacts(dir) {
  const names = (await readdir(dir, { recursive: true })).filter(name => name.endsWith('.zip'));
  const sizes = await Promise.all(names.map(name => stat(path.join(dir, name)).then(s => s.size)));
  return { count: names.length, bytes: sizes.reduce((a, b) => a + b, 0) };
}

/** Without what steers go or names a runner: each run must be the same on a laptop and in a job. */
function withoutGo(env) {
  const dropped = /^(GO[A-Z0-9]+|GITHUB_.*|RUNNER_.*|ACTIONS_.*|CI|CI_.*|GITLAB_.*|MODGATE_.*)$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !dropped.test(name)));
}
