import { posix } from 'node:path';
import type { RemoteFile } from './source.ts';

/** Where a configuration file is: in the repository itself (`remote` undefined) or in another one. */
export interface Location {
  readonly path: string;
  readonly remote: Omit<RemoteFile, 'path'> | undefined;
}

/** The location as a file would be named under `extends`; unambiguous, so that it tells files apart. */
export function locationName({ path, remote }: Location): string {
  if (remote === undefined) return path;
  const separator = remote.repository.split('/').length === 2 ? '/' : '//';
  return `${remote.repository}${separator}${path}@${remote.commit}`;
}

/** The same, short enough for a message. */
export function shortName(location: Location): string {
  const name = locationName(location);
  return location.remote === undefined ? name : name.slice(0, name.lastIndexOf('@') + 13);
}

const REPOSITORY = /^[A-Za-z0-9_.][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_.][A-Za-z0-9_.-]*)+$/;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * What an entry of `extends` names, read in the file at `from`; or why it cannot be used, in words that follow the
 * entry as a sentence would.
 */
export function parseReference(entry: string, from: Location): Location | string {
  if (/[\0-\x1f\x7f\\]/.test(entry)) return 'has a backslash or a control character; write the path with /';
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(entry) || /^[^/@]+@[^/]+:/.test(entry)) {
    return 'is a URL; write a local path, or owner/repo/path@<full commit> on the same server';
  }
  return entry.includes('@') ? parseRemote(entry) : parseLocal(entry, from);
}

/** `owner/repo/path@commit`, with `//` before the path where the repository lies in a subgroup. */
export function parseRemote(entry: string): Location | string {
  const at = entry.lastIndexOf('@');
  const commit = entry.slice(at + 1);
  if (!COMMIT.test(commit)) return commitProblem(commit);
  const whole = entry.slice(0, at);
  const [repository = '', path = ''] = whole.includes('//')
    ? split(whole, whole.indexOf('//'), 2)
    : split(whole, whole.indexOf('/', whole.indexOf('/') + 1), 1);
  if (!REPOSITORY.test(repository) || repository.split('/').some(part => /^\.+$|\.git$/.test(part))) {
    return 'does not name a repository; write owner/repo/path@<full commit>, or group/subgroup/repo//path@<full commit>';
  }
  if (
    path === '' ||
    /[@:]/.test(path) ||
    posix.normalize(path) !== path ||
    /^\.\.(?:\/|$)|^\/|\/$/.test(path)
  ) {
    return 'does not name a file inside that repository; write owner/repo/path@<full commit>';
  }
  return { path, remote: { repository, commit } };
}

function split(text: string, at: number, width: number): [string, string] {
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + width)];
}

function commitProblem(commit: string): string {
  if (/^[0-9a-f]{4,39}$/i.test(commit)) {
    return 'has a shortened commit, which another commit may match one day; write all 40 digits (git rev-parse)';
  }
  if (/^[0-9A-F]+$/i.test(commit) && /[A-F]/.test(commit))
    return 'has a commit in capitals; write it in lower case';
  return 'names a branch or tag, which others can move; write the full commit of 40 digits (git rev-parse)';
}

function parseLocal(entry: string, from: Location): Location | string {
  if (/^(?:\/|[A-Za-z]:)/.test(entry)) {
    return 'is an absolute path; write it relative to the file that extends it';
  }
  const path = posix.normalize(posix.join(posix.dirname(from.path), entry));
  if (path === '..' || path.startsWith('../')) {
    return 'leaves the repository; to share a file among repositories write owner/repo/path@<full commit>';
  }
  if (/(?:^|\/)\.{0,2}$/.test(entry)) return 'names a directory; name the file in it';
  return { path, remote: from.remote };
}
