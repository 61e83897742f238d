import { readFileSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SessionFile, SessionSummary } from '../../../src/session/types.ts';
import { type GoWorld, goWorld, writeProject } from '../go.ts';
import { CLI } from '../modgate.ts';
import { type Finished, run, runOk } from '../process.ts';
import { tool } from '../tools.ts';
import { demoProject } from './project.ts';

const TEMPLATES = fileURLToPath(new URL('../../../gitlab-ci', import.meta.url));

/** A GitLab project with the template in it, on a machine with a go of its own. */
export interface Pipeline extends AsyncDisposable {
  readonly world: GoWorld;
  /** The checkout of the user; without shell isolation jobs run in it. */
  readonly dir: string;
  /** Replaces the pipeline's definition: the template once for each set of inputs, then `jobs`. */
  define(jobs: string, ...inputs: readonly Inputs[]): Promise<void>;
  /** The expanded definition as the runner would get it. Rejects when there is an error in it. */
  preview(variables?: Readonly<Record<string, string>>): Promise<string>;
  /** Runs one job to its end. */
  job(name: string, options?: JobOptions): Promise<Finished>;
  /** The summary that the last job left. */
  report(): Promise<SessionSummary | undefined>;
  /** Sessions of all jobs so far; their daemons may be dead. */
  sessions(): Promise<SessionFile[]>;
  /** As if no job had saved the cache of the runner. */
  forgetCache(): Promise<void>;
  /** As on a new machine: no module is in the job's own cache. */
  forgetModules(): Promise<void>;
}

/** Inputs of the template; `modgate` is the command line of this repository unless given. */
export type Inputs = Readonly<Record<string, string | boolean>>;

export interface JobOptions {
  /** GOPROXY of the job before modgate. */
  readonly proxy?: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** A checkout for the job alone, with the cache unpacked into it and saved from it. */
  readonly isolated?: boolean;
}

/** Templates whose pipelines were checked against GitLab's schema in this file; checking takes longer than a small job. */
const checked = new Set<string>();

/** @param template the one of the templates that the project includes */
export async function gitlabProject(
  template: 'proxy.yml' | 'check.yml' | 'prune.yml' = 'proxy.yml',
): Promise<Pipeline> {
  const world = await goWorld('off');
  const dir = world.dir.join('demo');
  const tmp = world.dir.join('tmp');
  const env = { ...world.env, TMPDIR: tmp, HOME: world.dir.join('home'), NO_COLOR: '1' };
  await mkdir(tmp);
  await mkdir(env.HOME);
  await writeProject(dir, demoProject);
  await writeProject(dir, { '.gitignore': '/.gitlab-ci-local/\n/bin/\n', '.gitlab-ci.yml': '{}\n' });
  await cp(path.join(TEMPLATES, template), path.join(dir, 'ci', template));
  const git = (...args: string[]) => runOk('git', args, { cwd: dir, env });
  await git('init', '-q', '-b', 'main');
  await git('config', 'user.name', 'Dev');
  await git('config', 'user.email', 'dev@example.test');
  await git('remote', 'add', 'origin', 'git@gitlab.example.test:acme/demo.git');
  const commit = async () => {
    await git('add', '-A');
    await git('commit', '-q', '--allow-empty', '-m', 'change');
  };
  await commit();
  const gcl = await tool('gitlab-ci-local');

  const pipeline: Pipeline = {
    world,
    dir,
    define: async (jobs, ...inputs) => {
      const sets = inputs.length === 0 ? [{}] : inputs;
      const includes = sets.map(given => ({
        local: `ci/${template}`,
        inputs: { modgate: `${process.execPath} ${CLI}`, ...given },
      }));
      await writeFile(path.join(dir, '.gitlab-ci.yml'), `include: ${JSON.stringify(includes)}\n${jobs}`);
      await commit();
    },
    preview: async (variables = {}) => {
      const given = Object.entries(variables).flatMap(([key, value]) => ['--variable', `${key}=${value}`]);
      const done = await runOk(process.execPath, [gcl, '--preview', '--force-shell-executor', ...given], {
        cwd: dir,
        env,
      });
      // A warning of given predefined variables goes before it, on the same output.
      return done.stdout.slice(done.stdout.indexOf('---\n'));
    },
    job: async (name, { proxy = 'off', variables = {}, isolated = false } = {}) => {
      const given = Object.entries(variables).flatMap(([key, value]) => ['--variable', `${key}=${value}`]);
      const args = [gcl, '--force-shell-executor', '--no-color', name, ...given];
      if (isolated) args.push('--shell-isolation');
      if (checked.has(template)) args.push('--no-json-schema-validation');
      checked.add(template);
      return await run(process.execPath, args, { cwd: dir, env: { ...env, GOPROXY: proxy } });
    },
    report: async () => {
      const text = await readFile(path.join(dir, '.modgate', 'reports', 'session.json'), 'utf8').catch(
        () => undefined,
      );
      return text === undefined ? undefined : (JSON.parse(text) as SessionSummary);
    },
    sessions: async () => {
      const files = (await readdir(tmp, { recursive: true })).filter(
        name => path.basename(name) === 'session.json',
      );
      return await Promise.all(
        files.map(async name => JSON.parse(await readFile(path.join(tmp, name), 'utf8')) as SessionFile),
      );
    },
    forgetCache: async () => {
      const cache = path.join(dir, '.gitlab-ci-local', 'cache');
      // A test that forgets nothing would prove nothing.
      await stat(cache);
      await rm(cache, { recursive: true });
    },
    forgetModules: () => rm(world.modcache, { recursive: true, force: true }),
    [Symbol.asyncDispose]: async () => {
      for (const session of await pipeline.sessions()) if (isAlive(session.pid)) process.kill(session.pid);
      await world[Symbol.asyncDispose]();
    },
  };
  return pipeline;
}

/** Whether a process runs; one that has ended and that nobody has waited for does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    // No Linux, where init takes care of dead children; or gone just now.
    return process.platform !== 'linux';
  }
}
