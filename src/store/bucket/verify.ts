import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { asStoreError, StoreError } from '../errors.ts';
import { removeQuietly } from '../files.ts';
import type { Hasher } from '../hasher.ts';
import { formatEntry, mergeEntry, parseEntry } from '../index-entry.ts';
import {
  INDEX,
  MAX_INDEX_SIZE,
  MAX_SIZE,
  moduleDir,
  OWN,
  QUARANTINE,
  quarantineName,
  SOFT,
  SPOOL,
  softKey,
  TEMP,
  USE_LOG,
} from '../layout.ts';
import type { FileKind, IndexEntry, ModVer } from '../types.ts';
import { type Examined, examine } from '../verify/examine.ts';
import type { Medium, Mender, Stamp, WalkTold } from '../verify/medium.ts';
import type { VerifyOptions, VerifyReport } from '../verify/types.ts';
import { verifyMedium } from '../verify/verify.ts';
import { listedModules } from './contents.ts';
import { BucketError } from './errors.ts';
import { inlineIn, withInline } from './inline.ts';
import { mendListsIn } from './mend-lists.ts';
import { CLAIMS } from './prune/claims.ts';
import { ownObjects } from './prune/own-objects.ts';
import { readSmall } from './read-small.ts';
import type { Bucket, GotObject, ObjectFacts } from './types.ts';
import { USES } from './use-notes.ts';

/** Rounds of merging with what sessions write at the same moment. */
const MAX_ROUNDS = 8;

export interface BucketVerifyOptions extends VerifyOptions {
  readonly hasher: Hasher;
  /** A directory for files that are hashed, one a version that is worked on. */
  readonly tempDir: string;
  /** Whether what is found is to be mended. */
  readonly repair: boolean;
}

/**
 * Reads every object of a bucket's versions and verifies it as `verifyStore` does with those of a directory. What looks
 * wrong goes into quarantine, below `modgate/quarantine/` in the bucket.
 *
 * Throws BucketError when the bucket cannot be read to begin with; an error that ends it later is in the report.
 */
export async function verifyBucket(
  bucket: Bucket,
  { hasher, tempDir, repair, ...options }: BucketVerifyOptions,
): Promise<VerifyReport> {
  const place = new Place(bucket, hasher, tempDir);
  // Without a right to read there is nothing to report.
  await bucket.head(`${OWN}/verify-probe`);
  return await verifyMedium(place, repair ? place : undefined, options);
}

class Place implements Medium, Mender {
  readonly #bucket: Bucket;
  readonly #hasher: Hasher;
  readonly #tempDir: string;
  readonly #changed = new Set<string>();

  constructor(bucket: Bucket, hasher: Hasher, tempDir: string) {
    this.#bucket = bucket;
    this.#hasher = hasher;
    this.#tempDir = tempDir;
  }

