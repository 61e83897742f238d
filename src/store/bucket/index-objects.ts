import { parseEntry } from '../index-entry.ts';
import { MAX_INDEX_SIZE, type VersionKeys } from '../layout.ts';
import type { IndexEntry, ModVer } from '../types.ts';
import { type Inline, inlineIn } from './inline.ts';
import { bytesOf } from './patience.ts';
import type { Bucket } from './types.ts';

/** The index object of a version as it was found. */
export interface IndexObject {
  /** Undefined where there is none, or none that can be read. */
  readonly entry: IndexEntry | undefined;
  readonly bytes: Buffer | undefined;
  /** Copies of the small files, found right. */
  readonly inline: Inline;
  /** Undefined where there is no object. */
  readonly etag: string | undefined;
}

const NOTHING: IndexObject = { entry: undefined, bytes: undefined, inline: {}, etag: undefined };

/** How long it is believed that a version is not there, and that its entry is what it was, ms. */
const ABSENT_MS = 60_000;
const THERE_MS = 10 * 60_000;
const MAX_KNOWN = 20_000;
/** Bytes of entries that are remembered. */
const MAX_BYTES = 32 * 1024 * 1024;

/** The index entries of a bucket, remembered for a while: one question serves the three files of a version. */
export class IndexObjects {
  readonly #bucket: Bucket;
  readonly #now: () => number;
  readonly #onBroken: (mv: ModVer, key: string) => void;
  readonly #known = new Map<string, { readonly found: IndexObject; readonly at: number }>();
  #bytes = 0;
  readonly #asked = new Map<string, Promise<IndexObject>>();

  /** @param onBroken an object is no index entry of its version */
  constructor(bucket: Bucket, now: () => number, onBroken: (mv: ModVer, key: string) => void) {
    this.#bucket = bucket;
    this.#now = now;
    this.#onBroken = onBroken;
  }

  /** What was found a short time ago. */
  known(keys: VersionKeys): IndexObject | undefined {
    const known = this.#known.get(keys.index);
    if (known === undefined) return undefined;
    const age = this.#now() - known.at;
    return age < (known.found.entry === undefined ? ABSENT_MS : THERE_MS) ? known.found : undefined;
  }

  /** Rejects with BucketError, or what aborted `signal`. */
  async look(mv: ModVer, keys: VersionKeys, signal?: AbortSignal): Promise<IndexObject> {
    return this.known(keys) ?? (await this.ask(mv, keys, signal));
  }

  /** The same, past what is remembered. */
  async ask(mv: ModVer, keys: VersionKeys, signal?: AbortSignal): Promise<IndexObject> {
    const running = this.#asked.get(keys.index);
    if (running !== undefined) return await running;
    const asked = this.#get(mv, keys, signal).finally(() => this.#asked.delete(keys.index));
    this.#asked.set(keys.index, asked);
    return await asked;
  }

  remember(keys: VersionKeys, found: IndexObject): void {
    if (this.#known.size >= MAX_KNOWN || this.#bytes >= MAX_BYTES) {
      this.#known.clear();
      this.#bytes = 0;
    }
    this.#known.set(keys.index, { found, at: this.#now() });
    // Counted twice where it is replaced: it is forgotten the sooner.
    this.#bytes += 2 * (found.bytes?.length ?? 0);
  }

  async #get(mv: ModVer, keys: VersionKeys, signal: AbortSignal | undefined): Promise<IndexObject> {
    const got = await this.#bucket.get(keys.index, signal === undefined ? {} : { signal });
    const found = got === undefined ? NOTHING : await this.#read(mv, keys, got);
    this.remember(keys, found);
    return found;
  }

  async #read(
    mv: ModVer,
    keys: VersionKeys,
    { facts, body }: NonNullable<Awaited<ReturnType<Bucket['get']>>>,
  ): Promise<IndexObject> {
    let bytes: Buffer | undefined;
    if (facts.size <= MAX_INDEX_SIZE) bytes = await bytesOf(body, MAX_INDEX_SIZE, keys.index);
    else body.destroy();
    const entry = bytes === undefined ? undefined : parseEntry(bytes, mv);
    if (entry === undefined) this.#onBroken(mv, keys.index);
    const inline = bytes === undefined || entry === undefined ? {} : inlineIn(bytes, entry);
    return { entry, bytes, inline, etag: facts.etag };
  }
}
