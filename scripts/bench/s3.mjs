import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startFaults } from '../../test/support/s3/faults.ts';
import { startGateway } from '../../test/support/s3/gateway.ts';
import { mark, seconds } from './marks.mjs';
import { interleaved, median, pairedRatio, processorTime, timed } from './measure.mjs';
import { makeWorld } from './world.mjs';

/** Added to each answer of the object service, ms: one in the same region. */
const ADDED_MS = 5;
/** A cold job with a full bucket against a warm directory. */
const MOST = 1.2;
/** Zips that are asked for at one time, and the most memory that the daemon may need for it, bytes. */
const PARALLEL = 64;
const MAX_RSS = 256 * 2 ** 20;

/**
 * `go mod download` of the bench project through a bucket (versitygw on loopback, with time added): empty, full, and
 * beside a warm directory; then many zips at one time.
 */
export async function s3Bench({ cli, rounds, latencyMs, only, log }) {
  const world = await makeWorld({ latencyMs });
  const gateway = await startGateway();
  const faults = await startFaults(gateway, { latencyMs: ADDED_MS });
  try {
    const warmStore = path.join(world.dir, 'store-warm');
    const originals = path.join(world.dir, 'originals.yaml');
    await writeFile(originals, 'cache: {zips: original}\n');
    const download = (upstream, stores, more = []) =>
      world.download(upstream, {
        prefix: [
          'env',
          ...pairs(gateway.env()),
          process.execPath,
          cli,
          'run',
          ...more,
          ...stores.flatMap(s => ['--store', s]),
          '--',
        ],
      });
    const original = path.join(world.dir, 'store-original');
    const full = gateway.url('full', faults.endpoint);
    let runs = 0;
    const fresh = async run => {
      const store = path.join(world.dir, `store-${++runs}`);
      try {
        return await run(store);
      } finally {
        await rm(store, { recursive: true, force: true });
      }
    };
    await download(world.upstream.url, [warmStore]);
    await download(world.upstream.url, [original], ['--config', originals]);
    await fresh(store => download(world.upstream.url, [store, full]));
    const requests = [];
    const scenarios = [
      { name: 'warm directory', run: () => download(world.upstream.url, [warmStore]) },
      {
        name: 'warm directory of original zips',
        run: () => download(world.upstream.url, [original], ['--config', originals]),
      },
      {
        name: 'full bucket',
        run: async () => {
          faults.forget();
          const ms = await fresh(store => download(world.upstream.url, [store, full]));
          requests.push(faults.asked.length);
          return ms;
        },
      },
      { name: 'no store', run: () => fresh(store => download(world.upstream.url, [store])) },
      {
        name: 'empty bucket',
        run: () =>
          fresh(store =>
            download(world.upstream.url, [store, gateway.url(`empty-${runs}`, faults.endpoint)]),
          ),
      },
    ].filter(s => !only || only.some(word => s.name.includes(word)));
    const values = await interleaved(scenarios, rounds, log);
    const many = [];
    for (const count of [8, PARALLEL]) {
      many.push(await fresh(store => parallelZips(world, gateway.env(), cli, [store, full], count)));
      log(`${count} zips at one time: ${Math.round(many.at(-1).peakRss / 2 ** 20)} MiB`);
    }
    return {
      zips: world.zips,
      rows: scenarios.map(({ name }) => ({
        name,
        ms: median(values.get(name)),
        all: values.get(name),
        toWarm: pairedRatio(values, name, 'warm directory'),
        toOriginal: pairedRatio(values, name, 'warm directory of original zips'),
      })),
      requests: requests.length === 0 ? undefined : median(requests),
      many,
    };
  } finally {
    await faults[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
    await world.close();
  }
}

/** What a daemon needs that many zips are asked of at one time, the largest of the project first. */
async function parallelZips(world, bucketEnv, cli, stores, count) {
  const at = { cwd: world.project, env: { ...world.goEnv, ...bucketEnv, GOPROXY: world.upstream.url } };
  const start = [
    cli,
    'start',
    '--prefetch',
    '0',
    '--on-failure',
    'fail',
    '--format',
    'json',
    ...stores.flatMap(s => ['--store', s]),
  ];
  const given = JSON.parse((await timed(process.execPath, start, at)).stdout);
  const session = given.MODGATE_SESSION;
  const paths = await largest(path.join(world.dir, 'tree'), count);
  let bytes = 0;
  const began = performance.now();
  let ms;
  let cpuMs;
  try {
    await Promise.all(
      paths.map(async name => {
        const answer = await fetch(`${given.GOPROXY}/${name}`);
        if (answer.status !== 200) throw new Error(`${name}: ${answer.status}`);
        for await (const part of answer.body) bytes += part.length;
      }),
    );
    ms = performance.now() - began;
    const { pid } = JSON.parse(await readFile(path.join(session, 'session.json'), 'utf8'));
    cpuMs = await processorTime(pid);
  } finally {
    await timed(process.execPath, [cli, 'stop'], { ...at, env: { ...at.env, MODGATE_SESSION: session } });
  }
  const stats = JSON.parse(await readFile(path.join(session, 'stats.json'), 'utf8'));
  return { count, bytes, ms, cpuMs, peakRss: stats.peakRss, loopP99Ms: stats.loopP99Ms };
}

async function largest(tree, count) {
  const names = (await readdir(tree, { recursive: true })).filter(name => name.endsWith('.zip'));
  const sized = await Promise.all(names.map(async name => [name, (await stat(path.join(tree, name))).size]));
  return sized
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, count)
    .map(([name]) => name.split(path.sep).join('/'));
}

