import type { FileKind, ModVer } from '../types.ts';

/**
 * A bundle is what one entry of the shared cache holds: files of a store, and a manifest as its first member that
 * tells of a whole set of module versions in which bundle each of their files is. The newest bundle alone names
 * the set; the bundles before it, its parents, only lend files. Bundle 0 is the manifest's own, 1 the first parent.
 */
export interface BundleManifest {
  readonly v: 2;
  /** RFC 3339, UTC. */
  readonly created: string;
  /** Bundles that hold the rest of the set. */
  readonly parents: readonly BundleRef[];
  /** Entries that were written before and may still count against the quota of the repository. */
  readonly past: readonly PastBundle[];
  readonly versions: readonly BundledVersion[];
}

/** An entry of the shared cache. */
export interface BundleRef {
  readonly key: string;
  /** Bytes that it takes at the service. */
  readonly bytes: number;
}

/** An entry that nobody reads any more; the service forgets it some days later. */
export interface PastBundle extends BundleRef {
  /** When it was last of use, milliseconds since the epoch. */
  readonly until: number;
}

export interface BundledVersion extends ModVer {
  /** Time of last use, milliseconds since the epoch. */
  readonly lastUse: number;
  readonly files: readonly BundledFile[];
}

export interface BundledFile {
  readonly kind: FileKind;
  /** Bytes at rest. */
  readonly size: number;
  readonly sha256: string;
  /** Which bundle holds it: 0 this one, n the nth parent. */
  readonly bundle: number;
}

/** Key of the manifest in the archive, below `store/`. */
export const MANIFEST_KEY = 'modgate/bundle.json';
export const MAX_MANIFEST_SIZE = 32 * 1024 * 1024;
/** Parents that a bundle may have: each costs a restore three requests. */
export const MAX_PARENTS = 12;
/** Versions that one set may have. */
export const MAX_BUNDLED = 100_000;
