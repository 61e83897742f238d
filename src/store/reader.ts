import { setTimeout as delay } from 'node:timers/promises';
import { factsOfBytes, goModH1, STEP, sameFacts } from './digest.ts';
import { asStoreError, StoreError } from './errors.ts';
import { type FileStamp, readRegular, sameStamp, statRegular } from './files.ts';
import { HashError, type Hasher } from './hasher.ts';
import { factsOf, h1Of } from './index-entry.ts';
import type { Damage, IndexFiles } from './index-files.ts';
import { MAX_SIZE, type VersionKeys } from './layout.ts';
import { streamOfBytes, streamOfFile } from './stream.ts';
import type { Tree } from './tree.ts';
import type { FileFacts, FileKind, IndexEntry, ModVer, Representation, StoredFile } from './types.ts';

/** A file whose bytes were compared with what the index says of them. */
export interface Seen {
  readonly stamp: FileStamp;
  /** Of the bytes at rest. */
  readonly facts: FileFacts;
  readonly original: string;
  readonly representation: Representation;
  readonly h1: string | undefined;
}

/** Files remembered as verified; the oldest are forgotten beyond this and would be hashed once more. */
const MAX_SEEN = 50_000;

/** Time in ms that a writer which replaces a file gets to write the index entry too. */
const SETTLE_MS = 100;

interface Digested {
  readonly stamp: FileStamp;
  readonly facts: FileFacts;
  readonly bytes: Buffer | undefined;
}

interface Verified {
  readonly seen: Seen;
  readonly bytes: Buffer | undefined;
}

export interface ReaderParts {
  readonly tree: Tree;
  readonly index: IndexFiles;
  readonly hasher: Hasher;
  readonly writable: boolean;
  readonly now: () => number;
  readonly onDamage: (damage: Damage) => void;
  /** A version's .info or .mod was taken away. */
  readonly onLoss: (modulePath: string) => void;
}

/** Reads files of versions; every file is verified before this process first hands it out. */
export class Reader {
  readonly #parts: ReaderParts;
  readonly #seen = new Map<string, Seen>();
  /** Damaged files that could not be moved away, so that each is told of once. */
  readonly #refused = new Map<string, FileStamp>();
  readonly #flights = new Map<string, Promise<Verified | undefined>>();

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  /** Notes that this process itself just put a verified file there. */
  remember(key: string, seen: Seen): void {
    this.#seen.delete(key);
    this.#seen.set(key, seen);
    if (this.#seen.size > MAX_SEEN) {
      for (const oldest of this.#seen.keys()) {
        this.#seen.delete(oldest);
        break;
      }
    }
  }

  /** See `Store.get`. */
  async get(
    mv: ModVer,
    keys: VersionKeys,
    kind: FileKind,
    expectH1?: string,
  ): Promise<StoredFile | undefined> {
    const key = keys.files[kind];
    const known = await this.#known(key, kind);
    const verified = known ?? (await this.#share(mv, keys, kind, expectH1));
    if (verified === undefined) return undefined;
    const { seen, bytes } = verified;
    if (expectH1 !== undefined && seen.h1 !== undefined && seen.h1 !== expectH1) return undefined;
    return this.#present(key, kind, seen, bytes);
  }

  #present(key: string, kind: FileKind, seen: Seen, bytes: Buffer | undefined): StoredFile {
    return {
      kind,
      size: seen.facts.size,
      representation: seen.representation,
      sha256: seen.original,
      ...(seen.h1 === undefined ? {} : { h1: seen.h1 }),
      ...(bytes === undefined ? {} : { bytes }),
      stream: range =>
        bytes === undefined
          ? streamOfFile(this.#parts.tree.path(key), stat => this.#accept(key, seen, stat), range)
          : streamOfBytes(bytes, range),
    };
  }

  /** Another daemon may have put the same bytes there anew since they were verified: that is no fault. */
  async #accept(key: string, seen: Seen, opened: FileStamp): Promise<void> {
    if (sameStamp(opened, seen.stamp)) return;
    const again = await this.#digestLarge(key);
    if (again !== undefined && sameStamp(again.stamp, opened) && sameFacts(again.facts, seen.facts)) return;
    const file = this.#parts.tree.path(key);
    const message = `module store: ${file} changed after it was verified and was not served; ask again`;
    throw new StoreError('store-io', file, message);
  }

