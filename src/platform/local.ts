import type { PlatformPath } from 'node:path';
import { claim, claimed, jobUid, sha256Hex } from './claims.ts';
import { oneLine } from './escape.ts';
import { checkedOut } from './local-git.ts';
import { isSecretEnv } from './secrets.ts';
import type { Env, JobIdentity, Platform, Probe } from './types.ts';
import { gitTopLevel, privateTemp } from './workspace.ts';

/** A developer's machine, or a CI system that is not known. */
export function local(env: Env, probe: Probe, path: PlatformPath, os: NodeJS.Platform): Platform {
  const top = gitTopLevel(probe, path);
  const workspace = top ?? path.resolve(probe.cwd);
  const sessionDir = path.join(privateTemp(probe, path), sha256Hex(workspace).slice(0, 16));
  return {
    name: 'local',
    workspace,
    sessionDir,
    reports: { dir: path.join(sessionDir, 'reports'), published: false },
    defaultStore: {
      dir: path.join(userCache(env, probe, path, os), 'modgate', 'store'),
      lifetime: 'persistent',
    },
    trust: { trusted: true, reason: "this is the user's own machine" },
    job: identity(env, probe, path, workspace, top),
    change: undefined,
    scheduled: false,
    ownerHints: { names: [], shell: false },
    secretEnv: isSecretEnv,
    escapeLog: oneLine,
  };
}

/** Nobody issues tokens here, and the records stay apart from those of a forge that a remote may point to. */
const ISSUER = 'local';

function identity(
  env: Env,
  probe: Probe,
  path: PlatformPath,
  workspace: string,
  top: string | undefined,
): JobIdentity {
  const user = env.USER || env.LOGNAME || env.USERNAME;
  const { repository, ref, sha } = top === undefined ? {} : checkedOut(probe, path, top);
  return {
    forge: 'local',
    issuer: ISSUER,
    uid: jobUid(['local', workspace, String(probe.uid ?? '')]),
    recurring: true,
    claimed: claimed(claim(env, {}), {
      repository: repository ?? path.basename(workspace),
      ref,
      sha,
      actor: user,
    }),
  };
}

function userCache(env: Env, probe: Probe, path: PlatformPath, os: NodeJS.Platform): string {
  if (os === 'win32') return env.LOCALAPPDATA || path.join(probe.homedir, 'AppData', 'Local');
  const xdg = env.XDG_CACHE_HOME;
  // The XDG specification says that a relative path there is to be ignored.
  if (xdg && path.isAbsolute(xdg)) return xdg;
  return os === 'darwin' ? path.join(probe.homedir, 'Library', 'Caches') : path.join(probe.homedir, '.cache');
}
