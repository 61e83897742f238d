import path from 'node:path';
import { statRegular } from '../files.ts';
import { MAX_SOFT_SIZE, softKey } from '../layout.ts';
import { walkFiles } from '../walk.ts';

/** Most files of the checksum database in one bundle. */
export const MAX_SUMDB_FILES = 20_000;
/** Most bytes of the checksum database in one bundle. */
export const MAX_SUMDB_BYTES = 32 * 1024 * 1024;

// No key of either form can be a directory of another one.
const NAME = '^sumdb/(?:(?!tile/|lookup/)[^/@]+/)+';
const LOOKUP = new RegExp(`${NAME}lookup/(?:[^/@]+/)*[^/@]+@v[^/@]+$`);
const TILE = new RegExp(`${NAME}tile/8/(?:data|\\d{1,2})/(?:x\\d{3}/)*\\d{3}(?:\\.p/\\d{1,3})?$`);

/**
 * Whether a key is one of a record or a tile: both are believed only with a proof up to a signed tree head. The
 * head itself is not shared; whoever could choose it could hide what is newer.
 */
export function isSharedSumdb(key: string): boolean {
  return softKey(key) === key && (LOOKUP.test(key) || TILE.test(key));
}

/**
 * Keys of the records and tiles in a store that go into a bundle, sorted, as many as fit; records first, because
 * each of them saves a request and a tile only some. `since`: none that were written before, ms since the epoch.
 */
export async function sumdbFiles(storeDir: string, since: number): Promise<string[]> {
  const found: { readonly key: string; readonly size: number }[] = [];
  for await (const key of walkFiles(storeDir, 'sumdb')) {
    const stat = isSharedSumdb(key) ? await statRegular(path.join(storeDir, key)) : undefined;
    if (stat === undefined || stat.size > MAX_SOFT_SIZE || stat.mtimeMs < since) continue;
    found.push({ key, size: stat.size });
  }
  const rank = (key: string) => (LOOKUP.test(key) ? 0 : 1);
  found.sort((a, b) => rank(a.key) - rank(b.key) || (a.key < b.key ? -1 : 1));
  let bytes = 0;
  const fitting = found.slice(0, MAX_SUMDB_FILES).filter(({ size }) => {
    if (bytes + size > MAX_SUMDB_BYTES) return false;
    bytes += size;
    return true;
  });
  return fitting.map(file => file.key);
}
