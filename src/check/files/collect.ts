import { resolveLinks } from '../../policy/repo-path.ts';
import { directoryOf, type TreeEntry } from '../../policy/tree-of.ts';
import type { Blob } from '../git/blobs.ts';
import type { GitEntry } from '../git/listing.ts';
import { roleOf, type Scope } from './scope.ts';
import { findTargets } from './targets.ts';

/** Reads the contents of many files at once; the answer has their paths. What need not be told is left out. */
export type ReadContents = (entries: readonly GitEntry[]) => Promise<ReadonlyMap<string, Blob>>;

export interface Collected {
  readonly entries: readonly TreeEntry[];
  /** go.mod files that were read only because something points to them: nothing is said about them. */
  readonly targets: ReadonlySet<string>;
  /** go.mod and go.work files that were not looked into, by the name of the directory. */
  readonly skipped: ReadonlyMap<string, number>;
  readonly submodules: number;
}

/** A link's text is longer than any path that a system takes. */
const MAX_LINK = 4096;

/** Turns what git knows into what the rules judge: contents of the files that matter, links, kinds. */
export async function collect(
  known: readonly GitEntry[],
  scope: Scope,
  read: ReadContents,
): Promise<Collected> {
  const wanted: GitEntry[] = [];
  const links: GitEntry[] = [];
  const linkedModules: GitEntry[] = [];
  const skipped = new Map<string, number>();
  let submodules = 0;
  for (const entry of known) {
    if (entry.kind === 'submodule') submodules++;
    if (entry.kind === 'symlink') links.push(entry);
    const { role, dir } = roleOf(entry.path, scope);
    if (role === 'skipped') skipped.set(dir, (skipped.get(dir) ?? 0) + 1);
    else if (role !== 'other' && entry.kind === 'file') wanted.push(entry);
    else if (role === 'module' && entry.kind === 'symlink') linkedModules.push(entry);
  }
  const byPath = new Map(known.map(entry => [entry.path, entry]));
  const texts = linkTexts(await read(links));
  const contents = new Map(await read(wanted));

  const tree = linkedModules.length === 0 ? undefined : linkTree(byPath, texts);
  const behindLink = (path: string) => (tree === undefined ? undefined : fileBehind(path, tree, byPath));
  const resolved = new Map(linkedModules.map(({ path }) => [path, behindLink(path)]));
  const behind = [...resolved.values()].filter(file => file !== undefined && !contents.has(file.path));
  for (const [path, blob] of await read(behind as GitEntry[])) contents.set(path, blob);
  for (const [path, file] of resolved) {
    const blob = file === undefined ? dangling(texts.get(path)) : contents.get(file.path);
    if (blob !== undefined) contents.set(path, blob);
  }

  const pointed = findTargets(byPath, contents);
  for (const [path, blob] of await read(pointed)) contents.set(path, blob);
  return {
    entries: known.map(entry => treeEntry(entry, contents.get(entry.path), texts.get(entry.path))),
    targets: new Set(pointed.map(({ path }) => path)),
    skipped,
    submodules,
  };
}

function linkTexts(blobs: ReadonlyMap<string, Blob>): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [path, blob] of blobs) {
    if ('bytes' in blob && blob.bytes.length <= MAX_LINK) texts.set(path, blob.bytes.toString('utf8'));
  }
  return texts;
}

type LinkTree = Parameters<typeof resolveLinks>[0];

/** As much of a tree as following links needs; directories are those that hold something. */
function linkTree(byPath: ReadonlyMap<string, GitEntry>, texts: ReadonlyMap<string, string>): LinkTree {
  const directories = new Set<string>();
  for (const path of byPath.keys()) {
    for (let dir = directoryOf(path); dir !== '' && !directories.has(dir); dir = directoryOf(dir)) {
      directories.add(dir);
    }
  }
  return {
    kind: path => byPath.get(path)?.kind ?? (directories.has(path) ? 'directory' : undefined),
    link: path => texts.get(path),
  };
}

/** The tracked file that go reads through a link; undefined when the link leads to none. */
function fileBehind(
  path: string,
  tree: LinkTree,
  byPath: ReadonlyMap<string, GitEntry>,
): GitEntry | undefined {
  const resolved = resolveLinks(tree, path);
  const file = resolved.kind === 'inside' ? byPath.get(resolved.path) : undefined;
  return file?.kind === 'file' ? file : undefined;
}

function dangling(text: string | undefined): Blob {
  const to = text === undefined ? '' : ` to ${JSON.stringify(text.slice(0, 200))}`;
  return { why: `it is a symbolic link${to}, where git tracks no file; put the file itself there` };
}

function treeEntry({ path, kind }: GitEntry, blob: Blob | undefined, link: string | undefined): TreeEntry {
  return {
    path,
    kind,
    ...(link === undefined ? {} : { link }),
    ...(blob === undefined ? {} : 'bytes' in blob ? { bytes: blob.bytes } : { unread: blob.why }),
  };
}
