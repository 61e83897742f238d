import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEntry } from '../../store/index-entry.ts';
import { MAX_INDEX_SIZE, versionKeys } from '../../store/layout.ts';
import type { CachedVersion } from '../../store/modcache/contents.ts';
import { readBounded } from '../workspace.ts';

/**
 * Whether a session's store took in or gave out these very contents since the session began. A daemon that is killed
 * takes the records of its last moment with it: what it served then must not pass for what came in past it.
 * @param began milliseconds since 1970
 */
export async function storeKnows(
  storeDir: string,
  { module, version, h1 }: CachedVersion,
  began: number,
): Promise<boolean> {
  const mv = { path: module, version };
  const keys = versionKeys(mv);
  if (keys === undefined) return false;
  const file = join(storeDir, ...keys.index.split('/'));
  const used = await stat(file).then(
    found => found.mtimeMs,
    () => 0,
  );
  if (used < began) return false;
  const bytes = await readBounded(file, MAX_INDEX_SIZE);
  return bytes !== undefined && parseEntry(bytes, mv)?.h1 === h1;
}
