import type { Readable } from 'node:stream';

/** An object as a listing or a HEAD shows it. Keys are relative to the prefix of the bucket's URL, with `/`. */
export interface ObjectFacts {
  readonly key: string;
  readonly size: number;
  /** Opaque; equal exactly when the object is the same. With quotes, as the service gave it. */
  readonly etag: string;
  /** Milliseconds since the epoch, by the service's clock. */
  readonly modified: number;
}

/** Inclusive offsets as in a Range header. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface GetOptions {
  readonly range?: ByteRange;
  /** Only the object with this tag; another one is `undefined`, as an absent one. */
  readonly ifMatch?: string;
  readonly signal?: AbortSignal;
}

export interface GotObject {
  readonly facts: ObjectFacts;
  /**
   * Errors are `BucketError`. Resumed by range when the connection breaks, as long as the object stays the same. One
   * that is not read to its end must be destroyed.
   */
  readonly body: Readable;
}

/** What is to be written: bytes, or a file whose content does not change meanwhile. */
export type Content = Buffer | { readonly file: string; readonly size: number };

/** `absent`: only where there is no such object yet. `etag`: only over the object with this tag. */
export type PutCondition = { readonly absent: true } | { readonly etag: string };

export interface PutOptions {
  readonly condition?: PutCondition;
  readonly signal?: AbortSignal;
}

/** `exists`: the condition did not hold, nothing was written. */
export type PutResult = { readonly state: 'written'; readonly etag: string } | { readonly state: 'exists' };

/**
 * A bucket of an object service below one prefix. Knows nothing of modules. Calls are bounded in number (those above
 * the bound wait) and in time, and retried where that can help; all may be made concurrently.
 *
 * A body of more than 256 KiB does not count as a call while it is read: how many of those there are at a time is
 * the reader's to bound.
 *
 * Errors: `BucketError` (errors.ts), or the reason of the signal that the caller gave. An absent object is `undefined`,
 * never an error.
 */
export interface Bucket {
  /** For messages: `s3://bucket/prefix`, without query and credentials. */
  readonly location: string;
  head(key: string, signal?: AbortSignal): Promise<ObjectFacts | undefined>;
  get(key: string, options?: GetOptions): Promise<GotObject | undefined>;
  put(key: string, content: Content, options?: PutOptions): Promise<PutResult>;
  /** Objects that are absent already count as removed. Returns the keys that could not be removed, with the reason. */
  remove(
    keys: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly { readonly key: string; readonly why: string }[]>;
  /** In order of keys (bytes of UTF-8), page by page as it is consumed; `after` starts behind that key. */
  list(
    prefix: string,
    options?: { readonly after?: string; readonly signal?: AbortSignal },
  ): AsyncIterable<ObjectFacts>;
  /**
   * Ends uploads in parts that were begun before a time (ms since the epoch) and never completed, and returns how many.
   * Nobody else removes them, and they cost as much as objects.
   */
  dropUploads(before: number, signal?: AbortSignal): Promise<number>;
  /** Ends open connections. */
  close(): Promise<void>;
}
