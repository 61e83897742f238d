import { Readable } from 'node:stream';
import { BucketError } from './errors.ts';
import type { Limits } from './limits.ts';
import type { ByteRange } from './types.ts';
import type { Watch } from './watch.ts';

/** A body that is coming. */
export interface Opened {
  readonly body: Readable;
  readonly watch: Watch;
}

export interface BodySource {
  readonly first: Opened;
  /** The bytes that the whole body is to have. */
  readonly range: ByteRange;
  /** The rest from an offset on; undefined when the object is another one by now. */
  readonly reopen: (rest: ByteRange) => Promise<Opened | undefined>;
  readonly limits: Limits;
  readonly pause: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly failed: (code: BucketError['code'], tired?: string) => BucketError;
  /** Fires when nobody reads any more. */
  readonly left: AbortController;
}

/** Connections that one body may take, however much each of them brought. */
const MOST_CONNECTIONS = 100;

/** The body as one stream, whatever happens to the connections that bring it. */
export function resumingBody(source: BodySource): Readable {
  const stream = Readable.from(chunks(source), { objectMode: false, highWaterMark: 256 * 1024 });
  return stream.once('close', () => {
    // A reader that leaves must not wait for the chunk that is under way.
    source.left.abort();
    // One that leaves before the first chunk never let `chunks` begin, and so not end either.
    finish(source.first);
  });
}

async function* chunks(source: BodySource): AsyncGenerator<Buffer, void, void> {
  const { range, reopen, limits, pause, failed, left } = source;
  const { signal } = left;
  const { end } = range;
  let at = range.start;
  let opened: Opened = source.first;
  let barren = 0;
  const mostMs = limits.callMs + ((end - at + 1) / limits.slowest) * 1000;
  const clock = { waitedMs: 0 };
  try {
    for (let connections = 1; ; connections++) {
      try {
        for await (const chunk of timed(opened, clock)) {
          at += chunk.length;
          if (at > end + 1) throw failed('service');
          barren = 0;
          yield chunk;
        }
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (error instanceof BucketError) throw error;
      }
      if (at === end + 1) return;
      const { tired } = opened.watch;
      finish(opened);
      if (++barren >= limits.attempts || connections >= MOST_CONNECTIONS || clock.waitedMs > mostMs) {
        throw failed('unreachable', tired ?? 'broke again and again');
      }
      await pause(Math.random() * Math.min(limits.backoffMs * 2 ** barren, limits.waitMs), signal);
      const next = await reopen({ start: at, end });
      if (next === undefined) throw failed('changed');
      opened = next;
    }
  } finally {
    finish(opened);
  }
}

/** The chunks of one connection; the watch runs only while one is waited for, and so does the clock. */
async function* timed(
  { body, watch }: Opened,
  clock: { waitedMs: number },
): AsyncGenerator<Buffer, void, void> {
  const parts = body[Symbol.asyncIterator]() as AsyncIterator<Buffer, void, void>;
  for (;;) {
    const asked = performance.now();
    watch.resume();
    try {
      const { done, value } = await parts.next();
      if (done === true) return;
      if (value !== undefined) {
        watch.pause();
        clock.waitedMs += performance.now() - asked;
        yield value;
      }
    } finally {
      watch.pause();
    }
  }
}

function finish({ body, watch }: Opened): void {
  watch[Symbol.dispose]();
  // Whatever its connection still says is of no interest.
  body.on('error', () => {}).destroy();
}
