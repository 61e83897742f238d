import type { BundleManifest } from '../store/bundle/manifest.ts';
import { fileName } from '../store/bundle/plan.ts';
import type { FileKind, ModVer } from '../store/types.ts';

/** How long the first requests of a job wait to learn what the shared cache will bring, ms. */
const KNOW_MS = 2_000;
/**
 * A file that will be there this soon is worth waiting for, ms. The upstream may be quicker for one file, but every
 * file that is fetched beside the restore takes processor time and bandwidth from it, and from go.
 */
const WORTH_MS = 3_000;
/** What a mirror takes for a file that is slow to come from the cache: a guess on the safe side. */
const UPSTREAM_MS = 500;
const UPSTREAM_BYTES_PER_MS = 10_000;
/** Without a byte for this long nothing is expected of a bundle, ms. */
const STALL_MS = 1_500;
/** How often those who wait look whether it is still worth it, ms. */
const LOOK_MS = 50;

interface Expected {
  readonly size: number;
  readonly bundle: number;
  /** Bytes of its bundle that come before it and with it. */
  readonly until: number;
}

interface Progress {
  began: number;
  last: number;
  bytes: number;
}

/**
 * What a restore has brought, will bring, and when. Requests ask here whether to wait: only as long as that is
 * quicker than the upstream. Times are `now()` in ms.
 */
export class Restoring {
  readonly #now: () => number;
  readonly #began: number;
  readonly #files = new Map<string, Expected>();
  readonly #progress = new Map<number, Progress>();
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();
  #watch: NodeJS.Timeout | undefined;
  readonly #known = Promise.withResolvers<void>();
  #state: 'asking' | 'coming' | 'over' = 'asking';

  constructor(now: () => number) {
    this.#now = now;
    this.#began = now();
  }

  /** Resolves when it is known what will come, or that nothing will. */
  get known(): Promise<void> {
    return this.#known.promise;
  }

  /** The manifest was read: these files are on their way, in this order, except what the store has. */
  expect(manifest: BundleManifest): void {
    const until = new Map<number, number>();
    const rows = manifest.versions.flatMap(version => version.files.map(file => ({ version, file })));
    // The order of the archive: small files first, then the zips.
    for (const zips of [false, true]) {
      for (const { version, file } of rows) {
        if ((file.kind === 'zip') !== zips) continue;
        const end = (until.get(file.bundle) ?? 0) + file.size;
        until.set(file.bundle, end);
        this.#files.set(fileName(version, file.kind), { size: file.size, bundle: file.bundle, until: end });
      }
    }
    this.#state = 'coming';
    this.#known.resolve();
  }

  /** A bundle begins to come. */
  opened(bundle: number): void {
    this.#progress.set(bundle, { began: this.#now(), last: this.#now(), bytes: 0 });
  }

  /** So many bytes of a bundle, packed as they are, were received in all. */
  received(bundle: number, bytes: number): void {
    const progress = this.#progress.get(bundle);
    if (progress === undefined) return;
    progress.last = this.#now();
    progress.bytes = Math.max(progress.bytes, bytes);
  }

  /** A file is in the store, or will not be. `bytes`: of its bundle so far, unpacked. */
  settled(mv: ModVer, kind: FileKind, bundle: number, bytes: number): void {
    this.received(bundle, bytes);
    this.#drop(fileName(mv, kind));
  }

  /** Nothing more will come of a bundle. */
  closed(bundle: number): void {
    for (const [name, file] of this.#files) if (file.bundle === bundle) this.#drop(name);
  }

  /** Nothing more will come at all. */
  end(): void {
    this.#state = 'over';
    for (const name of [...this.#files.keys()]) this.#drop(name);
    this.#known.resolve();
  }

  /**
   * Resolves when asking the upstream for a file is better than waiting for it: with true when the store may have
   * it by now.
   */
  async wait(mv: ModVer, kind: FileKind): Promise<boolean> {
    if (this.#state === 'over') return false;
    if (this.#state === 'asking') {
      const left = KNOW_MS - (this.#now() - this.#began);
      if (left > 0) await before(left, this.#known.promise);
    }
    await this.coming(mv, kind);
    return true;
  }

  /** Settles when a file came, or is not worth waiting for any more; undefined when it is not worth it now. */
  coming(mv: ModVer, kind: FileKind): Promise<void> | undefined {
    const name = fileName(mv, kind);
    if (!this.#worth(name)) return undefined;
    const waiting = this.#waiting.get(name) ?? Promise.withResolvers<void>();
    this.#waiting.set(name, waiting);
    this.#watch ??= setInterval(() => this.#look(), LOOK_MS).unref();
    return waiting.promise;
  }

  #look(): void {
    for (const name of [...this.#waiting.keys()]) if (!this.#worth(name)) this.#release(name);
  }

  #drop(name: string): void {
    this.#files.delete(name);
    this.#release(name);
  }

  #release(name: string): void {
    this.#waiting.get(name)?.resolve();
    this.#waiting.delete(name);
    if (this.#waiting.size > 0) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  }

  #worth(name: string): boolean {
    const file = this.#files.get(name);
    if (file === undefined || this.#state !== 'coming') return false;
    const now = this.#now();
    const progress = this.#progress.get(file.bundle);
    // A parent bundle opens a moment after its child.
    if (progress === undefined) return now - this.#began < KNOW_MS;
    if (now - progress.last > STALL_MS) return false;
    const elapsed = now - progress.began;
    if (progress.bytes === 0) return elapsed < WORTH_MS;
    const eta = ((file.until - progress.bytes) * elapsed) / progress.bytes;
    return eta <= Math.max(WORTH_MS, UPSTREAM_MS + file.size / UPSTREAM_BYTES_PER_MS);
  }
}

async function before(ms: number, event: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([event, late]);
  clearTimeout(timer);
}
