/**
 * Runs tasks with at most `width` at once. Memory does not grow with the number of tasks, however long one of them
 * takes.
 */
export class Lanes {
  #free: number;
  readonly #width: number;
  readonly #waiting: (() => void)[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(width: number) {
    this.#width = width;
    this.#free = width;
  }

  /** Resolves when the task has begun. Rejects with the error of an earlier one, and begins none after it. */
  async run(task: () => Promise<void>): Promise<void> {
    while (this.#free === 0) await this.#change();
    this.#check();
    this.#free -= 1;
    void task()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#free += 1;
        for (const wake of this.#waiting.splice(0)) wake();
      });
  }

  /** Resolves when every task has ended; rejects with the first error. */
  async end(): Promise<void> {
    while (this.#free < this.#width) await this.#change();
    this.#check();
  }

  #change(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve));
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
