import type { Hasher } from '../hasher.ts';
import type { FileKind, IndexEntry, ModVer, Representation, Store, Voucher } from '../types.ts';
import type { SumDbWord } from '../verify/types.ts';

/**
 * What modules are taken over from. `gomodcache`: the module cache of go. `athens`: the disk storage of Athens.
 * `goproxy` and `tree`: a GOPROXY tree, as goproxy, static mirrors and stores of modgate keep it. `archive`: one file
 * that `cache export` made.
 */
export type SourceKind = 'gomodcache' | 'athens' | 'goproxy' | 'tree' | 'archive';

export const SOURCE_KINDS: readonly SourceKind[] = ['gomodcache', 'athens', 'goproxy', 'tree', 'archive'];

/** Something to import from, recognised. */
export interface Source {
  readonly kind: SourceKind;
  /** What the user named, absolute, links resolved. */
  readonly root: string;
  /** Why it is taken for that, the end of a sentence. */
  readonly why: string;
}

/** A file of a source. */
export interface OfferedFile {
  /** Absolute path. Nothing is known of what is there: not even that it is a regular file. */
  readonly file: string;
  /** True for a temp file of the store that nobody else knows: it is hashed where it is, and gone afterwards. */
  readonly own?: true;
  /** The content, where there is no such file. */
  readonly bytes?: Buffer;
  /** As the report names it: relative to the source, with `/`. Text from outside. */
  readonly name: string;
}

/** One version as a source has it, before anything of it is believed. */
export interface Offer extends ModVer {
  /** Where it is in the source, as the report names it. */
  readonly name: string;
  readonly files: Readonly<Partial<Record<FileKind, OfferedFile>>>;
  /** Why nothing of it is to be taken: its writer did not come to its end. */
  readonly half?: string;
  /** Why there is no zip where there should be one; the other files may be taken. */
  readonly noZip?: string;
}

/**
 * `wrong-hash`: somebody who vouches knows another hash. `damaged`: no file of its kind, whatever its hash.
 * `unreadable`: the medium of the source failed. `unasked`: the checksum database could not be asked. `unvouched`:
 * nobody knows its hash. `not-whole`: left over from a writer that did not come to its end, or unpacked only. `foreign`: no file of such a source.
 */
export type Refusal =
  | 'wrong-hash'
  | 'damaged'
  | 'unreadable'
  | 'unasked'
  | 'unvouched'
  | 'not-whole'
  | 'foreign';

/** In the order in which a report tells of them. */
export const REFUSALS: readonly Refusal[] = [
  'wrong-hash',
  'damaged',
  'unreadable',
  'unasked',
  'unvouched',
  'not-whole',
  'foreign',
];

/** Something that was not imported. Its texts may be from outside. */
export interface Finding {
  readonly refusal: Refusal;
  /** In the source. */
  readonly path: string;
  readonly mv?: ModVer;
  /** Undefined where it is about the version as a whole, or about no version. */
  readonly file?: FileKind;
  /** A sentence without its full stop. */
  readonly what: string;
  /** Of a wrong hash: the hash that the file has, those that it should have, and who says so. */
  readonly hashes?: { readonly have: string; readonly want: readonly string[]; readonly by: string };
}

/** Who may vouch for what is imported. */
export interface ImportAuthorities {
  /** The h1s of go.sum files that count; empty where they have none. */
  readonly goSum: (module: string, version: string, file: 'zip' | 'mod') => readonly string[];
  /** Never rejects. A string: why it is not there at all. */
  readonly sumdb: ((mv: ModVer) => Promise<SumDbWord>) | string;
  /** Whether no checksum database may hear of a module. */
  readonly isPrivate: (module: string) => boolean;
  /** Whether the hash that a module has here is to be pinned as if it had been fetched first now. */
  readonly pins: (module: string) => boolean;
}

export interface ImportOptions {
  readonly hasher: Hasher;
  readonly authorities: ImportAuthorities;
  /**
   * Whether a file that an index entry tells of is there: it is not looked at again then.
   * Default: what the entry tells of is there.
   */
  readonly isThere?: (mv: ModVer, kind: FileKind, entry: IndexEntry) => Promise<boolean>;
  /** In which form zips are kept; default `original`. */
  readonly representation?: Representation;
  /** False: `.info` files are left to the upstream, as no hash protects them. Default true. */
  readonly infos?: boolean;
  /** Nothing is written: zips are hashed where they are. */
  readonly dryRun?: boolean;
  /** Versions that are worked on at once; default 8. */
  readonly atOnce?: number;
  /** Zips that are copied and hashed at once, of those; default 2. */
  readonly zipsAtOnce?: number;
  /** Findings of each kind that are told one by one; default 1000. The rest are counted. */
  readonly maxFindings?: number;
  /**
   * A directory for what is needed of an archive while it is read: its manifest and its records of the checksum
   * database. Only for archives, which cannot do without.
   */
  readonly scratch?: string;
  /** SHA-256 in hex that the manifest of an archive must have. */
  readonly manifest?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (so: ImportProgress) => void;
  /** Milliseconds since the epoch; default the clock. */
  readonly now?: () => number;
}

export interface ImportProgress {
  readonly versions: number;
  readonly imported: number;
  readonly bytes: number;
  readonly findings: number;
}

/** Where modules go; of a dry run it may be one that does not exist yet. */
export type ImportStore = Pick<Store, 'entry' | 'commit' | 'tempFile' | 'flush'>;

/** Versions, files and bytes; a version counts where at least one file of it does. */
export interface Amount {
  readonly versions: number;
  readonly files: number;
  readonly bytes: number;
}

export interface ImportReport {
  /** Versions that the source has. */
  readonly versions: number;
  readonly imported: Amount;
  /** What the store had already; not looked at again, so its bytes are those of the store. */
  readonly present: Amount;
  /** Imported zips and go.mod files by who vouches for them. */
  readonly vouched: Readonly<Record<Voucher, number>>;
  readonly counts: Readonly<Record<Refusal, number>>;
  readonly findings: readonly Finding[];
  /** Files that such a source has beside modules and that nobody needs: locks, `.ziphash`, answers to queries, an .info alone. */
  readonly passedOver: number;
  /** True when the signal ended it early. */
  readonly stopped: boolean;
}
