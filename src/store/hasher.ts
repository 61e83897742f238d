import { availableParallelism } from 'node:os';
import { type PoolFailure, type Priority, ThreadPool } from './thread-pool.ts';
import type { FileFacts, ModVer } from './types.ts';

/** What a zip is made of: its h1 as Go computes it, and digest and size of the file. */
export interface ZipHash extends FileFacts {
  readonly h1: string;
  readonly members: number;
  /** Sum of the members' sizes in bytes. */
  readonly uncompressed: number;
}

export type { Priority } from './thread-pool.ts';

export interface HashJob {
  /** Rejects with `HashError`. */
  readonly result: Promise<ZipHash>;
  /** Moves a waiting `later` job among those of `now`: somebody waits for it after all. */
  promote(): void;
}

/** Hashes files on worker threads, one file a thread at a time; `now` before `later`, else first come first. */
export interface Hasher {
  hashZip(file: string, mv: ModVer, priority?: Priority): HashJob;
  /** Rejects with `HashError`. */
  sha256File(file: string): Promise<FileFacts>;
  /** Ends the threads; what is unfinished rejects with code `closed`. */
  close(): Promise<void>;
}

/**
 * `absent`: no regular file there. `unreadable`: the medium failed. `bad-zip`: the file is no module zip of
 * this version (`detail` is the code of the zip reader). `crashed`, `timeout`: the thread died or was ended.
 */
export type HashErrorCode = 'absent' | 'unreadable' | 'bad-zip' | 'crashed' | 'timeout' | 'closed';

export class HashError extends Error {
  override readonly name = 'HashError';
  readonly code: HashErrorCode;
  readonly file: string;
  readonly detail: string | undefined;
  constructor(code: HashErrorCode, file: string, message: string, detail?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.file = file;
    this.detail = detail;
  }
}

/** What a thread is asked: the h1 too when `mv` is given. */
export interface HashRequest {
  readonly file: string;
  readonly mv?: ModVer;
}

export type HashReply =
  | { readonly ok: true; readonly facts: FileFacts; readonly zip?: Omit<ZipHash, keyof FileFacts> }
  | {
      readonly ok: false;
      readonly code: 'absent' | 'unreadable' | 'bad-zip';
      readonly message: string;
      readonly detail?: string;
    };

export interface HasherOptions {
  /**
   * Most threads; default 2, or 1 on one or two cores: go itself unpacks on the others, and a thread holds some
   * 60 MB at its peak. They are started when they are first needed.
   */
  readonly threads?: number;
  /** The thread's program; default: `hash-worker` beside this file, as source or as built. */
  readonly workerUrl?: URL;
  /** A file that takes longer is given up, in milliseconds; default 5 minutes. */
  readonly timeoutMs?: number;
}

/** A pool of hashing threads. Idle threads do not keep the process alive. */
export function createHasher(options: HasherOptions = {}): Hasher {
  const timeoutMs = options.timeoutMs ?? 5 * 60_000;
  const pool = new ThreadPool<HashRequest, HashReply>({
    name: 'hash',
    url: options.workerUrl ?? new URL('./hash-worker.ts', import.meta.url),
    threads: options.threads ?? Math.max(1, Math.min(2, availableParallelism() - 1)),
    timeoutMs,
    failed: (code, request, cause) => failure(code, request?.file ?? '', timeoutMs, cause),
  });
  return {
    hashZip: (file, mv, priority = 'now') => {
      const { reply, promote } = pool.run({ file, mv: { path: mv.path, version: mv.version } }, priority);
      const result = reply.then(answer => {
        const { facts, zip } = accepted(file, answer);
        if (zip === undefined) throw new HashError('crashed', file, `the hash of ${file} came without an h1`);
        return { ...facts, ...zip };
      });
      return { result, promote };
    },
    sha256File: async file => accepted(file, await pool.run({ file }).reply).facts,
    close: () => pool.close(),
  };
}

function accepted(file: string, reply: HashReply): Extract<HashReply, { ok: true }> {
  if (reply.ok) return reply;
  throw new HashError(reply.code, file, reply.message, reply.detail);
}

function failure(code: PoolFailure, file: string, timeoutMs: number, cause: unknown): HashError {
  const why = cause instanceof Error ? cause.message : 'it ended without an answer';
  const messages: Readonly<Record<PoolFailure, string>> = {
    crashed: `hashing ${file} failed because its thread died: ${why}; the file was not accepted`,
    timeout: `hashing ${file} took more than ${timeoutMs} ms and was given up; the file was not accepted`,
    closed: `hashing ${file} was given up because the session is ending`,
  };
  return new HashError(code, file, messages[code], undefined, { cause });
}
