import { factsOfBytes, goModH1, STEP } from './digest.ts';
import { asStoreError } from './errors.ts';
import { type FileStamp, readRegular, sameStamp, statRegular } from './files.ts';
import { HashError, type Hasher, type HashJob, type Priority } from './hasher.ts';
import { MAX_SIZE } from './layout.ts';
import type { Tree } from './tree.ts';
import type { FileFacts, FileKind, ModVer } from './types.ts';

/** Longest text about a zip that cannot be read; it may name members. */
const MAX_FAULT = 300;

/** Zips that are remembered as hashed; beyond that they are forgotten and hashed once more. */
const MAX_HASHED = 50_000;

/** What was found of a file, and of which file. */
export interface Digested {
  readonly stamp: FileStamp;
  /** The digest is `notComputed` where the h1 alone counts. */
  readonly facts: FileFacts;
  readonly bytes: Buffer | undefined;
  readonly h1?: string | undefined;
  /** Why it is no zip at all. */
  readonly fault?: string;
}

/** Who waits for a hash, and the means to hurry it. */
export interface Turn {
  /** Somebody waits for it. */
  urgent: boolean;
  job: Pick<HashJob, 'promote'> | undefined;
}

/** Hashes files of a store by their keys: small ones here, large ones and the members of zips on threads. */
export class FileDigests {
  readonly #tree: Tree;
  readonly #hasher: Hasher;
  /** Zips whose bytes were hashed while they were written. */
  readonly #hashed = new Map<string, { readonly stamp: FileStamp; readonly h1: string }>();

  constructor(tree: Tree, hasher: Hasher) {
    this.#tree = tree;
    this.#hasher = hasher;
  }

  /** See `DiskParts.hashed`. */
  hashed(key: string, { mtimeMs, size, ino }: FileStamp, h1: string): void {
    if (this.#hashed.size >= MAX_HASHED) this.#hashed.clear();
    this.#hashed.set(key, { stamp: { mtimeMs, size, ino }, h1 });
  }

  async digest(key: string, kind: FileKind, size?: number): Promise<Digested | undefined> {
    const large = size !== undefined && !isSmall(kind, size);
    const found = large ? await this.digestLarge(key) : await this.#digestSmall(key, kind);
    return found && { ...found, h1: kind === 'mod' ? goModH1(found.facts.sha256) : undefined };
  }

  async #digestSmall(key: string, kind: FileKind): Promise<Digested | undefined> {
    const max = kind === 'zip' ? STEP : MAX_SIZE[kind];
    const found = await readRegular(this.#tree.path(key), max);
    if (found === undefined) return undefined;
    const { bytes, stamp } = found;
    // Too large to be what the index describes; its digest is not worth the reading.
    if (bytes === 'oversize') {
      return { stamp, facts: notComputed(stamp.size), bytes: undefined };
    }
    return { stamp, facts: await factsOfBytes(bytes), bytes };
  }

  async digestLarge(key: string): Promise<Digested | undefined> {
    const file = this.#tree.path(key);
    return this.#steady(file, async () => {
      const facts = await this.#hasher.sha256File(file);
      return { facts, bytes: undefined };
    });
  }

  /** Undefined when there is no zip that could be hashed. */
  async hashZip(key: string, mv: ModVer, turn: Turn): Promise<Digested | undefined> {
    const file = this.#tree.path(key);
    const found = await this.#steady(file, () =>
      this.#run(file, turn, priority => this.#hasher.hashZip(file, mv, priority)),
    );
    return found?.fault === undefined ? found : undefined;
  }

  /**
   * Every byte that could matter of a zip that anybody may have written: the h1 of its members. That these come in
   * the very bytes that the index tells of is nothing that go or anybody after it asks for.
   */
  async wholeZip(key: string, mv: ModVer, size: number, turn: Turn): Promise<Digested | undefined> {
    const file = this.#tree.path(key);
    const stamp = await statRegular(file);
    if (stamp === undefined) return undefined;
    if (stamp.size !== size) return { stamp, facts: notComputed(stamp.size), bytes: undefined };
    return await this.#steady(file, before => {
      const known = this.#hashed.get(key);
      if (known !== undefined && sameStamp(known.stamp, before))
        return withBytes(file, notComputed(size), known.h1);
      return this.#run(file, turn, priority => {
        const { result, promote } = this.#hasher.hashMembers(file, mv, priority);
        return { result: result.then(({ h1 }) => ({ h1, ...notComputed(size) })), promote };
      });
    });
  }

  async #run(
    file: string,
    turn: Turn,
    start: (priority: Priority) => HashJob<FileFacts & { readonly h1: string }>,
  ): Promise<Omit<Digested, 'stamp'>> {
    const job = start(turn.urgent ? 'now' : 'later');
    turn.job = job;
    try {
      const { h1, ...facts } = await job.result;
      return await withBytes(file, facts, h1);
    } catch (error) {
      // A zip that ends the thread which reads it is the zip's fault, not the medium's.
      if (!(error instanceof HashError) || !/^(?:bad-zip|crashed|timeout)$/.test(error.code)) throw error;
      return { facts: notComputed(-1), bytes: undefined, fault: error.message.slice(0, MAX_FAULT) };
    } finally {
      turn.job = undefined;
    }
  }

  /** Runs a hash over a file by name and makes sure that the name meant one and the same file throughout. */
  async #steady(
    file: string,
    hash: (before: FileStamp) => Promise<Omit<Digested, 'stamp'>>,
  ): Promise<Digested | undefined> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const before = await statRegular(file);
      if (before === undefined || before.size > MAX_SIZE.zip) return undefined;
      let result: Omit<Digested, 'stamp'>;
      try {
        result = await hash(before);
      } catch (error) {
        if (error instanceof HashError && error.code === 'absent') return undefined;
        throw asStoreError(error, file, 'read');
      }
      const after = await statRegular(file);
      if (after !== undefined && sameStamp(before, after)) return { ...result, stamp: before };
    }
    return undefined;
  }
}

/** What was found of a zip, and its bytes where they are served from memory. */
async function withBytes(
  file: string,
  { sha256, size }: FileFacts,
  h1: string,
): Promise<Omit<Digested, 'stamp'>> {
  const small = size <= STEP ? await readRegular(file, STEP) : undefined;
  const bytes = small === undefined || small.bytes === 'oversize' ? undefined : small.bytes;
  return { facts: { sha256, size }, h1, bytes };
}

const NOT_COMPUTED = 'not computed';

function notComputed(size: number): FileFacts {
  return { sha256: NOT_COMPUTED, size };
}

/** Whether somebody has hashed the file as such. */
export function isComputed({ sha256 }: FileFacts): boolean {
  return sha256 !== NOT_COMPUTED;
}

export function isSmall(kind: FileKind, size: number): boolean {
  return kind !== 'zip' || size <= STEP;
}
