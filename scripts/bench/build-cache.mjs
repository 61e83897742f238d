import path from 'node:path';
import { modgateMethod, runJob, setupGoMethod } from './cache-jobs.mjs';
import { bundleSetupGo, makeCacheWorld, startService } from './cache-world.mjs';
import { interleaved, median, pairedRatio } from './measure.mjs';

const BYTES_PER_SECOND = 100e6;
const COMMANDS = [
  ['mod', 'download'],
  ['build', './...'],
];
const SHOWN = [
  ['mod', 'download'],
  ['build', '-x', './...'],
];

/**
 * The same build on machines that have nothing: with modules alone, with the build cache, and by setup-go's method, whose
 * entry holds GOMODCACHE and GOCACHE as they are. Each after a first job that filled its caches.
 *
 * @returns {Promise<object>} medians in milliseconds, bytes of all entries, what go compiled
 */
export async function buildCacheBench({ dist, rounds, latencyMs, only = ['small'], log }) {
  const world = await makeCacheWorld({ latencyMs });
  const services = [];
  const slow = async name => {
    const dir = path.join(world.dir, `service-${name}`);
    const service = await startService({ dir, latencyMs, bytesPerSecond: BYTES_PER_SECOND });
    services.push(service);
    return service;
  };
  try {
    const projects = [];
    for (const name of ['small', 'before'].filter(one => only.includes(one))) {
      projects.push(await figures({ world, name, dist, rounds, log, slow }));
    }
    return { latencyMs, projects };
  } finally {
    for (const service of services) await service.stop();
    await world.close();
  }
}

async function figures({ world, name, dist, rounds, log, slow }) {
  const project = world.projects[name];
  const goCache = path.join(world.dir, 'machine', 'gocache');
  const plain = modgateMethod(dist);
  const setupGo = setupGoMethod(await bundleSetupGo(world.dir));
  const methods = [
    { ...plain, name: 'modgate, modules alone' },
    { ...plain, name: 'modgate, build-cache: true', inputs: async () => ({ 'build-cache': 'true' }) },
    {
      ...setupGo,
      name: 'setup-go, modules and GOCACHE',
      inputs: async (workspace, modcache) => ({
        ...(await setupGo.inputs(workspace, modcache)),
        path: `${modcache}\n${goCache}`,
      }),
    },
  ];
  const rows = new Map();
  for (const method of methods) {
    const service = await slow(`${name}-${rows.size}`);
    const cold = await runJob(world, { method, project, service, commands: COMMANDS });
    const bytes = (await service.entries()).reduce((sum, entry) => sum + entry.bytes, 0);
    log(`${name}, ${method.name}: cold ${Math.round(cold.wholeMs)} ms, ${bytes} bytes`);
    rows.set(method.name, { method, service, cold, bytes, warm: [] });
  }
  const values = await interleaved(
    methods.map(method => ({
      name: method.name,
      run: async () => {
        const { service, warm } = rows.get(method.name);
        const job = await runJob(world, { method, project, service, commands: COMMANDS });
        warm.push(job);
        return job.wholeMs;
      },
    })),
    rounds,
    log,
  );
  for (const row of rows.values()) {
    const look = ({ logs }) => logs.join('\n').match(/\/compile(\.exe)?"? -o /g)?.length ?? 0;
    row.compiled = (
      await runJob(world, { method: row.method, project, service: row.service, commands: SHOWN, look })
    ).seen;
  }
  const [alone, built, other] = methods.map(method => method.name);
  return {
    name,
    rows: [...rows].map(([title, { cold, bytes, warm, compiled }]) => ({
      title,
      bytes,
      compiled,
      coldMs: cold.wholeMs,
      wholeMs: median(warm.map(job => job.wholeMs)),
      startMs: median(warm.map(job => job.startMs)),
      postMs: median(warm.map(job => job.postMs)),
      downloaded: median(warm.map(job => job.downloaded)),
    })),
    toAlone: pairedRatio(values, built, alone),
    toOther: pairedRatio(values, built, other),
  };
}

/** Markdown lines. */
export function buildCacheTable({ latencyMs, projects }) {
  const seconds = ms => `${(ms / 1000).toFixed(1)} s`;
  const megabytes = bytes => `${(bytes / 1e6).toFixed(1)} MB`;
  return projects.flatMap(({ name, rows, toAlone, toOther }) => [
    `\`go build ./...\` of ${name === 'small' ? 'viper' : 'the bench project'} on a new machine, ${latencyMs} ms an answer, 100 MB/s:`,
    '',
    '| caches | first job | later jobs | of it the step | of it the end | compiled | stored | fetched |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map(
      row =>
        `| ${row.title} | ${seconds(row.coldMs)} | ${seconds(row.wholeMs)} | ${seconds(row.startMs)} | ${seconds(row.postMs)} | ${row.compiled} | ${megabytes(row.bytes)} | ${megabytes(row.downloaded)} |`,
    ),
    '',
    `With the build cache ${toAlone.toFixed(2)} × the time without, ${toOther.toFixed(2)} × that of setup-go's method.`,
    '',
  ]);
}
