import type { PlatformPath } from 'node:path';
import { claim, claimed, jobUid, pageUrl, sha256Hex } from './claims.ts';
import { branchName } from './commit.ts';
import { oneLineForRunner } from './escape.ts';
import { githubChange } from './github-change.ts';
import { parseEvent, record } from './github-event.ts';
import { githubTrust } from './github-trust.ts';
import { isSecretEnv } from './secrets.ts';
import type { Change, Env, JobIdentity, Platform, Probe } from './types.ts';
import { gitTopLevel, privateTemp } from './workspace.ts';

const CLAIMS = {
  repository: 'GITHUB_REPOSITORY',
  repository_id: 'GITHUB_REPOSITORY_ID',
  ref: 'GITHUB_REF',
  sha: 'GITHUB_SHA',
  actor: 'GITHUB_ACTOR',
  event: 'GITHUB_EVENT_NAME',
  workflow: 'GITHUB_WORKFLOW',
  workflow_ref: 'GITHUB_WORKFLOW_REF',
  job: 'GITHUB_JOB',
  run_id: 'GITHUB_RUN_ID',
  run_attempt: 'GITHUB_RUN_ATTEMPT',
  base_ref: 'GITHUB_BASE_REF',
  head_ref: 'GITHUB_HEAD_REF',
  runner: 'RUNNER_NAME',
  check_run_id: 'MODGATE_CHECK_RUN_ID',
} as const;

/** A matrix is written by hand; more is none. */
const MAX_MATRIX = 64 * 1024;

/** A job on a runner of GitHub, GitHub Enterprise, act, or one that speaks the same protocol. */
export function github(env: Env, probe: Probe, path: PlatformPath): Platform {
  const workspace = env.GITHUB_WORKSPACE || (gitTopLevel(probe, path) ?? path.resolve(probe.cwd));
  const temp = env.RUNNER_TEMP;
  const sessionDir = temp
    ? path.join(temp, 'modgate')
    : path.join(privateTemp(probe, path), sha256Hex(workspace).slice(0, 16));
  const eventFile = env.GITHUB_EVENT_PATH;
  const event = eventFile ? probe.readFile(eventFile) : undefined;
  const change = githubChange(env, event);
  const server = pageUrl(env.GITHUB_SERVER_URL ?? 'https://github.com')?.replace(/\/+$/, '');
  return {
    name: 'github',
    workspace,
    sessionDir,
    reports: { dir: path.join(sessionDir, 'reports'), published: false },
    defaultStore: { dir: path.join(sessionDir, 'store'), lifetime: 'job' },
    trust: githubTrust(env, event),
    job: identity(env, event, change),
    change,
    // GitHub starts schedules on the default branch only.
    scheduled: env.GITHUB_EVENT_NAME === 'schedule',
    ...(server === undefined ? {} : { forge: { url: server, gitUser: 'x-access-token' } }),
    ownerHints: {
      names: ['Runner.Worker', 'act', 'act_runner', 'forgejo-runner', 'gitea-runner'],
      shell: false,
    },
    laterGo: [
      ...(env.RUNNER_TOOL_CACHE ? [path.join(env.RUNNER_TOOL_CACHE, 'go')] : []),
      path.sep === '/' ? '/usr/local/go' : 'C:\\Program Files\\Go',
    ],
    modcacheAdvice: 'set cache: false in the step that uses actions/setup-go',
    secretEnv: isSecretEnv,
    escapeLog: oneLineForRunner,
  };
}

function identity(env: Env, event: string | undefined, change: Change | undefined): JobIdentity {
  const server = env.GITHUB_SERVER_URL ?? 'https://github.com';
  // The check run is what tells the legs of a matrix apart; servers that do not tell it leave the runner's
  // own tracking id, which is as unique but cannot be found again at the forge.
  const matrix = matrixLeg(env.MODGATE_JOB_MATRIX);
  const key =
    env.MODGATE_CHECK_RUN_ID ||
    [env.GITHUB_JOB ?? '', ...(matrix === undefined ? [] : [matrix]), env.RUNNER_TRACKING_ID ?? ''].join('/');
  const iss = githubIssuer(server);
  const uid = jobUid([
    'github',
    iss,
    env.GITHUB_REPOSITORY_ID || (env.GITHUB_REPOSITORY ?? ''),
    env.GITHUB_RUN_ID ?? '',
    env.GITHUB_RUN_ATTEMPT ?? '',
    key,
  ]);
  const url = pageUrl(server, env.GITHUB_REPOSITORY ?? '', 'actions/runs', env.GITHUB_RUN_ID ?? '');
  const page = env.GITHUB_REPOSITORY && env.GITHUB_RUN_ID ? url : undefined;
  const claims = claimed(claim(env, CLAIMS), {
    default_branch: branchName(record(parseEvent(event)?.repository)?.default_branch),
    change: change?.number?.toString(),
    url: page,
    matrix,
  });
  return {
    forge: 'github',
    issuer: iss,
    uid,
    claimed: claims,
    // act counts no runs and tracks no runners.
    ...(env.MODGATE_CHECK_RUN_ID || env.RUNNER_TRACKING_ID ? {} : { recurring: true }),
    ...(page === undefined ? {} : { url: page }),
  };
}

/** The leg as GitHub writes it behind a job's name, like `ubuntu-latest, 1.26`; undefined outside a matrix. */
function matrixLeg(json: string | undefined): string | undefined {
  if (json === undefined || json.length > MAX_MATRIX) return undefined;
  const values = Object.values(record(parseEvent(json)) ?? {});
  if (values.length === 0) return undefined;
  return values.map(value => (typeof value === 'object' ? JSON.stringify(value) : String(value))).join(', ');
}

/** Issuer of the identity tokens that belong to a server, so that records and tokens name the same job. */
export function githubIssuer(server: string): string {
  const host = URL.canParse(server) ? new URL(server).host : server;
  if (host === 'github.com') return 'https://token.actions.githubusercontent.com';
  if (host.endsWith('.ghe.com')) return `https://token.actions.${host}`;
  return `https://${host}/_services/token`;
}
