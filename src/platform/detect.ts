import { posix, win32 } from 'node:path';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { local } from './local.ts';
import type { Env, Platform, Probe } from './types.ts';
import { isWithin } from './workspace.ts';

/**
 * Tells where modgate runs. Pure over the environment record and the probe; never throws, whatever the
 * variables hold.
 */
export function detectPlatform(env: Env, probe: Probe): Platform {
  const os = probe.os ?? process.platform;
  const path = os === 'win32' ? win32 : posix;
  const onGithub = env.GITHUB_ACTIONS === 'true';
  // gitlab-ci-local sets GITLAB_CI to false, but gives every job an id and a project directory.
  const onGitlab = env.GITLAB_CI === 'true' || Boolean(env.CI_JOB_ID && env.CI_PROJECT_DIR);

  if (onGithub && onGitlab) {
    // One runner inside the other (act in a GitLab job, gitlab-ci-local in a workflow) leaves both sets of
    // variables; the one whose checkout holds the working directory is the inner one.
    const inProject = contains(env.CI_PROJECT_DIR);
    const inWorkspace = contains(env.GITHUB_WORKSPACE);
    const deeper = (env.CI_PROJECT_DIR ?? '').length > (env.GITHUB_WORKSPACE ?? '').length;
    return inProject && (!inWorkspace || deeper) ? gitlab(env, probe, path) : github(env, probe, path);
  }
  if (onGithub) return github(env, probe, path);
  if (onGitlab) return gitlab(env, probe, path);
  return local(env, probe, path, os);

  function contains(root: string | undefined): boolean {
    return Boolean(root) && isWithin(path, path.resolve(root ?? ''), path.resolve(probe.cwd));
  }
}
