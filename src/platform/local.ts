import type { PlatformPath } from 'node:path';
import { jobUid, sha256Hex } from './claims.ts';
import { oneLine } from './escape.ts';
import { isSecretEnv } from './secrets.ts';
import type { Env, Platform, Probe } from './types.ts';
import { gitTopLevel, privateTemp } from './workspace.ts';

/** A developer's machine, or a CI system that is not known. */
export function local(env: Env, probe: Probe, path: PlatformPath, os: NodeJS.Platform): Platform {
  const workspace = gitTopLevel(probe, path) ?? path.resolve(probe.cwd);
  return {
    name: 'local',
    workspace,
    sessionDir: path.join(privateTemp(probe, path), sha256Hex(workspace).slice(0, 16)),
    defaultStore: {
      dir: path.join(userCache(env, probe, path, os), 'modgate', 'store'),
      lifetime: 'persistent',
    },
    trust: { trusted: true, reason: "this is the user's own machine" },
    job: { uid: jobUid(['local', workspace, String(probe.uid ?? '')]), claimed: {} },
    change: undefined,
    scheduled: false,
    ownerHints: { names: [], shell: false },
    secretEnv: isSecretEnv,
    escapeLog: oneLine,
  };
}

function userCache(env: Env, probe: Probe, path: PlatformPath, os: NodeJS.Platform): string {
  if (os === 'win32') return env.LOCALAPPDATA || path.join(probe.homedir, 'AppData', 'Local');
  const xdg = env.XDG_CACHE_HOME;
  // The XDG specification says that a relative path there is to be ignored.
  if (xdg && path.isAbsolute(xdg)) return xdg;
  return os === 'darwin' ? path.join(probe.homedir, 'Library', 'Caches') : path.join(probe.homedir, '.cache');
}
