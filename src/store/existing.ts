import type { Stats } from 'node:fs';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { type DiskStore, type DiskStoreOptions, openDiskStore } from './disk.ts';
import { asStoreError, errnoOf, StoreError } from './errors.ts';
import { INDEX, OWN, TEMP } from './layout.ts';
import { Tree } from './tree.ts';

/**
 * Opens a store that is there already, for work on all of it: a directory that somebody named by mistake must not be
 * made into a store, let alone be cleaned up. Every store has `modgate/tmp` or `modgate/index`.
 *
 * Throws StoreError: `store-missing`, `store-foreign`, and those of `openDiskStore`.
 */
export async function openExisting(dir: string, options: DiskStoreOptions): Promise<DiskStore> {
  await requireStore(dir);
  return await openDiskStore(dir, options);
}

/**
 * The directories of a store that is there, to be looked at: nothing is created or written. Throws StoreError as
 * `openExisting` does.
 */
export async function existingTree(dir: string): Promise<Tree> {
  await requireStore(dir);
  try {
    return new Tree(await fsp.realpath(dir));
  } catch (error) {
    throw asStoreError(error, dir, 'read');
  }
}

async function requireStore(dir: string): Promise<void> {
  const root = await look(dir);
  if (root === undefined) {
    const message = `module store: there is no directory ${dir}; name the directory of a store, or run a job first that fills one`;
    throw new StoreError('store-missing', dir, message);
  }
  if (!root.isDirectory()) {
    const message = `module store: ${dir} is a file; name the directory of a store`;
    throw new StoreError('store-not-a-directory', dir, message);
  }
  const own = await look(path.join(dir, OWN), 'link');
  const parts = await Promise.all([TEMP, INDEX].map(key => look(path.join(dir, key), 'link')));
  if (own?.isDirectory() !== true || !parts.some(part => part?.isDirectory() === true)) {
    const message = `module store: ${dir} is no store of modgate: it has no ${TEMP} and no ${INDEX} in it; nothing was changed. Name the directory that holds ${OWN}/`;
    throw new StoreError('store-foreign', dir, message);
  }
}

async function look(file: string, what: 'link' | 'target' = 'target'): Promise<Stats | undefined> {
  try {
    return await (what === 'link' ? fsp.lstat(file) : fsp.stat(file));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw asStoreError(error, file, 'read');
  }
}
