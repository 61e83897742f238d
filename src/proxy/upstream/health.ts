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
  /** True while `origin` is down. After `PROBE_MS` one caller is told it is up, and tries at full patience. */
  isDown(origin: string): boolean {
    const since = this.#down.get(origin);
    if (since === undefined) return false;
    if (this.#now() - since < PROBE_MS) return true;
    this.#down.set(origin, this.#now());
    return false;
  }
  markDown(origin: string): void {
    this.#down.set(origin, this.#now());
  }
  markUp(origin: string): void {
    this.#down.delete(origin);
  }
}

const PROBE_MS = 30_000;
