import type { Readable } from 'node:stream';
import type { Priority } from './hasher.ts';

/** A module path and a version, both unescaped, as they stand in a go.mod. */
export interface ModVer {
  readonly path: string;
  readonly version: string;
}

/** The three immutable files of a version. */
export type FileKind = 'info' | 'mod' | 'zip';

/**
 * How the bytes at rest relate to the bytes fetched. `original`: the same bytes. `stored`: a zip whose
 * members are not deflated (same h1, other file digest).
 */
export type Representation = 'original' | 'stored';

/**
 * Who says that a hash is the right one, strongest first. `sumdb`: the checksum database's signed tree;
 * `gosum`: the go.sum of a trusted ref or of the user's own machine. `first-seen`: nobody, because the module is
 * private or there is no checksum database; the first fetch of a trusted job is pinned, and other bytes are an error
 * from then on. Nothing weaker enters a store.
 */
export type Voucher = 'sumdb' | 'gosum' | 'first-seen';

/** Digest and size of one file; the digest is lower-case hex SHA-256. */
export interface FileFacts {
  readonly sha256: string;
  readonly size: number;
}

/** The index file of one version: `modgate/index/<escaped path>/@v/<escaped version>.json`. */
export interface IndexEntry {
  readonly v: 1;
  readonly module: string;
  readonly version: string;
  /** h1 of the zip, `h1:` included. */
  readonly h1?: string;
  /** h1 of the go.mod file, `h1:` included. */
  readonly goModH1?: string;
  readonly info?: FileFacts;
  readonly mod?: FileFacts;
  /** The zip at rest; `original` is what was fetched (equal unless `representation` is `stored`). */
  readonly zip?: FileFacts & { readonly representation: Representation; readonly original: FileFacts };
  readonly vouchedBy?: { readonly zip?: Voucher; readonly mod?: Voucher };
  /** Origin of the version as the upstream's .info told it, re-written by our schema. */
  readonly origin?: Readonly<Record<string, string>>;
  /** RFC 3339, UTC. */
  readonly firstSeen: string;
}

/** A file that is in the store and whose size and digest were found right when it was opened. */
export interface StoredFile {
  readonly kind: FileKind;
  readonly size: number;
  readonly representation: Representation;
  /**
   * SHA-256 of the original bytes; an ETag can be made of it. Undefined for a zip of a store that is not believed: its
   * members were hashed, not the file.
   */
  readonly sha256?: string;
  /** h1 (zip) or go.mod h1 (mod) as the index has it. */
  readonly h1?: string;
  /** Who vouched for that h1 when the file was put there. */
  readonly by?: Voucher;
  /**
   * True for an .info that this process has not seen come from an upstream, in a store that is not believed (see
   * `Proof`): no hash protects what it says, and `go` would not notice.
   */
  readonly unproven?: true;
  /** Whole content when it is small (info, mod, and zips up to 1 MiB), else undefined. */
  readonly bytes?: Buffer;
  /** Reads the bytes at rest; `start` and `end` are inclusive offsets as in a Range header. */
  stream(range?: { readonly start: number; readonly end: number }): Readable;
  /** The same in parts, each of which is valid only until the next one is asked for. End it with `return` when it is not read to its end. */
  parts(range?: { readonly start: number; readonly end: number }): AsyncGenerator<Buffer, void, void>;
}

/**
 * What a file of the store needs before it is served. `digest`: the digest of its index entry, for a directory that
 * only modgate writes. `full`: for one that came from somewhere else, where the index is as doubtful as the files: a
 * zip is hashed whole and must have the h1 of its entry, an .info counts as unproven, and lists and absences are not
 * believed unless this process wrote them.
 */
export type Proof = 'digest' | 'full';

/** What is to be committed of one version: any of the three files, each already checked by the caller. */
export interface Commit {
  readonly info?: Buffer;
  readonly mod?: { readonly bytes: Buffer; readonly h1: string; readonly by: Voucher };
  /** `file` is a path that came from `tempFile()`; the store takes it over by rename. */
  readonly zip?: {
    readonly file: string;
    readonly h1: string;
    readonly by: Voucher;
    readonly facts: FileFacts;
    readonly representation: Representation;
    readonly original: FileFacts;
    /**
     * A temp file with the original bytes, where `file` has others; only for a store that `wantsOriginals`, which
     * removes it.
     */
    readonly originalFile?: string;
  };
  readonly origin?: Readonly<Record<string, string>>;
}

/** One version as a walk over the store sees it. */
export interface StoredVersion extends ModVer {
  readonly files: Readonly<Partial<Record<FileKind, number>>>;
  /** Time of last use, milliseconds since the epoch. */
  readonly lastUse: number;
}

/**
 * Where module files live. Implemented by the disk store; S3 implements the same. All methods may be
 * called concurrently, from several processes on one directory.
 *
 * Errors: every method rejects with `StoreError` (see errors.ts) when the medium fails (full, read-only,
 * unreadable); a file that is absent or damaged is `undefined`, never an error.
 */
export interface Store {
  /** For messages: where this store is, without credentials. */
  readonly location: string;
  /** False when nothing can be written here (probed once at open). Commits are then no-ops. */
  readonly writable: boolean;
  /** How far what lies here is believed. */
  readonly proof: Proof;
  /** Whether the fetched bytes of a zip are of use beside its stored form: they go on to where transfer counts. */
  readonly wantsOriginals?: boolean;
  /**
   * A file of a version. The digest is compared with the index the first time a process opens the file; a
   * file that fails is moved to `modgate/quarantine/` and reported through `onDamage`, and is absent from
   * then on. A file without index entry is hashed in full (mod, zip) and only served when `expectH1` or the
   * rebuilt index vouches for it. `priority` is that of hashing a zip whole; `now` hurries a `later` one that
   * is under way.
   */
  get(mv: ModVer, kind: FileKind, expectH1?: string, priority?: Priority): Promise<StoredFile | undefined>;
  /** Makes files of a version visible, each by rename; the index entry is merged and renamed last. */
  commit(mv: ModVer, what: Commit): Promise<void>;
  /**
   * An upstream told the very bytes that the store has for an .info: it is as good as brought by this process. Nothing
   * is written. Without effect when the file is another one by now.
   */
  confirm(mv: ModVer, info: StoredFile): void;
  /** Marks a version as used now (mtime of its index entry). Cheap, at most once a minute a version. */
  touch(mv: ModVer): Promise<void>;
  /** The index entry, or undefined. `here`: only what this machine has of it, not what layers behind it know. */
  entry(mv: ModVer, reach?: 'here'): Promise<IndexEntry | undefined>;
  /** Versions of a module that can be served whole enough to be chosen: .info and .mod present. Unsorted. */
  list(modulePath: string): Promise<string[]>;
  /** Every version in the store, in no order. */
  versions(): AsyncIterable<StoredVersion>;
  /**
   * Re-fetchable files: `sumdb/...`, `<escaped>/@v/list`, `<escaped>/@latest`. Keys are store-relative, `/`. With
   * proof `full` only those of `sumdb/`, which prove themselves, and what this process put.
   */
  getSoft(key: string): Promise<{ readonly bytes: Buffer; readonly storedAt: number } | undefined>;
  putSoft(key: string, bytes: Buffer): Promise<void>;
  /** A path for a new temp file on the store's own file system; removed by the caller or by the next open. */
  tempFile(): string;
  /** Writes what is pending (lists); the store can be used on afterwards. */
  flush(): Promise<void>;
}
