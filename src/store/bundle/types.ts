import type { Readable } from 'node:stream';
import type { DiskStore } from '../disk.ts';
import type { FileKind, ModVer } from '../types.ts';
import type { BundleManifest } from './manifest.ts';

/** All members of an archive lie below this directory, as the cache client packs a path `store`. */
export const ARCHIVE_ROOT = 'store/';

/** What a bundle is made of. */
export interface PackRequest {
  readonly storeDir: string;
  readonly manifest: BundleManifest;
  /** File that is written; it must not be there. */
  readonly file: string;
  /**
   * Records and tiles of the checksum database that were written before this are left out (milliseconds since the
   * epoch): the parents have them. Default: none is.
   */
  readonly sumdbSince?: number;
}

/**
 * `pack(request) → bytes written`, in `pack.ts`: a zstd-compressed tar of `store/...`: the manifest first, then for
 * each version with a file in bundle 0 its index entry, .info and .mod, then tiles and records of the checksum
 * database (bounded), then the zips of bundle 0 in the manifest's order. A file that is not (any more) what the manifest
 * says fails the pack: BundleError `damaged`; StoreError when `file` cannot be written. Nothing that `go` trusts unseen ever goes in (no .ziphash, no trees, no lists, no absences).
 */
export type Pack = (request: PackRequest) => Promise<number>;

/** A file that a bundle brought, or did not. */
export type Taken = 'taken' | 'present' | 'skipped' | 'refused';

export interface UnpackRequest {
  /** The archive's bytes as they come; destroyed when unpacking ends early. */
  readonly stream: Readable;
  readonly store: DiskStore;
  /**
   * Called once with the manifest of this archive, before anything of it is taken. Tells which files to take: all
   * others are skipped. Reject, or return undefined, to take nothing.
   */
  readonly wants: (manifest: BundleManifest) => Promise<Wanted | undefined> | Wanted | undefined;
  /** Told of each file when it is in the store or will not be. `offset`: bytes of the archive (unpacked) so far. */
  readonly onFile?: (mv: ModVer, kind: FileKind, outcome: Taken, offset: number) => void;
  readonly signal?: AbortSignal;
}

/** The files to take out of one archive. */
export interface Wanted {
  /** Size and digest at rest that the file must have; undefined: skip it. */
  file(mv: ModVer, kind: FileKind): { readonly size: number; readonly sha256: string } | undefined;
  /** Time of last use for a version that the store does not have yet, milliseconds since the epoch. */
  lastUse(mv: ModVer): number;
  /** Most bytes that the archive may unpack to, headers and all. */
  readonly maxBytes: number;
}

export interface UnpackReport {
  /** Files that came in. */
  readonly taken: number;
  /** Versions of which at least one file came in. */
  readonly versions: number;
  /** Files that the store had. */
  readonly present: number;
  /** The first hundred refusals, in printable ASCII. */
  readonly refused: readonly { readonly path: string; readonly why: string }[];
  readonly refusedCount: number;
}

/**
 * `unpack(request)`, in `unpack.ts`. Nothing of the archive is believed: names, types, sizes, order and number of its
 * members are somebody else's. A zip, .mod or .info comes in only with an index entry that came before it, and only
 * when its bytes have the digest that index entry and manifest agree on. Rejects with BundleError when the archive
 * cannot be read on, or StoreError when the store cannot be written; what came in until then stays.
 */
export type Unpack = (request: UnpackRequest) => Promise<UnpackReport>;

/** `not-a-bundle`: no manifest at its head; `damaged`: it broke off or does not unpack; `too-large`: a bomb. */
export type BundleErrorCode = 'not-a-bundle' | 'damaged' | 'too-large' | 'cancelled';

export class BundleError extends Error {
  override readonly name = 'BundleError';
  readonly code: BundleErrorCode;
  /** What is wrong with the archive, for those who read one that is no cache entry. */
  readonly why: string;
  constructor(code: BundleErrorCode, message: string, options?: ErrorOptions & { readonly why?: string }) {
    super(message, options);
    this.code = code;
    this.why = options?.why ?? message;
  }
}
