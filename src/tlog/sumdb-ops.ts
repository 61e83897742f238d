/** What the checksum database client asks of the world, and how it fails. */

/**
 * The client's effects. Paths are those on the wire, below the database's name: `/latest`,
 * `/lookup/<escaped path>@<escaped version>`, `/tile/8/0/x001/234`. All may be called concurrently.
 */
export interface SumDbOps {
  /**
   * The body of the database's answer with status 200. Rejects otherwise: with an error whose `code` is
   * `not-found` when the database says that there is no such thing (404, 410), with any other error when it
   * could not be asked. Should itself bound the size (64 KiB is enough for everything) and the time.
   */
  readRemote(path: string): Promise<Uint8Array>;
  /** What `writeCache` was given for this path, or undefined. A rejection counts as undefined. */
  readCache(path: string): Promise<Uint8Array | undefined>;
  /** Keeps an answer that was verified. May forget it at any time; a rejection is ignored. */
  writeCache(path: string, bytes: Uint8Array): Promise<void>;
  /**
   * The newest signed tree head on record, or undefined to start without one. It is what makes forks visible
   * across sessions. A rejection counts as undefined.
   */
  readLatest(): Promise<Uint8Array | undefined>;
  /**
   * Replaces the recorded head `old` (undefined: none) by `next`; `conflict` when something else is on
   * record, and then the client reads it and tries again. A rejection is ignored.
   */
  writeLatest(old: Uint8Array | undefined, next: Uint8Array): Promise<'ok' | 'conflict'>;
  /** Told of a fork, with the proof: two signed heads that cannot both be true. Many lines, to be shown. */
  securityError(message: string): void;
}

/**
 * `not-found`: the database has no such module version or tile. `bad-signature`: a tree head that the key did
 * not sign. `bad-proof`: a record or tile that is not in the signed tree. `bad-response`: malformed or too
 * large. `fork`: the database signed two histories. `unreachable`: it could not be asked; `cause` tells why.
 */
export type SumDbErrorCode =
  | 'not-found'
  | 'bad-signature'
  | 'bad-proof'
  | 'bad-response'
  | 'fork'
  | 'unreachable';

export class SumDbError extends Error {
  override readonly name = 'SumDbError';
  readonly code: SumDbErrorCode;
  constructor(code: SumDbErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export const MAX_LOOKUP_BYTES = 64 << 10;

/** Whether an error carries that `code`. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/**
 * For what the database must have because of what it signed: that it denies to have it is no answer about a
 * module, but a fault like any other outage.
 */
export function asFault(error: unknown): unknown {
  if (!(error instanceof SumDbError) || error.code !== 'not-found') return error;
  return new SumDbError('unreachable', `${error.message} (its signed tree needs it)`, { cause: error });
}

/** The operations with their failures in our words: a cache may fail, an answer may not be too large. */
export class SumDbSource {
  readonly name: string;
  readonly #ops: SumDbOps;

  constructor(name: string, ops: SumDbOps) {
    this.name = name;
    this.#ops = ops;
  }

  /** An answer of the database. Throws `SumDbError`. */
  async remote(path: string, maxBytes: number): Promise<Uint8Array> {
    let bytes: Uint8Array;
    try {
      bytes = await this.#ops.readRemote(path);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const code = hasCode(cause, 'not-found') ? 'not-found' : 'unreachable';
      throw new SumDbError(code, `asking ${this.name} for ${path}: ${why}`, { cause });
    }
    if (bytes.byteLength <= maxBytes) return bytes;
    throw new SumDbError('bad-response', `${this.name} answered ${path} with more than ${maxBytes} bytes`);
  }

  async cached(path: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#ops.readCache(path);
    } catch {
      return undefined;
    }
  }

  async keep(path: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.#ops.writeCache(path, bytes);
    } catch {
      // The contract lets a cache forget; the answer itself is good.
    }
  }

  async readLatest(): Promise<Uint8Array | undefined> {
    try {
      const note = await this.#ops.readLatest();
      return note === undefined || note.byteLength === 0 ? undefined : note;
    } catch {
      return undefined;
    }
  }

  /** False when another head was written meanwhile. */
  async writeLatest(old: Uint8Array | undefined, next: Uint8Array): Promise<boolean> {
    try {
      return (await this.#ops.writeLatest(old, next)) === 'ok';
    } catch {
      return true;
    }
  }

  securityError(message: string): void {
    this.#ops.securityError(message);
  }
}
