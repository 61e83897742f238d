import { StoreError } from '../../errors.ts';
import { TEMP } from '../../layout.ts';
import { BucketError } from '../errors.ts';
import type { Bucket } from '../types.ts';

/**
 * Tries on an object of its own what is to be done to those of others. Throws StoreError `store-read-only`, BucketError.
 */
export async function requireRights(bucket: Bucket): Promise<void> {
  const key = `${TEMP}/prune-probe`;
  try {
    await bucket.put(key, Buffer.from('may modgate cache prune write and delete here?\n'));
    const [left] = await bucket.remove([key]);
    if (left !== undefined) throw refusal(bucket, `${key} could be written and not deleted (${left.why})`);
  } catch (error) {
    throw error instanceof BucketError && error.code === 'denied' ? refusal(bucket, error.message) : error;
  }
}

function refusal({ location }: Bucket, why: string): StoreError {
  const message = `module store: ${location} cannot be pruned with these credentials; nothing was removed: ${why}. Run this with credentials that may put and delete objects there, or try --dry-run`;
  return new StoreError('store-read-only', location, message);
}