  async *versions({ stranger }: WalkTold): AsyncGenerator<ModVer> {
    for await (const { path: name, versions } of listedModules(this.#bucket, { foreign: stranger })) {
      for (const { version } of versions.values()) yield { path: name, version };
    }
  }

  async strangers({ stranger }: WalkTold): Promise<void> {
    const own = [TEMP, QUARANTINE, SPOOL, USE_LOG, USES, CLAIMS];
    let told = '';
    for await (const { key } of ownObjects(this.#bucket)) {
      const [, dir = '', below] = key.split('/', 3);
      const top = `${OWN}/${dir}`;
      if (below === undefined || own.includes(top) || key.startsWith(`${INDEX}/`)) continue;
      if (top === SOFT) {
        if (softKey(key.slice(SOFT.length + 1)) !== key) stranger(key, 'not a file of a store');
      } else if (top !== told) {
        told = top;
        stranger(top, 'a directory where none belongs');
      }
    }
    for await (const { key } of this.#bucket.list('sumdb/')) {
      if (softKey(key) !== key) stranger(key, 'not a file of a store');
    }
  }

  async readIndex({ index }: { readonly index: string }) {
    const found = await this.#own(index, () => readSmall(this.#bucket, index, MAX_INDEX_SIZE));
    return found && { bytes: found.bytes, stamp: stampOf(found.facts) };
  }

  async examine(mv: ModVer, kind: FileKind, key: string): Promise<Examined | undefined> {
    const got = await this.#own(key, () => this.#bucket.get(key));
    if (got === undefined) return undefined;
    const stamp = stampOf(got.facts);
    if (got.facts.size > MAX_SIZE[kind]) {
      got.body.destroy();
      return { stamp, bad: `it is larger than a .${kind} file may be` };
    }
    const file = this.#tempFile();
    try {
      await this.#own(key, () => download(got, file));
      const found = await examine(this.#hasher, file, mv, kind);
      return found && { ...found, stamp };
    } finally {
      await removeQuietly(file);
    }
  }

  async stamp(key: string): Promise<Stamp | undefined> {
    const facts = await this.#own(key, () => this.#bucket.head(key));
    return facts && stampOf(facts);
  }

  ends(error: unknown): string | undefined {
    return error instanceof BucketError ? error.message : undefined;
  }

  /** Copied, then deleted: an object cannot be renamed. */
  async setAside(key: string, stamp: Stamp): Promise<string | undefined> {
    const file = this.#tempFile();
    try {
      const got = await this.#bucket.get(key);
      if (got === undefined || stampOf(got.facts).id !== stamp.id) {
        got?.body.destroy();
        return undefined;
      }
      await download(got, file);
      const target = `${QUARANTINE}/${quarantineName(key, this.now(), randomBytes(4).toString('hex'))}`;
      await this.#bucket.put(target, { file, size: got.facts.size });
      const [left] = await this.#bucket.remove([key]);
      return left === undefined ? target : undefined;
    } finally {
      await removeQuietly(file);
    }
  }

  async publish(...[mv, { index }, proof]: Parameters<Mender['publish']>): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const found = await readSmall(this.#bucket, index, MAX_INDEX_SIZE);
      const bytes = found?.bytes;
      const base = bytes === undefined || bytes === 'oversize' ? undefined : parseEntry(bytes, mv);
      const entry = mergeEntry(mv, base, proof, new Date(this.now()).toISOString());
      const next = withCopies(entry, bytes);
      const condition = found === undefined ? ({ absent: true } as const) : { etag: found.facts.etag };
      if ((await this.#bucket.put(index, next, { condition })).state === 'written') return;
    }
  }

  async replace(...[{ index }, { before, after }, absent]: Parameters<Mender['replace']>): Promise<boolean> {
    const found = await readSmall(this.#bucket, index, MAX_INDEX_SIZE);
    if (found === undefined || found.bytes === 'oversize' || !found.bytes.equals(before)) return false;
    for (const key of absent) if ((await this.#bucket.head(key)) !== undefined) return false;
    const condition = { etag: found.facts.etag };
    const next = withCopies(after, found.bytes);
    return (await this.#bucket.put(index, next, { condition })).state === 'written';
  }

  listsChanged(modulePath: string): void {
    this.#changed.add(modulePath);
  }

  now(): number {
    return Date.now();
  }

  async flush(): Promise<void> {
    for (const modulePath of this.#changed) {
      const dir = moduleDir(modulePath);
      if (dir !== undefined) await mendListsIn(this.#bucket, dir);
    }
    this.#changed.clear();
  }

  #tempFile(): string {
    return path.join(this.#tempDir, `${randomBytes(8).toString('hex')}.tmp`);
  }

  /** What one object is to blame for is told of that object; it does not end the verification. */
  async #own<T>(key: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof BucketError) || !/^(?:denied|changed|service)$/.test(error.code)) throw error;
      throw new StoreError('store-unreadable', key, error.message, { cause: error });
    }
  }
}

/** An index entry with the copies of small files that the one before it had and that are still right. */
function withCopies(entry: IndexEntry, before: Buffer | 'oversize' | undefined): Buffer {
  const copies = before === undefined || before === 'oversize' ? {} : inlineIn(before, entry);
  return withInline(formatEntry(entry), entry, copies);
}

function stampOf({ size, etag, modified }: ObjectFacts): Stamp {
  return { size, id: `${etag} ${size} ${modified}` };
}

async function download({ body }: GotObject, file: string): Promise<void> {
  try {
    await pipeline(body, createWriteStream(file, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    if (error instanceof BucketError) throw error;
    throw asStoreError(error, file, 'write');
  }
}
