import type { Worker } from 'node:worker_threads';

/** The threads of this process that unpack bundles, from when this is called: import it before any was started. */
export function watchUnpackThreads(): {
  readonly alive: ReadonlySet<Worker>;
  onStart?: (thread: Worker) => void;
} {
  const alive = new Set<Worker>();
  const watch: { readonly alive: ReadonlySet<Worker>; onStart?: (thread: Worker) => void } = { alive };
  process.on('worker', (thread: Worker) => {
    if (thread.threadName !== 'unpack') return;
    alive.add(thread);
    thread.once('exit', () => alive.delete(thread));
    watch.onStart?.(thread);
  });
  return watch;
}
