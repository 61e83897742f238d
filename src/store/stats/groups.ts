import { Sum } from '../prune/tally.ts';
import type { Amount, NamedAmount } from '../prune/types.ts';

/** The largest groups, largest first, and how many there are in all. */
export interface Groups {
  readonly count: number;
  readonly top: readonly NamedAmount[];
}

/**
 * Sums by name over a walk that comes to everything of one name in a row, as a walk of a tree does for the beginnings
 * of its paths: exact, and with no more memory than the largest ones take.
 */
export class RunningGroups {
  readonly #max: number;
  #top: NamedAmount[] = [];
  #count = 0;
  #name: string | undefined;
  #sum = new Sum();

  constructor(max: number) {
    this.#max = max;
  }

  add(name: string, { bytes, versions }: Amount): void {
    if (name !== this.#name) {
      this.#close();
      this.#name = name;
      this.#sum = new Sum();
    }
    this.#sum.add(bytes, versions);
  }

  end(): Groups {
    this.#close();
    this.#cut();
    return { count: this.#count, top: this.#top };
  }

  #close(): void {
    if (this.#name === undefined) return;
    this.#count += 1;
    this.#top.push({ name: this.#name, ...this.#sum.amount });
    this.#name = undefined;
    if (this.#top.length >= 2 * this.#max + 100) this.#cut();
  }

  #cut(): void {
    this.#top.sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
    this.#top = this.#top.slice(0, this.#max);
  }
}
