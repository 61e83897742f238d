import type { BucketPlace } from '../../config/bucket-url.ts';
import type { AuthorityFiles, Config } from '../../config/types.ts';
import { createHttp } from '../../platform/http.ts';
import { resolvePlace } from '../../store/bucket/place.ts';
import { openS3Bucket } from '../../store/bucket/s3.ts';
import type { Bucket } from '../../store/bucket/types.ts';
import { readAuthorities } from '../network/authorities.ts';
import { targetOf } from '../network/host-name.ts';
import { VERSION } from '../version.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Connections to one bucket: those of calls, and of bodies that are read. */
const CONNECTIONS = 96;

export interface OpenBucketRequest {
  readonly place: BucketPlace;
  /** The job's: proxies and authorities. */
  readonly env: Env;
  /** What the client of the bucket may know of it: credentials, region, endpoints. */
  readonly storeEnv: Env;
  readonly config: Pick<Config, 'proxy'>;
  /** Root of the checkout, from which the files of `proxy.ca` are named. */
  readonly workspace: string;
  readonly authorityFiles: AuthorityFiles | undefined;
  readonly warn: (line: string) => void;
  readonly log?: (line: string) => void;
}

/**
 * A bucket through the proxies and with the authorities of a job. Nothing is asked before the first call. Throws
 * BucketError `invalid` when no region is known.
 */
export function openBucket(request: OpenBucketRequest): Bucket {
  const { place, env, storeEnv, config, workspace, authorityFiles: files, warn, log } = request;
  const { endpoint } = resolvePlace(place, storeEnv);
  const authorities = async () => {
    const read = await readAuthorities({ ca: config.proxy.ca, workspace, files, env, warn });
    const target = targetOf(new URL(endpoint));
    return target === undefined ? [] : read.forHost(target);
  };
  const send = createHttp(env, VERSION, authorities, CONNECTIONS);
  return openS3Bucket(place, { env: storeEnv, send, ...(log === undefined ? {} : { log }) });
}
