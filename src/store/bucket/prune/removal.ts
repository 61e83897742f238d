/**
 * How versions are removed from a bucket while sessions read, use and commit them. There is no lock, and no object that
 * is deleted only when it is still the same one. What keeps it safe is the order, and that each step can be the last:
 *
 * 1. The versions are written down in a claim, by which a prune that comes after a kill knows what it is to go on with.
 * 2. The index entries go, those with a pinned hash by being replaced on condition that they are still the ones that
 *    were looked at. From here on the versions are not there for whoever comes: nobody believes a file without its entry.
 * 3. The same part of the bucket is listed once more. A version with an entry again, or with a file that was written
 *    since, was committed anew and stays; it gets the old entry back where its own one was taken away in step 2.
 * 4. .info, .mod and .zip go in this order, so that a `go` which reads the bucket itself sees none of a version before
 *    all of it is going.
 * 5. The list and @latest of the modules are written anew, and the claim goes.
 *
 * A commit that falls between 3 and 4 may lose its files and keep its entry: whoever reads it misses the file, fetches
 * it from an upstream, and the next commit puts it there again. Two prunes at once do the same things.
 */
import { formatEntry, parseEntry, pinOf } from '../../index-entry.ts';
import { FILE_KINDS, INDEX, MAX_INDEX_SIZE } from '../../layout.ts';
import type { ModVer } from '../../types.ts';
import { Lanes } from '../../verify/lanes.ts';
import { type ListedModule, type ListedVersion, listedModules } from '../contents.ts';
import { type ModuleNow, mendLists } from '../mend-lists.ts';
import { readSmall } from '../read-small.ts';
import type { Bucket } from '../types.ts';
import { claim } from './claims.ts';

/** Versions that are removed at once: as many objects as one request deletes. */
export const AT_ONCE = 1000;

const CALLS_AT_ONCE = 32;

/** A version that is to go. */
export interface Doomed {
  readonly module: Pick<ListedModule, 'dir' | 'path'>;
  readonly state: ListedVersion;
}

/**
 * `removed`: none of its files is there any more. `used`: somebody committed it anew, or changed its entry since it was
 * listed. `failed`: something of it could not be removed.
 */
export type Removal = 'removed' | 'used' | 'failed';

export interface RemovalOptions {
  /** `go`: hashes that were pinned when they were first seen go, too. */
  readonly pins: 'stay' | 'go';
  readonly failed: (key: string, why: string) => void;
}

/**
 * Removes at most `AT_ONCE` versions; they come in the order in which they were listed. Throws BucketError, with what is
 * not done left to the next prune.
 */
export async function removeVersions<D extends Doomed>(
  bucket: Bucket,
  doomed: readonly D[],
  options: RemovalOptions,
): Promise<ReadonlyMap<D, Removal>> {
  const removal = new Batch(bucket, doomed, options);
  return await removal.run();
}

export function indexKey({ module, state }: Doomed): string {
  return `${INDEX}/${module.dir}/${state.stem}.json`;
}

export function versionOf({ module, state }: Doomed): ModVer {
  return { path: module.path, version: state.version };
}

class Batch<D extends Doomed> {
  readonly #bucket: Bucket;
  readonly #doomed: readonly D[];
  readonly #options: RemovalOptions;
  readonly #outcomes = new Map<D, Removal>();
  /** Entries as they were, for versions that are found to be in use. */
  readonly #entries = new Map<D, Buffer>();
  /** Tags of the pins that were written. */
  readonly #pins = new Map<D, string>();

  constructor(bucket: Bucket, doomed: readonly D[], options: RemovalOptions) {
    this.#bucket = bucket;
    this.#doomed = doomed;
    this.#options = options;
  }

