/**
 * How a version is removed while other processes, on this machine or over NFS, read, touch and commit it. There is no
 * lock. What keeps it safe is the order, and that each step can be the last one:
 *
 * 1. The index entry is renamed to `<version>.json.pruned` in its own directory, in one step, and only when its last
 *    use is still the one that the decision was made from. It is looked at once more under its new name: a use
 *    or a commit that came between is seen there, and the entry gets its name back unless there is a new one.
 *    From here on the version is not there for whoever comes: nobody believes a file without an index entry, except
 *    one whose go.sum has the hash, and he hashes it first.
 * 2. .info, .mod and .zip are removed in this order, so that a `go` which reads the tree itself sees none of it before
 *    all of it is going. Before each one: when there is an index entry again, somebody committed the version anew
 *    (or proved a file of it by hash) and what is still there is his; and a file that was written within the
 *    last hour is a commit's which has not come to its index entry yet. A commit that meets a file without an index
 *    entry waits for longer than these steps take, and then replaces the file.
 * 3. The list and @latest of the module are written anew.
 * 4. What must outlive the version, hashes that were pinned when they were first seen, gets an entry of its own, and the
 *    renamed entry is removed.
 *
 * A process that is killed leaves, at worst, the renamed entry with some of the files. The next prune meets it and
 * goes on with step 2, whoever renamed it: two prunes at one version do the same things, and none of them twice.
 * A reader that loses a file between looking it up and opening it asks again and fetches it. A commit that found the
 * version complete in the moment before step 1, and so wrote nothing, has to fetch it again when it next needs it.
 */
import * as fs from 'node:fs';
import { errnoOf } from '../errors.ts';
import { isAbsent, renameNew } from '../files.ts';
import { INDEX } from '../layout.ts';
import type { Tree } from '../tree.ts';
import type { FileKind, ModVer } from '../types.ts';
import { CLAIMED, type VersionState } from './module-versions.ts';
import { keepPin } from './pinned.ts';

/** What was used or written within this time is in use by somebody, whatever the size of the store; ms. */
export const RECENT_MS = 3_600_000;

/**
 * `removed`: none of its files is there any more. `used`: somebody committed it anew, some of it is there. `untouched`:
 * somebody used it, or another prune is at it; nothing was done to it.
 */
export type Removal = 'removed' | 'used' | 'untouched';

const ORDER: readonly FileKind[] = ['info', 'mod', 'zip'];

/** Names of one version, absolute. */
export interface VersionFiles {
  readonly index: string;
  readonly claim: string;
  readonly files: readonly string[];
}

/** @param dir key of the module's `@v` directory */
export function filesOf(tree: Tree, dir: string, stem: string): VersionFiles {
  const index = tree.path(`${INDEX}/${dir}/${stem}.json`);
  return {
    index,
    claim: `${index}${CLAIMED}`,
    files: ORDER.map(kind => tree.path(`${dir}/${stem}.${kind}`)),
  };
}

/**
 * Steps 1 and 2. Throws what `fs` throws; the version then has its index entry again where that can be had.
 * @param now ms since the epoch
 */
export async function removeFiles(
  names: VersionFiles,
  state: Pick<VersionState, 'touched'>,
  now: number,
): Promise<Removal> {
  if (state.touched !== undefined && !(await claim(names, state.touched))) {
    return 'untouched';
  }
  try {
    for (const file of names.files) {
      if (isThere(names.index)) return 'used';
      const stat = fs.lstatSync(file, { throwIfNoEntry: false });
      if (stat === undefined) continue;
      if (stat.mtimeMs > now - RECENT_MS) {
        // What the entry says of files that are gone by now does no harm; a commit puts it right.
        if (state.touched !== undefined) await giveBack(names);
        return 'used';
      }
      removeFile(file);
    }
    return 'removed';
  } catch (error) {
    // With its entry the rest of it is of use, and the next prune decides anew.
    if (state.touched !== undefined) await giveBack(names).catch(() => undefined);
    throw error;
  }
}

/**
 * Step 4. The pin has the time of last use of the version.
 * @param mv undefined where pins go, too
 */
export async function dropClaim(tree: Tree, names: VersionFiles, mv: ModVer | undefined): Promise<void> {
  if (mv !== undefined && !isThere(names.index))
    await keepPin(tree, { from: names.claim, to: names.index }, mv);
  removeFile(names.claim);
}

/** False when the version was used in the meantime, or another prune is at it. */
async function claim(names: VersionFiles, touched: number): Promise<boolean> {
  try {
    if (fs.lstatSync(names.index).mtimeMs !== touched) return false;
    fs.renameSync(names.index, names.claim);
    if (openedTime(names.claim) === touched) return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
  await giveBack(names);
  return false;
}

/** Opened, because a network file system asks its server for the times of what is opened, not of what is looked at. */
function openedTime(file: string): number {
  const fd = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0));
  try {
    return fs.fstatSync(fd).mtimeMs;
  } finally {
    fs.closeSync(fd);
  }
}

async function giveBack({ index, claim: from }: VersionFiles): Promise<void> {
  try {
    if (!(await renameNew(from, index))) removeFile(from);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

export function isThere(file: string): boolean {
  return fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** Removes a file that somebody else may have removed already. */
export function removeFile(file: string): void {
  try {
    fs.unlinkSync(file);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
