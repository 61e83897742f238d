import { isAbsolute, resolve } from 'node:path';
import type { Platform } from '../../platform/types.ts';
import type { GitConfig } from './command.ts';
import type { Repository } from './repository.ts';

/** A repository to fetch from, with all that git needs to get in. */
export interface Remote {
  /** As git takes it. May hold credentials: for git alone, never for a message. */
  readonly url: string;
  /** The same for people. */
  readonly shown: string;
  readonly config: GitConfig;
}

/** What of a repository's own configuration decides how git reaches a server. */
const NETWORK =
  /^(?:http\.|url\.|credential\.|core\.(?:sshcommand|gitproxy|askpass)$|remote\.[^\n]*\.proxy$|ssh\.)/;
const MAX_VALUES = 200;

/**
 * The remote that a checkout came from: `origin`, or the only one there is; undefined when there is none.
 * Its credentials are those that the checkout step left in the configuration; where it left none, the token.
 */
export async function remoteOf(
  repository: Repository,
  platform: Pick<Platform, 'forge'>,
  token: string | undefined,
): Promise<Remote | undefined> {
  const local = await localConfig(repository);
  const urls = local.filter(([key]) => /^remote\..*\.url$/s.test(key));
  const origin =
    urls.find(([key]) => key === 'remote.origin.url') ?? (urls.length === 1 ? urls[0] : undefined);
  if (origin === undefined || origin[1] === '') return undefined;
  // A program of a stranger's configuration is not ours to run; CI made the checkout itself.
  const trusted = !repository.foreign || platform.forge !== undefined;
  const network = trusted ? local.filter(([key]) => NETWORK.test(key)) : [];
  return remoteAt(absoluteUrl(origin[1], repository.root), platform, token, network);
}

/** A remote by its URL. The token goes to the platform's own server only. */
export function remoteAt(
  url: string,
  { forge }: Pick<Platform, 'forge'>,
  token: string | undefined,
  network: GitConfig = [],
): Remote {
  const config = [...network];
  const given = network.some(([key]) => /^http\..*extraheader$/is.test(key));
  if (token && forge && !given && sameServer(url, forge.url)) {
    const basic = Buffer.from(`${forge.gitUser}:${token}`).toString('base64');
    config.push([`http.${new URL(forge.url).origin}/.extraheader`, `AUTHORIZATION: basic ${basic}`]);
  }
  return { url, shown: withoutCredentials(url), config };
}

function sameServer(url: string, server: string): boolean {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return false;
  const parsed = new URL(url);
  return parsed.origin === new URL(server).origin && parsed.username === '' && parsed.password === '';
}

function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1').slice(0, 500);
}

/** Paths in a configuration are relative to the checkout; we run git elsewhere. */
function absoluteUrl(url: string, root: string): string {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) || /^[^/\\]+:/.test(url);
  return isUrl || isAbsolute(url) ? url : resolve(root, url);
}

/** Keys (git's spelling: section and name in lower case) with their values, of the repository's own files. */
async function localConfig({ git }: Repository): Promise<[string, string][]> {
  const output = await git.run(['config', '--list', '-z', '--show-scope', '--includes']);
  const parts = output.toString('utf8').split('\0');
  const out: [string, string][] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    if (parts[i] !== 'local' && parts[i] !== 'worktree') continue;
    const text = parts[i + 1] ?? '';
    const end = text.indexOf('\n');
    // A key without a value is a yes.
    out.push(end < 0 ? [text, 'true'] : [text.slice(0, end), text.slice(end + 1)]);
  }
  return out.slice(0, MAX_VALUES);
}
