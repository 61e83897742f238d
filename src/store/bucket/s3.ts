import { setTimeout as sleep } from 'node:timers/promises';
import type { BucketPlace } from '../../config/bucket-url.ts';
import { Caller } from './caller.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { listObjects } from './list.ts';
import { type Env, resolvePlace } from './place.ts';
import { getObject, headObject } from './read.ts';
import { removeObjects } from './remove.ts';
import type { Send } from './transport.ts';
import type { Bucket } from './types.ts';
import { dropUploads } from './uploads.ts';
import { putObject } from './write.ts';

export interface S3Options {
  /** The job's environment: credentials, region, endpoints. Nothing is read from that of the process. */
  readonly env: Env;
  /** One request through the job's proxies and authorities; `createHttp` makes one. */
  readonly send: Send;
  readonly limits?: Partial<Limits>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Waits between attempts; rejects with the signal's reason when it fires. */
  readonly pause?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** One line for each attempt that failed and is made again; no credentials in it. */
  readonly log?: (line: string) => void;
}

/**
 * A bucket of S3 or of a service like it. The AWS SDK is loaded, and credentials are looked for, with the first call.
 * Throws BucketError `invalid` when no region is known.
 */
export function openS3Bucket(place: BucketPlace, options: S3Options): Bucket {
  const { env, send, now = Date.now, pause = sleepUnless, log = () => {} } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const caller = new Caller(resolvePlace(place, env), { env, send, limits, now, pause, log });
  return {
    location: place.location,
    head: (key, signal) => headObject(caller, key, signal),
    get: (key, how = {}) => getObject(caller, key, how),
    put: (key, content, how = {}) => putObject(caller, key, content, how),
    remove: (keys, signal) => removeObjects(caller, keys, signal),
    list: (prefix, how = {}) => listObjects(caller, prefix, how),
    dropUploads: (before, signal) => dropUploads(caller, before, signal),
    close: () => caller.close(),
  };
}

async function sleepUnless(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {
    throw signal?.reason;
  });
}
