import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from './errors.ts';
import { removeQuietly, statRegular } from './files.ts';
import { makerOfTemp, QUARANTINE, TEMP } from './layout.ts';
import type { Tree } from './tree.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Damaged files are kept this long for somebody to look at. */
const QUARANTINE_MS = 14 * DAY_MS;

/**
 * Removes what dead processes left in `modgate/tmp` (whose maker is gone, or older than a day) and what has
 * been in quarantine for two weeks. Never throws: a later open tries again.
 */
export async function sweep(tree: Tree, now: number): Promise<void> {
  await eachFile(tree, TEMP, async (name, file) => {
    const maker = makerOfTemp(name);
    const dead = maker !== undefined && maker.host === tree.host && !isAlive(maker.pid);
    if (dead || (await isOlder(file, now - DAY_MS))) await removeQuietly(file);
  });
  await eachFile(tree, QUARANTINE, async (_name, file) => {
    if (await isOlder(file, now - QUARANTINE_MS)) await removeQuietly(file);
  });
}

async function eachFile(
  tree: Tree,
  key: string,
  visit: (name: string, file: string) => Promise<void>,
): Promise<void> {
  try {
    if (!(await tree.hasDir(key))) return;
    for await (const entry of await fsp.opendir(tree.path(key))) {
      if (!entry.isDirectory()) await visit(entry.name, path.join(tree.path(key), entry.name));
    }
  } catch {
    // Whatever is in the way now is in the way of nothing else.
  }
}

async function isOlder(file: string, than: number): Promise<boolean> {
  const stat = await statRegular(file);
  return stat !== undefined && stat.mtimeMs < than;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}
