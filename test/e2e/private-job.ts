import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { SessionSummary } from '../../src/session/types.ts';
import { writeProject } from '../support/go.ts';
import type { Finished } from '../support/process.ts';
import { type Job, type JobRun, makeJob, type Session } from '../support/session.ts';
import type { Login } from '../support/vcs/access.ts';
import { type Company, GITLAB, MIRROR } from '../support/vcs/company.ts';
import { freshCaches } from './go-job.ts';

type Env = Readonly<Record<string, string>>;

export interface PrivateJobOptions {
  /** Below `proxy:` in `.modgate.yaml`, as it is written; undefined: there is no file. */
  readonly config?: string;
  readonly files: Readonly<Record<string, string>>;
  readonly env?: JobRun['env'];
  /** GOPROXY before modgate. Default: the company's mirror. */
  readonly proxy?: string;
  /** The job is one of the company's GitLab, with this CI_JOB_TOKEN. */
  readonly gitlab?: Login;
  /** A store that other jobs of the test use too. */
  readonly store?: string;
}

/** A job on a machine of its own inside the company's network. Nothing of git is set up in it. */
export interface PrivateJob extends AsyncDisposable {
  readonly job: Job;
  readonly home: string;
  readonly checkout: string;
  readonly store: string;
  /** The environment of its steps. */
  readonly env: Env;
  /** All that modgate and go printed in this job. */
  readonly printed: string[];
  /** `modgate start`; rejects when it fails. Called again it is a later step. */
  start(options?: JobRun): Promise<Session>;
  /** go as a later step, with an empty GOMODCACHE unless it is given one; resolves whatever the exit code is. */
  go(args: readonly string[], options?: JobRun): Promise<Finished>;
  goOk(args: readonly string[], options?: JobRun): Promise<Finished>;
  /** Another verb of modgate, in the environment of the step that started the session. */
  modgate(args: readonly string[], options?: JobRun): Promise<Finished>;
  stop(): Promise<{ readonly code: number | null; readonly summary: SessionSummary; readonly said: string }>;
}

/** Where a machine looks for authorities: a job must do with what modgate is told. */
const CERTIFICATES = {
  SSL_CERT_FILE: undefined,
  SSL_CERT_DIR: undefined,
  GIT_SSL_CAINFO: undefined,
  NODE_EXTRA_CA_CERTS: undefined,
  CURL_CA_BUNDLE: undefined,
};

export async function privateJob(company: Company, options: PrivateJobOptions): Promise<PrivateJob> {
  const job = await makeJob(options.proxy ?? `https://${MIRROR}`, {
    ...company.env,
    ...CERTIFICATES,
    GIT_CONFIG_NOSYSTEM: '1',
    ...options.env,
  });
  const home = job.dir.join('home');
  await mkdir(home);
  const { config } = options;
  await writeProject(job.checkout, {
    ...options.files,
    ...(config === undefined ? {} : { '.modgate.yaml': `version: 1\nproxy:\n${indented(config)}` }),
  });
  const store = options.store ?? job.store;
  const { gitlab } = options;
  const own = {
    HOME: home,
    USERPROFILE: home,
    ...freshCaches(job),
    ...(gitlab === undefined ? {} : gitlabVariables(job.checkout, gitlab.secret)),
  };
  const printed: string[] = [];
  const kept = (done: Finished): Finished => {
    printed.push(done.stdout, done.stderr);
    return done;
  };
  let session: Session | undefined;
  const start = async (run: JobRun = {}): Promise<Session> => {
    session = await job.start(['--store', store], { ...run, env: { ...own, ...run.env } });
    printed.push(JSON.stringify(session.env), session.said);
    return session;
  };
  const go = async (args: readonly string[], run: JobRun = {}): Promise<Finished> =>
    kept(await job.go(args, { ...run, env: { ...own, ...session?.env, ...run.env } }));
  return {
    job,
    home,
    checkout: job.checkout,
    store,
    env: { ...job.env, ...own },
    printed,
    start,
    go,
    goOk: async (args, run) => {
      const done = await go(args, run);
      if (done.code !== 0) throw new Error(`go ${args.join(' ')} ended with ${done.code}:\n${done.stderr}`);
      return done;
    },
    modgate: async (args, run = {}) => kept(await job.modgate(args, { ...run, env: { ...own, ...run.env } })),
    stop: async () => {
      const args = ['stop', '--session', session?.dir ?? '', '--format', 'json'];
      const done = kept(await job.modgate(args, { env: { ...own, ...session?.env } }));
      return { code: done.code, summary: JSON.parse(done.stdout) as SessionSummary, said: done.stderr };
    },
    [Symbol.asyncDispose]: async () => {
      await session?.[Symbol.asyncDispose]();
      await job[Symbol.asyncDispose]();
    },
  };
}

function indented(yaml: string): string {
  return `${yaml.trim().replace(/^/gm, '  ')}\n`;
}

/** A program that imports these packages, with the versions that its go.mod is to ask for. */
export function programOn(modules: Readonly<Record<string, string>>, packages?: readonly string[]) {
  const requires = Object.entries(modules).map(([module, version]) => `require ${module} ${version}\n`);
  const imports = (packages ?? Object.keys(modules)).map(name => `import _ "${name}"\n`);
  return {
    'go.mod': `module example.com/app\n\ngo 1.24\n\n${requires.join('')}`,
    'main.go': `package main\n\n${imports.join('')}\nfunc main() {}\n`,
  };
}

/** What a GitLab runner sets for a job of the default branch, as far as it matters here. */
function gitlabVariables(checkout: string, jobToken: string): Env {
  return {
    GITLAB_CI: 'true',
    CI: 'true',
    CI_PROJECT_DIR: checkout,
    CI_PROJECT_ID: '7',
    CI_PROJECT_PATH: 'group/app',
    CI_JOB_ID: String(1_000_000 + randomBytes(3).readUIntBE(0, 3)),
    CI_JOB_NAME: 'build',
    CI_PIPELINE_ID: '55',
    CI_PIPELINE_SOURCE: 'push',
    CI_COMMIT_BRANCH: 'main',
    CI_COMMIT_REF_NAME: 'main',
    CI_DEFAULT_BRANCH: 'main',
    CI_SERVER_URL: `https://${GITLAB}`,
    CI_SERVER_HOST: GITLAB,
    CI_SERVER_FQDN: GITLAB,
    CI_SERVER_PORT: '443',
    CI_SERVER_PROTOCOL: 'https',
    CI_JOB_TOKEN: jobToken,
  };
}

/** Lines of a netrc. */
export function netrcOf(logins: Readonly<Record<string, Login>>): string {
  return Object.entries(logins)
    .map(([host, { username, secret }]) => `machine ${host} login ${username} password ${secret}\n`)
    .join('');
}