  async run(): Promise<ReadonlyMap<D, Removal>> {
    if (this.#doomed.length === 0) return this.#outcomes;
    const key = await claim(this.#bucket, this.#doomed.map(versionOf));
    await this.#unindex();
    const modules = await this.#lookAgain();
    for (const kind of FILE_KINDS) {
      await this.#delete(
        this.#going().filter(({ state }) => state.files[kind] !== undefined),
        ({ module, state }) => `${module.dir}/${state.stem}.${kind}`,
      );
    }
    for (const each of this.#going()) this.#outcomes.set(each, 'removed');
    await inLanes(modules, module => mendLists(this.#bucket, module));
    if (![...this.#outcomes.values()].includes('failed')) await this.#bucket.remove([key]);
    return this.#outcomes;
  }

  /** Those with which nothing went otherwise yet. */
  #going(): readonly D[] {
    return this.#doomed.filter(each => !this.#outcomes.has(each));
  }

  async #unindex(): Promise<void> {
    const indexed = this.#doomed.filter(({ state }) => state.index !== undefined);
    await inLanes(indexed, version => this.#pin(version));
    await this.#delete(
      indexed.filter(each => !this.#outcomes.has(each) && !this.#pins.has(each)),
      indexKey,
    );
  }

  /** Leaves the pinned hashes of an entry in its place; an entry that is another one by now is in use. */
  async #pin(doomed: D): Promise<void> {
    const etag = doomed.state.index?.etag ?? '';
    const found = await readSmall(this.#bucket, indexKey(doomed), MAX_INDEX_SIZE, { ifMatch: etag });
    if (found === undefined) return void this.#outcomes.set(doomed, 'used');
    if (found.bytes === 'oversize') return;
    this.#entries.set(doomed, found.bytes);
    if (this.#options.pins === 'go') return;
    const entry = parseEntry(found.bytes, versionOf(doomed));
    const pin = entry === undefined ? undefined : pinOf(entry);
    if (pin === undefined) return;
    const written = await this.#bucket.put(indexKey(doomed), formatEntry(pin), { condition: { etag } });
    if (written.state === 'exists') this.#outcomes.set(doomed, 'used');
    else this.#pins.set(doomed, written.etag);
  }

  /** Step 3. Returns the modules as they will be. */
  async #lookAgain(): Promise<ModuleNow[]> {
    const byDir = new Map<string, Map<string, D>>();
    for (const each of this.#going()) {
      const { dir } = each.module;
      byDir.set(dir, (byDir.get(dir) ?? new Map<string, D>()).set(each.state.stem, each));
    }
    const dirs = [...byDir.keys()];
    const [from, to] = [dirs[0], dirs.at(-1)];
    if (from === undefined || to === undefined) return [];
    const mended: ModuleNow[] = [];
    for await (const { dir, list, latest, versions } of listedModules(this.#bucket, { from, to })) {
      const doomed = byDir.get(dir);
      if (doomed === undefined) continue;
      const stay: ListedVersion[] = [];
      for (const now of versions.values()) {
        const each = doomed.get(now.stem);
        if (each !== undefined && isAnew(each.state, now, this.#pins.get(each))) {
          this.#outcomes.set(each, 'used');
          if (now.index === undefined || now.index.etag === this.#pins.get(each)) await this.#giveBack(each);
        }
        if (each === undefined || this.#outcomes.has(each)) stay.push(now);
      }
      mended.push({ dir, list, latest, versions: stay });
    }
    return mended;
  }

  /** A commit that had written its entry before this took it away. */
  async #giveBack(doomed: D): Promise<void> {
    const entry = this.#entries.get(doomed);
    const pin = this.#pins.get(doomed);
    if (entry === undefined) return;
    const condition = pin === undefined ? ({ absent: true } as const) : { etag: pin };
    await this.#bucket.put(indexKey(doomed), entry, { condition });
  }

  async #delete(doomed: readonly D[], keyOf: (each: D) => string): Promise<void> {
    if (doomed.length === 0) return;
    const byKey = new Map(doomed.map(each => [keyOf(each), each]));
    for (const { key, why } of await this.#bucket.remove([...byKey.keys()])) {
      const each = byKey.get(key);
      if (each !== undefined) this.#outcomes.set(each, 'failed');
      this.#options.failed(key, why);
    }
  }
}

/** So few at once that what they hold is not worth speaking of. */
async function inLanes<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const lanes = new Lanes(CALLS_AT_ONCE);
  for (const one of all) await lanes.run(() => work(one));
  await lanes.end();
}

/** Whether somebody committed a version since it was listed. */
function isAnew(before: ListedVersion, now: ListedVersion, pin: string | undefined): boolean {
  if (now.index !== undefined && now.index.etag !== pin) return true;
  return FILE_KINDS.some(kind => {
    const [then, file] = [before.files[kind], now.files[kind]];
    if (file === undefined) return false;
    return then === undefined || then.modified !== file.modified || then.etag !== file.etag;
  });
}
