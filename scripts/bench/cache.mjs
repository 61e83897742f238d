import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { hasZips, localMethod, modgateMethod, runJob, setupGoMethod } from './cache-jobs.mjs';
import { quotaFigures } from './cache-quota.mjs';
import { buildCacheFigures } from './cache-tests.mjs';
import { bundleSetupGo, makeCacheWorld, startService } from './cache-world.mjs';
import { interleaved, median, pairedRatio } from './measure.mjs';

const BYTES_PER_SECOND = 100e6;
/** What `go build` does before it compiles: it has to have the code of every package that it needs. */
const PACKAGES = [['list', '-deps', './...']];
/** What setup-go has one entry for each of. */
const MATRIX = ['linux', 'macos', 'windows'].flatMap(system => ['1.25', '1.26'].map(go => ({ system, go })));

/**
 * The shared cache beside setup-go's method of caching modules: bytes that a repository stores, time until go has its
 * modules, what a job that uses modgate pays, and what sixty changes of dependencies leave at the service.
 *
 * @returns {Promise<object>} figures by part; a part that `only` leaves out is undefined. Bytes and milliseconds
 */
export async function cacheBench({ dist, rounds, jobs, latencyMs, only, log }) {
  const modgate = modgateMethod(dist);
  if (!existsSync(modgate.program)) throw new Error(`${modgate.program} is missing. Run: npm run build`);
  const wanted = part => !only || only.includes(part);
  const world = await makeCacheWorld({ latencyMs });
  const services = [];
  const service = async limits => {
    const dir = path.join(world.dir, `service-${services.length}`);
    services.push(await startService({ dir, ...limits }));
    return services.at(-1);
  };
  const slow = () => service({ latencyMs, bytesPerSecond: BYTES_PER_SECOND });
  try {
    const setupGo = setupGoMethod(await bundleSetupGo(world.dir));
    const bench = { world, setupGo, modgate, rounds, log, slow, quick: () => service({}) };
    const times = wanted('times') ? await timeFigures(bench) : undefined;
    const tests = wanted('tests') ? await buildCacheFigures(bench) : undefined;
    const matrix = wanted('matrix') ? await matrixFigures(bench) : undefined;
    const quota = wanted('quota') ? await quotaFigures({ ...bench, jobs }) : undefined;
    return { zips: world.zips, latencyMs, rounds, times, tests, matrix, quota };
  } finally {
    for (const s of services) await s.stop();
    await world.close();
  }
}

/** Jobs of the bench project with a full cache, as it is and after one dependency changed, in turns. */
async function timeFigures({ world, setupGo, modgate, rounds, log, slow }) {
  const { before, after } = world.projects;
  const look = hasZips(world.zips.count);
  const local = localMethod(pathToFileURL(world.tree).href);
  const idle = await slow();
  const found = new Map();
  const stored = {};
  const peaks = new Map();
  const scenarios = [];
  const timed = async (name, job) => {
    const result = await runJob(world, { look, ...job });
    if (!found.has(name)) found.set(name, []);
    found.get(name).push(result);
    return result.modulesMs;
  };
  const all = { method: local, project: before, service: idle };
  scenarios.push(
    { name: 'local hit', run: () => timed('local hit', all) },
    { name: 'local build', run: () => timed('local build', { ...all, look: undefined, commands: PACKAGES }) },
  );
  for (const method of [setupGo, modgate]) {
    const at = await slow();
    const { logs } = await runJob(world, { method, project: before, service: at, look });
    const filled = (await at.entries()).length;
    if (filled === 0) throw new Error(`${method.name} stored nothing:\n${logs.join('\n')}`);
    stored[method.name] = sum(await at.entries());
    log(`${method.name}: ${filled} entries, ${stored[method.name]} bytes`);
    // Looking at the disk costs time itself.
    const watched = await runJob(world, { method, project: before, service: at, look, watchDisk: true });
    peaks.set(method.name, watched.peakBytes);
    await at.keep(filled);
    const build = { method, project: before, service: at, look: undefined, commands: PACKAGES };
    scenarios.push({
      name: `${method.name} build`,
      run: async () => {
        const ms = await timed(`${method.name} build`, build);
        await at.keep(filled);
        return ms;
      },
    });
    for (const [state, project] of [
      ['hit', before],
      ['changed', after],
    ]) {
      const name = `${method.name} ${state}`;
      const run = async () => {
        const ms = await timed(name, { method, project, service: at });
        await at.keep(filled);
        return ms;
      };
      scenarios.push({ name, run });
    }
  }
  const modules = await interleaved(scenarios, rounds, log);
  const parts = new Map(
    [...found].map(([name, jobs]) => {
      const of = key => jobs.map(job => job[key]);
      return [
        name,
        {
          all: of('modulesMs'),
          modulesMs: median(of('modulesMs')),
          startMs: median(of('startMs')),
          postMs: median(of('postMs')),
          wholeMs: median(of('wholeMs')),
          cpuMs: median(of('cpuMs')),
          startPostMs: median(jobs.map(job => job.startMs + job.postMs)),
          uploaded: median(of('uploaded')),
          downloaded: median(of('downloaded')),
        },
      ];
    }),
  );
  const hits = found.get('modgate hit');
  return {
    stored,
    parts,
    /** Most bytes on the disk of a job with an exact hit, by method. */
    peaks: peaks.set('local', (await runJob(world, { look, ...all, watchDisk: true })).peakBytes),
    build: pairedRatio(modules, 'modgate build', 'setup-go build'),
    hit: pairedRatio(modules, 'modgate hit', 'setup-go hit'),
    changed: pairedRatio(modules, 'modgate changed', 'setup-go changed'),
    /** What the job takes longer than one whose modules lie on its own disk, start to the end of post. */
    delayMs: median(hits.map((job, round) => job.wholeMs - found.get('local hit')[round].wholeMs)),
  };
}

/** What the jobs of a matrix leave at the service: one after another, and all at the same time. */
async function matrixFigures({ world, setupGo, modgate, log, quick }) {
  const { before: project } = world.projects;
  const look = hasZips(world.zips.count);
  const found = {};
  const count = async (name, service) => {
    const entries = await service.entries();
    found[name] = { entries: entries.length, bytes: sum(entries) };
    log(`matrix, ${name}: ${entries.length} entries, ${found[name].bytes} bytes`);
  };
  const peer = await quick();
  for (const place of MATRIX) {
    const method = setupGoMethod(setupGo.program, place);
    await runJob(world, { method, project, service: peer, look, goproxy: pathToFileURL(world.tree).href });
  }
  await count('setup-go', peer);
  const one = await quick();
  for (const _ of MATRIX) await runJob(world, { method: modgate, project, service: one, look });
  await count('one after another', one);
  const together = await quick();
  await Promise.all(
    MATRIX.map((_, i) =>
      runJob(world, { method: modgate, project, service: together, look, machine: `machine-${i}` }),
    ),
  );
  await count('at once', together);
  return { jobs: MATRIX.length, ...found };
}

function sum(entries) {
  return entries.reduce((bytes, entry) => bytes + entry.bytes, 0);
}
