import { type Readable, Transform } from 'node:stream';

/** A bucket did not answer for so long that its job is better off without it. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';
  readonly code = 'too-slow';
}

/** A bound on silence, for one request and what comes of it. */
export interface Patience {
  /** Aborts the request. */
  readonly signal: AbortSignal;
  /** What came: the silence begins anew. */
  heard(): void;
  /** Nothing more is awaited. */
  done(): void;
}

/** @param ms longest silence; @param outer what else ends the request */
export function patience(ms: number, what: string, outer?: AbortSignal): Patience {
  const own = new AbortController();
  const late = () => own.abort(new TooSlow(`${what}: nothing came for ${ms / 1000} s`));
  let timer: NodeJS.Timeout | undefined = setTimeout(late, ms);
  return {
    signal: outer === undefined ? own.signal : AbortSignal.any([own.signal, outer]),
    heard: () => timer?.refresh(),
    done: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

/** Runs a request that has to end within `ms`; what aborted it is what it rejects with. */
export async function within<T>(
  ms: number,
  what: string,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = patience(ms, what, outer);
  try {
    return await run(limit.signal);
  } catch (error) {
    throw limit.signal.aborted ? limit.signal.reason : error;
  } finally {
    limit.done();
  }
}

/** Passes bytes on while they keep coming and are no more than `max`. */
export function watched(limit: Patience, max: number, what: string): Transform {
  let seen = 0;
  return new Transform({
    transform(part: Buffer, _encoding, done) {
      limit.heard();
      seen += part.length;
      if (seen > max) done(new Error(`${what} is longer than the ${max} bytes that it may have`));
      else done(null, part);
    },
  });
}

/** All bytes of a small object. Rejects when there are more than `max`. */
export async function bytesOf(body: Readable, max: number, what: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += (part as Buffer).length;
    if (size > max) {
      body.destroy();
      throw new Error(`${what} is longer than the ${max} bytes that it may have`);
    }
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}
