import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { removeQuietly } from '../files.ts';
import { factsOf } from '../index-entry.ts';
import type { Damage } from '../index-files.ts';
import type { Fetched, Layer, Upload, Uploaded, UseAtEnd } from '../layers/types.ts';
import {
  FILE_KINDS,
  INDEX,
  MAX_SIZE,
  MAX_SOFT_SIZE,
  moduleDir,
  OWN,
  softKey,
  type VersionKeys,
  versionKeys,
  versionOfName,
} from '../layout.ts';
import type { FileKind, IndexEntry, ModVer, StoredVersion } from '../types.ts';
import { BucketError } from './errors.ts';
import { type IndexObject, IndexObjects } from './index-objects.ts';
import { Lane } from './lane.ts';
import { bytesOf, patience, watched, within } from './patience.ts';
import type { Bucket, GotObject } from './types.ts';
import { encodeUseNote, useNoteKey } from './use-notes.ts';
import { listVersions } from './versions.ts';
import { writeVersion } from './write-version.ts';

export interface BucketLayerOptions {
  /** False: nothing is to be written. */
  readonly writable: boolean;
  readonly onDamage?: (damage: Damage) => void;
  /** Milliseconds since the epoch; default the clock. */
  readonly now?: () => number;
}

/** Written once, by whoever has to find out whether anything may be written. */
const PROBE = `${OWN}/probe`;
/** Longest silence of a bucket while a job waits for a file, ms: asking the upstream is better by then. */
const SILENCE_MS = 3_000;
/** The same for the first answers, which wait for credentials and a connection. */
const FIRST_MS = 8_000;
/** Zips that come at one time: as many as go and a prefetch ask for, and no more memory than they need. */
const ZIPS_AT_ONCE = 32;
/** Objects of one module that a listing is read for. */
const MAX_LISTED = 60_000;
/** Soft files whose bytes are known, so that the same are not written again. */
const MAX_SOFT = 5_000;
/** Files that were found wrong; beyond that they are asked for again. */
const MAX_REFUSED = 10_000;

/** A bucket as a layer behind the local store. */
export class BucketLayer implements Layer {
  readonly location: string;
  readonly writable: boolean;
  readonly #bucket: Bucket;
  readonly #index: IndexObjects;
  readonly #zips = new Lane(ZIPS_AT_ONCE);
  readonly #refused = new Set<string>();
  readonly #soft = new Map<string, { readonly bytes: Buffer; readonly etag: string }>();
  readonly #onDamage: (damage: Damage) => void;
  readonly #now: () => number;
  #answered = false;
  #wrote = false;

