import type { IncomingMessage } from 'node:http';
import { RequestError } from './errors.ts';

/** Memory that all bodies together may take, so that many senders at once cannot exhaust it. */
export class BodyBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** False, and nothing taken, when there is not as much left. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

export interface BodyLimits {
  /** Most bytes of one body. */
  readonly bytes: number;
  /** A body that takes longer is given up, ms. */
  readonly ms: number;
  readonly budget: BodyBudget;
}

/** A body, and the memory that it holds until it is released. */
export interface Body {
  readonly bytes: Buffer;
  release(): void;
}

/**
 * Reads a body whole. Throws RequestError: `too-large`, `busy` when the bodies of others take the memory, `timeout`
 * when it comes too slowly, `malformed` when it ends early.
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Body> {
  let taken = 0;
  const take = (bytes: number): void => {
    if (bytes > limits.bytes) throw tooLarge(limits.bytes);
    if (bytes <= taken) return;
    if (!limits.budget.take(bytes - taken)) {
      throw new RequestError('busy', 'other batches are being taken in just now; send this one again later');
    }
    taken = bytes;
  };
  const release = (): void => {
    limits.budget.give(taken);
    taken = 0;
  };
  try {
    take(Number(request.headers['content-length'] ?? 0));
    const bytes = await whole(request, limits.ms, take);
    return { bytes, release };
  } catch (error) {
    release();
    throw error;
  }
}

function whole(request: IncomingMessage, ms: number, take: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    const settle = (error?: unknown): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('error', onEnd).off('close', onEnd);
      // A late reset of a connection that is given up must not be an uncaught error.
      request.on('error', () => {});
      if (error === undefined) resolve(Buffer.concat(parts));
      else reject(error);
    };
    const timer = setTimeout(() => {
      settle(new RequestError('timeout', `the body did not come within ${ms / 1000} s; send it again`));
    }, ms);
    const onData = (part: Buffer): void => {
      length += part.length;
      try {
        take(length);
      } catch (error) {
        settle(error);
        return;
      }
      parts.push(part);
    };
    const onEnd = (): void => {
      settle(
        request.complete ? undefined : new RequestError('malformed', 'the body ended before it was whole'),
      );
    };
    request.on('data', onData).on('end', onEnd).on('error', onEnd).on('close', onEnd);
  });
}

function tooLarge(bytes: number): RequestError {
  return new RequestError(
    'too-large',
    `the body is larger than the ${bytes} bytes that one batch may have; split the batch`,
  );
}
