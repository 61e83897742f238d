import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

export interface NetrcEntry {
  /** As written; go compares it with the host of a URL, port included. */
  readonly machine: string;
  readonly login: string;
  readonly password: string;
}

/** Larger is no file of logins, bytes. */
const MAX_BYTES = 1024 * 1024;
/** Most entries that are taken. */
const MAX_ENTRIES = 100;

/** The entries of a netrc, as go's own reader finds them: in their order, without `default` and macros. */
export function parseNetrc(text: string): NetrcEntry[] {
  const entries: NetrcEntry[] = [];
  let entry = { machine: '', login: '', password: '' };
  let inMacro = false;
  for (const line of text.split('\n')) {
    if (inMacro) {
      inMacro = line !== '';
      continue;
    }
    const words = line.split(/\s+/).filter(word => word !== '');
    for (let i = 0; i < words.length - 1; i += 2) {
      const value = words[i + 1] ?? '';
      if (words[i] === 'machine') entry = { machine: value, login: '', password: '' };
      else if (words[i] === 'login') entry.login = value;
      else if (words[i] === 'password') entry.password = value;
      else if (words[i] === 'macdef') inMacro = true;
      if (entry.machine !== '' && entry.login !== '' && entry.password !== '') {
        if (entries.push(entry) >= MAX_ENTRIES) return entries;
        entry = { machine: '', login: '', password: '' };
      }
    }
    if (words.length % 2 === 1 && words.at(-1) === 'default') return entries;
  }
  return entries;
}

/** The same as a file. A word with white space in it cannot be written, and such an entry is left out. */
export function formatNetrc(entries: readonly NetrcEntry[]): string {
  return entries
    .filter(({ machine, login, password }) => [machine, login, password].every(word => /^\S+$/.test(word)))
    .map(({ machine, login, password }) => `machine ${machine} login ${login} password ${password}\n`)
    .join('');
}

/** Where go looks for the netrc of a job; the first that is there counts. */
export function netrcPlaces(env: Env, platform: NodeJS.Platform): string[] {
  if (env.NETRC) return [env.NETRC];
  const home = platform === 'win32' ? env.USERPROFILE : env.HOME;
  if (!home) return [];
  return platform === 'win32' ? [join(home, '_netrc'), join(home, '.netrc')] : [join(home, '.netrc')];
}

/** The job's own entries, read anew; none where there is no file that can be read. */
export async function readNetrc(env: Env, platform: NodeJS.Platform): Promise<NetrcEntry[]> {
  for (const path of netrcPlaces(env, platform)) {
    try {
      const { size } = await stat(path);
      if (size > MAX_BYTES) return [];
      return parseNetrc(await readFile(path, 'utf8'));
    } catch {
      // The next place, if there is one.
    }
  }
  return [];
}
