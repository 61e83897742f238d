import { readRegular, removeQuietly } from './files.ts';
import { formatEntry, includesFacts, mergeEntry, parseEntry, type VersionFacts } from './index-entry.ts';
import { MAX_INDEX_SIZE, type VersionKeys } from './layout.ts';
import type { Tree } from './tree.ts';
import type { IndexEntry, ModVer } from './types.ts';

/** A file of the store was not what it should be. `path` is the store's key of it, `what` a sentence. */
export interface Damage {
  readonly mv?: ModVer;
  readonly path: string;
  readonly what: string;
}

/** An index entry that was written to a temp file before anything of the version became visible. */
export interface PreparedIndex {
  readonly add: VersionFacts;
  /** Bytes of the entry that this one was merged with; undefined when there was none. */
  readonly base: Buffer | undefined;
  readonly bytes: Buffer;
  /** Undefined when the entry at rest says all this already. */
  readonly temp: string | undefined;
}

/** Most rounds of merging with what other processes write at the same moment. */
const MAX_ROUNDS = 8;

/** The index files of a store: `modgate/index/<escaped path>/@v/<escaped version>.json`. */
export class IndexFiles {
  readonly #tree: Tree;
  readonly #writable: boolean;
  readonly #now: () => number;
  readonly #onDamage: (damage: Damage) => void;
  readonly #tails = new Map<string, Promise<void>>();

  constructor(tree: Tree, writable: boolean, now: () => number, onDamage: (damage: Damage) => void) {
    this.#tree = tree;
    this.#writable = writable;
    this.#now = now;
    this.#onDamage = onDamage;
  }

  /**
   * Runs a task that prepares and publishes the entry of a version, after all that this process began before on the
   * same version: two that publish in one moment could lose one's facts.
   */
  async inTurn<T>(keys: VersionKeys, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(keys.index);
    const mine = before === undefined ? task() : before.then(task);
    const tail = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#tails.set(keys.index, tail);
    try {
      return await mine;
    } finally {
      if (this.#tails.get(keys.index) === tail) this.#tails.delete(keys.index);
    }
  }

  /** The entry and its bytes; a file that is no entry is moved away and counts as absent. Throws StoreError. */
  async read(mv: ModVer, keys: VersionKeys): Promise<{ entry: IndexEntry; bytes: Buffer } | undefined> {
    if (!(await this.#tree.hasDir(keys.indexDir))) return undefined;
    const found = await readRegular(this.#tree.path(keys.index), MAX_INDEX_SIZE);
    if (found === undefined) return undefined;
    const entry = found.bytes === 'oversize' ? undefined : parseEntry(found.bytes, mv);
    if (entry !== undefined && found.bytes !== 'oversize') return { entry, bytes: found.bytes };
    const moved = this.#writable
      ? await this.#tree.quarantine(keys.index, found.stamp.ino, this.#now())
      : undefined;
    const where = moved === undefined ? 'it was ignored' : `it was moved to ${moved}`;
    this.#onDamage({
      mv,
      path: keys.index,
      what: `the index entry is not readable; ${where}, and the version's files will be hashed again`,
    });
    return undefined;
  }

  /** Merges `add` with what is there, into a temp file, so that a full disk shows before anything is visible. */
  async prepare(
    mv: ModVer,
    keys: VersionKeys,
    add: VersionFacts,
    firstSeen = new Date(this.#now()).toISOString(),
  ): Promise<PreparedIndex> {
    const base = await this.read(mv, keys);
    const entry = mergeEntry(mv, base?.entry, add, firstSeen);
    const bytes = formatEntry(entry);
    const same = base?.bytes.equals(bytes) === true;
    const temp = same ? undefined : await this.#tree.writeTemp(bytes);
    return { add, base: base?.bytes, bytes, temp };
  }

  /**
   * Makes a prepared entry visible; merges anew while other processes change the entry. Two that rename in
   * the same moment can still lose one's facts: a get then hashes the file again. Throws StoreError.
   */
  async publish(mv: ModVer, keys: VersionKeys, prepared: PreparedIndex): Promise<IndexEntry | undefined> {
    let next = prepared;
    for (let round = 1; next.temp !== undefined; round++) {
      try {
        if (next.base === undefined) {
          if (await this.#tree.create(keys.index, next.temp)) break;
        } else {
          const now = await this.read(mv, keys);
          if (now?.bytes.equals(next.base) === true || round >= MAX_ROUNDS) {
            await this.#tree.replace(keys.index, next.temp);
            break;
          }
        }
        await removeQuietly(next.temp);
      } catch (error) {
        await removeQuietly(next.temp);
        throw error;
      }
      next = await this.prepare(mv, keys, next.add);
      // What stands at this name is no regular file of ours and cannot be merged with.
      if (next.base === undefined && next.temp !== undefined && round >= MAX_ROUNDS) {
        await this.#tree.replace(keys.index, next.temp);
        break;
      }
    }
    return parseEntry(next.bytes, mv);
  }

  /** Adds what a hash of files at rest has shown, unless the entry tells of these files by now. */
  async heal(mv: ModVer, keys: VersionKeys, add: VersionFacts): Promise<void> {
    if (!this.#writable) return;
    await this.inTurn(keys, async () => {
      const base = await this.read(mv, keys);
      if (base !== undefined && includesFacts(base.entry, add)) return;
      await this.publish(mv, keys, await this.prepare(mv, keys, add));
    });
  }
}
