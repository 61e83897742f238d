import * as fs from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../errors.ts';
import { READ_FLAGS } from '../files.ts';
import {
  ACTION_BYTES,
  MAX_ACTIONS,
  MAX_OUTPUT_BYTES,
  parseAction,
  parseEntryName,
  SUBDIRECTORIES,
} from './layout.ts';

export interface Adopted {
  readonly actions: number;
  /** Bytes of the outputs. */
  readonly bytes: number;
  /** Files and directories that go would not have written; they are gone. */
  readonly removed: number;
}

/**
 * Makes a GOCACHE of a directory that a runner unpacked from an archive, in its place: everything that is no entry of
 * go's (links, directories, other names, torn actions, cached executables) is removed, and the entries get `usedMs` as
 * the time of their last use, see `usedBuilds`. Undefined when there is nothing of use. Throws the error of the disk.
 */
export function adoptBuilds(dir: string, usedMs: number): Adopted | undefined {
  if (fs.lstatSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  let actions = 0;
  let bytes = 0;
  let removed = 0;
  const remove = (path: string): void => {
    fs.rmSync(path, { recursive: true, force: true });
    removed += 1;
  };
  const known = new Set(SUBDIRECTORIES);
  for (const entry of fs.readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (!entry.isDirectory() || !known.has(entry.name)) {
      remove(path);
      continue;
    }
    for (const name of fs.readdirSync(path)) {
      const file = join(path, name);
      const kept = judge(file, parseEntryName(entry.name, name), usedMs);
      if (kept === undefined) remove(file);
      else if (kept.kind === 'action') actions += 1;
      else bytes += kept.size;
      if (actions > MAX_ACTIONS || bytes > MAX_OUTPUT_BYTES) return undefined;
    }
  }
  return actions === 0 ? undefined : { actions, bytes, removed };
}

/** Undefined for what has to go. */
function judge(
  path: string,
  name: ReturnType<typeof parseEntryName>,
  usedMs: number,
): { readonly kind: 'action' | 'output'; readonly size: number } | undefined {
  if (name === undefined) return undefined;
  let fd: number;
  try {
    fd = fs.openSync(path, READ_FLAGS);
  } catch (error) {
    if (errnoOf(error) === 'EMFILE') throw error;
    return undefined;
  }
  try {
    const found = fs.fstatSync(fd);
    // With a second name it could be a file of somebody else, which go would write into.
    if (!found.isFile() || found.nlink > 1) return undefined;
    if (name.kind === 'action') {
      const bytes = Buffer.alloc(ACTION_BYTES + 1);
      const read = fs.readSync(fd, bytes, 0, bytes.length, 0);
      if (parseAction(bytes.subarray(0, read))?.id !== name.digest) return undefined;
    }
    fs.futimesSync(fd, usedMs / 1000, usedMs / 1000);
    return { kind: name.kind, size: found.size };
  } finally {
    fs.closeSync(fd);
  }
}
