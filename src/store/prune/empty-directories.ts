import * as fs from 'node:fs';
import path from 'node:path';
import { errnoOf } from '../errors.ts';
import { INDEX, OWN, SOFT } from '../layout.ts';
import type { Tree } from '../tree.ts';

/** What stays even when it is empty: a store is known by it. */
const STAYS: ReadonlySet<string> = new Set(['.', '', OWN, INDEX, SOFT, 'sumdb']);

/**
 * Removes a directory and those above it for as long as they are empty. A commit that has just made one of them makes
 * it again. Returns how many went; what cannot be removed stays.
 */
export function removeEmpty(tree: Tree, key: string): number {
  let removed = 0;
  for (let at = key; !STAYS.has(at); at = path.posix.dirname(at)) {
    try {
      fs.rmdirSync(tree.path(at));
      removed += 1;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') break;
    }
  }
  return removed;
}

/** Whether a directory was last changed before `than`, ms since the epoch. */
export function isOlder(tree: Tree, key: string, than: number): boolean {
  const stat = fs.lstatSync(tree.path(key), { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.mtimeMs < than;
}
