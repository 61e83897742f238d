import type { Readable } from 'node:stream';

/**
 * What went wrong between us and a cache service. `denied`: this job may not; `taken`: another job has the key;
 * `limited`: rate limit; `quota`: the repository's quota is used up; `gone`: the entry is not there any more;
 * `unavailable`: 5xx, no connection, no answer in time; `bad-answer`: an answer that the protocol does not know;
 * `local`: the archive's file cannot be read, or is not of the size that was told; `cancelled`: by our own signal.
 */
export type CacheErrorCode =
  | 'denied'
  | 'taken'
  | 'limited'
  | 'quota'
  | 'gone'
  | 'unavailable'
  | 'bad-answer'
  | 'local'
  | 'cancelled';

/** The message is one line in the service's words where it said any, without tokens or signed URLs. */
export class CacheError extends Error {
  override readonly name = 'CacheError';
  readonly code: CacheErrorCode;
  constructor(code: CacheErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An entry that was found. */
export interface CacheHit {
  readonly key: string;
}

/** A key that this job has taken; it has to be uploaded and finished, or nobody gets anything of it. */
export interface Reservation {
  readonly key: string;
  /** Uploads a file of `size` bytes and makes the entry visible. Rejects with CacheError. */
  fill(file: string, size: number): Promise<void>;
}

/**
 * The part of GitHub's cache service that modgate needs, v1 and v2 alike. Every method rejects with CacheError and
 * with nothing else; one short retry is inside, and no call lasts longer than its time limit.
 */
export interface CacheClient {
  readonly protocol: 'v1' | 'v2';
  /**
   * The newest entry whose key is `keys[0]`, else begins with one of `keys`, in the first scope that has one;
   * undefined when there is none. At most 10 keys.
   */
  lookup(keys: readonly string[]): Promise<CacheHit | undefined>;
  /**
   * The bytes of an entry that `lookup` found. `size` is the whole length in bytes where the service tells it. A
   * transfer that breaks goes on where it broke (Range), with a new URL when the old one has expired; a service that
   * cannot do either fails the stream with CacheError. The stream must be read or destroyed.
   */
  open(hit: CacheHit): Promise<{ readonly size: number | undefined; readonly stream: Readable }>;
  /** Takes a key. Rejects with code `taken` when another job has it. `bytes`: an estimate from above. */
  reserve(key: string, bytes: number): Promise<Reservation>;
}

export interface CacheClientOptions {
  /** The service's variables of the job (`cacheServiceEnv`). */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For the User-Agent header. */
  readonly version: string;
  /** Ends whatever is under way. */
  readonly signal?: AbortSignal;
  readonly log?: (line: string) => void;
}
