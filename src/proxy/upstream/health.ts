/**
 * Remembers which upstream is down, so that one outage costs a job its patience once and not once a file.
 * An upstream is down when a whole transfer ran out of patience there, and up again with any answer.
 */
export class Health {
  readonly #down = new Map<string, number>();
  /** Answers in a row that never came to questions of little weight, and when the last one did not. */
  readonly #silent = new Map<string, { times: number; since: number }>();
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
  /** Whether a question of little weight is worth asking; one caller each `PROBE_MS` finds out when not. */
  mayConfirm(origin: string): boolean {
    const silent = this.#silent.get(origin);
    if (silent === undefined || silent.times < MAX_SILENT) return this.mayTryHard(origin);
    if (this.#now() - silent.since < PROBE_MS) return false;
    silent.since = this.#now();
    return true;
  }
  markDown(origin: string): void {
    this.#down.set(origin, this.#now());
  }
  /** A question of little weight was not answered: that says something only when it happens again and again. */
  markSilent(origin: string): void {
    const times = (this.#silent.get(origin)?.times ?? 0) + 1;
    this.#silent.set(origin, { times, since: this.#now() });
  }
  markUp(origin: string): void {
    this.#down.delete(origin);
    this.#silent.delete(origin);
  }
}

/** Unanswered questions of little weight, one after another, after which no more are asked for a while. */
const MAX_SILENT = 3;

/** Between two tries at full patience, ms. */
export const PROBE_MS = 30_000;
