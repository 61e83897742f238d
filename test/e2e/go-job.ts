import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type JournalRecord, unframe } from '../../src/audit/journal-record.ts';
import { type GoWorld, goWorld, writeProject } from '../support/go.ts';
import { modgate } from '../support/modgate.ts';
import type { Finished } from '../support/process.ts';
import { namesDirectory } from '../support/session.ts';
import type { LoggedRequest, Upstream } from '../support/upstream/upstream.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** A job on a machine of its own: a project, a store that outlives its runs, a go that knows nothing else. */
export interface Job extends AsyncDisposable {
  readonly world: GoWorld;
  readonly project: string;
  readonly store: string;
  /** Runs `modgate run ... -- COMMAND` in the project; resolves whatever the exit code is. */
  run(command: readonly string[], options?: RunOptions): Promise<Finished>;
  /** The same for `go ARGS` with an empty GOMODCACHE and GOPATH; rejects with the output when it fails. */
  fresh(args: readonly string[], options?: RunOptions): Promise<Finished>;
  /** `modgate start`; the environment it prints is laid over the job's own. */
  start(options?: RunOptions): Promise<Session>;
  /** Paths of the files in the store that carry a module's content or an index entry. */
  stored(): Promise<string[]>;
}

export interface RunOptions {
  /** Flags of modgate before the `--`. */
  readonly flags?: readonly string[];
  readonly env?: Env;
  readonly cwd?: string;
}

export interface Session extends AsyncDisposable {
  readonly url: string;
  readonly env: Env;
  readonly dir: string;
  /** Ends the session; its journal is complete afterwards. */
  stop(): Promise<JournalRecord[]>;
}

/** @param goproxy the GOPROXY that the job had before modgate */
export async function startJob(
  goproxy: string,
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<Job> {
  const world = await goWorld(goproxy, env);
  const project = world.dir.join('project');
  const store = world.dir.join('store');
  await mkdir(project);
  await writeProject(project, files);
  const base: Env = { ...world.env, TMPDIR: world.dir.path, ...env };
  const flagsOf = (options: RunOptions) => [
    '--on-failure',
    'fail',
    ...(namesDirectory(options.flags ?? []) ? [] : ['--store', store]),
    ...(options.flags ?? []),
  ];

  const run: Job['run'] = async (command, options = {}) =>
    await modgate(['run', ...flagsOf(options), '--', ...command], {
      cwd: options.cwd ?? project,
      env: { ...base, ...options.env },
    });

  const start: Job['start'] = async (options = {}) => {
    const cwd = options.cwd ?? project;
    const own = { ...base, ...options.env };
    const begun = await modgate(['start', '--format', 'json', ...flagsOf(options)], { cwd, env: own });
    if (begun.code !== 0) throw new Error(`modgate start ended with ${begun.code}:\n${begun.stderr}`);
    const told = JSON.parse(begun.stdout) as Record<string, string>;
    const all = { ...own, ...told };
    const dir = told.MODGATE_SESSION ?? '';
    let ended: Promise<JournalRecord[]> | undefined;
    const stop = (): Promise<JournalRecord[]> => {
      ended ??= modgate(['stop'], { cwd, env: all }).then(async done => {
        if (done.code !== 0) throw new Error(`modgate stop ended with ${done.code}:\n${done.stderr}`);
        return await readRecords(path.join(dir, 'journal'));
      });
      return ended;
    };
    return {
      url: told.GOPROXY ?? '',
      env: all,
      dir,
      stop,
      [Symbol.asyncDispose]: async () => void (await stop()),
    };
  };

  return {
    world,
    project,
    store,
    run,
    fresh: async (args, options = {}) => {
      const done = await run(['go', ...args], { ...options, env: { ...freshCaches(world), ...options.env } });
      if (done.code !== 0) throw new Error(`go ${args.join(' ')} ended with ${done.code}:\n${done.stderr}`);
      return done;
    },
    start,
    stored: async () => {
      const entries = await readdir(store, { recursive: true, withFileTypes: true }).catch(() => []);
      return entries
        .filter(entry => entry.isFile())
        .map(entry => path.relative(store, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
        .filter(
          name => !/^(modgate\/(tmp|soft|pruned)|sumdb)\b/.test(name) && /\.(info|mod|zip|json)$/.test(name),
        );
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** A GOMODCACHE and GOPATH that nobody has used. */
export function freshCaches(world: GoWorld): Record<string, string> {
  const at = world.dir.join(`machine-${randomBytes(4).toString('hex')}`);
  return { GOMODCACHE: path.join(at, 'modcache'), GOPATH: path.join(at, 'gopath') };
}

async function readRecords(file: string): Promise<JournalRecord[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const record = unframe(line);
      if (record === undefined) throw new Error(`damaged journal line: ${line}`);
      return record;
    });
}

/** Paths that an upstream was asked for, without the leading slash. */
export function asked(upstream: Upstream, from = 0): string[] {
  return upstream.requests.slice(from).map((request: LoggedRequest) => request.path.slice(1));
}

/** The row of the closing table: how many modules and how much came from there. */
export function tableRow(finished: Finished, from: 'store' | 'upstream'): { modules: number; bytes: string } {
  const row = new RegExp(`from ${from === 'store' ? 'the store' : 'upstream'} +(\\d+) +(.+)`).exec(
    finished.stderr,
  );
  if (row === null) throw new Error(`no closing table in:\n${finished.stderr}`);
  return { modules: Number(row[1]), bytes: (row[2] ?? '').trim() };
}
