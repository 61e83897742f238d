import { Sum, Tally } from './tally.ts';
import type {
  Amount,
  FileAmount,
  LeftFiles,
  Litter,
  PruneOptions,
  PruneProgress,
  PruneReason,
  PruneReport,
} from './types.ts';

const TOP = 20;
const MAX_TOLD = 20;
const TELL_MS = 200;

/** The first of something, and how many there were. */
class Left {
  readonly #first: { path: string; why: string }[] = [];
  #count = 0;

  add(path: string, why: string): void {
    this.#count += 1;
    if (this.#first.length < MAX_TOLD) this.#first.push({ path, why });
  }

  get files(): LeftFiles {
    return { count: this.#count, first: this.#first };
  }
}

/** What a prune has seen and done so far. */
export class Ledger {
  readonly #store: string;
  readonly #options: PruneOptions;
  readonly #began = performance.now();
  readonly #seen = new Sum();
  readonly #deleted = new Sum();
  readonly #reasons: Record<PruneReason, Sum> = {
    unused: new Sum(),
    age: new Sum(),
    size: new Sum(),
    resumed: new Sum(),
  };
  readonly #swept: Record<Litter, Sum> = {
    temp: new Sum(),
    quarantine: new Sum(),
    soft: new Sum(),
    sumdb: new Sum(),
    index: new Sum(),
    log: new Sum(),
  };
  readonly #hosts = new Tally();
  readonly #modules = new Tally();
  /** Of the module that the walk is at. */
  #module = new Sum();
  #told = 0;

  phase: PruneProgress['phase'] = 'look';
  readonly listed = new Sum();
  readonly recent = new Sum();
  readonly meanwhile = new Sum();
  readonly foreign = new Left();
  readonly failed = new Left();
  emptyDirectories = 0;
  /** Bytes that stay and belong to no version. */
  otherBytes = 0;

  constructor(store: string, options: PruneOptions) {
    this.#store = store;
    this.#options = options;
  }

  see(bytes: number): void {
    this.#seen.add(bytes);
  }

  remove(reason: PruneReason, bytes: number): void {
    this.#deleted.add(bytes);
    this.#reasons[reason].add(bytes);
    this.#module.add(bytes);
  }

  /** The removals since the last call were of this module. */
  moduleDone(modulePath: string): void {
    if (this.#module.versions > 0) {
      this.#modules.add(modulePath, this.#module);
      this.#hosts.add(modulePath.split('/', 1)[0] ?? '', this.#module);
    }
    this.#module = new Sum();
  }

  sweep(litter: Litter, bytes: number, files = 1): void {
    this.#swept[litter].add(bytes, files);
  }

  /** Bytes that the store has by now. */
  get bytesLeft(): number {
    return this.#seen.bytes + this.otherBytes - this.#deleted.bytes;
  }

  /** Tells of the progress, a few times a second. */
  tell(): void {
    const { onProgress } = this.#options;
    if (onProgress === undefined || performance.now() - this.#told < TELL_MS) return;
    this.#told = performance.now();
    onProgress({ phase: this.phase, versions: this.#seen.versions, deleted: this.#deleted.amount });
  }

  report(finished: boolean): PruneReport {
    const { dryRun, now, keepSinceMs, maxAgeMs, maxBytes } = this.#options;
    const swept = mapValues(this.#swept, ({ versions: files, bytes }): FileAmount => ({ files, bytes }));
    const sweptBytes = Object.values(swept).reduce((sum, { bytes }) => sum + bytes, 0);
    const versions = this.#seen.versions - this.#deleted.versions;
    return {
      schema: 1,
      store: this.#store,
      dryRun,
      finished,
      started: new Date(now).toISOString(),
      durationMs: Math.round(performance.now() - this.#began),
      rules: { keepSinceMs, maxAgeMs: maxAgeMs ?? null, maxBytes },
      before: {
        versions: this.#seen.versions,
        bytes: this.#seen.bytes + this.otherBytes + sweptBytes,
      },
      after: { versions, bytes: this.bytesLeft },
      deleted: {
        ...this.#deleted.amount,
        reasons: mapValues(this.#reasons, (sum): Amount => sum.amount),
      },
      kept: {
        listed: this.listed.amount,
        recent: this.recent.amount,
        meanwhile: this.meanwhile.amount,
      },
      swept,
      emptyDirectories: this.emptyDirectories,
      excessBytes: Math.max(0, this.bytesLeft - maxBytes),
      foreign: this.foreign.files,
      failed: this.failed.files,
      top: { hosts: this.#hosts.top(TOP), modules: this.#modules.top(TOP) },
    };
  }
}

function mapValues<K extends string, A, B>(
  from: Readonly<Record<K, A>>,
  map: (value: A) => B,
): Readonly<Record<K, B>> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, map(value as A)])) as Record<
    K,
    B
  >;
}
