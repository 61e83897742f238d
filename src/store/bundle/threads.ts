import { Worker } from 'node:worker_threads';

/** A thread that is not needed again this soon is ended, ms. */
const PARKED_MS = 5_000;

let parked: Worker | undefined;
let timer: NodeJS.Timeout | undefined;

/** A thread of `archive-thread.ts`: the one that waits for work, else a new one. */
export function takeThread(): Worker {
  const thread = parked;
  if (thread === undefined) {
    return new Worker(new URL('./archive-thread.ts', import.meta.url), {
      name: 'unpack',
      execArgv: [],
      env: {},
      // A small young generation frees chunks that are used up soon: they are many and outside of V8's own heap.
      resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 2 },
    });
  }
  forget();
  thread.off('exit', forget);
  thread.off('error', ignore);
  thread.ref();
  return thread;
}

/** Starts a thread for an archive that is about to come: on a busy machine that takes a while. */
export function warmThread(): void {
  if (parked === undefined) parkThread(takeThread());
}

/** Keeps a thread that nobody listens to for the next archive, or ends it. It does not keep the process alive. */
export function parkThread(thread: Worker): void {
  thread.on('error', ignore);
  if (parked !== undefined) {
    void thread.terminate();
    return;
  }
  thread.on('exit', forget);
  thread.unref();
  parked = thread;
  timer = setTimeout(() => {
    forget();
    void thread.terminate();
  }, PARKED_MS).unref();
}

function forget(): void {
  clearTimeout(timer);
  parked = undefined;
}

function ignore(): void {}
