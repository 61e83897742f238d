import { BucketError } from './errors.ts';
import type { Place } from './place.ts';

/** Longest key of S3, bytes. */
const MAX_KEY = 1024;

/** The key in the bucket of one that is relative to the prefix. Throws BucketError `invalid`. */
export function fullKey({ prefix, location }: Pick<Place, 'prefix' | 'location'>, key: string): string {
  const full = prefix === '' ? key : `${prefix}/${key}`;
  const parts = key.split('/');
  const fits =
    !/[\0-\x1f\x7f]/.test(key) &&
    parts.every(part => part !== '' && part !== '.' && part !== '..') &&
    Buffer.byteLength(full) <= MAX_KEY;
  if (fits) return full;
  const message = `bucket ${location}: a key of ${key.length} characters cannot be an object's; it has empty or dot parts or control characters, or is too long`;
  throw new BucketError('invalid', message, { location });
}

/** The key relative to the prefix; undefined for what lies elsewhere. */
export function ownKey({ prefix }: Pick<Place, 'prefix'>, full: string): string | undefined {
  if (prefix === '') return full;
  return full.startsWith(`${prefix}/`) ? full.slice(prefix.length + 1) : undefined;
}
