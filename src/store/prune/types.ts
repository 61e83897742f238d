import type { ModVer } from '../types.ts';

/**
 * Why a version goes. `unused`: longer than `keepSinceMs`; `age`: first seen longer ago than `maxAgeMs`; `size`: the
 * least recently used of a store that is too large; `resumed`: an earlier prune took its index entry and was killed.
 */
export type PruneReason = 'unused' | 'age' | 'size' | 'resumed';

export interface PruneOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** A version that was unused for longer goes; ms. */
  readonly keepSinceMs: number;
  /** A version that was first seen longer ago goes, however much it is used; ms. Not given: age does not count. */
  readonly maxAgeMs?: number;
  /** Bytes that the store may have afterwards. */
  readonly maxBytes: number;
  /** Versions that stay whatever the rules say. Called once or twice for each version. */
  readonly keep?: (mv: ModVer) => boolean;
  /** Only tell what would go. Nothing in the directory is changed. */
  readonly dryRun: boolean;
  /** When it aborts, the prune ends after the module that it is at; the next one does the rest. */
  readonly until?: AbortSignal;
  /** Called a few times a second. */
  readonly onProgress?: (progress: PruneProgress) => void;
}

export interface PruneProgress {
  /** `look`: every version is looked at; `shrink`: the least recently used are removed. */
  readonly phase: 'look' | 'shrink';
  readonly versions: number;
  readonly deleted: Amount;
}

/** Versions, and the bytes of their files and index entries. */
export interface Amount {
  readonly versions: number;
  readonly bytes: number;
}

/** Files of other kinds, and their bytes. */
export interface FileAmount {
  readonly files: number;
  readonly bytes: number;
}

/** What is swept beside versions. */
export type Litter = 'temp' | 'quarantine' | 'soft' | 'sumdb' | 'index' | 'log';

export interface NamedAmount extends Amount {
  readonly name: string;
}

/** A file that was met and left where it is; `path` is relative to the store and may be anybody's text. */
export interface LeftFile {
  readonly path: string;
  readonly why: string;
}

/** The first of them, and how many there are. */
export interface LeftFiles {
  readonly count: number;
  readonly first: readonly LeftFile[];
}

/** What a prune did, or in a dry run would do. Printed as JSON as it is. */
export interface PruneReport {
  readonly schema: 1;
  /** Directory of the store. */
  readonly store: string;
  readonly dryRun: boolean;
  /** False when time ran out or it was stopped: `before` and `after` then tell of what was seen. */
  readonly finished: boolean;
  /** RFC 3339, UTC. */
  readonly started: string;
  readonly durationMs: number;
  readonly rules: {
    readonly keepSinceMs: number;
    readonly maxAgeMs: number | null;
    readonly maxBytes: number;
  };
  /** The store as it was: its versions, and all bytes in it that modgate keeps. */
  readonly before: Amount;
  readonly after: Amount;
  readonly deleted: Amount & { readonly reasons: Readonly<Record<PruneReason, Amount>> };
  /** Versions that stayed although a rule of time or age was against them, or of which the rules were not asked. */
  readonly kept: {
    /** On the keep-list. */
    readonly listed: Amount;
    /** Used within the last hour. */
    readonly recent: Amount;
    /** Used, or committed anew, while the prune was about to remove them. */
    readonly meanwhile: Amount;
  };
  readonly swept: Readonly<Record<Litter, FileAmount>>;
  readonly emptyDirectories: number;
  /** Bytes by which the store is still larger than it may be: what the keep-list and running jobs hold. */
  readonly excessBytes: number;
  /** Not a file of a store: never removed. */
  readonly foreign: LeftFiles;
  /** Could not be read or removed. */
  readonly failed: LeftFiles;
  /** What most of the removed bytes belonged to; exact up to some thousand modules. */
  readonly top: { readonly hosts: readonly NamedAmount[]; readonly modules: readonly NamedAmount[] };
}
