import type { FileKind, ModVer } from '../store/types.ts';
import type { ModuleFiles } from './module-files.ts';
import type { VerdictFn } from './types.ts';

/** One file that the build can be expected to ask for. */
export interface PrefetchItem extends ModVer {
  readonly kind: FileKind;
}

export interface PrefetchStats {
  /** Files brought in (or found in the store) before anybody asked. */
  readonly ready: number;
  readonly refused: number;
  readonly failed: number;
  readonly waiting: number;
}

export interface PrefetchDeps {
  readonly files: ModuleFiles;
  readonly verdict: VerdictFn;
  /** Most files under way at once; 0 switches prefetch off. */
  readonly streams: number;
  /** True while asking would be in vain. */
  readonly upstreamDown: () => boolean;
}

/** More than any real build list; a go.sum of a pull request may have any length. */
const MAX_ITEMS = 20_000;

/**
 * Fetches ahead of go, which asks with GOMAXPROCS workers and for .info one at a time. Half of the streams
 * take small files first and half zips first, so that neither the first `go list` nor the first compile has
 * to wait for the other's queue. What go asks for itself never queues here.
 */
export class Prefetcher {
  readonly #deps: PrefetchDeps;
  readonly #small: PrefetchItem[] = [];
  readonly #zips: PrefetchItem[] = [];
  /** Items that a restore will bring, and those that it was waited for: never twice. */
  #parked = 0;
  readonly #waited = new Set<PrefetchItem>();
  readonly #seen = new Set<string>();
  #running = 0;
  #started = 0;
  #stopped = false;
  #ready = 0;
  #refused = 0;
  #failed = 0;

  constructor(deps: PrefetchDeps) {
    this.#deps = deps;
  }

  get stats(): PrefetchStats {
    return {
      ready: this.#ready,
      refused: this.#refused,
      failed: this.#failed,
      waiting: this.#small.length + this.#zips.length + this.#parked,
    };
  }

  add(items: Iterable<PrefetchItem>): void {
    if (this.#deps.streams === 0 || this.#stopped) return;
    for (const item of items) {
      if (this.#seen.size >= MAX_ITEMS) break;
      const key = `${item.path}@${item.version}.${item.kind}`;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.#queue(item);
    }
    this.#start();
  }

  #queue(item: PrefetchItem): void {
    (item.kind === 'zip' ? this.#zips : this.#small).push(item);
  }

  #start(): void {
    // A worker takes its first item before it returns, so this ends with the items.
    while (this.#running < this.#deps.streams && this.#small.length + this.#zips.length > 0) {
      void this.#work(this.#started++ % 2 === 0);
    }
  }

  /** Starts nothing new; what is under way finishes. */
  stop(): void {
    this.#stopped = true;
    this.#small.length = 0;
    this.#zips.length = 0;
  }

  async #work(zipsFirst: boolean): Promise<void> {
    this.#running++;
    try {
      for (;;) {
        const [first, second] = zipsFirst ? [this.#zips, this.#small] : [this.#small, this.#zips];
        const item = first.shift() ?? second.shift();
        if (item === undefined || this.#stopped) return;
        if (!this.#park(item)) await this.#one(item);
      }
    } finally {
      this.#running--;
    }
  }

  /** Puts an item aside that a restore is about to bring, so that it holds no stream meanwhile. */
  #park(item: PrefetchItem): boolean {
    if (this.#waited.has(item)) return false;
    const coming = this.#deps.files.restoring(item, item.kind);
    if (coming === undefined) return false;
    this.#waited.add(item);
    this.#parked++;
    const resume = () => {
      this.#parked--;
      if (this.#stopped) return;
      this.#queue(item);
      this.#start();
    };
    coming.then(resume, resume);
    return true;
  }

  async #one(item: PrefetchItem): Promise<void> {
    if (this.#deps.upstreamDown()) {
      this.#failed++;
      return;
    }
    // Whoever wants the go.mod of a refused module, which is served, asks for it.
    const verdict = await this.#deps.verdict(item.path, item.version, 'zip');
    if (verdict.decision === 'deny') {
      this.#refused++;
      return;
    }
    try {
      await this.#deps.files.prefetch(item, item.kind);
      this.#ready++;
    } catch {
      // Whoever asks for it later gets the reason; nobody has asked yet.
      this.#failed++;
    }
  }
}
