import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Finished, type RunOptions, run, runOk } from './process.ts';
import { type TempDir, tempDir } from './temp.ts';

let machineEnv: Promise<Readonly<Record<string, string>>> | undefined;

/** The machine's own `go env -json`, asked once. Rejects when there is no go: tests need the real one. */
export function goEnv(): Promise<Readonly<Record<string, string>>> {
  machineEnv ??= runOk('go', ['env', '-json']).then(
    done => JSON.parse(done.stdout) as Readonly<Record<string, string>>,
  );
  return machineEnv;
}

/** The first module proxy in the machine's GOPROXY, without a final slash. */
export async function realUpstream(): Promise<string> {
  const chain = (await goEnv()).GOPROXY ?? '';
  const first = chain.split(/[,|]/).find(entry => /^https?:\/\//.test(entry));
  if (first === undefined) throw new Error(`GOPROXY=${chain} names no module proxy: tests need a real one.`);
  return first.replace(/\/+$/, '');
}

/** Name of the checksum database that the machine's go trusts. */
export async function sumdbName(): Promise<string> {
  const name = /^[^\s+]+/.exec((await goEnv()).GOSUMDB ?? '')?.[0];
  if (name === undefined || name === 'off') throw new Error('GOSUMDB is off: tests need the real database.');
  return name;
}

/** A go command's world of its own: caches in a temporary directory, nothing of the machine's settings. */
export interface GoWorld extends AsyncDisposable {
  readonly dir: TempDir;
  readonly modcache: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs go; resolves whatever its exit code is. */
  go(args: readonly string[], options?: GoRunOptions): Promise<Finished>;
  /** Runs go; rejects with its output when it fails. */
  goOk(args: readonly string[], options?: GoRunOptions): Promise<Finished>;
}

/** `env` is laid over the world's environment; undefined takes a variable out. */
export interface GoRunOptions extends Omit<RunOptions, 'env'> {
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Makes a world with the given GOPROXY. The build cache is the machine's and -trimpath keeps the path of the module
 * cache, another one in every world, out of its keys: what was compiled once from the same bytes is not compiled again.
 * Pass `GOCACHE` in `env` for another; undefined takes a variable out. The checksum database is the machine's own choice.
 */
export async function goWorld(proxy: string, env: GoRunOptions['env'] = {}): Promise<GoWorld> {
  const machine = await goEnv();
  const dir = await tempDir('go');
  const modcache = dir.join('modcache');
  const all = present({
    ...withoutGo(process.env),
    GOENV: 'off',
    GOPATH: dir.join('gopath'),
    GOMODCACHE: modcache,
    GOCACHE: machine.GOCACHE ?? dir.join('gocache'),
    GOFLAGS: '-modcacherw -trimpath',
    GOTOOLCHAIN: 'local',
    GOTELEMETRY: 'off',
    GOSUMDB: machine.GOSUMDB ?? '',
    GOPROXY: proxy,
    ...env,
  });
  const merged = (options?: GoRunOptions): RunOptions => ({ ...options, env: { ...all, ...options?.env } });
  return {
    dir,
    modcache,
    env: all,
    go: (args, options) => run('go', args, merged(options)),
    goOk: (args, options) => runOk('go', args, merged(options)),
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}

function present(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

/** An environment without any variable that steers go, a runner or modgate itself. */
export function withoutGo(env: NodeJS.ProcessEnv): Record<string, string> {
  const dropped = /^(GO[A-Z0-9]+|GITHUB_.*|RUNNER_.*|ACTIONS_.*|CI|CI_.*|GITLAB_.*|MODGATE_.*)$/;
  const kept = Object.entries(env).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && !dropped.test(pair[0]),
  );
  return Object.fromEntries(kept);
}

/** Writes a project: file names (with `/`) to contents. Makes the directories on the way. */
export async function writeProject(dir: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(dir, ...name.split('/'));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

/** A private copy of one of the repository's projects (`examples/hello`, `test/fixtures/bench-project`). */
export async function copyProject(name: string, to: string): Promise<void> {
  await cp(new URL(`../../${name}/`, import.meta.url), to, { recursive: true });
}
