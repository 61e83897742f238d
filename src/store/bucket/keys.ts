import { BucketError } from './errors.ts';
import type { Place } from './place.ts';

/** Longest key of S3, bytes. */
const MAX_KEY = 1024;

/** The key in the bucket of one that is relative to the prefix; undefined for one that no object has. */
export function possibleKey({ prefix }: Pick<Place, 'prefix'>, key: string): string | undefined {
  const full = prefix === '' ? key : `${prefix}/${key}`;
  const parts = key.split('/');
  const fits =
    !/[\0-\x1f\x7f]/.test(key) &&
    parts.every(part => part !== '' && part !== '.' && part !== '..') &&
    Buffer.byteLength(full) <= MAX_KEY;
  return fits ? full : undefined;
}

/** The same for what is to be written. Throws BucketError `invalid`. */
export function fullKey(place: Pick<Place, 'prefix' | 'location'>, key: string): string {
  const full = possibleKey(place, key);
  if (full !== undefined) return full;
  const { location } = place;
  const message = `bucket ${location}: a key of ${key.length} characters cannot be an object's; it has empty or dot parts or control characters, or is too long`;
  throw new BucketError('invalid', message, { location });
}

/** The key relative to the prefix; undefined for what lies elsewhere. */
export function ownKey({ prefix }: Pick<Place, 'prefix'>, full: string): string | undefined {
  if (prefix === '') return full;
  return full.startsWith(`${prefix}/`) ? full.slice(prefix.length + 1) : undefined;
}
