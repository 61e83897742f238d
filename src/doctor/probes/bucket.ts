import { BucketError } from '../../store/bucket/errors.ts';
import type { Bucket } from '../../store/bucket/types.ts';
import { INDEX, OWN } from '../../store/layout.ts';
import { type Bounds, TimeUp } from '../limits.ts';
import { ended } from '../network/reach.ts';
import { failed, ok, type Verdict, warning } from '../types.ts';

export interface BucketQuestion {
  /** Throws BucketError where the place cannot be used at all. */
  readonly open: () => Bucket;
  /** Why this job does not write there; undefined when it does. */
  readonly readsOnly: string | undefined;
  readonly bounds: Bounds;
}

/** A tag that no object has. */
const NOBODYS = '"00000000000000000000000000000000"';

/** A bucket of modules: whether it can be listed, read and, where the job is to, written. Nothing is changed. */
export async function probeBucket({ open, readsOnly, bounds }: BucketQuestion): Promise<Verdict> {
  let bucket: Bucket | undefined;
  try {
    const opened = open();
    bucket = opened;
    const empty = await bounds.try(async signal => {
      await opened.get(`${INDEX}/modgate-doctor-asks-for-nothing`, { signal });
      for await (const _ of opened.list(`${OWN}/`, { signal })) return false;
      return true;
    });
    const found = empty ? 'there is no store yet' : 'holds a store';
    if (readsOnly !== undefined) return ok(`answers, ${found}; this job only reads it: ${readsOnly}`);
    const denied = await bounds.try(async signal => await writeDenied(opened, signal));
    if (denied === undefined) return ok(`answers, ${found}; it can be read and written`);
    return warning(`answers, ${found}; it can be read, and not written`, {
      why: denied.message,
      fix: 'give jobs of trusted refs s3:PutObject there, or write ?mode=read where none is to write',
    });
  } catch (error) {
    if (error instanceof TimeUp) return ended(error);
    if (!(error instanceof BucketError)) throw error;
    return failed('cannot be used', {
      why: error.message,
      fix: 'until then jobs go without it: they fetch from their upstreams what it would have had',
    });
  } finally {
    await bucket?.close();
  }
}

/** Asks to replace what nobody can have written: a service looks at the right first. */
async function writeDenied(bucket: Bucket, signal: AbortSignal): Promise<BucketError | undefined> {
  try {
    await bucket.put(`${OWN}/probe`, Buffer.alloc(0), { condition: { etag: NOBODYS }, signal });
    return undefined;
  } catch (error) {
    if (error instanceof BucketError && error.code === 'denied') return error;
    throw error;
  }
}
