import { isSharedSumdb } from '../bundle/sumdb-files.ts';
import { FILE_KINDS, fileOfKey, MAX_SIZE, MAX_SOFT_SIZE, moduleOfDir, OWN, softKey } from '../layout.ts';
import type { FileKind, ModVer } from '../types.ts';

/** Key of the manifest, in the tree and in the archive. */
export const MANIFEST_KEY = `${OWN}/export.jsonl`;

/** What a key of an export stands for. */
export type ExportKey =
  | { readonly what: 'sumdb' }
  | { readonly what: 'list' | 'latest'; readonly module: string }
  | ({ readonly what: FileKind } & ModVer);

const SUMDB_HEAD = /^sumdb\/(?:(?!tile\/|lookup\/)[^/@]+\/)+(?:latest|supported)$/;
const LIST = /^(.+)\/@v\/list$/;
const LATEST = /^(.+)\/@latest$/;

/** What a key of an export stands for; undefined for any other text. */
export function exportKey(key: string): ExportKey | undefined {
  if (key.startsWith('sumdb/')) {
    const known = isSharedSumdb(key) || (SUMDB_HEAD.test(key) && softKey(key) !== undefined);
    return known ? { what: 'sumdb' } : undefined;
  }
  const file = fileOfKey(key);
  if (file !== undefined) return { what: file.kind, path: file.path, version: file.version };
  const [list, latest] = [LIST.exec(key)?.[1], LATEST.exec(key)?.[1]];
  const module = moduleOfDir((list ?? latest ?? '').split('/'));
  return module === undefined ? undefined : { what: list === undefined ? 'latest' : 'list', module };
}

/** Most bytes of a file with this key. */
export function maxSizeOf({ what }: ExportKey): number {
  return what === 'sumdb' || what === 'list' || what === 'latest' ? MAX_SOFT_SIZE : MAX_SIZE[what];
}

/** Place of a key in an export, to be compared by `comparePlaces`. */
export type Place = readonly [group: number, module: string, version: string, rank: number];

const RANKS: readonly string[] = ['latest', 'list', ...FILE_KINDS];

/**
 * The order of an export: first the checksum database, whose records vouch for what follows, then module by module
 * `@latest`, `@v/list`, and version by version .info, .mod and .zip.
 */
export function placeOf(key: string, { what }: ExportKey): Place {
  if (what === 'sumdb') return [0, key, '', 0];
  const rank = RANKS.indexOf(what);
  if (what === 'latest') return [1, key.slice(0, -'/@latest'.length), '', rank];
  const at = key.lastIndexOf('/@v/');
  const version = what === 'list' ? '' : key.slice(at + '/@v/'.length, key.lastIndexOf('.'));
  return [1, key.slice(0, at), version, rank];
}

/** Negative when `a` comes before `b`; 0 only for one and the same key. By code units, on every machine. */
export function comparePlaces(a: Place, b: Place): number {
  return a[0] - b[0] || byUnits(a[1], b[1]) || byUnits(a[2], b[2]) || a[3] - b[3];
}

/** The order of JavaScript strings, which for the ASCII of keys is that of their bytes. */
export function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
