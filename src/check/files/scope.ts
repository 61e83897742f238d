import { isSurface } from '../../policy/bypass/surfaces.ts';

/** Which files of a repository are looked into. */
export interface Scope {
  /** Directory that is checked, repo-relative; empty for all. */
  readonly prefix: string;
  /** Names of directories that are not looked into. */
  readonly skip: ReadonlySet<string>;
}

export interface Role {
  /**
   * `module`: go.mod, go.work and their sums, modules.txt of a vendor directory. `text`: a file that may set
   * variables of go. `skipped`: a go.mod or go.work that would be looked into, but for a directory.
   */
  readonly role: 'module' | 'text' | 'skipped' | 'other';
  /** Name of the directory that is skipped; else empty. */
  readonly dir: string;
}

const MODULE_FILE = /(?:^|\/)(?:go\.mod|go\.work|go\.sum|go\.work\.sum)$/;
const MAIN_FILE = /(?:^|\/)go\.(?:mod|work)$/;
const VENDORED = /(?:^|\/)vendor\/modules\.txt$/;
const OTHER: Role = { role: 'other', dir: '' };

/** What a path is to the check; by its name alone. */
export function roleOf(path: string, { prefix, skip }: Scope): Role {
  if (prefix !== '' && !path.startsWith(`${prefix}/`)) return OTHER;
  const vendored = VENDORED.test(path);
  const module = vendored || MODULE_FILE.test(path);
  if (!module && isSurface(path) === undefined) return OTHER;
  const inside = path.slice(prefix === '' ? 0 : prefix.length + 1).split('/');
  // The list of a vendor directory speaks about the module that vendors; the rest of it is other people's code.
  const dirs = inside.slice(0, vendored ? -2 : -1);
  const dir = dirs.find(name => skip.has(name));
  if (dir !== undefined) return MAIN_FILE.test(path) ? { role: 'skipped', dir } : OTHER;
  return { role: module ? 'module' : 'text', dir: '' };
}
