import * as fs from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../errors.ts';
import { READ_FLAGS } from '../files.ts';
import {
  ACTION_BYTES,
  type BuildAction,
  entryPath,
  MAX_ACTIONS,
  MAX_OUTPUT_BYTES,
  parseAction,
  parseEntryName,
  SUBDIRECTORIES,
  TEST_LOG,
} from './layout.ts';

/** The part of a GOCACHE that a job used. */
export interface UsedBuilds {
  /** In the order of their ids. */
  readonly actions: readonly BuildAction[];
  /** Bytes of each output that they name, by its digest. */
  readonly outputs: ReadonlyMap<string, number>;
  /** Bytes of all outputs. */
  readonly bytes: number;
}

/** `too-large`: it is not worth keeping, and could not be restored in time. */
export class BuildCacheError extends Error {
  override readonly name = 'BuildCacheError';
  readonly code: 'too-large';
  constructor(code: 'too-large', message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * What go used or wrote since `since` (milliseconds since the epoch), by the modification times of the action files:
 * go renews them with every use, but not within an hour, so that what lay there before must be made to look older than
 * that. An output is used when a used action names it. Left out: what is no entry of go's, actions whose output is
 * gone or torn, cached executables, and results of tests, which would let a later job pass without running them.
 *
 * The files are read as the last thing that a step does, so that nothing waits while they are. Throws BuildCacheError.
 */
export function usedBuilds(dir: string, since: number): UsedBuilds {
  const actions: BuildAction[] = [];
  for (const subdirectory of SUBDIRECTORIES) {
    for (const name of namesIn(join(dir, subdirectory))) {
      if (parseEntryName(subdirectory, name)?.kind !== 'action') continue;
      const action = readAction(join(dir, subdirectory, name), since);
      if (action === undefined || name !== `${action.id}-a`) continue;
      if (actions.length === MAX_ACTIONS) {
        throw new BuildCacheError('too-large', `the job used more than ${MAX_ACTIONS} objects`);
      }
      actions.push(action);
    }
  }
  const outputs = new Map<string, number | undefined>();
  for (const { out } of actions) if (!outputs.has(out)) outputs.set(out, sizeToKeep(dir, out));
  const kept = actions.filter(({ out, size }) => outputs.get(out) === size);
  const named = new Map(kept.map(({ out, size }) => [out, size]));
  const bytes = [...named.values()].reduce((sum, size) => sum + size, 0);
  if (bytes > MAX_OUTPUT_BYTES) {
    throw new BuildCacheError(
      'too-large',
      `the objects that the job used have ${bytes} bytes, more than ${MAX_OUTPUT_BYTES}`,
    );
  }
  return { actions: kept.sort((a, b) => (a.id < b.id ? -1 : 1)), outputs: named, bytes };
}

function namesIn(dir: string): string[] {
  try {
    return fs.readdirSync(dir);
  } catch (error) {
    // A job that built nothing has no directories, and others may clean at the same time.
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

function readAction(path: string, since: number): BuildAction | undefined {
  const found = fs.lstatSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true || found.size !== ACTION_BYTES || found.mtimeMs < since) return undefined;
  const bytes = headOf(path, ACTION_BYTES);
  return bytes && parseAction(bytes);
}

/** Bytes of an output; undefined when it is gone, no regular file, or the inputs of a test. */
function sizeToKeep(dir: string, out: string): number | undefined {
  const path = join(dir, entryPath(out, 'output'));
  const found = fs.lstatSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true) return undefined;
  const head = headOf(path, TEST_LOG.length);
  return head === undefined || head.equals(TEST_LOG) ? undefined : found.size;
}

function headOf(path: string, length: number): Buffer | undefined {
  let fd: number;
  try {
    fd = fs.openSync(path, READ_FLAGS);
  } catch {
    return undefined;
  }
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, length, 0));
  } finally {
    fs.closeSync(fd);
  }
}
