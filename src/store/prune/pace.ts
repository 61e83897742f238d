import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long the loop is held at a time, ms: files are looked at by calls that the page cache answers. */
const HOLD_MS = 10;

/** Lets others have their turn during long synchronous work, and tells when it is to end. */
export class Pace {
  readonly #until: AbortSignal | undefined;
  readonly #onTurn: () => void;
  #since = performance.now();

  /** @param onTurn called before each turn that is given away */
  constructor(until: AbortSignal | undefined, onTurn: () => void = () => undefined) {
    this.#until = until;
    this.#onTurn = onTurn;
  }

  /** True when it is time to stop. */
  async stop(): Promise<boolean> {
    if (performance.now() - this.#since >= HOLD_MS) {
      this.#onTurn();
      await nextTurn();
      this.#since = performance.now();
    }
    return this.#until?.aborted === true;
  }
}
