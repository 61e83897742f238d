import { createHash } from 'node:crypto';

/** Every entry of the shared cache begins so; the number changes when older entries could not be read. */
export const CACHE_PREFIX = 'modgate-v2-';

const HOUR_MS = 3_600_000;

/** How large a set is, by powers of two of its bytes: what an entry for few modules cannot hide from one for many. */
export function sizeClass(bytes: number): number {
  return bytes < 1 ? 0 : Math.min(99, Math.floor(Math.log2(bytes)));
}

/**
 * Key of the entry that follows `parent` (undefined: the first) for a set of `bytes`. All jobs that restored the
 * same entry and end within the hour want the same key, and the service gives it to one of them. The hour is in
 * it, so that a job that died between taking the key and filling it bars the others for that long only. Lower case,
 * because some servers fold case.
 */
export function nextKey(parent: string | undefined, now: number, bytes: number): string {
  const hour = Math.floor(now / HOUR_MS);
  const hash = createHash('sha256')
    .update(`${parent ?? ''} ${hour}`)
    .digest('hex')
    .slice(0, 20);
  return `${CACHE_PREFIX}${hash}-${String(sizeClass(bytes)).padStart(2, '0')}`;
}

/** `sizeClass` of the set that an entry is for; undefined for a key of another form. */
export function classOfKey(key: string): number | undefined {
  const digits = /^modgate-v2-[0-9a-f]{20}-(\d\d)$/.exec(key)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
