import { randomBytes } from 'node:crypto';
import { moduleDir, OWN } from '../../layout.ts';
import type { ModVer } from '../../types.ts';
import { Lanes } from '../../verify/lanes.ts';
import { mendListsIn } from '../mend-lists.ts';
import { readSmall } from '../read-small.ts';
import type { Bucket } from '../types.ts';
import { decodeUseNote, encodeUseNote } from '../use-notes.ts';
import { idOf } from './last-uses.ts';

/**
 * Versions that a prune is about to remove, a line each: by it the next one tells what a killed one left from what
 * somebody put into the bucket by hand.
 */
export const CLAIMS = `${OWN}/claims`;

/** Longer than a prune ever writes. */
const MAX_CLAIM_SIZE = 4 * 1024 * 1024;
const MAX_CLAIMS = 10_000;
const LISTS_AT_ONCE = 16;

/** What earlier prunes did not come to the end of, or others are at just now. */
export class Claims {
  readonly #bucket: Bucket;
  readonly #keys: string[] = [];
  readonly #versions = new Set<number>();

  private constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  /** Throws BucketError. */
  static async read(bucket: Bucket): Promise<Claims> {
    const claims = new Claims(bucket);
    for await (const { key } of bucket.list(`${CLAIMS}/`)) {
      if (claims.#keys.length >= MAX_CLAIMS) break;
      claims.#keys.push(key);
      for (const mv of await versionsIn(bucket, key)) claims.#versions.add(idOf(mv));
    }
    return claims;
  }

  has(mv: ModVer): boolean {
    return this.#versions.size > 0 && this.#versions.has(idOf(mv));
  }

  /** After all of their versions were seen to: what is left are the lists of their modules. Throws BucketError. */
  async settle(): Promise<void> {
    for (const key of this.#keys) {
      const dirs = new Set((await versionsIn(this.#bucket, key)).map(({ path }) => moduleDir(path)));
      const lanes = new Lanes(LISTS_AT_ONCE);
      for (const dir of dirs) {
        if (dir !== undefined) await lanes.run(() => mendListsIn(this.#bucket, dir));
      }
      await lanes.end();
      await this.#bucket.remove([key]);
    }
  }
}

async function versionsIn(bucket: Bucket, key: string): Promise<readonly ModVer[]> {
  const found = await readSmall(bucket, key, MAX_CLAIM_SIZE);
  return found === undefined || found.bytes === 'oversize' ? [] : decodeUseNote(found.bytes).versions;
}

/** Writes a claim. Returns its key. Throws BucketError. */
export async function claim(bucket: Bucket, versions: readonly ModVer[]): Promise<string> {
  const key = `${CLAIMS}/${randomBytes(8).toString('hex')}`;
  await bucket.put(key, encodeUseNote({ uses: [], versions }));
  return key;
}
