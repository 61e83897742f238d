import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes a module that is loaded into a process by `--import`: at its end it leaves the most memory that the process
 * ever used, in bytes, in the file that BENCH_RSS names. Returns the module's path.
 */
export function writeRssWitness(dir) {
  const file = path.join(dir, 'witness.mjs');
  writeFileSync(
    file,
    `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
// Linux counts what the process that started this one had in memory into maxRSS, but not into VmHWM.
const peak = () =>
  existsSync('/proc/self/status')
    ? Number(/^VmHWM:\\s*(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))[1])
    : process.resourceUsage().maxRSS;
if (isMainThread) process.on('exit', () => writeFileSync(process.env.BENCH_RSS, String(peak() * 1024)));
`,
  );
  return file;
}

/**
 * Runs a command to its end and measures it.
 *
 * @returns {Promise<{ms: number, firstOutputMs: number | undefined, stdout: string}>} wall-clock from the moment of
 *   starting; rejects with the output when the command fails, because a failed run has no time
 */
export function timed(command, args, { cwd, env, onSpawn } = {}) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    onSpawn?.(child);
    let firstOutputMs;
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', chunk => {
      firstOutputMs ??= performance.now() - began;
      stdout += chunk;
    });
    child.stderr.on('data', chunk => {
      stderr += chunk;
    });
    child.on('error', reject);
    // Not 'close' alone: a daemon that kept the pipes open must not count into the time of its starter.
    child.on('exit', (code, signal) => {
      const ms = performance.now() - began;
      const finish = () => {
        clearTimeout(patience);
        if (code === 0) resolve({ ms, firstOutputMs, stdout });
        else
          reject(
            new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}:\n${stderr.slice(-3000)}`),
          );
      };
      const patience = setTimeout(finish, 500);
      child.once('close', finish);
    });
  });
}

/** Middle value; the mean of the two middle ones for an even count. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Runs every scenario once per round, in another order each time, so that a slow minute of the machine
 * touches all of them alike.
 *
 * @param {{name: string, run: () => Promise<number>}[]} scenarios
 * @returns {Promise<Map<string, number[]>>} scenario -> one value a round
 */
export async function interleaved(scenarios, rounds, log) {
  const values = new Map(scenarios.map(s => [s.name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < scenarios.length; i++) {
      const scenario = scenarios[(i + round) % scenarios.length];
      const value = await scenario.run();
      values.get(scenario.name).push(value);
      log(`round ${round + 1}/${rounds}  ${scenario.name}: ${Math.round(value)}`);
    }
  }
  return values;
}

/** Ratio of two scenarios within each round, then the median: what the machine did in a round cancels out. */
export function pairedRatio(values, name, base) {
  const [a, b] = [values.get(name), values.get(base)];
  return a && b ? median(a.map((value, round) => value / b[round])) : undefined;
}

/**
 * User and system time of a process, all threads, in milliseconds; undefined where there is no /proc. With `children`
 * that of its children which have ended, and theirs, instead.
 */
export async function processorTime(pid, { children = false } = {}) {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field is the name in parentheses, which may hold spaces; times are in ticks of 10 ms.
  const fields = line?.slice(line.lastIndexOf(')') + 2).split(' ');
  const first = children ? 13 : 11;
  return fields && (Number(fields[first]) + Number(fields[first + 1])) * 10;
}
