import * as fs from 'node:fs';
import { readRegular, removeQuietly, renameNew } from '../files.ts';
import { formatEntry, parseEntry, pinOf } from '../index-entry.ts';
import { MAX_INDEX_SIZE } from '../layout.ts';
import type { Tree } from '../tree.ts';
import type { IndexEntry, ModVer } from '../types.ts';

/**
 * Makes an index entry of the hashes in the file `from` that were pinned when they were first seen, if there are any
 * and `to` is not taken: whoever committed the version meanwhile has a pin of his own. It has the time of last use.
 * Throws what `fs` throws.
 */
export async function keepPin(
  tree: Tree,
  { from, to }: { readonly from: string; readonly to: string },
  mv: ModVer,
): Promise<void> {
  const found = await readRegular(from, MAX_INDEX_SIZE);
  const pin = found === undefined ? undefined : pinIn(found.bytes, mv);
  if (pin === undefined || found === undefined) return;
  const temp = await tree.writeTemp(formatEntry(pin));
  try {
    const seconds = found.stamp.mtimeMs / 1000;
    fs.utimesSync(temp, seconds, seconds);
    await renameNew(temp, to);
  } finally {
    await removeQuietly(temp);
  }
}

/** Whether the index entry in a file has hashes that were pinned when they were first seen. */
export async function isPin(file: string, mv: ModVer): Promise<boolean> {
  const found = await readRegular(file, MAX_INDEX_SIZE);
  return found !== undefined && pinIn(found.bytes, mv) !== undefined;
}

function pinIn(bytes: Buffer | 'oversize', mv: ModVer): IndexEntry | undefined {
  const entry = bytes === 'oversize' ? undefined : parseEntry(bytes, mv);
  return entry === undefined ? undefined : pinOf(entry);
}
