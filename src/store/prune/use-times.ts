/** Slots that are held at most: a few megabytes. */
const MAX_SLOTS = 200_000;

/** Where the line is drawn between what stays and what goes. Times in ms since the epoch. */
export interface Cut {
  /** Everything last used before this goes. */
  readonly before: number;
  /** Of what was last used from `before` until this, `bytes` bytes have to go. */
  readonly until: number;
  readonly bytes: number;
}

/**
 * Bytes by time of last use, in memory that does not grow with their number: seconds at first, and twice as wide
 * slots each time there are too many of them.
 */
export class UseTimes {
  readonly #maxSlots: number;
  #width = 1000;
  #slots = new Map<number, number>();

  constructor(maxSlots = MAX_SLOTS) {
    this.#maxSlots = maxSlots;
  }

  /** @param time ms since the epoch */
  add(time: number, bytes: number): void {
    const slot = Math.floor(time / this.#width);
    this.#slots.set(slot, (this.#slots.get(slot) ?? 0) + bytes);
    while (this.#slots.size > this.#maxSlots) this.#widen();
  }

  /** The cut that frees `excess` bytes, least recently used first; all of them when there are not so many. */
  cut(excess: number): Cut {
    let left = excess;
    for (const slot of [...this.#slots.keys()].sort((a, b) => a - b)) {
      const bytes = this.#slots.get(slot) ?? 0;
      if (bytes >= left) return { before: slot * this.#width, until: (slot + 1) * this.#width, bytes: left };
      left -= bytes;
    }
    return { before: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY, bytes: 0 };
  }

  #widen(): void {
    this.#width *= 2;
    const wider = new Map<number, number>();
    for (const [slot, bytes] of this.#slots) {
      const half = Math.floor(slot / 2);
      wider.set(half, (wider.get(half) ?? 0) + bytes);
    }
    this.#slots = wider;
  }
}

/** Tells one by one what goes, so that no more goes than has to. */
export class Cutter {
  readonly #cut: Cut;
  #left: number;

  constructor(cut: Cut) {
    this.#cut = cut;
    this.#left = cut.bytes;
  }

  takes(time: number, bytes: number): boolean {
    if (time < this.#cut.before) return true;
    if (time >= this.#cut.until || this.#left <= 0) return false;
    this.#left -= bytes;
    return true;
  }
}
