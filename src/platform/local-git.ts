import type { PlatformPath } from 'node:path';
import { commitSha } from './commit.ts';
import type { Probe } from './types.ts';

/** What the files of a checkout's `.git` say, without asking git: for display. */
export interface CheckedOut {
  /** `owner/name` of the remote `origin`, without its server and without credentials. */
  readonly repository?: string;
  /** Like `refs/heads/main`; undefined where no branch is checked out. */
  readonly ref?: string;
  readonly sha?: string;
}

/** Reads what is checked out at a git top level. Never throws; what cannot be read is left out. */
export function checkedOut(probe: Probe, path: PlatformPath, top: string): CheckedOut {
  const dir = gitDir(probe, path, top);
  // A worktree has its HEAD for itself, and shares branches and configuration.
  const common = probe.readFile(path.join(dir, 'commondir'))?.trim();
  const shared = common ? path.resolve(dir, common) : dir;
  const head = probe.readFile(path.join(dir, 'HEAD'))?.trim() ?? '';
  const ref = /^ref: (refs\/[^\s\0]{1,250})$/.exec(head)?.[1];
  const named = ref !== undefined && !ref.split('/').includes('..') ? ref : undefined;
  const sha =
    named === undefined
      ? commitSha(head)
      : (commitSha(probe.readFile(path.join(shared, ...named.split('/')))?.trim()) ??
        packed(probe.readFile(path.join(shared, 'packed-refs')) ?? '', named));
  const repository = originOf(probe.readFile(path.join(shared, 'config')) ?? '');
  return {
    ...(repository === undefined ? {} : { repository }),
    ...(named === undefined ? {} : { ref: named }),
    ...(sha === undefined ? {} : { sha }),
  };
}

function gitDir(probe: Probe, path: PlatformPath, top: string): string {
  const own = path.join(top, '.git');
  const link = /^gitdir: (.+)$/m.exec(probe.readFile(own) ?? '')?.[1];
  return link === undefined ? own : path.resolve(top, link.trim());
}

function packed(text: string, ref: string): string | undefined {
  for (const line of text.split('\n')) {
    const [sha, name] = line.split(' ');
    if (name === ref) return commitSha(sha);
  }
  return undefined;
}

/** The path of the remote `origin`, as the last two or more parts of its URL. */
function originOf(config: string): string | undefined {
  let within = false;
  for (const line of config.split('\n')) {
    const text = line.trim();
    if (text.startsWith('[')) within = /^\[remote "origin"\]/.test(text);
    const url = within ? /^url\s*=\s*(\S+)$/.exec(text)?.[1] : undefined;
    if (url !== undefined) return pathOf(url);
  }
  return undefined;
}

function pathOf(url: string): string | undefined {
  const path =
    URL.canParse(url) && url.includes('://') ? new URL(url).pathname : /^[^/]+:(.+)$/.exec(url)?.[1];
  if (path === undefined || /^file:/i.test(url) || /^[A-Za-z]:[/\\]/.test(url)) return undefined;
  const name = path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  return /^[^\s/]+(?:\/[^\s/]+)+$/.test(name) ? name : undefined;
}
