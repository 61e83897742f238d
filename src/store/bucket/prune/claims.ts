import { randomBytes } from 'node:crypto';
import { OWN } from '../../layout.ts';
import type { ModVer } from '../../types.ts';
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
    for await (const { key, size } of bucket.list(`${CLAIMS}/`)) {
      if (claims.#keys.length >= MAX_CLAIMS) break;
      claims.#keys.push(key);
      const found = size > MAX_CLAIM_SIZE ? undefined : await readSmall(bucket, key, MAX_CLAIM_SIZE);
      if (found === undefined || found.bytes === 'oversize') continue;
      for (const mv of decodeUseNote(found.bytes).versions) claims.#versions.add(idOf(mv));
    }
    return claims;
  }

  has(mv: ModVer): boolean {
    return this.#versions.size > 0 && this.#versions.has(idOf(mv));
  }

  /** After all of them were seen to. Throws BucketError. */
  async drop(): Promise<void> {
    if (this.#keys.length > 0) await this.#bucket.remove(this.#keys);
  }
}

/** Writes a claim. Returns its key. Throws BucketError. */
export async function claim(bucket: Bucket, versions: readonly ModVer[]): Promise<string> {
  const key = `${CLAIMS}/${randomBytes(8).toString('hex')}`;
  await bucket.put(key, encodeUseNote({ uses: [], versions }));
  return key;
}
