/** Bounds how many calls are under way; those above the bound wait in order. */
export class Lane {
  readonly #bound: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  /** Rejects with the signal's reason when it fires before the call's turn comes. */
  async run<T>(call: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (this.#running >= this.#bound) await this.#turn(signal);
    else this.#running++;
    try {
      return await call();
    } finally {
      const [next] = this.#waiting;
      if (next === undefined) this.#running--;
      else next();
    }
  }

  /** The place of the call that ended is handed on as it is, so that nobody who comes between can take it. */
  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(come);
        reject(signal?.reason);
      };
      const come = () => {
        this.#waiting.delete(come);
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      if (signal?.aborted) return void reject(signal.reason);
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.add(come);
    });
  }
}