function times(ratio) {
  return ratio === undefined ? '' : `${ratio.toFixed(2)} ×`;
}

function pairs(env) {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

const TITLES = {
  'warm directory': 'a directory that has all',
  'warm directory of original zips': 'the same with `cache.zips: original`',
  'full bucket': 'an empty directory over a bucket that has all',
  'no store': 'an empty directory alone',
  'empty bucket': 'an empty directory over an empty bucket, which is filled',
};

/** Markdown for docs/benchmarks.md. */
export function s3Table({ zips, rows, requests, many }, { latencyMs }) {
  const range = all => `${seconds(Math.min(...all))}–${seconds(Math.max(...all))}`;
  const lines = [
    `\`go mod download\` of ${zips.count} zips (${Math.round(zips.bytes / 1e6)} MB); versitygw on loopback with ${ADDED_MS} ms added to each answer, upstream ${latencyMs} ms, caches on tmpfs:`,
    '',
    '| modgate over | seconds (least to most) | to the directory | to that of originals | goal |',
    '|---|---|---|---|---|',
    ...rows.map(({ name, ms, all, toWarm, toOriginal }) => {
      const goal =
        name === 'full bucket' && toWarm !== undefined ? `${mark(toWarm <= MOST)} ≤ ${MOST} ×` : '';
      return `| ${TITLES[name]} | ${seconds(ms)} (${range(all)}) | ${times(toWarm)} | ${times(toOriginal)} | ${goal} |`;
    }),
    '',
    ...(requests === undefined ? [] : [`Requests to the bucket of one cold job: ${requests}.`, '']),
    '| zips of a bucket at one time | MB | seconds | peak MiB of the daemon | goal |',
    '|---|---|---|---|---|',
    ...many.map(({ count, bytes, ms, peakRss }) => {
      const goal = count === PARALLEL ? `${mark(peakRss <= MAX_RSS)} ≤ ${MAX_RSS / 2 ** 20} MiB` : '';
      return `| ${count} | ${Math.round(bytes / 1e6)} | ${seconds(ms)} | ${Math.round(peakRss / 2 ** 20)} | ${goal} |`;
    }),
    '',
  ];
  return lines;
}
