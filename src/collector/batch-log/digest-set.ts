/** Bytes of a digest that are kept: nobody finds two of which so many are equal. */
const KEPT = 16;
const WORDS = KEPT / 4;

/** A set of SHA-256 digests, 16 bytes each in one array: a collector knows millions of batches. */
export class DigestSet {
  #words: Uint32Array;
  #used: Uint8Array;
  #capacity: number;
  #size = 0;

  constructor(capacity = 1024) {
    this.#capacity = 2 ** Math.ceil(Math.log2(Math.max(capacity, 16)));
    this.#words = new Uint32Array(this.#capacity * WORDS);
    this.#used = new Uint8Array(this.#capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** @param digest 64 hex digits */
  has(digest: string): boolean {
    return this.#used[this.#find(wordsOf(digest))] === 1;
  }

  /** False when it was there. */
  add(digest: string): boolean {
    const words = wordsOf(digest);
    const at = this.#find(words);
    if (this.#used[at] === 1) return false;
    this.#put(at, words);
    if (this.#size * 4 > this.#capacity * 3) this.#grow();
    return true;
  }

  #put(at: number, words: ArrayLike<number>): void {
    this.#words.set(words, at * WORDS);
    this.#used[at] = 1;
    this.#size++;
  }

  /** Where these words are, or the free place where they would be. The digest is its own hash. */
  #find(words: ArrayLike<number>): number {
    const mask = this.#capacity - 1;
    for (let at = (words[0] ?? 0) & mask; ; at = (at + 1) & mask) {
      if (this.#used[at] === 0) return at;
      let same = true;
      for (let i = 0; same && i < WORDS; i++) same = this.#words[at * WORDS + i] === words[i];
      if (same) return at;
    }
  }

  #grow(): void {
    const words = this.#words;
    const used = this.#used;
    this.#capacity *= 2;
    this.#words = new Uint32Array(this.#capacity * WORDS);
    this.#used = new Uint8Array(this.#capacity);
    this.#size = 0;
    for (let at = 0; at < used.length; at++) {
      if (used[at] === 0) continue;
      const entry = words.subarray(at * WORDS, (at + 1) * WORDS);
      this.#put(this.#find(entry), entry);
    }
  }
}

function wordsOf(digest: string): Uint32Array {
  return Uint32Array.from({ length: WORDS }, (_, i) => Number.parseInt(digest.slice(i * 8, i * 8 + 8), 16));
}
