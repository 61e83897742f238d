import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { median, processorTime, timed } from './measure.mjs';

/**
 * What the daemon costs over whole downloads, cold and then warm: memory and event loop delay as it writes them
 * into stats.json when it is stopped, processor time as the kernel counted it. These runs are not timed.
 *
 * @returns {Promise<{peakRss: number, loopP99Ms: number, coldCpuMs: number | undefined, warmCpuMs: number | undefined}>}
 *   bytes (the worst run) and milliseconds (medians); processor time on Linux only
 */
export async function daemonFigures(world, cli, rounds) {
  const cold = [];
  const warm = [];
  for (let round = 0; round < rounds; round++) {
    const store = path.join(world.dir, 'store-daemon');
    cold.push(await oneSession(world, cli, store));
    warm.push(await oneSession(world, cli, store));
    await rm(store, { recursive: true, force: true });
  }
  return {
    peakRss: Math.max(...cold.map(s => s.peakRss)),
    loopP99Ms: median(cold.map(s => s.loopP99Ms)),
    coldCpuMs: cpuMedian(cold),
    warmCpuMs: cpuMedian(warm),
  };
}

async function oneSession(world, cli, store) {
  const at = { cwd: world.project, env: { ...world.goEnv, GOPROXY: world.upstream.url } };
  const start = [cli, 'start', '--store', store, '--format', 'json'];
  const given = JSON.parse((await timed(process.execPath, start, at)).stdout);
  const session = given.MODGATE_SESSION;
  let cpuMs;
  try {
    await world.download(given.GOPROXY);
    const { pid } = JSON.parse(await readFile(path.join(session, 'session.json'), 'utf8'));
    cpuMs = await processorTime(pid);
  } finally {
    await timed(process.execPath, [cli, 'stop'], { ...at, env: { ...at.env, MODGATE_SESSION: session } });
  }
  return { ...JSON.parse(await readFile(path.join(session, 'stats.json'), 'utf8')), cpuMs };
}

function cpuMedian(sessions) {
  const known = sessions.flatMap(s => (s.cpuMs === undefined ? [] : [s.cpuMs]));
  return known.length > 0 ? median(known) : undefined;
}
