import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { SealedBatch } from '../../src/audit/types.ts';
import { CLI } from './modgate.ts';

/** A real `modgate serve` in a process of its own. */
export interface Serve extends AsyncDisposable {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it wrote to its log so far. */
  log(): string;
  /** Ends it in order; its exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

export interface ServeOptions {
  readonly dir: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly listen?: string;
  readonly cwd?: string;
}

/** Starts a collector and waits until it listens. Rejects with its log when it ends before. */
export async function serve(options: ServeOptions): Promise<Serve> {
  const { dir, args = [], env = {}, listen = '127.0.0.1:0', cwd } = options;
  const child = spawn(
    process.execPath,
    [CLI, 'serve', '--listen', listen, '--data', dir, '--format', 'json', ...args],
    { cwd: cwd ?? dir, env: { PATH: process.env.PATH ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let log = '';
  let out = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const [line, rest] = out.split('\n');
      if (rest !== undefined) resolve((JSON.parse(line ?? '') as { url: string }).url);
    });
    exit.then(([code]) => reject(new Error(`modgate serve ended with ${code}: ${log}`)), reject);
  });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return (await exit)[0];
  };
  return {
    url,
    child,
    log: () => log,
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
    [Symbol.asyncDispose]: async () => void (await end('SIGKILL')),
  };
}

/** Sends bytes as a batch, as a job does. */
export async function post(
  url: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string | undefined>> = {},
): Promise<Response> {
  const all = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip', ...headers };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return await fetch(`${url}/v1/batches`, { method: 'POST', headers: given, body: Buffer.from(body) });
}

export const send = (url: string, batch: SealedBatch, token?: string): Promise<Response> =>
  post(url, batch.gzip, {
    'modgate-batch': batch.digest,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  });

/** Asks and parses the answer. */
export async function ask(url: string, path: string, token?: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/v1/${path}`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

/** Resolves when the collector has indexed all that it has; every question about the past is asked after it. */
export async function settled(url: string): Promise<Record<string, unknown>> {
  for (;;) {
    const response = await fetch(`${url}/healthz`);
    const health = (await response.json()) as Record<string, unknown>;
    if (health.status === 'ok' && health.waiting === 0) return health;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
