import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Engine } from '../collector/engine.ts';
import { CollectorError } from '../collector/errors.ts';
import { type EngineData, type FromEngine, type Method, untell } from './engine-protocol.ts';

/**
 * Young generation of the thread: two halves of this size, MB. It begins as large as it gets: in the small one that V8
 * begins with, the records of one batch survive, and the old generation is collected for them again and again.
 */
const SEMI_SPACE_MB = 2;

/** Calls that are under way at once; more means that the thread cannot keep up. */
const MAX_CALLS = 256;

/** What the engine gets beyond its own time to end, ms. */
const GRACE_MS = 2_000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface EngineThread extends Engine {
  /** Rejects when the thread ends by itself, which it does only by a fault of ours or of the machine's. */
  readonly failed: Promise<never>;
}

/**
 * Starts the engine in a thread of its own, so that neither a large batch nor a transaction holds up the answers to
 * others. Rejects with what opening threw.
 */
export async function startEngineThread(
  data: EngineData,
  log: (line: string) => void,
): Promise<EngineThread> {
  // A new thread takes it; those that are there keep theirs.
  setFlagsFromString(`--min-semi-space-size=${SEMI_SPACE_MB}`);
  const worker = new Worker(new URL('./engine-worker.ts', import.meta.url), {
    name: 'modgate engine',
    execArgv: [],
    env: {},
    workerData: data,
    // The old generation is bounded by what the indexer lets wait; V8 counts three halves of the young one.
    resourceLimits: { maxOldGenerationSizeMb: 384, maxYoungGenerationSizeMb: 3 * SEMI_SPACE_MB },
  });
  const calls = new Map<number, Waiting>();
  let last = 0;
  let closed = false;
  let gone: Error | undefined;
  let fail!: (error: Error) => void;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  const lose = (error: Error): void => {
    gone ??= error;
    for (const { reject } of calls.values()) reject(error);
    calls.clear();
    if (!closed) fail(error);
  };
  worker.on('error', error => lose(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', code =>
    lose(new CollectorError('closing', `the thread of the engine ended with ${code}`)),
  );

  await new Promise<void>((resolve, reject) => {
    failed.catch(reject);
    worker.on('message', (message: FromEngine) => {
      if (message.kind === 'ready') resolve();
      else if (message.kind === 'failed') reject(untell(message.error));
      else if (message.kind === 'log') log(message.line);
      else {
        const call = calls.get(message.id);
        calls.delete(message.id);
        if (message.kind === 'result') call?.resolve(message.value);
        else call?.reject(untell(message.error));
      }
    });
  });

  const call = <T>(
    method: Method,
    args: readonly unknown[],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<T> => {
    if (gone !== undefined) return Promise.reject(gone);
    if (closed)
      return Promise.reject(new CollectorError('closing', 'the collector is ending; try again later'));
    if (calls.size >= MAX_CALLS) {
      return Promise.reject(
        new CollectorError('busy', 'the collector has too much to do just now; try again later'),
      );
    }
    return new Promise<T>((resolve, reject) => {
      last++;
      calls.set(last, { resolve: resolve as (value: unknown) => void, reject });
      worker.postMessage({ id: last, method, args }, [...transfer]);
    });
  };
  return {
    failed,
    ingest: delivery => {
      const { buffer, byteOffset, byteLength } = delivery.gzip;
      // Handed over instead of copied where it is a memory of its own and not a piece of a pool.
      const own = byteOffset === 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
      return call('ingest', [delivery], own ? [buffer] : []);
    },
    records: (key, filter) => call('records', [key, filter]),
    state: () => call('state', []),
    logFile: name => call('logFile', [name]),
    settled: () => call('settled', []),
    retain: () => call('retain', []),
    explain: (...args) => call('explain', args),
    async close(ms) {
      const done = call<void>('close', [ms]);
      closed = true;
      // A thread that is dead already is told by `failed`; one that waits for its database is not waited for: what it
      // did not finish is found in raw at the next start.
      await Promise.race([done.catch(() => {}), delay(ms + GRACE_MS, undefined, { ref: false })]);
      await worker.terminate();
    },
  };
}
