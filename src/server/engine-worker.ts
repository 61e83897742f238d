import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { type Engine, openEngine } from '../collector/engine.ts';
import { type Call, type EngineData, type FromEngine, tell } from './engine-protocol.ts';

function send(message: FromEngine): void {
  parentPort?.postMessage(message);
}

async function serve(engine: Engine, { id, method, args }: Call): Promise<void> {
  try {
    const call = engine[method] as (...args: readonly unknown[]) => Promise<unknown>;
    send({ kind: 'result', id, value: await call(...args.map(asBuffer)) });
  } catch (error) {
    send({ kind: 'error', id, error: tell(error) });
  }
  if (method === 'close') parentPort?.close();
}

/** A Buffer arrives as the plain array of bytes that it is made of. */
function asBuffer(arg: unknown): unknown {
  const { gzip } = (arg ?? {}) as { gzip?: unknown };
  if (!(gzip instanceof Uint8Array)) return arg;
  return { ...(arg as object), gzip: Buffer.from(gzip.buffer, gzip.byteOffset, gzip.byteLength) };
}

try {
  const engine = await openEngine({
    ...(workerData as EngineData),
    now: Date.now,
    log: line => send({ kind: 'log', line }),
    sleep: async (ms, signal) => {
      await delay(ms, undefined, { signal }).catch(() => {});
    },
  });
  parentPort?.on('message', (call: Call) => void serve(engine, call));
  send({ kind: 'ready' });
} catch (error) {
  send({ kind: 'failed', error: tell(error) });
}
