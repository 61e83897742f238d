/** Whether somebody waits for a task by now; asked whenever a place becomes free. */
export type Urgent = () => boolean;

interface Waiting {
  readonly urgent: Urgent;
  readonly begin: () => void;
}

/** At most `n` tasks at once: those that somebody waits for first, else first come first served. */
export class Slots {
  #free: number;
  readonly #waiting: Waiting[] = [];
  constructor(n: number) {
    this.#free = n;
  }

  async use<T>(task: () => Promise<T>, urgent: Urgent): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>(begin => this.#waiting.push({ urgent, begin }));
    try {
      return await task();
    } finally {
      const next = this.#take();
      if (next === undefined) this.#free++;
      else next.begin();
    }
  }

  #take(): Waiting | undefined {
    const at = this.#waiting.findIndex(({ urgent }) => urgent());
    return this.#waiting.splice(Math.max(at, 0), 1)[0];
  }
}

interface Run<T> {
  readonly answer: Promise<T>;
  readonly wanted: Urgent[];
}

/** One run a question, whoever asks it; it is urgent as soon as one of them is. */
export class Runs<T> {
  readonly #runs = new Map<string, Run<T>>();

  has(key: string): boolean {
    return this.#runs.has(key);
  }

  /** An answer that came with another one. */
  put(key: string, answer: T): void {
    if (!this.#runs.has(key)) this.#runs.set(key, { answer: Promise.resolve(answer), wanted: [] });
  }

  /**
   * The answer of the run that is under way, else of a new one. Rejects as that does.
   * @param keep whether a success answers later questions, too; a failure is always asked again
   */
  async share(key: string, urgent: Urgent, keep: boolean, start: (urgent: Urgent) => Promise<T>): Promise<T> {
    const running = this.#runs.get(key);
    if (running !== undefined) {
      running.wanted.push(urgent);
      return await running.answer;
    }
    const wanted = [urgent];
    const forget = () => void this.#runs.delete(key);
    const answer = start(() => wanted.some(one => one()));
    this.#runs.set(key, { answer, wanted });
    answer.then(() => {
      wanted.length = 0;
      if (!keep) forget();
    }, forget);
    return await answer;
  }
}
