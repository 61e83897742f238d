import {
  PARTIAL_TILE_MS,
  QUARANTINE_MS,
  SOFT_MS,
  SUMDB_MIN_BYTES,
  SUMDB_SHARE,
  TEMP_MS,
} from '../../keep-times.ts';
import { INDEX, OWN, PRUNED, QUARANTINE, quarantinedAt, SOFT, TEMP, USE_LOG } from '../../layout.ts';
import { isTreeHead, oldestLogMonth } from '../../prune/own-files.ts';
import type { Litter } from '../../prune/types.ts';
import { Cutter, UseTimes } from '../../prune/use-times.ts';
import type { Bucket, ObjectFacts } from '../types.ts';
import { USES } from '../use-notes.ts';
import { CLAIMS } from './claims.ts';

const SUMDB = 'sumdb';
/** As many objects as one request deletes. */
const AT_ONCE = 1000;

export interface OwnObjectsOptions {
  /** ms since the epoch. */
  readonly now: number;
  readonly maxBytes: number;
  readonly dryRun: boolean;
  /** True when it is time to stop. */
  readonly stop: () => boolean;
  /** Told of each object that goes. */
  readonly swept: (litter: Litter, bytes: number) => void;
  readonly failed: (key: string, why: string) => void;
}

/**
 * Sweeps what is no object of a version: temporary ones, old quarantine, soft files, old logs, and of the checksum
 * database what is beyond its share, oldest first. Returns the bytes that stay, those of notes of use and claims not
 * among them, and false for `finished` when it was stopped. Throws BucketError.
 */
export async function sweepOwnObjects(
  bucket: Bucket,
  options: OwnObjectsOptions,
): Promise<{ readonly bytes: number; readonly finished: boolean }> {
  const sweeper = new Sweeper(bucket, options);
  const finished = (await sweeper.own()) && (await sweeper.sumdb());
  return { bytes: sweeper.stays, finished };
}

class Sweeper {
  readonly #bucket: Bucket;
  readonly #options: OwnObjectsOptions;
  #going: { readonly litter: Litter; readonly object: ObjectFacts }[] = [];
  /** Bytes. */
  stays = 0;

  constructor(bucket: Bucket, options: OwnObjectsOptions) {
    this.#bucket = bucket;
    this.#options = options;
  }

  async own(): Promise<boolean> {
    const { now } = this.#options;
    for await (const object of ownObjects(this.#bucket)) {
      if (this.#options.stop()) return false;
      const { key, modified } = object;
      const age = now - modified;
      if (key.startsWith(`${TEMP}/`)) await this.#judge('temp', object, age > TEMP_MS);
      else if (key.startsWith(`${QUARANTINE}/`)) {
        const came = quarantinedAt(key.slice(QUARANTINE.length + 1)) ?? modified;
        await this.#judge('quarantine', object, now - came > QUARANTINE_MS);
      } else if (key.startsWith(`${SOFT}/`)) await this.#judge('soft', object, age > SOFT_MS);
      else if (key.startsWith(`${USE_LOG}/`)) await this.#judge('log', object, isOldLog(key, now));
      else if (key !== PRUNED && !key.startsWith(`${USES}/`) && !key.startsWith(`${CLAIMS}/`)) {
        this.stays += object.size;
      }
    }
    await this.#flush();
    return true;
  }

  /** Tree heads stay: they keep the database from going back in time. */
  async sumdb(): Promise<boolean> {
    const { now, maxBytes, stop } = this.#options;
    const isOldPart = ({ key, modified }: ObjectFacts) =>
      key.includes('.p/') && modified < now - PARTIAL_TILE_MS;
    const times = new UseTimes();
    let bytes = 0;
    for await (const object of this.#bucket.list(`${SUMDB}/`)) {
      if (stop()) return false;
      if (isOldPart(object)) await this.#judge('sumdb', object, true);
      else {
        bytes += object.size;
        if (!isTreeHead(object.key)) times.add(object.modified, object.size);
      }
    }
    await this.#flush();
    this.stays += bytes;
    const excess = bytes - Math.max(SUMDB_MIN_BYTES, maxBytes * SUMDB_SHARE);
    if (excess <= 0) return true;
    const cutter = new Cutter(times.cut(excess));
    for await (const object of this.#bucket.list(`${SUMDB}/`)) {
      if (stop()) return false;
      if (isTreeHead(object.key) || isOldPart(object)) continue;
      if (!cutter.takes(object.modified, object.size)) continue;
      this.stays -= object.size;
      await this.#judge('sumdb', object, true);
    }
    await this.#flush();
    return true;
  }

  async #judge(litter: Litter, object: ObjectFacts, goes: boolean): Promise<void> {
    if (!goes) this.stays += object.size;
    else if (this.#going.push({ litter, object }) >= AT_ONCE) await this.#flush();
  }

  async #flush(): Promise<void> {
    const going = this.#going;
    this.#going = [];
    if (going.length === 0) return;
    const left = this.#options.dryRun ? [] : await this.#bucket.remove(going.map(({ object }) => object.key));
    const whys = new Map(left.map(({ key, why }) => [key, why]));
    for (const { litter, object } of going) {
      const why = whys.get(object.key);
      if (why === undefined) this.#options.swept(litter, object.size);
      else {
        this.stays += object.size;
        this.#options.failed(object.key, why);
      }
    }
  }
}

/** Objects of our own that are not of the index. Throws BucketError. */
export async function* ownObjects(bucket: Bucket): AsyncGenerator<ObjectFacts> {
  for await (const object of bucket.list(`${OWN}/`)) {
    if (object.key.startsWith(`${INDEX}/`)) break;
    yield object;
  }
  yield* bucket.list(`${OWN}/`, { after: `${INDEX}/\u{10ffff}` });
}

function isOldLog(key: string, now: number): boolean {
  const month = /^modgate\/log\/(\d{4}-\d\d)[./]/.exec(key)?.[1];
  return month !== undefined && month < oldestLogMonth(now);
}
