import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SessionFinding } from '../../src/session/findings.ts';
import type { SessionSummary } from '../../src/session/types.ts';
import { withoutGo, writeProject } from '../support/go.ts';
import { type Finished, runOk } from '../support/process.ts';
import { type Job, type JobRun, makeJob } from '../support/session.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { TINY } from './small-project.ts';

/** A module that only version control has; a path that ends in `.git` needs no server to say where it is. */
export const LIB = 'example.test/acme/lib.git';
/** Where git would go for it, were it not rewritten. */
export const LIB_ORIGIN = 'https://example.test/acme/lib';

/** What all jobs of a test file share: a module mirror, and a repository that git is led to. */
export interface BypassWorld extends AsyncDisposable {
  readonly dir: TempDir;
  readonly upstream: Upstream;
  /** URL of the repository that git really fetches from. */
  readonly repository: string;
  /** A job on a CI machine of its own: a checkout with one small module, an empty module cache. */
  job(options?: {
    readonly files?: Readonly<Record<string, string>>;
    readonly env?: Env;
  }): Promise<BypassJob>;
}

type Env = Readonly<Record<string, string>>;

export interface BypassJob extends AsyncDisposable {
  readonly job: Job;
  /** `modgate start`; returns the environment of later steps. */
  start(): Promise<Env>;
  /** Runs go as a later step; rejects when it fails. */
  go(args: readonly string[], options?: JobRun): Promise<Finished>;
  /** `modgate stop` as the last step, with these variables changed; undefined takes one out. */
  stop(changed?: JobRun['env']): Promise<Ended>;
}

export interface Ended {
  readonly code: number | null;
  readonly summary: SessionSummary;
  /** The findings of a session's end, with what a test cares for. */
  readonly findings: readonly Pick<SessionFinding, 'rule' | 'level' | 'module' | 'message'>[];
}

export async function bypassWorld(): Promise<BypassWorld> {
  const dir = await tempDir('bypass');
  const bare = dir.join('git', 'acme', 'lib');
  await mkdir(bare, { recursive: true });
  const git = async (...args: string[]) =>
    await runOk('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.test', ...args], {
      cwd: bare,
      env: withoutGo(process.env),
    });
  await writeProject(bare, {
    'go.mod': `module ${LIB}\n\ngo 1.24\n`,
    'lib.go': 'package lib\n\nconst Name = "lib"\n',
  });
  await git('init', '-q', '-b', 'main');
  await git('add', '.');
  await git('commit', '-qm', 'one');
  for (const tag of ['v1.0.0', 'v1.1.0', 'v1.2.0']) await git('tag', tag);
  const upstream = await startUpstream({
    made: asked => (asked.startsWith('/example.test/') ? { status: 404, body: 'not found\n' } : undefined),
  });
  const root = pathToFileURL(dir.join('git', 'acme')).href;
  const rewritten = {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.${root}/.insteadOf`,
    GIT_CONFIG_VALUE_0: 'https://example.test/acme/',
  };
  return {
    dir,
    upstream,
    repository: `${root}/lib`,
    job: async ({ files = TINY, env = {} } = {}) =>
      await bypassJob(upstream.url, files, { ...rewritten, GONOSUMDB: 'example.test', ...env }),
    [Symbol.asyncDispose]: async () => {
      await upstream.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

async function bypassJob(proxy: string, files: Env, env: Env): Promise<BypassJob> {
  const job = await makeJob(proxy, { GOFLAGS: '-mod=mod -modcacherw -trimpath', ...env });
  const temp = job.dir.join('runner');
  await mkdir(temp);
  const runner = {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: job.checkout,
    GITHUB_EVENT_NAME: 'push',
    RUNNER_TEMP: temp,
  };
  await writeProject(job.checkout, files);
  let told: Env | undefined;
  const step = (options: JobRun = {}): JobRun => ({
    ...options,
    env: { ...runner, ...told, ...options.env },
  });
  const start: BypassJob['start'] = async () => {
    const begun = await job.modgate(['start', '--store', job.store, '--format', 'json'], step());
    if (begun.code !== 0) throw new Error(`modgate start ended with ${begun.code}:\n${begun.stderr}`);
    told = JSON.parse(begun.stdout) as Env;
    return { ...job.env, ...runner, ...told };
  };
  const stop: BypassJob['stop'] = async (changed = {}) => {
    const session = told?.MODGATE_SESSION ?? '';
    const done = await job.modgate(
      ['stop', '--session', session, '--format', 'json'],
      step({ env: changed }),
    );
    if (done.stdout === '') throw new Error(`modgate stop ended with ${done.code}:\n${done.stderr}`);
    const summary = JSON.parse(done.stdout) as SessionSummary;
    told = undefined;
    return {
      code: done.code,
      summary,
      findings: summary.findings.map(({ rule, level, module, message }) => ({
        rule,
        level,
        ...(module === undefined ? {} : { module }),
        message,
      })),
    };
  };
  return {
    job,
    start,
    go: async (args, options) => {
      const done = await job.go(args, step(options));
      if (done.code !== 0) throw new Error(`go ${args.join(' ')} ended with ${done.code}:\n${done.stderr}`);
      return done;
    },
    stop,
    [Symbol.asyncDispose]: async () => {
      if (told !== undefined) await stop().catch(() => undefined);
      await job[Symbol.asyncDispose]();
    },
  };
}

/** A tree that go takes for a module proxy, with one module that nobody else has. */
export async function proxyTree(dir: string, module: string, version: string, zip: Buffer): Promise<string> {
  const at = path.join(dir, ...module.split('/'), '@v');
  await mkdir(at, { recursive: true });
  await writeFile(path.join(at, 'list'), `${version}\n`);
  await writeFile(
    path.join(at, `${version}.info`),
    JSON.stringify({ Version: version, Time: '2024-01-01T00:00:00Z' }),
  );
  await writeFile(path.join(at, `${version}.mod`), `module ${module}\n\ngo 1.24\n`);
  await writeFile(path.join(at, `${version}.zip`), zip);
  return pathToFileURL(dir).href;
}
