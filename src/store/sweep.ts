import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from './errors.ts';
import { removeQuietly, statRegular } from './files.ts';
import { QUARANTINE_MS, TEMP_MS } from './keep-times.ts';
import { makerOfTemp, QUARANTINE, quarantinedAt, TEMP } from './layout.ts';
import type { Tree } from './tree.ts';

/** A file of `modgate/tmp` or `modgate/quarantine`. `size` in bytes. */
export interface Passing {
  readonly of: 'temp' | 'quarantine';
  readonly file: string;
  readonly size: number;
  /** Nobody needs it any more. */
  readonly over: boolean;
}

/**
 * The temp files and what is in quarantine. A temp file is over when its maker is gone, or when it is older than a day;
 * a file in quarantine after two weeks. Throws what `fs` throws, StoreError.
 */
export async function* passingFiles(tree: Tree, now: number): AsyncGenerator<Passing> {
  for (const [of, key] of [
    ['temp', TEMP],
    ['quarantine', QUARANTINE],
  ] as const) {
    if (!(await tree.hasDir(key))) continue;
    for await (const entry of await fsp.opendir(tree.path(key))) {
      if (entry.isDirectory()) continue;
      const file = path.join(tree.path(key), entry.name);
      const stat = await statRegular(file);
      const written = stat?.mtimeMs ?? now;
      const over =
        of === 'temp'
          ? isOrphan(tree, entry.name) || written < now - TEMP_MS
          : (quarantinedAt(entry.name) ?? written) < now - QUARANTINE_MS;
      yield { of, file, size: stat?.size ?? 0, over };
    }
  }
}

/** Removes what is over. Never throws: a later open tries again. */
export async function sweep(tree: Tree, now: number): Promise<void> {
  try {
    for await (const { file, over } of passingFiles(tree, now)) if (over) await removeQuietly(file);
  } catch {
    // Whatever is in the way now is in the way of nothing else.
  }
}

/** Whether the process of this machine that made a temp file of this name is gone. */
export function isOrphan(tree: Pick<Tree, 'host'>, name: string): boolean {
  const maker = makerOfTemp(name);
  return maker !== undefined && maker.host === tree.host && !isAlive(maker.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}
