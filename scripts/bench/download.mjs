import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { daemonFigures } from './daemon.mjs';
import { interleaved, median, pairedRatio } from './measure.mjs';
import { startPeer } from './peers.mjs';
import { makeWorld } from './world.mjs';

/** Figures that the project promises; a row of the table says whether they hold. */
const GOALS = {
  'modgate, cold': { base: 'straight', most: 0.35 },
  'modgate, warm': { base: 'file', most: 0.8 },
};

/** `go mod download` of the bench project by every way there is. */
export async function downloadBench({ cli, rounds, latencyMs, only, log }) {
  const world = await makeWorld({ latencyMs });
  const peers = [];
  try {
    const scenarios = [
      {
        name: 'straight',
        title: 'straight from the upstream',
        run: () => world.download(world.upstream.url),
      },
      { name: 'file', title: '`file://` tree', run: () => world.download(world.fileUrl) },
      ...(existsSync(cli) ? modgateScenarios(world, cli) : []),
      ...(await peerScenarios(world, peers, log)),
    ].filter(s => !only || only.some(word => s.name.includes(word)));
    if (!existsSync(cli)) log(`${cli} is missing: no rows of modgate. Run: npm run build`);
    const needed = scenarios.map(s => s.fill).filter(Boolean);
    for (const fill of new Set(needed)) await fill();
    const values = await interleaved(scenarios, rounds, log);
    const daemon =
      existsSync(cli) && (!only || only.some(word => 'daemon'.includes(word)))
        ? await daemonFigures(world, cli, rounds)
        : undefined;
    return { world: { zips: world.zips }, rows: scenarios.map(s => row(s, values)), daemon };
  } finally {
    for (const peer of peers) await peer.stop();
    await world.close();
  }
}

function row({ name, title }, values) {
  const goal = GOALS[name];
  return {
    title: title ?? name,
    ms: median(values.get(name)),
    all: values.get(name),
    toStraight: pairedRatio(values, name, 'straight'),
    toFile: pairedRatio(values, name, 'file'),
    goal: goal && { ...goal, value: pairedRatio(values, name, goal.base) },
  };
}

function throughModgate(cli, store, ...options) {
  return [process.execPath, cli, 'run', '--store', store, ...options, '--'];
}

function modgateScenarios(world, cli) {
  const warmStore = path.join(world.dir, 'store-warm');
  const originals = path.join(world.dir, 'store-originals');
  const settings = path.join(world.dir, 'originals.yaml');
  const ofOriginals = () => throughModgate(cli, originals, '--config', settings);
  let runs = 0;
  return [
    {
      name: 'modgate, cold',
      run: async () => {
        const store = path.join(world.dir, `store-${++runs}`);
        const ms = await world.download(world.upstream.url, { prefix: throughModgate(cli, store) });
        await rm(store, { recursive: true, force: true });
        return ms;
      },
    },
    {
      name: 'modgate, warm',
      fill: () => world.download(world.upstream.url, { prefix: throughModgate(cli, warmStore) }),
      run: () => world.download(world.upstream.url, { prefix: throughModgate(cli, warmStore) }),
    },
    {
      name: 'modgate, warm, originals',
      title: 'modgate, warm, `cache.zips: original`',
      fill: async () => {
        await writeFile(settings, 'cache: {zips: original}\n');
        await world.download(world.upstream.url, { prefix: ofOriginals() });
      },
      run: () => world.download(world.upstream.url, { prefix: ofOriginals() }),
    },
    {
      name: 'file, stored',
      title: '`file://` tree of stored zips (modgate’s store)',
      fill: () => world.download(world.upstream.url, { prefix: throughModgate(cli, `${warmStore}-tree`) }),
      run: () => world.download(pathToFileURL(`${warmStore}-tree`).href),
    },
  ];
}

/** Cold is a new process with an empty store each time; warm is one process with all of it. */
async function peerScenarios(world, started, log) {
  const scenarios = [];
  for (const name of ['goproxy', 'athens']) {
    const options = { upstream: world.upstream.url, goEnv: world.goEnv };
    const warm = await startPeer(name, { ...options, store: path.join(world.dir, `${name}-warm`) });
    if (!warm) {
      log(`${name} is not installed: no rows of it. Run: npm run tools -- --bench`);
      continue;
    }
    started.push(warm);
    let runs = 0;
    const cold = async () => {
      const store = path.join(world.dir, `${name}-${++runs}`);
      const peer = await startPeer(name, { ...options, store });
      try {
        return await world.download(peer.url);
      } finally {
        await peer.stop();
        await rm(store, { recursive: true, force: true });
      }
    };
    scenarios.push({ name: `${name}, cold`, run: cold });
    scenarios.push({
      name: `${name}, warm`,
      fill: () => world.download(warm.url),
      run: () => world.download(warm.url),
    });
  }
  return scenarios;
}
