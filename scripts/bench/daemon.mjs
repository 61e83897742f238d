import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { median, timed } from './measure.mjs';

/**
 * Peak memory and event loop delay of the daemon over whole cold downloads, as it writes them into stats.json
 * when it is stopped. These runs are not timed.
 *
 * @returns {Promise<{peakRss: number, loopP99Ms: number}>} bytes (the worst run) and milliseconds (median)
 */
export async function daemonFigures(world, cli, rounds) {
  const seen = [];
  for (let round = 0; round < rounds; round++) {
    const store = path.join(world.dir, 'store-daemon');
    const at = { cwd: world.project, env: { ...world.goEnv, GOPROXY: world.upstream.url } };
    const start = [cli, 'start', '--store', store, '--format', 'json'];
    const given = JSON.parse((await timed(process.execPath, start, at)).stdout);
    const session = given.MODGATE_SESSION;
    try {
      await world.download(given.GOPROXY);
    } finally {
      await timed(process.execPath, [cli, 'stop'], { ...at, env: { ...at.env, MODGATE_SESSION: session } });
    }
    seen.push(JSON.parse(await readFile(path.join(session, 'stats.json'), 'utf8')));
    await rm(store, { recursive: true, force: true });
  }
  return { peakRss: Math.max(...seen.map(s => s.peakRss)), loopP99Ms: median(seen.map(s => s.loopP99Ms)) };
}
