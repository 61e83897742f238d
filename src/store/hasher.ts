import { availableParallelism } from 'node:os';
import { removeQuietly } from './files.ts';
import { type PoolFailure, type Priority, ThreadPool } from './thread-pool.ts';
import type { FileFacts, ModVer } from './types.ts';

/** What a zip is made of. */
export interface ZipMembers {
  /** As Go computes it. */
  readonly h1: string;
  readonly members: number;
  /** Sum of the members' sizes in bytes. */
  readonly uncompressed: number;
}

/** What a zip is made of, and digest and size of the file. */
export interface ZipHash extends ZipMembers, FileFacts {
  /** Of its stored form (see `storedZip`), when that was asked for and could be written. */
  readonly stored?: FileFacts;
}

export type { Priority } from './thread-pool.ts';

export interface HashJob<Result = ZipHash> {
  /** Rejects with `HashError`. */
  readonly result: Promise<Result>;
  /** Moves a waiting `later` job among those of `now`: somebody waits for it after all. */
  promote(): void;
}

/** Hashes files on worker threads, one file a thread at a time; `now` before `later`, else first come first. */
export interface Hasher {
  /**
   * @param storedTo where to write the stored form of the zip on the way; nothing is there yet, nor afterwards
   *   unless the result has `stored`
   */
  hashZip(file: string, mv: ModVer, priority?: Priority, storedTo?: string): HashJob;
  /** What alone counts for go, at half the price where members are not deflated: no digest of the file. */
  hashMembers(file: string, mv: ModVer, priority?: Priority): HashJob<ZipMembers>;
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
  /** Nobody asks for the digest of the file. */
  readonly membersOnly?: boolean;
  /** Where to write the stored form. */
  readonly storedTo?: string;
}

export type HashReply =
  | {
      readonly ok: true;
      readonly facts?: FileFacts;
      readonly zip?: ZipMembers;
      readonly stored?: FileFacts;
    }
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
    hashZip: (file, mv, priority = 'now', storedTo) => {
      const request = { file, mv: { path: mv.path, version: mv.version } };
      const job = pool.run(storedTo === undefined ? request : { ...request, storedTo }, priority);
      const result = job.reply.then(answer => {
        const { facts, zip, stored } = accepted(file, answer);
        return {
          ...mustHave(file, facts),
          ...mustHave(file, zip),
          ...(stored === undefined ? {} : { stored }),
        };
      });
      const cleaned = result.catch(async (error: unknown) => {
        // A thread that died could not do it itself.
        if (storedTo !== undefined) await removeQuietly(storedTo);
        throw error;
      });
      return { result: cleaned, promote: job.promote };
    },
    hashMembers: (file, mv, priority = 'now') => {
      const request = { file, mv: { path: mv.path, version: mv.version }, membersOnly: true };
      const { reply, promote } = pool.run(request, priority);
      const result = reply.then(answer => mustHave(file, accepted(file, answer).zip));
      return { result, promote };
    },
    sha256File: async file => mustHave(file, accepted(file, await pool.run({ file }).reply).facts),
    close: () => pool.close(),
  };
}

function accepted(file: string, reply: HashReply): Extract<HashReply, { ok: true }> {
  if (reply.ok) return reply;
  throw new HashError(reply.code, file, reply.message, reply.detail);
}

function mustHave<T>(file: string, part: T | undefined): T {
  if (part !== undefined) return part;
  throw new HashError('crashed', file, `the hash of ${file} came without a part that was asked for`);
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
