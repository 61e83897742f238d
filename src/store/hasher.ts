import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { FileFacts, ModVer } from './types.ts';

/** What a zip is made of: its h1 as Go computes it, and digest and size of the file. */
export interface ZipHash extends FileFacts {
  readonly h1: string;
  readonly members: number;
  /** Sum of the members' sizes in bytes. */
  readonly uncompressed: number;
}

export type Priority = 'now' | 'later';

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

interface Job {
  readonly request: HashRequest;
  readonly resolve: (reply: Extract<HashReply, { ok: true }>) => void;
  readonly reject: (error: HashError) => void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** A pool of hashing threads. Idle threads do not keep the process alive. */
export function createHasher(options: HasherOptions = {}): Hasher {
  return new ThreadPool(options);
}

class ThreadPool implements Hasher {
  readonly #max: number;
  readonly #url: URL;
  readonly #timeoutMs: number;
  readonly #threads = new Set<Thread>();
  #now: Job[] = [];
  #later: Job[] = [];
  #closed = false;

  constructor(options: HasherOptions) {
    this.#max = options.threads ?? Math.max(1, Math.min(2, availableParallelism() - 1));
    this.#url = options.workerUrl ?? new URL('./hash-worker.ts', import.meta.url);
    this.#timeoutMs = options.timeoutMs ?? 5 * 60_000;
  }

  hashZip(file: string, mv: ModVer, priority: Priority = 'now'): HashJob {
    const { job, reply } = this.#enqueue({ file, mv: { path: mv.path, version: mv.version } }, priority);
    const result = reply.then(({ facts, zip }) => {
      if (zip === undefined) throw new HashError('crashed', file, `the hash of ${file} came without an h1`);
      return { ...facts, ...zip };
    });
    return { result, promote: () => this.#promote(job) };
  }

  async sha256File(file: string): Promise<FileFacts> {
    return (await this.#enqueue({ file }, 'now').reply).facts;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const threads = [...this.#threads];
    const waiting = [...this.#now, ...this.#later];
    this.#now = [];
    this.#later = [];
    for (const job of waiting) job.reject(closedError(job.request.file));
    for (const thread of threads) this.#drop(thread, closedError(thread.job?.request.file ?? ''));
    await Promise.all(threads.map(thread => thread.worker.terminate()));
  }

  #enqueue(
    request: HashRequest,
    priority: Priority,
  ): { job: Job; reply: Promise<Extract<HashReply, { ok: true }>> } {
    let job!: Job;
    const reply = new Promise<Extract<HashReply, { ok: true }>>((resolve, reject) => {
      job = { request, resolve, reject };
    });
    if (this.#closed) job.reject(closedError(request.file));
    else (priority === 'now' ? this.#now : this.#later).push(job);
    this.#dispatch();
    return { job, reply };
  }

  #promote(job: Job): void {
    const at = this.#later.indexOf(job);
    if (at >= 0) this.#now.push(...this.#later.splice(at, 1));
  }

  #dispatch(): void {
    while (this.#now.length + this.#later.length > 0) {
      const thread = this.#idleThread();
      if (thread === undefined) return;
      const job = this.#now.shift() ?? this.#later.shift();
      if (job === undefined) return;
      this.#run(thread, job);
    }
  }

  #idleThread(): Thread | undefined {
    for (const thread of this.#threads) if (thread.job === undefined) return thread;
    return this.#threads.size < this.#max ? this.#start() : undefined;
  }

  #start(): Thread {
    const worker = new Worker(this.#url, {
      name: 'hash',
      execArgv: [],
      env: {},
      // A zip made to exhaust memory ends its own thread, not the process that serves the build.
      // A small young generation frees inflated members soon: they are many and outside of V8's own heap.
      resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 2 },
    });
    const thread: Thread = { worker, job: undefined, timer: undefined };
    this.#threads.add(thread);
    worker.on('message', (reply: HashReply) => this.#finish(thread, reply));
    worker.on('error', cause => this.#crashed(thread, cause));
    worker.on('exit', () => this.#crashed(thread, undefined));
    return thread;
  }

  #run(thread: Thread, job: Job): void {
    thread.job = job;
    thread.worker.ref();
    thread.timer = setTimeout(() => this.#timeout(thread), this.#timeoutMs);
    thread.worker.postMessage(job.request);
  }

  #finish(thread: Thread, reply: HashReply): void {
    const job = thread.job;
    if (job === undefined) return;
    clearTimeout(thread.timer);
    thread.job = undefined;
    thread.worker.unref();
    if (reply.ok) job.resolve(reply);
    else job.reject(new HashError(reply.code, job.request.file, reply.message, reply.detail));
    this.#dispatch();
  }

  #drop(thread: Thread, error: HashError): void {
    if (!this.#threads.delete(thread)) return;
    clearTimeout(thread.timer);
    const job = thread.job;
    thread.job = undefined;
    job?.reject(error);
  }

  #crashed(thread: Thread, cause: unknown): void {
    const file = thread.job?.request.file ?? '';
    const why = cause instanceof Error ? cause.message : 'it ended without an answer';
    const message = `hashing ${file} failed because its thread died: ${why}; the file was not accepted`;
    this.#drop(thread, new HashError('crashed', file, message, undefined, { cause }));
    this.#dispatch();
  }

  #timeout(thread: Thread): void {
    const file = thread.job?.request.file ?? '';
    const message = `hashing ${file} took more than ${this.#timeoutMs} ms and was given up; the file was not accepted`;
    this.#drop(thread, new HashError('timeout', file, message));
    void thread.worker.terminate();
    this.#dispatch();
  }
}

function closedError(file: string): HashError {
  return new HashError('closed', file, `hashing ${file} was given up because the session is ending`);
}
