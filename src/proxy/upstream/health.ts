/**
 * Remembers which upstream is down, so that one outage costs a job its patience once and not once a file.
 * An upstream is down when a whole transfer ran out of patience there, and up again with any answer.
 */
export class Health {
  readonly #down = new Map<string, number>();
  readonly #now: () => number;
  constructor(now: () => number) {
    this.#now = now;
  }
  /** True while `origin` is down. */
  isDown(origin: string): boolean {
    return this.#down.has(origin);
  }
  /** Whether the caller may try at full patience: always when it is up, and one caller each `PROBE_MS` when not. */
  mayTryHard(origin: string): boolean {
    const since = this.#down.get(origin);
    if (since === undefined) return true;
    if (this.#now() - since < PROBE_MS) return false;
    this.#down.set(origin, this.#now());
    return true;
  }
  markDown(origin: string): void {
    this.#down.set(origin, this.#now());
  }
  markUp(origin: string): void {
    this.#down.delete(origin);
  }
}

/** Between two tries at full patience, ms. */
export const PROBE_MS = 30_000;
