import type { Use } from '../stats/use-log.ts';
import type { FileFacts, FileKind, IndexEntry, ModVer, StoredVersion, Voucher } from '../types.ts';

/** A file as it came from a layer; nothing of it was checked but its size. */
export interface Fetched {
  /** What the layer says of the version. */
  readonly entry: IndexEntry;
  /** Content of an .info or .mod. */
  readonly bytes?: Buffer;
  /** Temp file with the content of a zip; whoever gets it removes it. */
  readonly file?: string;
}

/** Files of one version that are to be kept in a layer, in the form in which they were fetched from the upstream. */
export interface Upload {
  readonly info?: Buffer;
  readonly mod?: { readonly bytes: Buffer; readonly h1: string; readonly by: Voucher };
  /** `file` stays as it is until the call ends, and is nobody's to rename or remove before that. */
  readonly zip?: {
    readonly file: string;
    readonly facts: FileFacts;
    readonly h1: string;
    readonly by: Voucher;
  };
  readonly origin?: Readonly<Record<string, string>>;
}

/** What became of an upload. */
export interface Uploaded {
  /** Files that were written; the others were there. */
  readonly files: number;
  /** Bytes of them. */
  readonly bytes: number;
}

/**
 * A place behind the local store where other jobs find modules: a bucket, or a directory that several machines
 * share. All methods may be called concurrently.
 *
 * Errors: what the medium says (`BucketError`, `StoreError`), or what aborted `signal`. What is absent or damaged is
 * `undefined`, never an error; damage is told to the `onDamage` that the layer was made with, once a file.
 */
export interface Layer {
  /** For messages, without credentials. */
  readonly location: string;
  /** False where nothing is to be written, whatever the rights are. */
  readonly writable: boolean;
  /** What the layer says of a version. */
  entry(mv: ModVer, signal?: AbortSignal): Promise<IndexEntry | undefined>;
  /** A file and what the layer says of it. `tempFile` makes paths for zips. */
  fetch(
    mv: ModVer,
    kind: FileKind,
    tempFile: () => string,
    signal?: AbortSignal,
  ): Promise<Fetched | undefined>;
  /** What was fetched is not what it should be: it is not offered again, and gives way to the next upload. */
  refuse(mv: ModVer, kind: FileKind): void;
  /** Makes files of a version visible, its index entry last. Rules as those of `Store.commit`. */
  upload(mv: ModVer, what: Upload, signal?: AbortSignal): Promise<Uploaded>;
  /** A version of the layer was used. */
  touch(mv: ModVer): Promise<void>;
  /** See `Store.list`. */
  list(modulePath: string, signal?: AbortSignal): Promise<string[]>;
  /** See `Store.versions`. */
  versions(): AsyncIterable<StoredVersion>;
  getSoft(
    key: string,
    signal?: AbortSignal,
  ): Promise<{ readonly bytes: Buffer; readonly storedAt: number } | undefined>;
  /** False when the same bytes were there. */
  putSoft(key: string, bytes: Buffer, signal?: AbortSignal): Promise<boolean>;
  /** A session ends that used these versions. */
  noteUse(note: UseAtEnd, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** See `UseNote` in bucket/use-notes.ts. */
export interface UseAtEnd {
  readonly use: Use | undefined;
  readonly versions: readonly ModVer[];
}

/** What a job had from a layer: files and their bytes there. */
export interface LayerUse {
  readonly location: string;
  readonly files: number;
  readonly bytes: number;
}

/** What was written behind, and what was not. */
export interface BehindReport {
  /** Where to; undefined when nothing can be written any more. */
  readonly location?: string;
  /** Versions of which files were written. */
  readonly versions: number;
  readonly files: number;
  readonly bytes: number;
  /** Versions that were not written for lack of time, room or rights, or because of failures. */
  readonly left: number;
}

/** What a job had from its layers, and what they got from it. */
export interface LayersReport {
  readonly layers: readonly LayerUse[];
  /** Undefined when no layer was to be written. */
  readonly written?: BehindReport;
}
