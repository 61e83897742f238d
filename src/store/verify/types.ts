import type { DiskStore } from '../disk.ts';
import type { Hasher } from '../hasher.ts';
import type { FileKind, ModVer } from '../types.ts';

/**
 * `damaged`: not the bytes that the index tells of, or no file of its kind at all. `contradicted`: whole, and a
 * go.sum or the checksum database knows another hash. `unreadable`: the medium failed. `unindexed`: the index does
 * not tell what it should be, so that it is never served. `missing`: the index tells of a file that is not there.
 * `unvouched`: as the index says, and nobody else has a word for it. `junk`: no name of a store.
 */
export type FindingKind =
  | 'damaged'
  | 'contradicted'
  | 'unreadable'
  | 'unindexed'
  | 'missing'
  | 'unvouched'
  | 'junk';

export const FINDING_KINDS: readonly FindingKind[] = [
  'damaged',
  'contradicted',
  'unreadable',
  'unindexed',
  'missing',
  'unvouched',
  'junk',
];

/**
 * What became of it. `left`: nothing. `quarantined`: moved to `movedTo`. `indexed`: the index tells of it now, with
 * proof. `forgotten`: the index does not tell of it any more.
 */
export type Outcome = 'left' | 'quarantined' | 'indexed' | 'forgotten';

export interface Finding {
  readonly kind: FindingKind;
  /** Key in the store; text from outside. */
  readonly path: string;
  /** Undefined for junk. */
  readonly mv?: ModVer;
  /** Undefined for the index entry itself and for junk. */
  readonly file?: FileKind;
  /** A sentence part that says what is wrong; may hold text from outside. */
  readonly what: string;
  readonly outcome: Outcome;
  /** Key of the file in quarantine. */
  readonly movedTo?: string;
}

/** What the checksum database says of a version: `h1:` of its zip and go.mod. */
export type SumDbWord =
  | { readonly state: 'known'; readonly zip?: string; readonly mod?: string }
  | { readonly state: 'unknown' }
  | { readonly state: 'unavailable'; readonly why: string };

/** Who may know hashes besides the index. */
export interface Authorities {
  readonly goSum?: (module: string, version: string, file: 'zip' | 'mod') => readonly string[];
  /** Whether those go.sum files may prove anything to other jobs; else they only compare. */
  readonly goSumTrusted?: boolean;
  /** Never rejects. */
  readonly sumdb?: (mv: ModVer) => Promise<SumDbWord>;
}

export interface VerifyOptions {
  readonly authorities?: Authorities;
  /** Versions that are worked on at once; default 8. */
  readonly atOnce?: number;
  /** Findings of each kind that are told one by one; default 1000. The rest are counted. */
  readonly maxFindings?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (so: Progress) => void;
}

export interface DiskVerifyOptions extends VerifyOptions {
  readonly hasher: Hasher;
  /** The store, open for writing, when what is found is to be mended. */
  readonly repair?: DiskStore;
}

export interface Progress {
  readonly versions: number;
  readonly files: number;
  readonly bytes: number;
  readonly found: number;
}

/** Zips and go.mod files by who vouches for them; `index` is what the index says of who did when they came. */
export type VouchedFor = Readonly<Record<'sumdb' | 'gosum' | 'index' | 'nobody', number>>;

export interface VerifyReport {
  readonly versions: number;
  readonly files: number;
  readonly bytes: number;
  readonly vouched: VouchedFor;
  /** How often each kind was found, whatever became of it. */
  readonly counts: Readonly<Record<FindingKind, number>>;
  /** How often each kind was found and mended. */
  readonly repaired: Readonly<Record<FindingKind, number>>;
  readonly findings: readonly Finding[];
  /** Versions that the checksum database could not be asked about, and the first reason. */
  readonly unasked: { readonly versions: number; readonly why: string };
  /** Versions that other processes changed each time they were looked at; nothing is said of them. */
  readonly changing: number;
  /** True when the signal ended it early. */
  readonly stopped: boolean;
}
