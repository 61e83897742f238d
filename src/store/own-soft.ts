import { createHash } from 'node:crypto';

/** Soft files remembered; the oldest are forgotten beyond this and count as somebody else's. */
const MAX_KEPT = 20_000;

/** Which soft files of a store that is not believed are the ones that this process wrote. */
export class OwnSoft {
  readonly #digests = new Map<string, string>();

  add(key: string, bytes: Uint8Array): void {
    this.#digests.delete(key);
    this.#digests.set(key, digestOf(bytes));
    if (this.#digests.size <= MAX_KEPT) return;
    for (const oldest of this.#digests.keys()) {
      this.#digests.delete(oldest);
      break;
    }
  }

  has(key: string, bytes: Uint8Array): boolean {
    const kept = this.#digests.get(key);
    return kept !== undefined && kept === digestOf(bytes);
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}