  constructor(bucket: Bucket, options: BucketLayerOptions) {
    this.location = bucket.location;
    this.writable = options.writable;
    this.#bucket = bucket;
    this.#onDamage = options.onDamage ?? (() => undefined);
    this.#now = options.now ?? Date.now;
    this.#index = new IndexObjects(bucket, this.#now, (mv, key) =>
      this.#tell(mv, key, 'the index entry is not readable; the version is fetched anew'),
    );
  }

  async entry(mv: ModVer, signal?: AbortSignal): Promise<IndexEntry | undefined> {
    const keys = versionKeys(mv);
    if (keys === undefined) return undefined;
    return (await this.#within(keys.index, signal, s => this.#index.look(mv, keys, s))).entry;
  }

  async fetch(
    mv: ModVer,
    kind: FileKind,
    tempFile: () => string,
    signal?: AbortSignal,
  ): Promise<Fetched | undefined> {
    const keys = versionKeys(mv);
    if (keys === undefined || this.#refused.has(keys.files[kind])) return undefined;
    const known = this.#index.known(keys);
    if (known !== undefined && factsOf(known.entry, kind) === undefined) return undefined;
    const copy = inlineOf(known, kind);
    if (copy !== undefined) return copy;
    // The index entry most likely has a copy of it, and is all that has to be asked for.
    if (known === undefined && kind !== 'zip') {
      const asked = inlineOf(await this.#lookFirst(mv, keys, signal), kind);
      if (asked !== undefined) return asked;
      if (factsOf(this.#index.known(keys)?.entry, kind) === undefined) return undefined;
    }
    const work = () => this.#fetch(mv, keys, kind, tempFile, signal);
    return kind === 'zip' ? await this.#zips.run(work, signal) : await work();
  }

  async #fetch(
    mv: ModVer,
    keys: VersionKeys,
    kind: FileKind,
    tempFile: () => string,
    signal: AbortSignal | undefined,
  ): Promise<Fetched | undefined> {
    const key = keys.files[kind];
    const limit = patience(this.#silence(), `${this.location}/${key}`, signal);
    const stop = new AbortController();
    try {
      // Asked at once: one round trip for what takes two questions.
      const asked = this.#index.look(mv, keys, limit.signal);
      const got = this.#bucket.get(key, { signal: AbortSignal.any([limit.signal, stop.signal]) });
      got.catch(() => undefined);
      const index = await asked.catch((error: unknown) => {
        discard(got);
        throw error;
      });
      this.#heard();
      limit.heard();
      if (index.entry === undefined || factsOf(index.entry, kind) === undefined) {
        discard(got);
        stop.abort();
        return undefined;
      }
      const object = await got;
      limit.heard();
      return await this.#take(mv, keys, kind, { ...index, entry: index.entry }, object, limit, tempFile);
    } catch (error) {
      throw limit.signal.aborted ? limit.signal.reason : error;
    } finally {
      limit.done();
    }
  }

  async #lookFirst(mv: ModVer, keys: VersionKeys, signal: AbortSignal | undefined): Promise<IndexObject> {
    return await this.#within(keys.index, signal, s => this.#index.look(mv, keys, s));
  }

  async #take(
    mv: ModVer,
    keys: VersionKeys,
    kind: FileKind,
    { entry }: IndexObject & { readonly entry: IndexEntry },
    object: GotObject | undefined,
    limit: ReturnType<typeof patience>,
    tempFile: () => string,
  ): Promise<Fetched | undefined> {
    const key = keys.files[kind];
    const facts = factsOf(entry, kind);
    if (object === undefined) {
      this.refuse(mv, kind);
      this.#tell(mv, key, 'the index names the file, but it is not there; it is fetched anew');
      return undefined;
    }
    if (facts === undefined || object.facts.size !== facts.size) {
      object.body.destroy();
      this.refuse(mv, kind);
      this.#tell(
        mv,
        key,
        `the file is ${object.facts.size} bytes long where the index has ${facts?.size}; it is not served and will be fetched anew`,
      );
      return undefined;
    }
    const what = `${this.location}/${key}`;
    const max = Math.min(facts.size, MAX_SIZE[kind]);
    if (kind !== 'zip') return { entry, bytes: await bytesOf(object.body, max, what) };
    const file = tempFile();
    try {
      const sink = createWriteStream(file, { flags: 'wx', mode: 0o600 });
      await pipeline(object.body, watched(limit, max, what), sink, { signal: limit.signal });
      return { entry, file };
    } catch (error) {
      await removeQuietly(file);
      throw error;
    }
  }

  refuse(mv: ModVer, kind: FileKind): void {
    const keys = versionKeys(mv);
    if (keys === undefined) return;
    if (this.#refused.size >= MAX_REFUSED) this.#refused.clear();
    this.#refused.add(keys.files[kind]);
  }

  async upload(mv: ModVer, what: Upload, signal?: AbortSignal): Promise<Uploaded> {
    const keys = versionKeys(mv);
    if (keys === undefined || !this.writable) return { files: 0, bytes: 0 };
    const uploaded = await this.#write(mv, keys, what, signal);
    this.#wrote = true;
    for (const kind of FILE_KINDS) if (what[kind] !== undefined) this.#refused.delete(keys.files[kind]);
    return uploaded;
  }

  async #write(
    mv: ModVer,
    keys: VersionKeys,
    what: Upload,
    signal: AbortSignal | undefined,
  ): Promise<Uploaded> {
    const writing = writeVersion(
      {
        bucket: this.#bucket,
        index: this.#index,
        isRefused: key => this.#refused.has(key),
        onDamage: this.#onDamage,
        now: this.#now,
      },
      mv,
      keys,
      what,
      signal,
    );
    return await writing.catch(async (error: unknown) => {
      // Services that deny a large body may hang up before they say so; a small one is answered.
      if (!this.#wrote && error instanceof BucketError && error.code === 'unreachable') {
        const more = signal === undefined ? {} : { signal };
        await this.#bucket.put(PROBE, Buffer.alloc(0), { condition: { absent: true }, ...more });
      }
      throw error;
    });
  }

  /** Told at the end, by a note. */
  async touch(): Promise<void> {}

  async list(modulePath: string, signal?: AbortSignal): Promise<string[]> {
    const dir = moduleDir(modulePath);
    if (dir === undefined) return [];
    const from = (prefix: string) => this.#within(prefix, signal, s => filesOf(this.#bucket, prefix, s));
    // Files without an entry are of no use to anybody, and a version without .info or .mod cannot be chosen.
    const [indexed, files] = await Promise.all([from(`${INDEX}/${dir}/`), from(`${dir}/`)]);
    const versions = [...indexed].flatMap(name => (name.endsWith('.json') ? [name.slice(0, -5)] : []));
    return versions.flatMap(name => {
      const found = versionOfName(`${name}.mod`);
      return found !== undefined && files.has(`${name}.mod`) && files.has(`${name}.info`)
        ? [found.version]
        : [];
    });
  }

  versions(): AsyncIterable<StoredVersion> {
    return listVersions(this.#bucket);
  }

  async getSoft(
    key: string,
    signal?: AbortSignal,
  ): Promise<{ readonly bytes: Buffer; readonly storedAt: number } | undefined> {
    const at = softKey(key);
    if (at === undefined) return undefined;
    return await this.#within(at, signal, async s => {
      const got = await this.#bucket.get(at, { signal: s });
      if (got === undefined) return undefined;
      if (got.facts.size > MAX_SOFT_SIZE) {
        got.body.destroy();
        return undefined;
      }
      const bytes = await bytesOf(got.body, MAX_SOFT_SIZE, at);
      this.#rememberSoft(at, bytes, got.facts.etag);
      return { bytes, storedAt: got.facts.modified };
    });
  }

  async putSoft(key: string, bytes: Buffer, signal?: AbortSignal): Promise<boolean> {
    const at = softKey(key);
    if (at === undefined || bytes.length > MAX_SOFT_SIZE || !this.writable) return false;
    const more = signal === undefined ? {} : { signal };
    // A full tile and a record never change; those that are there are right, or whoever reads them finds out.
    if (/^sumdb\/.*\/(?:tile|lookup)\//.test(at)) {
      const put = await this.#bucket.put(at, bytes, { condition: { absent: true }, ...more });
      return put.state === 'written';
    }
    if (!this.#soft.has(at)) await this.getSoft(key, signal);
    const known = this.#soft.get(at);
    if (known?.bytes.equals(bytes) === true) return false;
    const condition = known === undefined ? { absent: true as const } : { etag: known.etag };
    const put = await this.#bucket.put(at, bytes, { condition, ...more });
    // Somebody else's list of a moment ago is as good as ours.
    if (put.state === 'exists') {
      this.#soft.delete(at);
      return false;
    }
    this.#rememberSoft(at, bytes, put.etag);
    return true;
  }

  async noteUse({ use, versions }: UseAtEnd, signal?: AbortSignal): Promise<void> {
    if (!this.writable) return;
    const key = useNoteKey(this.#now(), randomUUID());
    const note = encodeUseNote({ uses: use === undefined ? [] : [use], versions });
    await this.#bucket.put(key, note, {
      condition: { absent: true },
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async close(): Promise<void> {
    await this.#bucket.close();
  }

  #silence(): number {
    return this.#answered ? SILENCE_MS : FIRST_MS;
  }

  #heard(): void {
    this.#answered = true;
  }

  async #within<T>(
    what: string,
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const result = await within(this.#silence(), `${this.location}/${what}`, signal, run);
    this.#heard();
    return result;
  }

  #rememberSoft(at: string, bytes: Buffer, etag: string): void {
    if (this.#soft.size >= MAX_SOFT) this.#soft.clear();
    this.#soft.set(at, { bytes, etag });
  }

  #tell(mv: ModVer, key: string, what: string): void {
    this.#onDamage({ mv, path: `${this.location}/${key}`, what });
  }
}

/** Names of the objects right below a prefix. */
async function filesOf(bucket: Bucket, prefix: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const { key } of bucket.list(prefix, { signal })) {
    names.add(key.slice(prefix.length));
    if (names.size >= MAX_LISTED) break;
  }
  return names;
}

function inlineOf(found: IndexObject | undefined, kind: FileKind): Fetched | undefined {
  const bytes = kind === 'zip' ? undefined : found?.inline[kind];
  return bytes === undefined || found?.entry === undefined ? undefined : { entry: found.entry, bytes };
}

/** Ends an answer that nobody wants any more. */
function discard(got: Promise<GotObject | undefined>): void {
  got.then(object => object?.body.destroy()).catch(() => undefined);
}
