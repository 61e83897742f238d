import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJournal } from '../../src/audit/journal-read.ts';
import type { JournalRecord } from '../../src/audit/journal-record.ts';
import type { SessionFile, SessionSummary } from '../../src/session/types.ts';
import { type GoRunOptions, type GoWorld, goWorld } from './go.ts';
import { modgate } from './modgate.ts';
import { type Finished, type RunOptions, run } from './process.ts';

/** A go world with a checkout, a store and a temporary directory that no other test sees. */
export interface Job extends GoWorld {
  /** Where commands run: the checkout. */
  readonly checkout: string;
  readonly store: string;
  /** Runs modgate in the checkout. */
  modgate(args: readonly string[], options?: JobRun): Promise<Finished>;
  /** Runs any command in the checkout. */
  run(command: string, args: readonly string[], options?: JobRun): Promise<Finished>;
  /** `modgate start` with the job's own store; rejects when it fails. */
  start(args?: readonly string[], options?: JobRun): Promise<Session>;
}

export interface JobRun extends Omit<RunOptions, 'env'> {
  /** Laid over the job's environment; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A session that `modgate start` made. Disposing of it kills its daemon when that still runs. */
export interface Session extends AsyncDisposable {
  /** What modgate printed: GOPROXY and the rest. */
  readonly env: Readonly<Record<string, string>>;
  readonly dir: string;
  readonly file: SessionFile;
  /** What start said on stderr. */
  readonly said: string;
  go(args: readonly string[], options?: JobRun): Promise<Finished>;
  /** `modgate stop --format json`. */
  stop(): Promise<{ readonly summary: SessionSummary; readonly said: string }>;
  journal(): Promise<JournalRecord[]>;
}

/** @param proxy the GOPROXY of the job before modgate */
export async function makeJob(proxy: string, env: GoRunOptions['env'] = {}): Promise<Job> {
  const world = await goWorld(proxy, env);
  const checkout = world.dir.join('checkout');
  const store = world.dir.join('store');
  const tmp = world.dir.join('tmp');
  await mkdir(checkout, { recursive: true });
  await mkdir(tmp, { recursive: true });
  const all = { ...world.env, TMPDIR: env.TMPDIR ?? tmp };
  const merged = (options: JobRun = {}): RunOptions => ({
    cwd: checkout,
    ...options,
    env: { ...all, ...options.env },
  });
  const job: Job = {
    ...world,
    env: all,
    checkout,
    store,
    modgate: (args, options) => modgate(args, merged(options)),
    run: (command, args, options) => run(command, args, merged(options)),
    go: (args, options) => run('go', args, merged(options as JobRun)),
    start: async (args = [], options = {}) => {
      const given = namesDirectory(args) ? [] : ['--store', store];
      const done = await job.modgate(['start', ...given, '--format', 'json', ...args], options);
      if (done.code !== 0) throw new Error(`modgate start ended with ${done.code}:\n${done.stderr}`);
      return await sessionOf(job, JSON.parse(done.stdout) as Record<string, string>, done.stderr);
    },
  };
  return job;
}

/** Whether arguments name a directory for modules, which then stands for the one that a job has by itself. */
export function namesDirectory(args: readonly string[]): boolean {
  return args.some((arg, i) => arg === '--store' && !/^\w+:\/\//.test(args[i + 1] ?? ''));
}

async function sessionOf(job: Job, env: Readonly<Record<string, string>>, said: string): Promise<Session> {
  const dir = env.MODGATE_SESSION;
  if (dir === undefined) throw new Error(`modgate start printed no MODGATE_SESSION: ${JSON.stringify(env)}`);
  const file = await readSessionFile(dir);
  return {
    env,
    dir,
    file,
    said,
    go: (args, options) => job.go(args, { ...options, env: { ...env, ...options?.env } }),
    stop: async () => {
      const done = await job.modgate(['stop', '--session', dir, '--format', 'json']);
      if (done.code !== 0) throw new Error(`modgate stop ended with ${done.code}:\n${done.stderr}`);
      return { summary: JSON.parse(done.stdout) as SessionSummary, said: done.stderr };
    },
    journal: async () => {
      const records: JournalRecord[] = [];
      await readJournal(join(dir, 'journal'), record => records.push(record));
      return records;
    },
    [Symbol.asyncDispose]: async () => {
      if (isAlive(file.pid)) process.kill(file.pid, 'SIGKILL');
      await gone(file.pid);
    },
  };
}

/** The session file, parsed. */
export async function readSessionFile(dir: string): Promise<SessionFile> {
  return JSON.parse(await readFile(join(dir, 'session.json'), 'utf8')) as SessionFile;
}

/** Whether a process runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves when the process has ended; rejects when it goes on for longer than `ms`. */
export async function gone(pid: number, ms = 30_000): Promise<void> {
  const until = performance.now() + ms;
  while (isAlive(pid)) {
    if (performance.now() > until) throw new Error(`process ${pid} still runs after ${ms} ms`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
