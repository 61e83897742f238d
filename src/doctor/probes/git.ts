import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProxyError } from '../../proxy/errors.ts';
import { createDirect, type DirectSettings } from '../../proxy/upstream/direct.ts';
import type { ChildEnvironment } from '../../session/fetch/children.ts';
import type { PrivatePaths } from '../../session/settings/private-paths.ts';
import { type Bounds, TimeUp } from '../limits.ts';
import { ended } from '../network/reach.ts';
import { failed, ok, type Verdict } from '../types.ts';

const MAX_MODULES = 16;

/** Private modules among those that are required, one of each host. Pure. */
export function privateModules(
  requires: readonly string[],
  { isPrivate }: Pick<PrivatePaths, 'isPrivate'>,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const path of requires) {
    const host = path.split('/', 1)[0] ?? '';
    if (found.size < MAX_MODULES && !found.has(host) && isPrivate(path)) found.set(host, path);
  }
  return found;
}

export interface GitDeps {
  readonly goCommand: string;
  readonly childEnv: ChildEnvironment;
  /** Who was refused and why, where somebody knows more than what git says. */
  readonly explain: NonNullable<DirectSettings['explain']>;
  readonly redact: (text: string) => string;
  readonly bounds: Bounds;
}

/**
 * Asks version control for the versions of a module, as a session would: by the job's own go, which looks where the
 * repository is and has git list its tags.
 */
export async function probeGit(module: string, deps: GitDeps): Promise<Verdict> {
  const { goCommand, childEnv, explain, redact, bounds } = deps;
  const dir = await mkdtemp(join(tmpdir(), 'modgate-doctor-'));
  const direct = createDirect({
    childEnv,
    explain,
    redact,
    goCommand,
    dir,
    parallel: 1,
    timeoutMs: bounds.probeMs,
  });
  try {
    const list = await bounds.try(() => direct.list(module));
    const count = 'bytes' in list ? list.bytes.toString('utf8').split('\n').filter(Boolean).length : 0;
    return ok(`git lists its versions (${count === 0 ? 'it has no tags' : `${count} tagged`})`);
  } catch (error) {
    if (error instanceof TimeUp) return ended(error);
    if (error instanceof ProxyError) return gitVerdict(error);
    throw error;
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

/** Whether there is a git for the children of a session. */
export async function probeGitCommand(env: Readonly<Record<string, string>>): Promise<Verdict> {
  return await new Promise(resolve => {
    execFile('git', ['--version'], { env, timeout: LOCAL_MS, windowsHide: true }, (error, stdout) => {
      const version = /^git version (\S+)/.exec(stdout)?.[1];
      if (error === null && version !== undefined) return resolve(ok(`git ${version}`));
      resolve(
        failed('there is no git', {
          why: 'what comes from version control (direct in GOPROXY, private modules) is fetched by it',
          fix: 'install git, and put it on PATH',
        }),
      );
    });
  });
}

/** Longest wait for a command that asks nobody, ms. */
const LOCAL_MS = 5_000;

/** Pure. */
export function gitVerdict({ code, message }: Pick<ProxyError, 'code' | 'message'>): Verdict {
  const [said = '', next] = message.split(/\n(?:next|fix): /, 2);
  const [head = '', ...lines] = said.split('\n');
  // What stands before that is told by the subject of the check.
  const begin = /version control:? ?(.*)$/.exec(head)?.[1] ?? head;
  const why = [begin, ...lines].filter(line => line.trim() !== '').join('; ');
  if (code === 'absent') {
    return failed('version control has no such module', {
      why,
      fix:
        next ??
        'see that its path is right; many forges say "not found" to those who may not read a repository: name a credential in proxy.credentials',
    });
  }
  return failed('its versions cannot be had from version control', { why, fix: next ?? fixFor(why) });
}

function fixFor(why: string): string {
  if (/certificate|tls|ssl/i.test(why)) return 'name the PEM file of the authority in proxy.ca';
  if (/could not read (?:username|password)|terminal prompts disabled|authentication failed/i.test(why)) {
    return 'name a credential for the host in proxy.credentials, or give the job a netrc or a git credential helper';
  }
  if (/permission denied|host key/i.test(why)) {
    return 'load a key that the server knows into an SSH agent, and put its host key into known_hosts';
  }
  if (/executable file not found/i.test(why)) return 'install git, and put it on PATH';
  return 'see the lines of its host above; then try the same with: go list -m -versions MODULE';
}
