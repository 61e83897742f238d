import { lstatSync } from 'node:fs';
import path from 'node:path';
import type { DiskStore } from '../disk.ts';
import { StoreError } from '../errors.ts';
import { INDEX } from '../layout.ts';
import type { Tree } from '../tree.ts';
import type { ModuleDirectory } from './directories.ts';
import { removeEmpty } from './empty-directories.ts';
import type { VersionState } from './module-versions.ts';
import { dropClaim, filesOf, isThere, type Removal, removeFile, removeFiles } from './remove-version.ts';

export interface ModuleRemoval {
  /** How each of the versions ended; one that failed is not in it. */
  readonly outcomes: ReadonlyMap<VersionState, Removal>;
  readonly emptyDirectories: number;
}

/**
 * Removes versions of one module, then mends its list and @latest, or takes its directories away when nothing is left.
 * The order is that of remove-version.ts. `failed` is told of files that could not be removed; their version stays
 * for the next prune. Throws StoreError when the directories are not reached without symbolic links.
 */
export async function removeVersions(
  store: DiskStore,
  module: ModuleDirectory,
  doomed: readonly VersionState[],
  options: {
    /** No other version of the module is there. */
    readonly all: boolean;
    /** Hashes that were pinned when they were first seen stay without their version, unless this says `go`. */
    readonly pins?: 'go';
    readonly now: number;
    readonly failed: (key: string, error: unknown) => void;
  },
): Promise<ModuleRemoval> {
  const { tree } = store.parts;
  await requireDirectories(store, module);
  const outcomes = new Map<VersionState, Removal>();
  for (const state of doomed) {
    try {
      outcomes.set(state, await removeFiles(filesOf(tree, module.key, state.stem), state, options.now));
    } catch (error) {
      options.failed(`${module.key}/${state.stem}`, error);
    }
  }
  const gone = [...outcomes.values()].filter(outcome => outcome === 'removed').length;
  let emptyDirectories = 0;
  try {
    const over = options.all && gone === doomed.length;
    // With the list gone, a prune that is killed now leaves the directory to the next one.
    if (!over || !(await leaves(store, module))) await rewriteLists(store, module);
    for (const [{ stem, version }, outcome] of outcomes) {
      const pinned = options.pins === 'go' ? undefined : { path: module.path, version };
      if (outcome !== 'untouched') await dropClaim(tree, filesOf(tree, module.key, stem), pinned);
    }
    emptyDirectories += removeEmpty(tree, `${INDEX}/${module.key}`);
    if (over) emptyDirectories += removeModuleDirectory(store, module);
  } catch (error) {
    options.failed(module.key, error);
  }
  return { outcomes, emptyDirectories };
}

/** Whoever can write into the store could have put a link in the way since the walk. */
async function requireDirectories({ parts: { tree } }: DiskStore, { key }: ModuleDirectory): Promise<void> {
  for (const dir of [key, `${INDEX}/${key}`]) {
    if (await tree.hasDir(dir)) continue;
    const wrong = obstacle(tree, dir);
    if (wrong === undefined) continue;
    const message = `module store: ${tree.path(wrong)} is no directory of the store, but a file or a symbolic link; nothing in it was removed. Remove it`;
    throw new StoreError('store-not-a-directory', tree.path(wrong), message);
  }
}

/**
 * The first name on the way to a directory that is there and no directory. One look at each: directories come and go
 * while other prunes and writers are at work, and what is gone is in nobody's way.
 */
function obstacle(tree: Tree, key: string): string | undefined {
  const parts = key.split('/');
  for (let depth = 1; depth <= parts.length; depth++) {
    const name = parts.slice(0, depth).join('/');
    const found = lstatSync(tree.path(name), { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (!found.isDirectory()) return name;
  }
  return undefined;
}

/** The module has no version left and its list goes; false when one was committed meanwhile. */
async function leaves(store: DiskStore, { key, path: modulePath }: ModuleDirectory): Promise<boolean> {
  if ((await store.list(modulePath)).length > 0) return false;
  removeFile(store.parts.tree.path(`${key}/list`));
  return true;
}

/** @latest may name what is gone, and is only written anew when somebody knows better. */
async function rewriteLists(store: DiskStore, { key, path: modulePath }: ModuleDirectory): Promise<void> {
  const { tree, lists } = store.parts;
  removeFile(tree.path(`${path.posix.dirname(key)}/@latest`));
  lists.markDirty(modulePath);
  await lists.flush();
}

/** Takes away what a module without versions leaves behind. Returns how many directories went. */
export function removeModuleDirectory(
  { parts: { tree, lists } }: DiskStore,
  module: ModuleDirectory,
): number {
  const parent = path.posix.dirname(module.key);
  removeFile(tree.path(`${module.key}/list`));
  const before = removeEmpty(tree, module.key);
  if (isThere(tree.path(module.key))) {
    // Somebody is committing to it: the list that was just removed may have been his.
    lists.markDirty(module.path);
    return before;
  }
  removeFile(tree.path(`${parent}/@latest`));
  return before + removeEmpty(tree, parent);
}
