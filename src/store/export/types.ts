import type { FileFacts, FileKind, ModVer, Store, StoredVersion } from '../types.ts';

/** Which files of the store are exported. */
export interface Selection {
  /** The files of a version that are wanted, as far as they are there; none leaves the version out. */
  kinds(version: StoredVersion): readonly FileKind[];
  /** Told of every file that is exported. */
  took(mv: ModVer, kind: FileKind): void;
  /** What has to be in the export and was not taken. */
  missing(): readonly Missing[];
}

/** A file that has to be in an export, and is not in the store. */
export interface Missing extends ModVer {
  readonly kind: FileKind;
  /** The go.mod or go.sum that asks for it. */
  readonly from: string;
}

/** The checksum database whose records are exported. */
export interface SumDbProofs {
  readonly name: string;
  /** Verifier key. */
  readonly key: string;
  /**
   * Asks the database for what the store lacks: `/lookup/...`, `/latest`, `/tile/...`. Undefined where it has nothing
   * of the kind; rejects when it cannot be asked. Not given, only the store is.
   */
  readonly ask?: (path: string) => Promise<Uint8Array | undefined>;
}

export interface ExportRequest {
  readonly store: Store;
  /** Absolute. A name that ends in `.tar.zst` or `.tar` is one archive, any other one a directory. */
  readonly dest: string;
  readonly selection: Selection;
  /** Undefined: no record of a checksum database is exported. */
  readonly sumdb?: SumDbProofs;
  /** Write it although something is missing. */
  readonly partial?: boolean;
  /** Keys that the store told to be damaged so far, with what is wrong. */
  readonly damage: ReadonlyMap<string, string>;
  readonly onProgress?: (progress: ExportProgress) => void;
  readonly signal?: AbortSignal;
}

export interface ExportProgress {
  readonly doing: 'look' | 'prove' | 'check' | 'write';
  /** Versions, records or files so far, and of how many where that is known. */
  readonly done: number;
  readonly of?: number;
  readonly bytes: number;
}

/** A file of the store that is not exported. */
export interface LeftOut {
  readonly key: string;
  readonly why: string;
  /** `damaged`: not what the index or the checksum database says. `unknown`: the index does not tell what it should be. */
  readonly state: 'damaged' | 'unknown';
}

export interface ExportReport {
  readonly dest: string;
  readonly kind: 'tree' | 'archive';
  /** False when something is missing and `partial` was not given: then nothing was written. */
  readonly written: boolean;
  /** Of the manifest; undefined when nothing was written. */
  readonly manifest?: FileFacts;
  /** Of the archive. */
  readonly archive?: FileFacts;
  readonly modules: number;
  /** Module versions with a zip. */
  readonly versions: number;
  readonly files: number;
  readonly bytes: number;
  /** Zips in their stored form: the original bytes are not in the store. */
  readonly stored: number;
  readonly sumdb: SumDbReport;
  readonly leftOut: { readonly count: number; readonly damaged: number; readonly first: readonly LeftOut[] };
  readonly missing: readonly Missing[];
}

export interface SumDbReport {
  readonly name?: string;
  /** Versions whose record is in the export, with its proof. */
  readonly records: number;
  /** Versions that the database may know and whose record is not. */
  readonly without: number;
  /** Why the first of them is not, where that is known. */
  readonly why?: string;
}
