import type { StoreError } from '../errors.ts';
import type { FileStamp } from '../files.ts';
import type { VersionFacts } from '../index-entry.ts';
import type { VersionKeys } from '../layout.ts';
import type { FileKind, IndexEntry, ModVer } from '../types.ts';
import type { Examined } from './examine.ts';

/** What tells that a file or an object is still the one that was looked at. */
export interface Stamp {
  readonly size: number;
  /** Equal exactly when it is the same one. */
  readonly id: string;
}

export function stampOfFile({ ino, size, mtimeMs }: FileStamp): Stamp {
  return { size, id: `${ino} ${size} ${mtimeMs}` };
}

/** What a walk over a store is told of. */
export interface WalkTold {
  /** None of ours; `path` is a key and may be anybody's text. */
  readonly stranger: (path: string, why: string) => void;
  readonly unreadable: (path: string, error: StoreError) => void;
}

/**
 * Where the files of a store are that is verified: a directory or a bucket. What one file is to blame for is a
 * StoreError; whatever else is thrown ends the verification.
 */
export interface Medium {
  /** Every version of which there is a file or an index entry. */
  versions(told: WalkTold): AsyncIterable<ModVer>;
  /** Tells of what is none of ours beside the versions. */
  strangers(told: WalkTold): Promise<void>;
  /** Undefined when there is none. */
  readIndex(
    keys: VersionKeys,
  ): Promise<{ readonly bytes: Buffer | 'oversize'; readonly stamp: Stamp } | undefined>;
  /** Hashes a file whole. Undefined when there is none. */
  examine(mv: ModVer, kind: FileKind, key: string): Promise<Examined | undefined>;
  stamp(key: string): Promise<Stamp | undefined>;
  /** Why the rest cannot be looked at after this error; undefined for any other, which is thrown on. */
  ends?(error: unknown): string | undefined;
}

/** How a store is mended. Throws StoreError. */
export interface Mender {
  /** Moves a file into quarantine. Undefined when it is another one by now, or cannot be moved. */
  setAside(key: string, stamp: Stamp): Promise<string | undefined>;
  /** Merges facts into the index entry of a version, or makes one. */
  publish(mv: ModVer, keys: VersionKeys, proof: VersionFacts): Promise<void>;
  /**
   * Replaces an index entry that is still `before`, unless one of the files `absent` is there by now; false when
   * nothing was written.
   */
  replace(
    keys: VersionKeys,
    entry: { readonly before: Buffer; readonly after: IndexEntry },
    absent: readonly string[],
  ): Promise<boolean>;
  /** Other versions of a module can be chosen than before. */
  listsChanged(modulePath: string): void;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Moves a symbolic link away, where there are any. */
  setLinkAside?(key: string): Promise<string | undefined>;
  /** Writes what is pending. */
  flush(): Promise<void>;
}
