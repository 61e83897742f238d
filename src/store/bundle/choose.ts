import path from 'node:path';
import { TOOLCHAIN } from '../../gomod/toolchain.ts';
import { readRegular, statRegular } from '../files.ts';
import { factsOf, parseEntry } from '../index-entry.ts';
import { FILE_KINDS, MAX_INDEX_SIZE, versionKeys } from '../layout.ts';
import type { StoredVersion } from '../types.ts';
import { walkVersions } from '../walk.ts';
import type { BundledVersion } from './manifest.ts';

/** What decides which versions go into the shared cache. Times in milliseconds since the epoch. */
export interface Choice {
  readonly now: number;
  /** Versions unused for longer are left behind. */
  readonly keepSinceMs: number;
  /** Versions used since then are kept however short `keepSinceMs` is. */
  readonly sessionStart: number;
  /** The least recently used beyond this are left behind. */
  readonly maxBytes: number;
}

/** A toolchain is as large as a hundred modules, and a new one comes every month: their share of `maxBytes`. */
const TOOLCHAIN_SHARE = 1 / 4;

/** The versions worth keeping, most recently used first. Pure. */
export function chooseVersions(versions: readonly StoredVersion[], choice: Choice): StoredVersion[] {
  const oldest = Math.min(choice.now - choice.keepSinceMs, choice.sessionStart);
  const young = versions
    .filter(version => version.lastUse >= oldest)
    .sort((a, b) => b.lastUse - a.lastUse || (nameOf(a) < nameOf(b) ? -1 : 1));
  let bytes = 0;
  let toolchains = 0;
  return young.filter(version => {
    const size = sizeOf(version);
    const isToolchain = version.path === TOOLCHAIN;
    if (bytes + size > choice.maxBytes) return false;
    if (isToolchain && toolchains + size > choice.maxBytes * TOOLCHAIN_SHARE) return false;
    bytes += size;
    if (isToolchain) toolchains += size;
    return true;
  });
}

/** Bytes at rest of all files of a version. */
export function sizeOf(version: StoredVersion): number {
  return FILE_KINDS.reduce((sum, kind) => sum + (version.files[kind] ?? 0), 0);
}

function nameOf(version: StoredVersion): string {
  return `${version.path}@${version.version}`;
}

/** Every version of a store directory; one without index entry was never checked whole and is left out. */
export async function storedVersions(storeDir: string): Promise<StoredVersion[]> {
  const versions: StoredVersion[] = [];
  for await (const found of walkVersions(storeDir)) {
    const keys = versionKeys(found);
    const index = keys && (await statRegular(path.join(storeDir, keys.index)));
    if (index !== undefined) versions.push({ ...found, lastUse: index.mtimeMs });
  }
  return versions;
}

/**
 * The files of chosen versions with their digests, as the index has them; one that the index does not know, or
 * knows by another size, is left out. All are said to be in bundle 0.
 */
export async function withDigests(
  storeDir: string,
  chosen: readonly StoredVersion[],
): Promise<BundledVersion[]> {
  const versions: BundledVersion[] = [];
  for (const { path: modulePath, version, files, lastUse } of chosen) {
    const mv = { path: modulePath, version };
    const keys = versionKeys(mv);
    const found = keys && (await readRegular(path.join(storeDir, keys.index), MAX_INDEX_SIZE));
    if (found === undefined || found.bytes === 'oversize') continue;
    const entry = parseEntry(found.bytes, mv);
    const known = FILE_KINDS.flatMap(kind => {
      const facts = factsOf(entry, kind);
      if (facts === undefined || facts.size !== files[kind]) return [];
      return [{ kind, size: facts.size, sha256: facts.sha256, bundle: 0 }];
    });
    if (known.length > 0) versions.push({ ...mv, lastUse, files: known });
  }
  return versions;
}
