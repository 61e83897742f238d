import { parseBucketUrl } from '../../../src/config/bucket-url.ts';
import { createHttp } from '../../../src/platform/http.ts';
import { openS3Bucket, type S3Options } from '../../../src/store/bucket/s3.ts';
import type { Bucket } from '../../../src/store/bucket/types.ts';

/** The real client over the real HTTP of a job, as a session opens it. */
export function openBucket(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
  options: Partial<S3Options> = {},
): Bucket {
  const place = parseBucketUrl(url);
  if (typeof place === 'string') throw new Error(`${url} ${place}`);
  return openS3Bucket(place, { env, send: createHttp(env, 'test', undefined, 256), ...options });
}

/** For tests of faults: the same bounds, in less time. */
export const QUICK = { backoffMs: 5, stallMs: 2_000, callMs: 20_000 } as const;