  async #known(key: string, kind: FileKind): Promise<Verified | undefined> {
    const seen = this.#seen.get(key);
    if (seen === undefined) return undefined;
    const file = this.#parts.tree.path(key);
    if (isSmall(kind, seen.facts.size)) {
      const found = await readRegular(file, MAX_SIZE[kind]);
      if (found !== undefined && found.bytes !== 'oversize' && sameStamp(found.stamp, seen.stamp)) {
        return { seen, bytes: found.bytes };
      }
    } else {
      const stamp = await statRegular(file);
      if (stamp !== undefined && sameStamp(stamp, seen.stamp)) return { seen, bytes: undefined };
    }
    this.#seen.delete(key);
    return undefined;
  }

  /** Several clients that ask for one file at once cost one hash. */
  #share(
    mv: ModVer,
    keys: VersionKeys,
    kind: FileKind,
    expectH1: string | undefined,
  ): Promise<Verified | undefined> {
    const id = `${keys.files[kind]} ${expectH1 ?? ''}`;
    const running = this.#flights.get(id);
    if (running !== undefined) return running;
    const flight = this.#verify(mv, keys, kind, expectH1).finally(() => this.#flights.delete(id));
    this.#flights.set(id, flight);
    return flight;
  }

  async #verify(
    mv: ModVer,
    keys: VersionKeys,
    kind: FileKind,
    expectH1: string | undefined,
  ): Promise<Verified | undefined> {
    const key = keys.files[kind];
    if (!(await this.#parts.tree.hasDir(keys.dir))) return undefined;
    for (let attempt = 0; ; attempt++) {
      const entry = (await this.#parts.index.read(mv, keys))?.entry;
      const facts = factsOf(entry, kind);
      if (entry === undefined || facts === undefined) return this.#unindexed(mv, keys, kind, expectH1);
      const found = await this.#digest(key, kind, facts.size);
      if (found === undefined) return undefined;
      if (sameFacts(found.facts, facts)) return this.#accepted(key, kind, entry, found);
      const refused = this.#refused.get(key);
      if (refused !== undefined && sameStamp(refused, found.stamp)) return undefined;
      if (attempt === 1) {
        await this.#damaged(mv, key, kind, facts, found);
        return undefined;
      }
      await delay(SETTLE_MS);
    }
  }

  #accepted(key: string, kind: FileKind, entry: IndexEntry, found: Digested): Verified {
    const zip = kind === 'zip' ? entry.zip : undefined;
    const seen: Seen = {
      stamp: found.stamp,
      facts: found.facts,
      original: zip?.original.sha256 ?? found.facts.sha256,
      representation: zip?.representation ?? 'original',
      h1: h1Of(entry, kind),
    };
    this.remember(key, seen);
    return { seen, bytes: found.bytes };
  }

  async #damaged(mv: ModVer, key: string, kind: FileKind, facts: FileFacts, found: Digested): Promise<void> {
    const { tree, writable, now, onDamage, onLoss } = this.#parts;
    const moved = writable ? await tree.quarantine(key, found.stamp.ino, now()) : undefined;
    if (moved === undefined && writable && (await statRegular(tree.path(key)))?.ino !== found.stamp.ino)
      return;
    if (moved === undefined && this.#refused.size < MAX_SEEN) this.#refused.set(key, found.stamp);
    const was =
      found.facts.size === facts.size
        ? `has SHA-256 ${found.facts.sha256} where the index has ${facts.sha256}`
        : `is ${found.facts.size} bytes long where the index has ${facts.size}`;
    const where = moved === undefined ? 'it is not served' : `it was moved to ${moved}`;
    onDamage({ mv, path: key, what: `the file ${was}; ${where} and will be fetched anew` });
    if (kind !== 'zip') onLoss(mv.path);
  }

  /** Nothing in the index vouches for the file: only the hash that the caller brings can. */
  async #unindexed(
    mv: ModVer,
    keys: VersionKeys,
    kind: FileKind,
    expectH1: string | undefined,
  ): Promise<Verified | undefined> {
    if (expectH1 === undefined || kind === 'info') return undefined;
    const key = keys.files[kind];
    const found = kind === 'mod' ? await this.#digest(key, kind) : await this.#hashZip(key, mv);
    if (found === undefined || found.h1 !== expectH1) return undefined;
    const { facts, stamp, h1, bytes } = found;
    const add =
      kind === 'mod'
        ? { mod: facts, goModH1: h1 }
        : { zip: { ...facts, representation: 'original' as const, original: facts }, h1 };
    // The file is right whether or not this can be written down.
    await this.#parts.index.heal(mv, keys, add).catch(() => undefined);
    const seen: Seen = { stamp, facts, original: facts.sha256, representation: 'original', h1 };
    this.remember(key, seen);
    return { seen, bytes };
  }

  async #digest(
    key: string,
    kind: FileKind,
    size?: number,
  ): Promise<(Digested & { readonly h1: string | undefined }) | undefined> {
    const large = size !== undefined && !isSmall(kind, size);
    const found = large ? await this.#digestLarge(key) : await this.#digestSmall(key, kind);
    return found && { ...found, h1: kind === 'mod' ? goModH1(found.facts.sha256) : undefined };
  }

  async #digestSmall(key: string, kind: FileKind): Promise<Digested | undefined> {
    const max = kind === 'zip' ? STEP : MAX_SIZE[kind];
    const found = await readRegular(this.#parts.tree.path(key), max);
    if (found === undefined) return undefined;
    const { bytes, stamp } = found;
    // Too large to be what the index describes; its digest is not worth the reading.
    if (bytes === 'oversize') {
      return { stamp, facts: { sha256: 'not computed', size: stamp.size }, bytes: undefined };
    }
    return { stamp, facts: await factsOfBytes(bytes), bytes };
  }

  async #digestLarge(key: string): Promise<Digested | undefined> {
    const file = this.#parts.tree.path(key);
    return this.#steady(file, async () => {
      const facts = await this.#parts.hasher.sha256File(file);
      return { facts, bytes: undefined };
    });
  }

  async #hashZip(key: string, mv: ModVer): Promise<(Digested & { readonly h1: string }) | undefined> {
    const file = this.#parts.tree.path(key);
    return this.#steady(file, async () => {
      const { h1, sha256, size } = await this.#parts.hasher.hashZip(file, mv, 'now').result;
      const small = size <= STEP ? await readRegular(file, STEP) : undefined;
      const bytes = small === undefined || small.bytes === 'oversize' ? undefined : small.bytes;
      return { facts: { sha256, size }, h1, bytes };
    });
  }

  /** Runs a hash over a file by name and makes sure that the name meant one and the same file throughout. */
  async #steady<T extends { facts: FileFacts }>(
    file: string,
    hash: () => Promise<T>,
  ): Promise<(T & { stamp: FileStamp }) | undefined> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const before = await statRegular(file);
      if (before === undefined || before.size > MAX_SIZE.zip) return undefined;
      let result: T;
      try {
        result = await hash();
      } catch (error) {
        if (error instanceof HashError && (error.code === 'absent' || error.code === 'bad-zip'))
          return undefined;
        throw asStoreError(error, file, 'read');
      }
      const after = await statRegular(file);
      if (after !== undefined && sameStamp(before, after)) return { ...result, stamp: before };
    }
    return undefined;
  }
}

function isSmall(kind: FileKind, size: number): boolean {
  return kind !== 'zip' || size <= STEP;
}
