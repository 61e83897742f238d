import { mergeEntry } from '../index-entry.ts';
import type { FileKind, IndexEntry } from '../types.ts';
import type { Fault, Look } from './look.ts';
import type { Mender } from './medium.ts';
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
export async function mend(mender: Mender, look: Look): Promise<Mended[]> {
  const mended: Mended[] = [];
  const forgotten: FileKind[] = [];
  for (const { mend: how, key, file, stamp } of look.faults) {
    if (how === 'move' && stamp !== undefined) {
      const movedTo = await mender.setAside(key, stamp);
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
  const written = !(known || proven) || (await rewrite(mender, look, forgotten));
  if (forgotten.some(kind => kind !== 'zip')) mender.listsChanged(look.mv.path);
  if (written) return mended;
  return mended.map(each => (each.outcome === 'quarantined' ? each : { outcome: 'left' }));
}

/** False when somebody else changed the entry meanwhile: the next run looks again. */
async function rewrite(mender: Mender, look: Look, forgotten: readonly FileKind[]): Promise<boolean> {
  const { mv, keys, entry, entryBytes, proof } = look;
  if (entry === undefined) {
    await mender.publish(mv, keys, proof);
    return true;
  }
  if (entryBytes === undefined) return false;
  const firstSeen = new Date(mender.now()).toISOString();
  const next = mergeEntry(mv, without(entry, forgotten, look.faults), proof, firstSeen);
  // A file that is there by now: somebody fetched it anew and found that the entry tells of it already.
  const absent = forgotten.map(kind => keys.files[kind]);
  return await mender.replace(keys, { before: entryBytes, after: next }, absent);
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
