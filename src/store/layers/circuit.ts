/** Between two tries of a layer that is down, ms. */
const PROBE_MS = 30_000;
/** Failures in a row that may be chance, after which a layer counts as down. */
const MAX_CHANCE = 3;

/**
 * Remembers that a layer is down, so that one outage costs a job its patience once and not once a file. A layer is up
 * again with any answer.
 */
export class Circuit {
  readonly #now: () => number;
  #failures = 0;
  #downSince: number | undefined;

  /** @param now ms of a clock that never goes back */
  constructor(now: () => number) {
    this.#now = now;
  }

  get isDown(): boolean {
    return this.#downSince !== undefined;
  }

  /** Whether to ask the layer: always when it is up, and one caller each `PROBE_MS` when not. */
  mayAsk(): boolean {
    if (this.#downSince === undefined) return true;
    if (this.#now() - this.#downSince < PROBE_MS) return false;
    this.#downSince = this.#now();
    return true;
  }

  worked(): void {
    this.#failures = 0;
    this.#downSince = undefined;
  }

  /**
   * @param forSure it is no matter of chance: nobody answers, or the credentials are not accepted
   * @returns true when this made it count as down
   */
  failed(forSure: boolean): boolean {
    this.#failures += 1;
    if (this.#downSince !== undefined || (!forSure && this.#failures < MAX_CHANCE)) return false;
    this.#downSince = this.#now();
    return true;
  }
}
