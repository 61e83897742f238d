import type { Found } from './finding.ts';
import { placeOf } from './place.ts';
import { isLocal, type Replace, replacesOf } from './replaces.ts';
import { cleanPath, isAbsolutePath, isOutside, resolveLinks } from './repo-path.ts';
import type { ModFile, Tree } from './tree.ts';
import { shown } from './words.ts';

/** What a directory on the right of a replace is, decided on what git tracks and never on the disk. */
export type LocalClass = 'sibling' | 'broken' | 'escapes' | 'absolute';

export interface LocalReplace extends Replace {
  readonly class: LocalClass;
  /** What is found there, to follow the directory in a sentence. */
  readonly detail: string;
}

interface Verdict {
  readonly class: LocalClass;
  readonly detail: string;
}

const classified = new WeakMap<Tree, readonly LocalReplace[]>();

/** Every replace by a directory with its class. */
export function localReplaces(tree: Tree): readonly LocalReplace[] {
  let all = classified.get(tree);
  if (all === undefined) {
    const byPath = new Map(tree.mods.map(file => [file.path, file]));
    all = replacesOf(tree)
      .filter(isLocal)
      .map(replace => ({ ...replace, ...classify(tree, byPath, replace) }));
    classified.set(tree, all);
  }
  return all;
}

function classify(tree: Tree, mods: ReadonlyMap<string, ModFile>, replace: Replace): Verdict {
  const target = replace.newPath.value;
  // A drive letter, a root or a UNC name means one machine, whatever system reads the file.
  if (isAbsolutePath(target)) return { class: 'absolute', detail: 'is an absolute path' };
  const path = cleanPath(replace.dir, target);
  if (isOutside(path)) return { class: 'escapes', detail: 'lies outside the repository' };

  const directory = resolveLinks(tree, path);
  if (directory.kind === 'outside') return escapesBy(directory.link);
  if (directory.kind === 'loop')
    return broken(`runs in a circle of symbolic links at ${shown(directory.link)}`);
  if (directory.kind === 'submodule') return inSubmodule(directory.path);
  const kind = tree.kind(directory.path);
  if (kind === undefined) return broken('has no files that git tracks');
  if (kind !== 'directory') return broken('is a file and no directory');

  const file = resolveLinks(tree, directory.path === '' ? 'go.mod' : `${directory.path}/go.mod`);
  if (file.kind === 'outside') return escapesBy(file.link);
  if (file.kind === 'loop') return broken('has a go.mod that is a circle of symbolic links');
  if (file.kind === 'submodule') return inSubmodule(file.path);
  if (tree.kind(file.path) !== 'file') return broken('has no go.mod that git tracks');
  return declares(mods.get(file.path), replace.oldPath.value);
}

function broken(detail: string): Verdict {
  return { class: 'broken', detail };
}

function escapesBy(link: string): Verdict {
  return { class: 'escapes', detail: `leaves the repository by the symbolic link ${shown(link, 80)}` };
}

function inSubmodule(path: string): Verdict {
  return broken(`is in the submodule ${shown(path, 80)}, which is another repository`);
}

function declares(file: ModFile | undefined, wanted: string): Verdict {
  if (file === undefined) return broken('has a go.mod that could not be read');
  const declared = file.mod.module?.path.value;
  if (declared === undefined) {
    return broken(
      file.problems.length > 0 ? 'has a go.mod that go refuses' : 'has a go.mod without a module line',
    );
  }
  if (declared !== wanted) return broken(`declares module ${shown(declared)}`);
  return { class: 'sibling', detail: 'is a module of this repository' };
}

/** Texts of a rule about one class. */
export interface LocalWords {
  readonly why: string;
  readonly fix: (replace: LocalReplace) => string;
}

/** The findings of the rule for one class; the directory is marked. */
export function* localFindings(tree: Tree, wanted: LocalClass, { why, fix }: LocalWords): Generator<Found> {
  for (const replace of localReplaces(tree)) {
    if (replace.class !== wanted) continue;
    const { file, oldPath, newPath, detail } = replace;
    yield {
      place: placeOf(file, newPath.span),
      module: oldPath.value,
      message: `${shown(oldPath.value)} is replaced by directory ${shown(newPath.value)}, which ${detail}`,
      why,
      fix: fix(replace),
      key: newPath.value,
    };
  }
}
