import { StoreError } from '../errors.ts';
import { OWN } from '../layout.ts';
import type { Bucket } from './types.ts';

/**
 * For work on all of a store: a prefix that somebody named by mistake must not be cleaned up. Every store has objects
 * below `modgate/`. Throws StoreError `store-missing` and `store-foreign`, BucketError.
 */
export async function requireBucketStore(bucket: Bucket): Promise<void> {
  if (await hasAny(bucket, `${OWN}/`)) return;
  const { location } = bucket;
  if (await hasAny(bucket, '')) {
    const message = `module store: ${location} is no store of modgate: it has objects, and none below ${OWN}/; nothing was changed. Name the prefix that holds ${OWN}/`;
    throw new StoreError('store-foreign', location, message);
  }
  const message = `module store: there is nothing in ${location}; name the prefix of a store, or run a job first that fills one`;
  throw new StoreError('store-missing', location, message);
}

async function hasAny(bucket: Bucket, prefix: string): Promise<boolean> {
  for await (const _ of bucket.list(prefix)) return true;
  return false;
}
