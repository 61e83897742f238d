import { rm } from 'node:fs/promises';
import path from 'node:path';
import { runJob } from './cache-jobs.mjs';
import { interleaved, median, pairedRatio } from './measure.mjs';

const TEST = [['test', './...']];
const SHOWN = [['test', '-x', './...']];

/**
 * Whole jobs of `go test ./...` with a full cache of modules and a build cache that outlives them, in turns; and what
 * the build cache spared: both methods must find the same in it.
 */
export async function buildCacheFigures({ world, setupGo, modgate, rounds, log, slow }) {
  const project = world.projects.small;
  const goCache = path.join(world.dir, 'warm-gocache');
  const services = new Map();
  for (const method of [setupGo, modgate]) {
    const service = await slow();
    services.set(method.name, service);
    // The first of the two fills the build cache, so that the other one has to find what it did not make.
    await runJob(world, { method, project, service, commands: TEST, goCache });
  }
  const whole = new Map();
  const scenarios = [setupGo, modgate].map(method => ({
    name: method.name,
    run: async () => {
      const service = services.get(method.name);
      const { wholeMs } = await runJob(world, { method, project, service, commands: TEST, goCache });
      whole.set(method.name, [...(whole.get(method.name) ?? []), wholeMs]);
      return wholeMs;
    },
  }));
  const values = await interleaved(scenarios, rounds, log);

  const counted = async (method, machine) => {
    const service = services.get(method.name);
    const job = {
      method,
      project,
      service,
      commands: SHOWN,
      goCache,
      look: ({ logs }) => countActions(logs),
    };
    return (await runJob(world, { ...job, ...(machine ? { machine } : {}) })).seen;
  };
  const actions = { 'setup-go': await counted(setupGo), modgate: await counted(modgate) };
  // At another path the build cache knows nothing: a count that stays 0 even there counts nothing.
  const elsewhere = await counted(setupGo, 'another-machine');
  if (elsewhere.compiled === 0) throw new Error('No compile action was counted where all have to be.');
  await rm(goCache, { recursive: true, force: true });
  return {
    wholeMs: new Map([...whole].map(([name, all]) => [name, median(all)])),
    ratio: pairedRatio(values, 'modgate', 'setup-go'),
    actions,
    elsewhere,
  };
}

/** What go did itself and what it took from its build cache, told by the log of `go test -x`. */
function countActions(logs) {
  const text = logs.join('\n');
  return {
    compiled: text.match(/\/compile(\.exe)?"? -o /g)?.length ?? 0,
    cached: text.match(/\(cached\)/g)?.length ?? 0,
  };
}
