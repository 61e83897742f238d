import * as fsp from 'node:fs/promises';
import { asStoreError, errnoOf, StoreError } from './errors.ts';
import { INDEX, OWN } from './layout.ts';
import { Tree } from './tree.ts';

/**
 * A store that is there, to be looked at: nothing is created or written. Throws StoreError:
 * `no-store` when there is none of that name, or no store in it; `store-unreadable`, `store-io`.
 */
export async function openTree(dir: string): Promise<Tree> {
  let root: string;
  try {
    root = await fsp.realpath(dir);
    if (!(await fsp.stat(root)).isDirectory()) throw notOne(dir, 'it is a file');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw notOne(dir, 'there is no such directory');
    throw asStoreError(error, dir, 'read');
  }
  const tree = new Tree(root);
  if (!(await tree.hasDir(OWN)))
    throw notOne(dir, `it has no directory ${OWN}, where an index would be (${INDEX})`);
  return tree;
}

function notOne(dir: string, why: string): StoreError {
  const fix = 'name the directory that jobs use as their store';
  return new StoreError(
    'store-not-a-directory',
    dir,
    `module store: ${dir} is no module store: ${why}; ${fix}`,
  );
}
