import * as fsp from 'node:fs/promises';
import type { DiskStore } from '../disk.ts';
import { removeQuietly, statRegular } from '../files.ts';
import { formatEntry, mergeEntry } from '../index-entry.ts';
import { QUARANTINE, quarantineName } from '../layout.ts';
import type { FileKind, IndexEntry } from '../types.ts';
import type { Fault, Look } from './look.ts';
import type { Outcome } from './types.ts';

/** What became of one fault. */
export interface Mended {
  readonly outcome: Outcome;
  readonly movedTo?: string;
}

/**
 * Mends what can be mended of a version, in the order of `look.faults`. Files are moved, never deleted; an index
 * entry keeps its time, which is the time of last use. Throws StoreError.
 */
export async function mend(store: DiskStore, look: Look): Promise<Mended[]> {
  const { tree, now, lists } = store.parts;
  const mended: Mended[] = [];
  const forgotten: FileKind[] = [];
  for (const { mend: how, key, file, ino } of look.faults) {
    if (how === 'move' && ino !== undefined) {
      const movedTo = await tree.quarantine(key, ino, now());
      if (movedTo === undefined) mended.push({ outcome: 'left' });
      else {
        if (file !== undefined) forgotten.push(file);
        mended.push({ outcome: 'quarantined', movedTo });
      }
    } else {
      if (how === 'forget' && file !== undefined) forgotten.push(file);
      mended.push({ outcome: how === 'index' ? 'indexed' : how === 'forget' ? 'forgotten' : 'left' });
    }
  }
  const known = forgotten.some(kind => look.entry?.[kind] !== undefined);
  const proven = Object.keys(look.proof).length > 0;
  const written = !(known || proven) || (await rewrite(store, look, forgotten));
  if (forgotten.some(kind => kind !== 'zip')) lists.markDirty(look.mv.path);
  if (written) return mended;
  return mended.map(each => (each.outcome === 'quarantined' ? each : { outcome: 'left' }));
}

/** Moves a symbolic link into quarantine, as a link. Undefined when it is none any more, or cannot be moved. */
export async function setAsideLink(store: DiskStore, key: string): Promise<Mended | undefined> {
  const { tree, now } = store.parts;
  const movedTo = `${QUARANTINE}/${quarantineName(key, now(), 'link')}`;
  try {
    if (!(await fsp.lstat(tree.path(key))).isSymbolicLink()) return undefined;
    await tree.makeDir(QUARANTINE);
    await fsp.rename(tree.path(key), tree.path(movedTo));
    return { outcome: 'quarantined', movedTo };
  } catch {
    return undefined;
  }
}

/** False when somebody else changed the entry meanwhile: the next run looks again. */
async function rewrite(store: DiskStore, look: Look, forgotten: readonly FileKind[]): Promise<boolean> {
  const { tree, index, now } = store.parts;
  const { mv, keys, entry, entryBytes, proof } = look;
  if (entry === undefined) {
    await index.publish(mv, keys, await index.prepare(mv, keys, proof));
    return true;
  }
  const next = mergeEntry(mv, without(entry, forgotten, look.faults), proof, new Date(now()).toISOString());
  const temp = await tree.writeTemp(formatEntry(next));
  try {
    const before = look.stamps.get(keys.index);
    const there = await statRegular(tree.path(keys.index));
    if (before === undefined || there === undefined) return false;
    const current = (await index.read(mv, keys))?.bytes;
    if (entryBytes === undefined || current?.equals(entryBytes) !== true) return false;
    // Somebody fetched it anew and found that the entry tells of it already.
    for (const kind of forgotten) if (await statRegular(tree.path(keys.files[kind]))) return false;
    await fsp.utimes(temp, there.mtimeMs / 1000, there.mtimeMs / 1000);
    await tree.replace(keys.index, temp);
    return true;
  } finally {
    await removeQuietly(temp);
  }
}

/**
 * The entry without what it says of some files. The hash of a zip stays as a pin, because a private module that comes
 * back with another one has to be noticed; unless somebody who knows says that it is wrong.
 */
function without(entry: IndexEntry, forgotten: readonly FileKind[], faults: readonly Fault[]): IndexEntry {
  const { info, mod, goModH1, zip, h1, vouchedBy, ...rest } = entry;
  const disowned = faults.some(({ kind, file }) => kind === 'contradicted' && file === 'zip');
  const keepH1 = h1 !== undefined && !(disowned && forgotten.includes('zip'));
  const gone = mod === undefined || forgotten.includes('mod');
  const modDisowned = faults.some(({ kind, file }) => kind === 'contradicted' && file === 'mod');
  // The hash of a go.mod that is gone is of use only as a pin.
  const keepMod = goModH1 !== undefined && (!gone || (vouchedBy?.mod === 'first-seen' && !modDisowned));
  return {
    ...rest,
    ...(info === undefined || forgotten.includes('info') ? {} : { info }),
    ...(keepMod ? { goModH1, ...(gone ? {} : { mod }) } : {}),
    ...(keepH1 ? { h1 } : {}),
    ...(zip === undefined || forgotten.includes('zip') ? {} : { zip }),
    vouchedBy: {
      ...(keepH1 && vouchedBy?.zip !== undefined ? { zip: vouchedBy.zip } : {}),
      ...(keepMod && vouchedBy?.mod !== undefined ? { mod: vouchedBy.mod } : {}),
    },
  };
}
