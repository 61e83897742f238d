import * as fs from 'node:fs';
import path from 'node:path';
import { isAbsent } from '../files.ts';
import { moduleOfDir, OWN } from '../layout.ts';

/**
 * Names that one read of a directory brings. What Node holds for each open directory grows with it, and is freed only
 * when the collector comes by: with a thousand names, a walk of many small directories took 50 MB more.
 */
const NAMES_AT_ONCE = 64;
/** Subdirectories of one directory that are looked at; what is beyond stays as it is. */
const MAX_SUBDIRECTORIES = 1_000_000;
/** Deeper than any module path that fits into Go's own limits of a file name. */
const MAX_DEPTH = 128;

/** The `@v` directory of a module. */
export interface ModuleDirectory {
  /** Key of the directory below where the walk started: `<escaped path>/@v`. */
  readonly key: string;
  /** Unescaped. */
  readonly path: string;
}

export interface WalkReport {
  /** Something that belongs to no module; `key` is relative to the start of the walk. */
  readonly foreign: (key: string, why: string) => void;
  /** A directory could not be read. */
  readonly failed: (key: string, error: unknown) => void;
  /** A directory below that of a host is empty. */
  readonly empty: (key: string) => void;
}

/**
 * Every module below `root`, in no order: each walk begins elsewhere, so that walks which never have the time for all
 * of a store see all of it in the end. Symbolic links are not followed. Memory grows with the largest directory only.
 */
export function* moduleDirectories(root: string, report: WalkReport): Generator<ModuleDirectory> {
  yield* below(root, '', 0, report);
}

function* below(root: string, key: string, depth: number, report: WalkReport): Generator<ModuleDirectory> {
  const found = read(root, key, depth, report);
  if (found === undefined) return;
  const from = Math.floor(Math.random() * found.length);
  for (let i = 0; i < found.length; i++) {
    const name = found[(from + i) % found.length] ?? '';
    const here = key === '' ? name : `${key}/${name}`;
    if (name === '@v') {
      const modulePath = moduleOfDir(key.split('/'));
      if (modulePath === undefined) report.foreign(here, 'not a module path');
      else yield { key: here, path: modulePath };
    } else if (depth >= MAX_DEPTH) {
      report.foreign(here, 'nested too deep');
    } else {
      yield* below(root, here, depth + 1, report);
    }
  }
}

/** Names of the subdirectories; undefined when there is nothing to go into. */
function read(root: string, key: string, depth: number, report: WalkReport): string[] | undefined {
  const names: string[] = [];
  let others = 0;
  try {
    for (const entry of entriesOf(path.join(root, key))) {
      const here = key === '' ? entry.name : `${key}/${entry.name}`;
      if (depth === 0 && (entry.name === OWN || entry.name === 'sumdb')) continue;
      // The first element of a module path has a dot; whatever else lies here is not ours to look into.
      if (depth === 0 && !entry.name.includes('.')) report.foreign(here, 'not of a store');
      else if (entry.isDirectory() && names.length < MAX_SUBDIRECTORIES) names.push(entry.name);
      else if (entry.isFile() && entry.name === '@latest') others += 1;
      else {
        others += 1;
        report.foreign(here, kindOf(entry));
      }
    }
  } catch (error) {
    if (!isAbsent(error)) report.failed(key, error);
    return undefined;
  }
  if (depth > 0 && names.length + others === 0) report.empty(key);
  return names;
}

/** The entries of a directory. Throws what `fs` throws. */
export function* entriesOf(dir: string): Generator<fs.Dirent> {
  const open = fs.opendirSync(dir, { bufferSize: NAMES_AT_ONCE });
  try {
    for (let entry = open.readSync(); entry !== null; entry = open.readSync()) yield entry;
  } finally {
    open.closeSync();
  }
}

export function kindOf(entry: fs.Dirent): string {
  if (entry.isSymbolicLink()) return 'a symbolic link';
  if (entry.isFile()) return 'not a file of a store';
  return entry.isDirectory() ? 'a directory where none belongs' : 'not a regular file';
}
