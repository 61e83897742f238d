import { type BucketPlace, endpointOf } from '../../config/bucket-url.ts';
import { BucketError } from './errors.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** A bucket with everything that requests to it need. */
export interface Place extends BucketPlace {
  readonly region: string;
  readonly endpoint: string;
  readonly pathStyle: boolean;
  /** Host that requests go to. */
  readonly host: string;
}

/** What a service that knows no regions is told. */
const NO_REGION = 'us-east-1';

/**
 * Completes what a URL says with what the environment says (AWS_REGION, AWS_ENDPOINT_URL_S3 and so on). Throws
 * BucketError `invalid`.
 */
export function resolvePlace(place: BucketPlace, env: Env): Place {
  const given = place.endpoint ?? endpointIn(env, place);
  const region =
    place.region ??
    (env.AWS_REGION || env.AWS_DEFAULT_REGION || (given === undefined ? undefined : NO_REGION));
  if (region === undefined) {
    throw invalid(place, 'no region is known; write ?region=… into the URL, or set AWS_REGION');
  }
  // It becomes a part of a host name.
  if (!/^[a-z0-9-]{1,32}$/i.test(region)) throw invalid(place, 'AWS_REGION is no region; mend it');
  const endpoint = given ?? `https://s3.${awsHost(region)}`;
  const { host } = new URL(endpoint);
  // A certificate for *.s3.… does not hold for a name with dots; own services rarely have a name for each bucket.
  const pathStyle = place.pathStyle ?? (given !== undefined || place.bucket.includes('.'));
  return { ...place, region, endpoint, pathStyle, host: pathStyle ? host : `${place.bucket}.${host}` };
}

/** Where credentials for a role are asked for; the SDK would read the environment of the process for it. */
export function stsEndpoint(env: Env, region: string): string {
  return env.AWS_ENDPOINT_URL_STS || env.AWS_ENDPOINT_URL || `https://sts.${awsHost(region)}`;
}

function awsHost(region: string): string {
  return `${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function endpointIn(env: Env, place: BucketPlace): string | undefined {
  const text = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL;
  if (!text) return undefined;
  // Whoever set the variable has set it for every program of the job, plain http or not.
  const read = endpointOf(text, true);
  if ('url' in read) return read.url;
  throw invalid(place, `AWS_ENDPOINT_URL ${read.problem}`);
}

function invalid({ location }: BucketPlace, why: string): BucketError {
  return new BucketError('invalid', `bucket ${location}: ${why}`, { location });
}
