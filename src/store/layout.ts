import { createHash } from 'node:crypto';
import { escapePath, escapeVersion, unescapePath, unescapeVersion } from '../gomod/module-path.ts';
import { canonicalModuleVersion } from '../gomod/version.ts';
import type { FileKind, ModVer } from './types.ts';

/**
 * Keys of a store: relative, `/`-separated, the same on a disk and in a bucket.
 *
 * The first element of a module path always has a dot, so that `modgate/` and `sumdb/` can never be the
 * path of a module.
 */
export const OWN = 'modgate';
export const INDEX = `${OWN}/index`;
export const TEMP = `${OWN}/tmp`;
export const QUARANTINE = `${OWN}/quarantine`;
export const SOFT = `${OWN}/soft`;
/** One file a month, `<yyyy-mm>.jsonl`: how sessions used the store. */
export const USE_LOG = `${OWN}/log`;
/** Months of the use log that are kept, this one included; pruning removes the rest. */
export const USE_LOG_MONTHS = 12;

/** What sessions leave each other to send to an audit store, a directory for each. */
export const SPOOL = `${OWN}/spool`;

/** When the store was last pruned, in its time, and how that ended. */
export const PRUNED = `${OWN}/pruned.json`;

export const FILE_KINDS: readonly FileKind[] = ['info', 'mod', 'zip'];

/** Largest file of each kind that is kept or looked at, in bytes; the go command's own limits for mod and zip. */
export const MAX_SIZE: Readonly<Record<FileKind, number>> = {
  info: 64 * 1024,
  mod: 16 * 1024 * 1024,
  zip: 500 * 1024 * 1024,
};
export const MAX_INDEX_SIZE = 64 * 1024;
export const MAX_SOFT_SIZE = 8 * 1024 * 1024;

/** Where the files of one version are. */
export interface VersionKeys {
  /** Directory of the version's files: `<escaped path>/@v`. */
  readonly dir: string;
  readonly files: Readonly<Record<FileKind, string>>;
  readonly indexDir: string;
  readonly index: string;
}

/** Directory of a module's files, or undefined when the path is none that Go accepts. */
export function moduleDir(modulePath: string): string | undefined {
  try {
    return `${escapePath(modulePath)}/@v`;
  } catch {
    return undefined;
  }
}

/** Keys of one version, or undefined when path or version are none that Go would store. */
export function versionKeys(mv: ModVer): VersionKeys | undefined {
  const dir = moduleDir(mv.path);
  if (dir === undefined || !isStorableVersion(mv.version)) return undefined;
  const stem = `${dir}/${escapeVersion(mv.version)}`;
  return {
    dir,
    files: { info: `${stem}.info`, mod: `${stem}.mod`, zip: `${stem}.zip` },
    indexDir: `${INDEX}/${dir}`,
    index: `${INDEX}/${stem}.json`,
  };
}

function isStorableVersion(version: string): boolean {
  if (version === '' || version.length > 200 || canonicalModuleVersion(version) !== version) return false;
  try {
    return unescapeVersion(escapeVersion(version)) === version;
  } catch {
    return false;
  }
}

/** The module whose files lie in `<segments>/@v`, or undefined for a directory that is none of ours. */
export function moduleOfDir(segments: readonly string[]): string | undefined {
  try {
    return unescapePath(segments.join('/'));
  } catch {
    return undefined;
  }
}

/** Version and kind that a file name in an `@v` directory stands for, or undefined for any other name. */
export function versionOfName(name: string): { version: string; kind: FileKind } | undefined {
  const dot = name.lastIndexOf('.');
  const kind = FILE_KINDS.find(k => k === name.slice(dot + 1));
  if (dot < 1 || kind === undefined) return undefined;
  try {
    const version = unescapeVersion(name.slice(0, dot));
    return isStorableVersion(version) ? { version, kind } : undefined;
  } catch {
    return undefined;
  }
}

/** The module version and kind that the key of a file stands for, or undefined for any other key. */
export function fileOfKey(key: string): { path: string; version: string; kind: FileKind } | undefined {
  const segments = key.split('/');
  const file = versionOfName(segments.pop() ?? '');
  if (file === undefined || segments.pop() !== '@v') return undefined;
  const path = moduleOfDir(segments);
  return path === undefined ? undefined : { path, ...file };
}

/**
 * Where a soft file is kept, or undefined when the key is none.
 *
 * An upstream's own list and latest go under `modgate/soft/`: `@v/list` in the tree may name only what this
 * tree can serve, because go asks the same tree for the .info and .mod of whatever it names. `supported`
 * goes there too: a go that reads it from the tree expects every lookup to succeed from the tree.
 */
export function softKey(key: string): string | undefined {
  if (key.length > 1024 || !/^[A-Za-z0-9!._~@+,=-]+(?:\/[A-Za-z0-9!._~@+,=-]+)+$/.test(key)) return undefined;
  const segments = key.split('/');
  if (segments.some(s => s === '.' || s === '..' || s.length > 250 || s.endsWith('.'))) return undefined;
  if (segments[0] === OWN) return undefined;
  if (segments[0] === 'sumdb') return segments.at(-1) === 'supported' ? `${SOFT}/${key}` : key;
  return key.endsWith('/@v/list') || key.endsWith('/@latest') ? `${SOFT}/${key}` : undefined;
}

/** Name of a file in quarantine: flat, so that the directory can be swept; the key's hash keeps names apart. */
export function quarantineName(key: string, now: number, unique: string): string {
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 12);
  const base = key.slice(key.lastIndexOf('/') + 1).slice(-120);
  return `${now.toString(36)}-${unique}-${hash}-${base}`;
}

/** When a file came into quarantine, ms since the epoch; its own times are older. Undefined for another's name. */
export function quarantinedAt(name: string): number | undefined {
  const stamp = /^([0-9a-z]{8,9})-[0-9a-z]+-[0-9a-f]{12}-/.exec(name)?.[1];
  return stamp === undefined ? undefined : Number.parseInt(stamp, 36);
}

/** Name of a temp file; host and process are in it, so that what a dead process left can be told. */
export function tempName(host: string, pid: number, unique: string): string {
  return `${host}-${pid}-${unique}.tmp`;
}

/** The maker of a temp file, or undefined for a name that is not of `tempName`. */
export function makerOfTemp(name: string): { host: string; pid: number } | undefined {
  const parts = /^([0-9a-f]{12})-([1-9]\d{0,9})-[0-9a-z-]+\.tmp$/.exec(name);
  if (parts?.[1] === undefined || parts[2] === undefined) return undefined;
  return { host: parts[1], pid: Number(parts[2]) };
}
