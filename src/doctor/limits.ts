import { Gate } from '../store/gate.ts';

/** How long and how many at once. */
export interface Limits {
  /** Longest that one outward try may take, ms. */
  readonly probeMs: number;
  /** Longest that all of them take together, ms. */
  readonly runMs: number;
  /** Most that are on their way at once. */
  readonly parallel: number;
}

export const LIMITS: Limits = { probeMs: 5_000, runMs: 30_000, parallel: 16 };

/** A try that was ended: by its own time, or because that of the whole run was up. */
export class TimeUp extends Error {
  override readonly name = 'TimeUp';
  /** ms that the try had; undefined when the whole run ended. */
  readonly afterMs: number | undefined;

  constructor(afterMs: number | undefined) {
    super(afterMs === undefined ? 'the time for all tries was up' : `no answer within ${afterMs / 1000} s`);
    this.afterMs = afterMs;
  }
}

/** Bounds outward tries. */
export class Bounds {
  readonly probeMs: number;
  readonly #run: AbortController = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #gate: Gate;

  constructor({ probeMs, runMs, parallel }: Limits) {
    this.probeMs = probeMs;
    this.#gate = new Gate(parallel);
    this.#timer = setTimeout(() => this.#run.abort(), runMs);
  }

  /**
   * One try, as soon as a place is free. Rejects with TimeUp when it is ended; what does not heed its signal is left
   * alone then.
   */
  async try<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return await this.#gate.run(() => this.#bounded(work));
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async #bounded<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#run.signal.aborted) throw new TimeUp(undefined);
    const own = new AbortController();
    const signal = AbortSignal.any([own.signal, this.#run.signal]);
    const { promise: ended, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => own.abort(), this.probeMs);
    const onAbort = () => reject(new TimeUp(own.signal.aborted ? this.probeMs : undefined));
    signal.addEventListener('abort', onAbort, { once: true });
    const running = work(signal);
    try {
      return await Promise.race([running, ended]);
    } catch (error) {
      // An ended try tells that it was ended, whatever its parts make of that.
      if (signal.aborted) throw new TimeUp(own.signal.aborted ? this.probeMs : undefined);
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      running.catch(() => undefined);
    }
  }
}
