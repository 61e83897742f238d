import { setTimeout as sleep } from 'node:timers/promises';

const BURST_MS = 100;

/** The line between a job and the service: so many bytes a second for all transfers together. */
export class Link {
  #free = 0;

  /** Resolves when `bytes` more have gone over a line of `bytesPerSecond`; at once when that is undefined. */
  async carry(bytes: number, bytesPerSecond: number | undefined): Promise<void> {
    if (bytesPerSecond === undefined) return;
    const now = performance.now();
    // What a busy machine was late for is caught up, as buffers along a real line would.
    this.#free = Math.max(this.#free, now - BURST_MS) + (bytes / bytesPerSecond) * 1000;
    // Timers are coarse: short debts are let run up.
    if (this.#free - now > 4) await sleep(this.#free - now);
  }
}
