/** Ends one attempt that stands still or takes too long, or whose caller no longer wants it. */
export class Watch implements Disposable {
  readonly #abort = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #stallMs: number;
  readonly #whole: NodeJS.Timeout;
  #stall: NodeJS.Timeout;
  /** Why the watch ended the attempt itself, in words that follow «the connection»; undefined while it has not. */
  tired: string | undefined;
  /** The attempt goes on after its call: whoever reads the body ends the watch. */
  kept = false;

  /** @param wholeMs longest time of the attempt, however well it goes on */
  constructor(stallMs: number, wholeMs: number, outer: AbortSignal | undefined) {
    this.#stallMs = stallMs;
    this.#outer = outer;
    this.#stall = this.#startStall();
    this.#whole = setTimeout(
      () => this.#tire(`took more than ${Math.round(wholeMs / 1000)} s`),
      Math.min(wholeMs, 2 ** 31 - 1),
    );
    if (outer?.aborted) this.#leave();
    else outer?.addEventListener('abort', this.#leave, { once: true });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Bytes went one way or the other. */
  progress(): void {
    this.#stall.refresh();
  }

  /** From here on the reader bounds the time as a whole. */
  keep(): void {
    this.kept = true;
    clearTimeout(this.#whole);
  }

  /** Nobody is waiting for the other side: a reader that takes its time is no stall. */
  pause(): void {
    clearTimeout(this.#stall);
  }

  resume(): void {
    clearTimeout(this.#stall);
    this.#stall = this.#startStall();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#stall);
    clearTimeout(this.#whole);
    this.#outer?.removeEventListener('abort', this.#leave);
  }

  #startStall(): NodeJS.Timeout {
    return setTimeout(() => this.#tire(`stood still for ${this.#stallMs / 1000} s`), this.#stallMs);
  }

  #tire(why: string): void {
    this.tired ??= why;
    this.#abort.abort(new Error(`the connection ${why}`));
  }

  readonly #leave = (): void => this.#abort.abort(this.#outer?.reason);
}
