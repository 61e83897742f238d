import type { Dirent } from 'node:fs';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { asStoreError, type StoreError } from './errors.ts';
import { isAbsent, statRegular } from './files.ts';
import { moduleOfDir, OWN, versionOfName } from './layout.ts';
import type { FileKind, ModVer } from './types.ts';

/** A version as its file names show it; sizes in bytes. */
export interface WalkedVersion extends ModVer {
  readonly files: Readonly<Partial<Record<FileKind, number>>>;
}

export interface WalkOptions {
  /** Told of everything that is no file of a version; `path` is relative to the root. */
  readonly onSkip?: (path: string, why: string) => void;
  /** Told of a directory that cannot be read, and the walk goes on; not given, the walk throws. */
  readonly onUnreadable?: (path: string, error: StoreError) => void;
  /** The walk ends after this many names; default 2 million. */
  readonly maxNames?: number;
}

/** Deeper than any module path that fits into Go's own limits of a file name. */
const MAX_DEPTH = 128;

/** Why `onSkip` is told of a symbolic link. */
export const A_LINK = 'a symbolic link';

interface Walk {
  readonly root: string;
  readonly onSkip: (path: string, why: string) => void;
  readonly onUnreadable: ((path: string, error: StoreError) => void) | undefined;
  left: number;
}

/**
 * Every version of a store tree, one `@v` directory at a time. Symbolic links, foreign names and whatever is
 * neither directory nor regular file are skipped. Throws StoreError when a directory cannot be read and nobody is to
 * be told of that.
 */
export async function* walkVersions(root: string, options: WalkOptions = {}): AsyncGenerator<WalkedVersion> {
  yield* walkDir(beginWalk(root, options), []);
}

function beginWalk(root: string, options: WalkOptions): Walk {
  const { onSkip = () => undefined, onUnreadable, maxNames = 2_000_000 } = options;
  return { root, onSkip, onUnreadable, left: maxNames };
}

async function* walkDir(walk: Walk, segments: readonly string[]): AsyncGenerator<WalkedVersion> {
  const at = segments.join('/');
  if (segments.length > MAX_DEPTH) return walk.onSkip(at, 'nested too deep');
  for await (const entry of entries(walk, at)) {
    const here = at === '' ? entry.name : `${at}/${entry.name}`;
    if (at === '' && (entry.name === OWN || entry.name === 'sumdb')) continue;
    if (!entry.isDirectory()) {
      if (!(entry.isFile() && entry.name === '@latest')) walk.onSkip(here, kindOfJunk(entry));
    } else if (entry.name === '@v') {
      const modulePath = moduleOfDir(segments);
      if (modulePath === undefined) walk.onSkip(here, 'not a module path');
      else yield* walkModule(walk, here, modulePath);
    } else {
      yield* walkDir(walk, [...segments, entry.name]);
    }
  }
}

async function* walkModule(walk: Walk, dir: string, modulePath: string): AsyncGenerator<WalkedVersion> {
  const versions = new Map<string, Partial<Record<FileKind, number>>>();
  for await (const entry of entries(walk, dir)) {
    const here = `${dir}/${entry.name}`;
    const found = entry.isFile() ? versionOfName(entry.name) : undefined;
    if (found === undefined) {
      if (!(entry.isFile() && entry.name === 'list')) walk.onSkip(here, kindOfJunk(entry));
      continue;
    }
    const stat = await statRegular(path.join(walk.root, here));
    // Another process took it away since the directory was read.
    if (stat === undefined) continue;
    const files = versions.get(found.version) ?? {};
    files[found.kind] = stat.size;
    versions.set(found.version, files);
  }
  for (const [version, files] of versions) yield { path: modulePath, version, files };
}

async function* entries(walk: Walk, key: string): AsyncGenerator<Dirent> {
  const dir = path.join(walk.root, key);
  try {
    for await (const entry of await fsp.opendir(dir)) {
      if (walk.left <= 0) return walk.onSkip(key, 'too many files');
      walk.left -= 1;
      yield entry;
    }
  } catch (error) {
    if (isAbsent(error)) return;
    const failure = asStoreError(error, dir, 'read');
    if (walk.onUnreadable === undefined) throw failure;
    walk.onUnreadable(key, failure);
  }
}

function kindOfJunk(entry: Dirent): string {
  if (entry.isSymbolicLink()) return A_LINK;
  if (entry.isFile()) return 'not a file of a store';
  return entry.isDirectory() ? 'a directory where none belongs' : 'not a regular file';
}

/** Keys of all regular files below the directory `start` of a tree, whatever they are called. */
export async function* walkFiles(
  root: string,
  start: string,
  options: WalkOptions = {},
): AsyncGenerator<string> {
  const walk = beginWalk(root, options);
  // The directories on the way to `start` may be links too.
  const parts = start.split('/');
  for (let depth = 1; depth <= parts.length; depth++) {
    if (!(await isRealDir(path.join(root, ...parts.slice(0, depth))))) return;
  }
  yield* walkAll(walk, start, 0);
}

async function* walkAll(walk: Walk, dir: string, depth: number): AsyncGenerator<string> {
  if (depth > MAX_DEPTH) return walk.onSkip(dir, 'nested too deep');
  for await (const entry of entries(walk, dir)) {
    const here = `${dir}/${entry.name}`;
    if (entry.isDirectory()) yield* walkAll(walk, here, depth + 1);
    else if (entry.isFile()) yield here;
    else walk.onSkip(here, kindOfJunk(entry));
  }
}

async function isRealDir(dir: string): Promise<boolean> {
  try {
    return (await fsp.lstat(dir)).isDirectory();
  } catch (error) {
    if (isAbsent(error)) return false;
    throw asStoreError(error, dir, 'read');
  }
}
