import { parseModulesTxt } from '../gomod/modfile/modules-txt.ts';
import { readGoMod } from '../gomod/modfile/read-mod.ts';
import { readGoWork } from '../gomod/modfile/read-work.ts';
import { parseGoSum } from '../gomod/sum.ts';
import type {
  EntryKind,
  ModFile,
  SumFile,
  TextFile,
  Tree,
  UnreadFile,
  VendorFile,
  WorkFile,
} from './tree.ts';

/** A path of git's index, or of a directory on disk where there is no git. */
export interface TreeEntry {
  /** Repo-relative, with `/`, no `.` or `..`. */
  readonly path: string;
  readonly kind: 'file' | 'symlink' | 'submodule';
  /** Contents, where a rule may want them: go.mod, go.work, go.sum, modules.txt, surfaces. */
  readonly bytes?: Uint8Array;
  /** What a symbolic link says. */
  readonly link?: string;
  /** Why the contents could not be had, in words that follow the path and a colon. */
  readonly unread?: string;
}

interface Known {
  readonly kind: EntryKind;
  readonly link?: string;
}

type Parsed = { readonly path: string };

function byPath(a: Parsed, b: Parsed): number {
  return a.path === b.path ? 0 : a.path < b.path ? -1 : 1;
}

/** The directory of a repo-relative path; empty for the root. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** What kind of file the rules take a path for. */
function roleOf(path: string): 'mod' | 'work' | 'sum' | 'vendor' | 'text' {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === 'modules.txt' && (path === 'vendor/modules.txt' || path.endsWith('/vendor/modules.txt'))) {
    return 'vendor';
  }
  if (name === 'go.work') return 'work';
  if (name.endsWith('.mod')) return 'mod';
  if (name.endsWith('.sum')) return 'sum';
  return 'text';
}

/**
 * Parses what was read and answers for what git tracks. Pure; never throws, whatever the contents: what cannot
 * be parsed is in `problems` of its file. Directories follow from the paths in them.
 */
export function treeOf(entries: Iterable<TreeEntry>): Tree {
  const known = new Map<string, Known>([['', { kind: 'directory' }]]);
  const mods: ModFile[] = [];
  const works: WorkFile[] = [];
  const sums: SumFile[] = [];
  const vendors: VendorFile[] = [];
  const texts: TextFile[] = [];
  const unread: UnreadFile[] = [];

  const parse = (path: string, bytes: Uint8Array) => {
    const file = { path, dir: directoryOf(path), bytes };
    const role = roleOf(path);
    if (role === 'mod') mods.push({ ...file, ...modOf(bytes) });
    else if (role === 'work') works.push({ ...file, ...workOf(bytes) });
    else if (role === 'sum') sums.push({ ...file, sum: parseGoSum(bytes, path) });
    else if (role === 'vendor') {
      vendors.push({ ...file, dir: directoryOf(file.dir), modules: parseModulesTxt(bytes).modules });
    } else texts.push(file);
  };

  for (const { path, kind, bytes, link, unread: why } of entries) {
    known.set(path, link === undefined ? { kind } : { kind, link });
    for (let dir = directoryOf(path); !known.has(dir); dir = directoryOf(dir)) {
      known.set(dir, { kind: 'directory' });
    }
    if (why !== undefined) unread.push({ path, why });
    else if (bytes !== undefined) parse(path, bytes);
  }
  return {
    kind: path => known.get(path)?.kind,
    link: path => known.get(path)?.link,
    mods: mods.sort(byPath),
    works: works.sort(byPath),
    sums: sums.sort(byPath),
    vendors: vendors.sort(byPath),
    texts: texts.sort(byPath),
    unread: unread.sort(byPath),
  };
}

function modOf(bytes: Uint8Array): Pick<ModFile, 'mod' | 'problems'> {
  const { mod, problems } = readGoMod(bytes);
  return { mod, problems };
}

function workOf(bytes: Uint8Array): Pick<WorkFile, 'work' | 'problems'> {
  const { work, problems } = readGoWork(bytes);
  return { work, problems };
}
