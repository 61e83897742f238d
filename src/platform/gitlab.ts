import type { PlatformPath } from 'node:path';
import { claim, claimed, jobUid, pageUrl } from './claims.ts';
import { oneLine } from './escape.ts';
import { gitlabChange } from './gitlab-change.ts';
import { isSecretEnv } from './secrets.ts';
import type { Env, JobIdentity, Platform, Probe, Trust } from './types.ts';
import { fileNamePart, gitTopLevel, privateTemp } from './workspace.ts';

const CLAIMS = {
  repository: 'CI_PROJECT_PATH',
  repository_id: 'CI_PROJECT_ID',
  ref: 'CI_COMMIT_REF_NAME',
  tag: 'CI_COMMIT_TAG',
  sha: 'CI_COMMIT_SHA',
  actor: 'GITLAB_USER_LOGIN',
  event: 'CI_PIPELINE_SOURCE',
  workflow: 'CI_CONFIG_PATH',
  job: 'CI_JOB_NAME',
  run_id: 'CI_PIPELINE_ID',
  job_id: 'CI_JOB_ID',
  default_branch: 'CI_DEFAULT_BRANCH',
  change: 'CI_MERGE_REQUEST_IID',
  base_ref: 'CI_MERGE_REQUEST_TARGET_BRANCH_NAME',
  head_ref: 'CI_MERGE_REQUEST_SOURCE_BRANCH_NAME',
  runner: 'CI_RUNNER_DESCRIPTION',
} as const;

const TRUSTED_SOURCES: ReadonlySet<string> = new Set(['push', 'schedule', 'web']);

/** A job of a GitLab runner, or of gitlab-ci-local. */
export function gitlab(env: Env, probe: Probe, path: PlatformPath): Platform {
  const workspace = env.CI_PROJECT_DIR || (gitTopLevel(probe, path) ?? path.resolve(probe.cwd));
  const server = pageUrl(env.CI_SERVER_URL)?.replace(/\/+$/, '');
  const job = `${fileNamePart(env.CI_PROJECT_ID ?? '')}-${fileNamePart(env.CI_JOB_ID ?? '')}`;
  return {
    name: 'gitlab',
    workspace,
    // Outside the checkout: the next job's `git clean` and a stale cache must never meet session state.
    sessionDir: path.join(privateTemp(probe, path), job),
    reports: { dir: path.join(workspace, '.modgate', 'reports'), published: true },
    // The runner caches only what lies in the project directory.
    defaultStore: { dir: path.join(workspace, '.modgate', 'store'), lifetime: 'job' },
    trust: gitlabTrust(env),
    job: identity(env),
    change: gitlabChange(env),
    scheduled: env.CI_PIPELINE_SOURCE === 'schedule' && env.CI_COMMIT_BRANCH === env.CI_DEFAULT_BRANCH,
    ...(server === undefined ? {} : { forge: { url: server, gitUser: 'gitlab-ci-token' } }),
    ownerHints: { names: [], shell: true },
    modcacheAdvice: 'take GOMODCACHE out of the cache: paths of this job',
    secretEnv: isSecretEnv,
    escapeLog: oneLine,
  };
}

/** Pushes, schedules and manual pipelines on the default or a protected branch are trusted, nothing else. */
export function gitlabTrust(env: Env): Trust {
  const no = (reason: string): Trust => ({ trusted: false, reason });
  const source = env.CI_PIPELINE_SOURCE ?? '';
  if (env.CI_MERGE_REQUEST_IID || source === 'merge_request_event') {
    const fork =
      env.CI_MERGE_REQUEST_SOURCE_PROJECT_ID !== undefined &&
      env.CI_MERGE_REQUEST_SOURCE_PROJECT_ID !== env.CI_MERGE_REQUEST_PROJECT_ID;
    return no(fork ? 'this is a merge request from a fork' : 'this is a merge request');
  }
  if (env.CI_COMMIT_TAG) return no('a tag is not the default branch');
  if (!TRUSTED_SOURCES.has(source)) return no('the pipeline is not a push, schedule or manual run');
  const branch = env.CI_COMMIT_BRANCH || env.CI_COMMIT_REF_NAME;
  if (branch && branch === env.CI_DEFAULT_BRANCH) {
    return { trusted: true, reason: 'this is a pipeline of the default branch' };
  }
  if (branch && env.CI_COMMIT_REF_PROTECTED === 'true') {
    return { trusted: true, reason: 'this is a pipeline of a protected branch' };
  }
  return no('this is neither the default nor a protected branch');
}

function identity(env: Env): JobIdentity {
  const uid = jobUid(['gitlab', env.CI_SERVER_URL ?? '', env.CI_PROJECT_ID ?? '', env.CI_JOB_ID ?? '']);
  const url = pageUrl(env.CI_JOB_URL);
  return {
    forge: 'gitlab',
    issuer: pageUrl(env.CI_SERVER_URL)?.replace(/\/+$/, '') || 'gitlab',
    uid,
    claimed: claimed(claim(env, CLAIMS), { url }),
    ...(env.CI_JOB_ID ? {} : { recurring: true }),
    ...(url ? { url } : {}),
  };
}
