import path from 'node:path';
import { TOOLCHAIN } from '../../gomod/toolchain.ts';
import { readRegular } from '../files.ts';
import { factsOf, parseEntry } from '../index-entry.ts';
import { FILE_KINDS, MAX_INDEX_SIZE, versionKeys } from '../layout.ts';
import type { FileKind, IndexEntry, StoredVersion } from '../types.ts';
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

/** A version that could go into the shared cache. */
export interface Candidate extends StoredVersion {
  /** What its files take there at most, bytes. */
  readonly packed: number;
}

/** A version of a store directory with what its index has of its files; what it lacks is not in `known`. */
export interface IndexedVersion extends Candidate {
  /** All are said to be in bundle 0. */
  readonly known: BundledVersion['files'];
}

/** The versions worth keeping, most recently used first. Pure. */
export function chooseVersions<V extends Candidate>(versions: readonly V[], choice: Choice): V[] {
  const oldest = Math.min(choice.now - choice.keepSinceMs, choice.sessionStart);
  const young = versions
    .filter(version => version.lastUse >= oldest)
    .sort((a, b) => b.lastUse - a.lastUse || (nameOf(a) < nameOf(b) ? -1 : 1));
  let bytes = 0;
  let toolchains = 0;
  return young.filter(version => {
    const size = version.packed;
    const isToolchain = version.path === TOOLCHAIN;
    if (bytes + size > choice.maxBytes) return false;
    if (isToolchain && toolchains + size > choice.maxBytes * TOOLCHAIN_SHARE) return false;
    bytes += size;
    if (isToolchain) toolchains += size;
    return true;
  });
}

/**
 * The same versions in the order in which a bundle has their files. What this session used comes first, by names: that is
 * how `go` goes through a module graph, so that a job whose restore is under way has what it asks for first, first. A
 * toolchain is what it asks for before all else. The rest follows by last use. Pure.
 */
export function packingOrder<V extends Pick<StoredVersion, 'path' | 'version' | 'lastUse'>>(
  versions: readonly V[],
  sessionStart: number,
): V[] {
  const rank = ({ path: modulePath, lastUse }: V) =>
    lastUse < sessionStart ? 2 : modulePath === TOOLCHAIN ? 0 : 1;
  return versions.toSorted((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    if (left !== right) return left - right;
    const byUse = left === 2 ? b.lastUse - a.lastUse : 0;
    return byUse || (nameOf(a) < nameOf(b) ? -1 : 1);
  });
}

/**
 * What the bundle's compression leaves of a zip in stored form: of 690 MB of contents three quarters of what the
 * original zips take, but it has to be an upper bound for each set of them.
 */
const STORED_SHARE = 1.1;

/** Bytes that a file takes in a bundle at most, as good as that can be told before it is packed. */
function packedSize(kind: FileKind, size: number, zip: IndexEntry['zip']): number {
  if (kind !== 'zip' || zip?.representation !== 'stored') return size;
  return Math.min(size, Math.ceil(zip.original.size * STORED_SHARE));
}

function nameOf(version: Pick<StoredVersion, 'path' | 'version'>): string {
  return `${version.path}@${version.version}`;
}

/** Every version of a store directory; one without index entry was never checked whole and is left out. */
export async function storedVersions(storeDir: string): Promise<IndexedVersion[]> {
  const versions: IndexedVersion[] = [];
  for await (const found of walkVersions(storeDir)) {
    const keys = versionKeys(found);
    const index = keys && (await readRegular(path.join(storeDir, keys.index), MAX_INDEX_SIZE));
    if (index === undefined) continue;
    const entry = index.bytes === 'oversize' ? undefined : parseEntry(index.bytes, found);
    const packed = FILE_KINDS.reduce(
      (sum, kind) => sum + packedSize(kind, found.files[kind] ?? 0, entry?.zip),
      0,
    );
    versions.push({ ...found, lastUse: index.stamp.mtimeMs, packed, known: knownFiles(found, entry) });
  }
  return versions;
}

/** A file that the index does not know, or knows by another size, is left out. */
function knownFiles(
  { files }: Pick<StoredVersion, 'files'>,
  entry: IndexEntry | undefined,
): BundledVersion['files'] {
  return FILE_KINDS.flatMap(kind => {
    const facts = factsOf(entry, kind);
    if (facts === undefined || facts.size !== files[kind]) return [];
    const packed = packedSize(kind, facts.size, entry?.zip);
    return [{ kind, size: facts.size, sha256: facts.sha256, bundle: 0, packed }];
  });
}

/** Chosen versions as a bundle has them; one of which the index knows no file is left out. Pure. */
export function withDigests(chosen: readonly IndexedVersion[]): BundledVersion[] {
  return chosen.flatMap(({ path: modulePath, version, lastUse, known }) =>
    known.length === 0 ? [] : [{ path: modulePath, version, lastUse, files: known }],
  );
}
