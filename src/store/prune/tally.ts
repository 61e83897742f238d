import type { Amount, NamedAmount } from './types.ts';

/** A sum that is still growing. */
export class Sum implements Amount {
  versions = 0;
  bytes = 0;

  add(bytes: number, versions = 1): void {
    this.versions += versions;
    this.bytes += bytes;
  }

  get amount(): Amount {
    return { versions: this.versions, bytes: this.bytes };
  }
}

/**
 * Sums by name. Beyond `max` names the smaller half is forgotten: what is large in one piece, as a module of a walk
 * is, is never lost.
 */
export class Tally {
  readonly #max: number;
  readonly #sums = new Map<string, Sum>();

  constructor(max = 10_000) {
    this.#max = max;
  }

  add(name: string, { versions, bytes }: Amount): void {
    let sum = this.#sums.get(name);
    if (sum === undefined) {
      if (this.#sums.size >= this.#max) this.#forget();
      sum = new Sum();
      this.#sums.set(name, sum);
    }
    sum.add(bytes, versions);
  }

  /** The largest, largest first; names decide between equals. */
  top(count: number): NamedAmount[] {
    return this.#sorted()
      .slice(0, count)
      .map(([name, sum]) => ({ name, ...sum.amount }));
  }

  #sorted(): [string, Sum][] {
    return [...this.#sums].sort(([a, x], [b, y]) => y.bytes - x.bytes || (a < b ? -1 : 1));
  }

  #forget(): void {
    for (const [name] of this.#sorted().slice(this.#max / 2)) this.#sums.delete(name);
  }
}
