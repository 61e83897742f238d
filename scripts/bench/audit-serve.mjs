import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { processorTime } from './measure.mjs';

const WRITE = 'the-write-token-of-the-bench';
const READ = 'the-read-token-of-the-bench';

/** A real `modgate serve` in a process of its own, with tokens, on loopback. */
export async function startServe({ cli, dir, database, env = {} }) {
  const args = ['serve', '--listen', '127.0.0.1:0', '--data', dir, '--format', 'json'];
  const child = spawn(process.execPath, [cli, ...args, ...(database ? ['--database', database] : [])], {
    cwd: dir,
    env: { PATH: process.env.PATH, MODGATE_WRITE_TOKEN: WRITE, MODGATE_READ_TOKEN: READ, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', text => {
    log = (log + text).slice(-20_000);
  });
  const exit = once(child, 'exit');
  const url = await new Promise((resolve, reject) => {
    let out = '';
    child.stdout.setEncoding('utf8').on('data', text => {
      out += text;
      if (out.includes('\n')) resolve(JSON.parse(out.split('\n')[0]).url);
    });
    exit.then(([code]) => reject(new Error(`modgate serve ended with ${code}: ${log}`)));
  });
  const agent = new Agent({ keepAlive: true });
  const ask = (path, options) => exchange(agent, new URL(path, url), options);
  return {
    url,
    pid: child.pid,
    writeToken: WRITE,
    log: () => log,
    /** Sends a sealed batch; rejects unless the collector had not got it before. */
    async send({ digest, gzip }) {
      const headers = {
        authorization: `Bearer ${WRITE}`,
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
        'content-length': gzip.length,
        'modgate-batch': digest,
      };
      const { status, body } = await ask('/v1/batches', { method: 'POST', headers, content: gzip });
      if (status !== 201) throw new Error(`a batch got ${status}: ${body}`);
    },
    /** Answer of a question, parsed. */
    async question(name, params) {
      const headers = { authorization: `Bearer ${READ}` };
      const { status, body } = await ask(`/v1/${name}?${new URLSearchParams(params)}`, { headers });
      if (status !== 200) throw new Error(`${name} got ${status}: ${body}`);
      return JSON.parse(body);
    },
    /** Resolves when nothing waits for the index. */
    async settled() {
      for (;;) {
        const health = JSON.parse((await ask('/healthz', {})).body);
        if (health.setAside > 0)
          throw new Error(`the index could not take ${health.setAside} batches: ${log}`);
        if (health.status === 'ok' && health.waiting === 0) return;
        await new Promise(resolve => setTimeout(resolve, 20));
      }
    },
    /** The most memory that the process ever had, bytes. */
    async peakRss() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmHWM:\s+(\d+) kB/.exec(status)[1]) * 1024;
    },
    async stop() {
      agent.destroy();
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exit;
    },
  };
}

function exchange(agent, url, { method = 'GET', headers = {}, content }) {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, method, headers }, response => {
      const parts = [];
      response.on('data', part => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode, body: Buffer.concat(parts).toString() }),
      );
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(content);
  });
}

/** Processor time of the collector and, where there is one, of every process of its database, ms. */
export async function processorTimes(serve, postgres) {
  const collector = await processorTime(serve.pid);
  if (postgres === undefined) return { collector, database: 0 };
  const pids = [postgres.pid, ...(await childrenOf(postgres.pid))];
  const times = await Promise.all(pids.map(pid => processorTime(pid)));
  // Of backends that ended the main process knows.
  const ended = await processorTime(postgres.pid, { children: true });
  return { collector, database: ended + times.reduce((sum, ms) => sum + (ms ?? 0), 0) };
}

async function childrenOf(parent) {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name));
  const parents = await Promise.all(
    pids.map(pid => readFile(`/proc/${pid}/stat`, 'utf8').then(parentIn, () => undefined)),
  );
  return pids.filter((_, i) => parents[i] === parent).map(Number);
}

function parentIn(stat) {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
