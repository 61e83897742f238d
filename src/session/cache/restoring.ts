import { within } from '../../platform/within.ts';
import type { BundleManifest } from '../../store/bundle/manifest.ts';
import { fileName } from '../../store/bundle/plan.ts';
import type { FileKind, ModVer } from '../../store/types.ts';

/** How long the first requests of a job wait to learn what the shared cache will bring, ms. */
const KNOW_MS = 2_000;
/**
 * A file that will be there this soon is worth waiting for, ms. The upstream may be quicker for one file, but every
 * file that is fetched beside the restore takes processor time and bandwidth from it, and from go: on a busy machine a shorter
 * patience has the whole project fetched twice.
 */
const WORTH_MS = 6_000;
/** The same for what nobody waits for yet. */
const AHEAD_MS = 15_000;
/** What a mirror takes for a file that is slow to come from the cache: a guess on the safe side. */
const UPSTREAM_MS = 500;
const UPSTREAM_BYTES_PER_MS = 10_000;
/** Without a byte for this long nothing is expected of a bundle, ms. */
const STALL_MS = 1_500;
/** Longest that the small files of a bundle are waited for, ms. */
const SMALL_MS = 5_000;
/** How long zips come before their speed counts, ms. */
const SETTLED_MS = 700;
/** How often those who wait look whether it is still worth it, ms. */
const LOOK_MS = 50;

interface Waiting extends PromiseWithResolvers<void> {
  readonly name: string;
  /** Longest that it is worth, ms. */
  readonly most: number;
}

interface Expected {
  readonly size: number;
  readonly bundle: number;
  /** Bytes of files that come before it in its bundle, and with it. */
  readonly until: number;
}

/** How far a bundle has come, in bytes as they are packed: what is unpacked of them differs from file to file. */
interface Progress {
  readonly began: number;
  /** Bytes of the bundle, where that is known. */
  readonly size: number | undefined;
  last: number;
  received: number;
  /** Where and when its zips began: what comes before are many small files, which take time and few bytes. */
  zips: { readonly at: number; readonly received: number } | undefined;
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
  /** Bytes of all files of each bundle. */
  readonly #total = new Map<number, number>();
  /** Files of each bundle that come before its zips and are not here yet. */
  readonly #small = new Map<number, number>();
  readonly #waiting = new Map<string, Waiting>();
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
    const until = this.#total;
    const rows = manifest.versions.flatMap(version => version.files.map(file => ({ version, file })));
    // The order of the archive: small files first, then the zips.
    for (const zips of [false, true]) {
      for (const { version, file } of rows) {
        if ((file.kind === 'zip') !== zips) continue;
        const end = (until.get(file.bundle) ?? 0) + file.size;
        until.set(file.bundle, end);
        if (!zips) this.#small.set(file.bundle, (this.#small.get(file.bundle) ?? 0) + 1);
        this.#files.set(fileName(version, file.kind), { size: file.size, bundle: file.bundle, until: end });
      }
    }
    this.#state = 'coming';
    this.#known.resolve();
  }

  /** A bundle begins to come. `size`: its bytes, packed as they are. */
  opened(bundle: number, size: number | undefined): void {
    this.#progress.set(bundle, { began: this.#now(), size, last: this.#now(), received: 0, zips: undefined });
  }

  /** So many bytes of a bundle were received in all. */
  received(bundle: number, bytes: number): void {
    const progress = this.#progress.get(bundle);
    if (progress === undefined) return;
    progress.last = this.#now();
    progress.received = bytes;
  }

  /** A file is in the store, or will not be. */
  settled(mv: ModVer, kind: FileKind): void {
    const name = fileName(mv, kind);
    const file = this.#files.get(name);
    if (file !== undefined && kind !== 'zip') {
      this.#small.set(file.bundle, (this.#small.get(file.bundle) ?? 0) - 1);
    }
    this.#drop(name);
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
   * For go, which waits: resolves when asking the upstream for a file is better than waiting for it, with true when
   * the store may have it by now.
   */
  async wait(mv: ModVer, kind: FileKind): Promise<boolean> {
    if (this.#state === 'over') return false;
    await this.#coming(fileName(mv, kind), WORTH_MS);
    return true;
  }

  /**
   * For what is fetched ahead, and has more patience: settles when a file came, or is not worth waiting for any more;
   * undefined when it is not worth it now.
   */
  coming(mv: ModVer, kind: FileKind): Promise<void> | undefined {
    return this.#coming(fileName(mv, kind), AHEAD_MS);
  }

  #coming(name: string, most: number): Promise<void> | undefined {
    if (this.#state === 'asking') {
      const left = KNOW_MS - (this.#now() - this.#began);
      // Without an answer by then `state` is the same, and the time is up.
      return left <= 0 ? undefined : within(left, this.#known.promise).then(() => this.#arrival(name, most));
    }
    return this.#arrival(name, most);
  }

  #arrival(name: string, most: number): Promise<void> | undefined {
    if (!this.#worth(name, most)) return undefined;
    const key = `${most} ${name}`;
    const waiting = this.#waiting.get(key) ?? { name, most, ...Promise.withResolvers<void>() };
    this.#waiting.set(key, waiting);
    this.#watch ??= setInterval(() => this.#look(), LOOK_MS).unref();
    return waiting.promise;
  }

  #look(): void {
    for (const [key, { name, most }] of [...this.#waiting]) if (!this.#worth(name, most)) this.#release(key);
  }

  #drop(name: string): void {
    this.#files.delete(name);
    for (const most of [WORTH_MS, AHEAD_MS]) this.#release(`${most} ${name}`);
  }

  #release(key: string): void {
    this.#waiting.get(key)?.resolve();
    this.#waiting.delete(key);
    if (this.#waiting.size > 0) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  }

  #worth(name: string, most: number): boolean {
    const file = this.#files.get(name);
    if (file === undefined || this.#state !== 'coming') return false;
    const now = this.#now();
    const progress = this.#progress.get(file.bundle);
    // A parent bundle opens a moment after its child.
    if (progress === undefined) return now - this.#began < KNOW_MS;
    if (now - progress.last > STALL_MS) return false;
    if (progress.zips === undefined && (this.#small.get(file.bundle) ?? 0) <= 0) {
      progress.zips = { at: now, received: progress.received };
    }
    if (progress.zips === undefined) return now - progress.began < SMALL_MS;
    const eta = this.#eta(file, progress, progress.zips, now);
    return eta <= Math.max(most, UPSTREAM_MS + file.size / UPSTREAM_BYTES_PER_MS);
  }

  /** Until a zip is here, ms, as quick as the zips of its bundle have come so far. */
  #eta(
    { bundle, until }: Expected,
    { size, received }: Progress,
    zips: NonNullable<Progress['zips']>,
    now: number,
  ): number {
    const elapsed = now - zips.at;
    const came = received - zips.received;
    // The first moments tell nothing of the speed.
    if (elapsed < SETTLED_MS) return 0;
    if (came <= 0) return Number.POSITIVE_INFINITY;
    const total = this.#total.get(bundle) ?? until;
    const packed = size === undefined ? until : (until * size) / Math.max(1, total);
    return ((packed - received) * elapsed) / came;
  }
}
