import * as fsp from 'node:fs/promises';
import { asStoreError, StoreError } from '../errors.ts';
import { isAbsent, statRegular } from '../files.ts';
import {
  INDEX,
  moduleOfDir,
  OWN,
  QUARANTINE,
  SOFT,
  SPOOL,
  softKey,
  TEMP,
  USE_LOG,
  versionKeys,
  versionOfName,
} from '../layout.ts';
import { CLAIMED } from '../prune/module-versions.ts';
import type { Tree } from '../tree.ts';
import type { ModVer } from '../types.ts';
import { A_LINK, type WalkOptions, walkFiles } from '../walk.ts';

/** Who is told of what is none of ours. */
export type Strangers = WalkOptions & Required<Pick<WalkOptions, 'onSkip'>>;

/** The version that an index file is of, or undefined for a name that is none of an index file. */
export function versionOfIndexKey(key: string): ModVer | undefined {
  if (!key.startsWith(`${INDEX}/`) || !key.endsWith('.json')) return undefined;
  const segments = key.slice(INDEX.length + 1).split('/');
  const name = segments.pop() ?? '';
  if (segments.pop() !== '@v') return undefined;
  const path = moduleOfDir(segments);
  const version = versionOfName(`${name.slice(0, -'.json'.length)}.mod`)?.version;
  return path === undefined || version === undefined ? undefined : { path, version };
}

/** The versions that have an index entry and no file. What is no index entry is told of. */
export async function* indexedWithoutFiles(tree: Tree, options: Strangers): AsyncGenerator<ModVer> {
  for await (const key of walkFiles(tree.root, INDEX, options)) {
    // A prune is at this version, or was killed there: the next one goes on.
    if (key.endsWith(`.json${CLAIMED}`)) continue;
    const mv = versionOfIndexKey(key);
    const keys = mv && versionKeys(mv);
    if (mv === undefined || keys === undefined || keys.index !== key) {
      options.onSkip(key, 'not an index entry');
      continue;
    }
    if (!(await hasAFile(tree, [keys.files.mod, keys.files.zip, keys.files.info]))) yield mv;
  }
}

async function hasAFile(tree: Tree, keys: readonly string[]): Promise<boolean> {
  try {
    for (const key of keys) if ((await statRegular(tree.path(key))) !== undefined) return true;
    return false;
  } catch (error) {
    // The walk over the modules has told of a directory that cannot be looked into.
    if (error instanceof StoreError) return true;
    throw error;
  }
}

/** Tells of everything in `sumdb/` and in our own directory that is none of ours. Throws StoreError. */
export async function findStrangers(tree: Tree, options: Strangers): Promise<void> {
  const { onSkip } = options;
  for (const start of ['sumdb', SOFT]) {
    for await (const key of walkFiles(tree.root, start, options)) {
      const asked = key.startsWith(`${SOFT}/`) ? key.slice(SOFT.length + 1) : key;
      if (softKey(asked) !== key) onSkip(key, 'not a file of a store');
    }
  }
  const own = new Set([INDEX, TEMP, QUARANTINE, SOFT, SPOOL, USE_LOG]);
  try {
    for await (const entry of await fsp.opendir(tree.path(OWN))) {
      const key = `${OWN}/${entry.name}`;
      if (entry.isSymbolicLink()) onSkip(key, A_LINK);
      else if (entry.isDirectory() && !own.has(key)) onSkip(key, 'a directory where none belongs');
    }
  } catch (error) {
    if (!isAbsent(error)) throw asStoreError(error, tree.path(OWN), 'read');
  }
}
