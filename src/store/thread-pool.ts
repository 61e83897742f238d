import { Worker } from 'node:worker_threads';

/** Why a job was not answered: its thread died, it took too long, or the pool was closed. */
export type PoolFailure = 'crashed' | 'timeout' | 'closed';

export interface PoolOptions<Request> {
  /** Shown by debuggers. */
  readonly name: string;
  /** The thread's program: it answers each message with one message. */
  readonly url: URL;
  /** Most threads; they are started when they are first needed. */
  readonly threads: number;
  /** A job that takes longer is given up and its thread ended, in milliseconds. */
  readonly timeoutMs: number;
  /** Handed to the threads as their `workerData`. */
  readonly workerData?: unknown;
  /** The error for a job that failed; `request` is undefined when no job was running. */
  readonly failed: (code: PoolFailure, request: Request | undefined, cause: unknown) => Error;
}

/** One message on its way to a thread. */
export interface PoolJob<Reply> {
  readonly reply: Promise<Reply>;
  /** Moves a waiting `later` job among those of `now`: somebody waits for it after all. */
  promote(): void;
}

export type Priority = 'now' | 'later';

interface Job<Request, Reply> {
  readonly request: Request;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

interface Thread<Request, Reply> {
  readonly worker: Worker;
  job: Job<Request, Reply> | undefined;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Worker threads that take one job at a time each; `now` before `later`, else first come first. Idle threads do
 * not keep the process alive.
 */
export class ThreadPool<Request, Reply> {
  readonly #options: PoolOptions<Request>;
  readonly #threads = new Set<Thread<Request, Reply>>();
  #now: Job<Request, Reply>[] = [];
  #later: Job<Request, Reply>[] = [];
  #closed = false;

  constructor(options: PoolOptions<Request>) {
    this.#options = options;
  }

  run(request: Request, priority: Priority = 'now'): PoolJob<Reply> {
    let job!: Job<Request, Reply>;
    const reply = new Promise<Reply>((resolve, reject) => {
      job = { request, resolve, reject };
    });
    if (this.#closed) job.reject(this.#options.failed('closed', request, undefined));
    else (priority === 'now' ? this.#now : this.#later).push(job);
    this.#dispatch();
    return { reply, promote: () => this.#promote(job) };
  }

  /** Ends the threads; what is unfinished rejects with the error of `closed`. */
  async close(): Promise<void> {
    this.#closed = true;
    const threads = [...this.#threads];
    const waiting = [...this.#now, ...this.#later];
    this.#now = [];
    this.#later = [];
    const { failed } = this.#options;
    for (const job of waiting) job.reject(failed('closed', job.request, undefined));
    for (const thread of threads) this.#drop(thread, failed('closed', thread.job?.request, undefined));
    await Promise.all(threads.map(thread => thread.worker.terminate()));
  }

  #promote(job: Job<Request, Reply>): void {
    const at = this.#later.indexOf(job);
    if (at >= 0) this.#now.push(...this.#later.splice(at, 1));
  }

  #dispatch(): void {
    while (this.#now.length + this.#later.length > 0) {
      const thread = this.#idleThread();
      if (thread === undefined) return;
      const job = this.#now.shift() ?? this.#later.shift();
      if (job === undefined) return;
      this.#start(thread, job);
    }
  }

  #idleThread(): Thread<Request, Reply> | undefined {
    for (const thread of this.#threads) if (thread.job === undefined) return thread;
    return this.#threads.size < this.#options.threads ? this.#spawn() : undefined;
  }

  #spawn(): Thread<Request, Reply> {
    const { name, url, workerData } = this.#options;
    const worker = new Worker(url, {
      name,
      execArgv: [],
      env: {},
      workerData,
      // A file made to exhaust memory ends its own thread, not the process that serves the build.
      // A small young generation frees inflated members soon: they are many and outside of V8's own heap.
      resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 2 },
    });
    const thread: Thread<Request, Reply> = { worker, job: undefined, timer: undefined };
    this.#threads.add(thread);
    worker.on('message', (reply: Reply) => this.#finish(thread, reply));
    worker.on('error', cause => this.#crashed(thread, cause));
    worker.on('exit', () => this.#crashed(thread, undefined));
    return thread;
  }

  #start(thread: Thread<Request, Reply>, job: Job<Request, Reply>): void {
    thread.job = job;
    thread.worker.ref();
    thread.timer = setTimeout(() => this.#timeout(thread), this.#options.timeoutMs);
    thread.worker.postMessage(job.request);
  }

  #finish(thread: Thread<Request, Reply>, reply: Reply): void {
    const job = thread.job;
    if (job === undefined) return;
    clearTimeout(thread.timer);
    thread.job = undefined;
    thread.worker.unref();
    job.resolve(reply);
    this.#dispatch();
  }

  #drop(thread: Thread<Request, Reply>, error: Error): void {
    if (!this.#threads.delete(thread)) return;
    clearTimeout(thread.timer);
    const job = thread.job;
    thread.job = undefined;
    job?.reject(error);
  }

  #crashed(thread: Thread<Request, Reply>, cause: unknown): void {
    this.#drop(thread, this.#options.failed('crashed', thread.job?.request, cause));
    this.#dispatch();
  }

  #timeout(thread: Thread<Request, Reply>): void {
    this.#drop(thread, this.#options.failed('timeout', thread.job?.request, undefined));
    void thread.worker.terminate();
    this.#dispatch();
  }
}
