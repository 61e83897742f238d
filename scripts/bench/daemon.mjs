import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Watches the daemons of a bench directory until `done` is settled: the last figures each wrote (stats.json in
 * its session directory) and the peak that the kernel counted (VmHWM, Linux only).
 *
 * @returns {Promise<{peakRss: number, loopP99Ms: number | undefined}>} bytes and milliseconds, the worst of all
 */
export async function watchDaemons(dir, done) {
  let over = false;
  let peakRss = 0;
  let loopP99Ms;
  const settled = done.finally(() => {
    over = true;
  });
  settled.catch(() => {});
  do {
    for (const pid of await daemonPids(dir)) peakRss = Math.max(peakRss, await peakOf(pid));
    for (const stats of await written(dir)) {
      peakRss = Math.max(peakRss, stats.peakRss ?? 0);
      if (stats.loopP99Ms !== undefined) loopP99Ms = Math.max(loopP99Ms ?? 0, stats.loopP99Ms);
    }
    await sleep(25);
  } while (!over);
  await settled;
  return { peakRss, loopP99Ms };
}

/** Processes that run daemon.js and have the bench directory in their environment's TMPDIR or their cwd. */
async function daemonPids(dir) {
  const names = await readdir('/proc').catch(() => []);
  const found = [];
  for (const pid of names.filter(name => /^\d+$/.test(name))) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!/[\\/]daemon\.js(\0|$)/.test(commandLine)) continue;
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (environment.includes(dir) || commandLine.includes(dir)) found.push(pid);
  }
  return found;
}

async function peakOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

async function written(dir) {
  const names = await readdir(path.join(dir, 'tmp'), { recursive: true }).catch(() => []);
  const files = names.filter(name => path.basename(name) === 'stats.json');
  const texts = await Promise.all(files.map(f => readFile(path.join(dir, 'tmp', f), 'utf8').catch(() => '')));
  return texts.flatMap(text => {
    try {
      return [JSON.parse(text)];
    } catch {
      return [];
    }
  });
}
