import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withoutGo } from './go.ts';
import { tool } from './tools.ts';

/** Another module proxy, as its documentation starts it, with its cache in a directory. */
export interface Peer extends AsyncDisposable {
  readonly url: string;
  /** What it keeps. */
  readonly dir: string;
}

const READY_MS = 20_000;

/** Starts goproxy or Athens, which fetches from `upstream`. Rejects when it is not installed or does not answer. */
export async function startPeer(
  name: 'goproxy' | 'athens',
  { upstream, dir }: { readonly upstream: string; readonly dir: string },
): Promise<Peer> {
  const binary = await tool(name);
  const port = await freePort();
  const cache = path.join(dir, 'cache');
  await mkdir(cache, { recursive: true });
  const env = {
    ...withoutGo(process.env),
    GOPROXY: upstream,
    GOSUMDB: 'off',
    GOFLAGS: '-modcacherw',
    GOENV: 'off',
    GOPATH: path.join(dir, 'gopath'),
    GOMODCACHE: path.join(dir, 'modcache'),
    ATHENS_PORT: `127.0.0.1:${port}`,
    ATHENS_STORAGE_TYPE: 'disk',
    ATHENS_DISK_STORAGE_ROOT: cache,
    ATHENS_GO_BINARY_ENV_VARS: `GOPROXY=${upstream};GOSUMDB=off`,
    ATHENS_LOG_LEVEL: 'error',
  };
  const args = name === 'goproxy' ? ['server', '--address', `127.0.0.1:${port}`, '--cacher-dir', cache] : [];
  const child = spawn(binary, args, { cwd: dir, env, stdio: 'ignore' });
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const until = performance.now() + READY_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || performance.now() > until) {
      child.kill();
      throw new Error(`${name} does not answer at ${url}`);
    }
    await delay(20);
  }
  return {
    url,
    dir: cache,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url).then(
    async answer => {
      await answer.body?.cancel();
      return true;
    },
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
