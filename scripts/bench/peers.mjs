import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const UPSTREAM = path.join(ROOT, 'test', 'support', 'upstream', 'main.ts');

/** Starts the simulated upstream in a process of its own, so that its work is not the measured one's. */
export async function startUpstream({ latencyMs, moduleCache }) {
  const args = [UPSTREAM, '--attached', '--latency', String(latencyMs)];
  if (moduleCache) args.push('--module-cache', moduleCache);
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const line = await new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', resolve);
    child.once('exit', code => reject(new Error(`The simulated upstream ended with ${code}.`)));
  });
  return { url: JSON.parse(line).url, stop: () => stop(child) };
}

/** Other proxies, as their documentation starts them, with a disk store; undefined when not installed. */
export async function startPeer(name, { upstream, store, goEnv }) {
  const binary = path.join(ROOT, '.tools', 'bin', name);
  if (!existsSync(binary)) return undefined;
  const port = await freePort();
  await mkdir(store, { recursive: true });
  // Both would ask the checksum database about every module; without that they are as fast as they can be.
  const env = { ...goEnv, GOPROXY: upstream, GOSUMDB: 'off', GOMODCACHE: path.join(store, 'modcache') };
  const child =
    name === 'goproxy'
      ? spawn(
          binary,
          ['server', '--address', `127.0.0.1:${port}`, '--cacher-dir', path.join(store, 'cache')],
          {
            env,
            stdio: 'ignore',
          },
        )
      : spawn(binary, [], {
          env: { ...env, ...athensEnv(upstream, port, path.join(store, 'cache')) },
          stdio: 'ignore',
        });
  if (name !== 'goproxy') await mkdir(path.join(store, 'cache'), { recursive: true });
  const url = `http://127.0.0.1:${port}`;
  await untilAnswers(url, child);
  return { url, stop: () => stop(child) };
}

function athensEnv(upstream, port, dir) {
  return {
    ATHENS_PORT: `127.0.0.1:${port}`,
    ATHENS_STORAGE_TYPE: 'disk',
    ATHENS_DISK_STORAGE_ROOT: dir,
    ATHENS_GO_BINARY_ENV_VARS: `GOPROXY=${upstream};GOSUMDB=off`,
    ATHENS_LOG_LEVEL: 'error',
  };
}

async function untilAnswers(url, child) {
  for (let i = 0; i < 200; i++) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}.`);
    const ok = await fetch(`${url}/healthz`).then(
      () => true,
      () => false,
    );
    if (ok) return;
    await sleep(50);
  }
  throw new Error(`${child.spawnfile} does not answer at ${url}.`);
}

function stop(child) {
  return new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill();
  });
}

async function freePort() {
  const server = createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}
