import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { median, timed } from './measure.mjs';

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

/** User and system time of a process, all threads, in milliseconds; undefined where there is no /proc. */
async function processorTime(pid) {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field is the name in parentheses, which may hold spaces; times are in ticks of 10 ms.
  const fields = line?.slice(line.lastIndexOf(')') + 2).split(' ');
  return fields && (Number(fields[11]) + Number(fields[12])) * 10;
}

function cpuMedian(sessions) {
  const known = sessions.flatMap(s => (s.cpuMs === undefined ? [] : [s.cpuMs]));
  return known.length > 0 ? median(known) : undefined;
}
