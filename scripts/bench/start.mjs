import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median, timed } from './measure.mjs';

/**
 * Start latency (process start to the environment on stdout) and start plus stop of a session with nothing to
 * do, in milliseconds, medians over the rounds.
 */
export async function startBench({ cli, rounds, log }) {
  if (!existsSync(cli)) throw new Error(`${cli} is missing. Run: npm run build`);
  const dir = await mkdtemp(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'modgate-start-'));
  const ready = [];
  const both = [];
  try {
    for (let round = 0; round <= rounds; round++) {
      const cwd = path.join(dir, `${round}`);
      const temp = path.join(dir, `tmp-${round}`);
      await mkdir(cwd);
      await mkdir(temp);
      const drop = /^(GITHUB_.*|RUNNER_.*|ACTIONS_.*|CI|CI_.*|GITLAB_.*|MODGATE_.*)$/;
      const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !drop.test(name)));
      const env = { ...clean, TMPDIR: temp, XDG_CACHE_HOME: path.join(dir, 'cache') };
      const args = ['--store', path.join(temp, 'store'), '--format', 'json'];
      const started = await timed(process.execPath, [cli, 'start', ...args], { cwd, env });
      if (!started.stdout.includes('GOPROXY'))
        throw new Error(`start printed no environment:\n${started.stdout}`);
      const session = JSON.parse(started.stdout).MODGATE_SESSION;
      const stopped = await timed(process.execPath, [cli, 'stop'], {
        cwd,
        env: session ? { ...env, MODGATE_SESSION: session } : env,
      });
      // The first round only warms the file cache.
      if (round === 0) continue;
      ready.push(started.firstOutputMs);
      both.push(started.ms + stopped.ms);
      log(
        `round ${round}/${rounds}  start ${Math.round(started.firstOutputMs)}  start+stop ${Math.round(both.at(-1))}`,
      );
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  return { readyMs: median(ready), startStopMs: median(both) };
}
