import type { SendHttp } from '../http.ts';
import { failure, type Step } from './failure.ts';
import { CacheError } from './types.ts';
import { networkWords } from './words.ts';

/** Limits of time (milliseconds) and size (bytes). */
export interface CacheLimits {
  /** A look-up, a reservation, the end of an upload: each with its retry. */
  readonly callMs: number;
  /** A whole upload. */
  readonly uploadMs: number;
  /** Without a byte going out, or without an answer once all have. */
  readonly uploadStallMs: number;
  /** Without a byte coming in. */
  readonly stallMs: number;
  /** Most bytes of one PUT; more goes in blocks. */
  readonly putBytes: number;
  readonly blockBytes: number;
  /** One PATCH of v1. */
  readonly patchBytes: number;
}

export const LIMITS: CacheLimits = {
  callMs: 10_000,
  uploadMs: 300_000,
  uploadStallMs: 30_000,
  stallMs: 10_000,
  putBytes: 100 * 1024 * 1024,
  blockBytes: 64 * 1024 * 1024,
  patchBytes: 32 * 1024 * 1024,
};

/** The service as every part of the client sees it. */
export interface Service {
  readonly send: SendHttp;
  readonly limits: CacheLimits;
  readonly signal: AbortSignal | undefined;
  /** Values that no message may hold. */
  readonly secrets: readonly string[];
  readonly log: (line: string) => void;
}

/**
 * Runs `work` with a signal that ends it at the client's own signal or after `ms`. Whatever it rejects with becomes
 * a CacheError: `cancelled`, `unavailable` for the time and for network trouble.
 */
export async function within<T>(
  service: Service,
  step: Step,
  host: string,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeUp = new AbortController();
  const timer = setTimeout(() => timeUp.abort(), ms);
  const signals = service.signal === undefined ? [timeUp.signal] : [timeUp.signal, service.signal];
  try {
    return await work(AbortSignal.any(signals));
  } catch (error) {
    if (service.signal?.aborted === true) throw failure(step, 'cancelled', 'the session ended', host);
    if (error instanceof CacheError) throw error;
    if (timeUp.signal.aborted) {
      throw failure(step, 'unavailable', `no answer within ${Math.ceil(ms / 1000)} s`, host);
    }
    throw failure(step, 'unavailable', networkWords(error, service.secrets), host);
  } finally {
    clearTimeout(timer);
  }
}
