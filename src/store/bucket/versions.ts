import { FILE_KINDS, INDEX, moduleOfDir, OWN, versionOfName } from '../layout.ts';
import type { FileKind, ModVer, StoredVersion } from '../types.ts';
import type { Bucket, ObjectFacts } from './types.ts';

/**
 * Every version of a bucket that has an index entry, in order of keys. Two listings in one order, side by side: nothing
 * is held of either but one version. `lastUse` is when the entry was written; notes of use are not read here.
 */
export async function* listVersions(bucket: Bucket): AsyncGenerator<StoredVersion> {
  const files = filesOf(bucket);
  let next = await files.next();
  try {
    for await (const { key, modified } of bucket.list(`${INDEX}/`)) {
      const stem = key.slice(`${INDEX}/`.length, -'.json'.length);
      const mv = key.endsWith('.json') ? versionOf(stem) : undefined;
      if (mv === undefined) continue;
      const start = Buffer.from(`${stem}.`);
      while (next.done !== true && Buffer.compare(Buffer.from(next.value.key), start) < 0) {
        next = await files.next();
      }
      const sizes: Partial<Record<FileKind, number>> = {};
      while (next.done !== true && next.value.key.startsWith(`${stem}.`)) {
        const { key: file, size } = next.value;
        const kind = FILE_KINDS.find(one => file === `${stem}.${one}`);
        if (kind !== undefined) sizes[kind] = size;
        next = await files.next();
      }
      yield { ...mv, files: sizes, lastUse: modified };
    }
  } finally {
    await files.return(undefined);
  }
}

/** All objects in order, but those of modgate's own directory. */
async function* filesOf(bucket: Bucket): AsyncGenerator<ObjectFacts, undefined> {
  let own = false;
  for await (const object of bucket.list('')) {
    own = object.key.startsWith(`${OWN}/`);
    if (own) break;
    yield object;
  }
  // `0` is the character behind the slash: past a listing as long as the one that runs beside this.
  if (own) yield* bucket.list('', { after: `${OWN}0` });
  return undefined;
}

function versionOf(stem: string): ModVer | undefined {
  const cut = stem.lastIndexOf('/@v/');
  if (cut < 0) return undefined;
  const version = versionOfName(`${stem.slice(cut + '/@v/'.length)}.mod`)?.version;
  const path = moduleOfDir(stem.slice(0, cut).split('/'));
  return path === undefined || version === undefined ? undefined : { path, version };
}
