import { isPlainLoopback } from './loopback.ts';
import { didYouMean } from './suggest.ts';

/** A place in an object service, by the text of its URL alone. */
export interface BucketPlace {
  readonly bucket: string;
  /** Without slashes at its ends; empty: the whole bucket. */
  readonly prefix: string;
  /** Undefined: as the environment says. */
  readonly region?: string;
  /** Base URL of a service other than AWS, without a slash at the end; undefined: as the environment says, or AWS. */
  readonly endpoint?: string;
  /** Whether the bucket stands in the path of requests; undefined: as fits the endpoint and the name. */
  readonly pathStyle?: boolean;
  /** Nothing is to be written there, whatever the credentials may do. */
  readonly readOnly: boolean;
  /** `s3://bucket/prefix`: for messages, and equal for URLs that name the same place. */
  readonly location: string;
}

const PARAMETERS = ['region', 'endpoint', 'path-style', 'mode', 'insecure'] as const;
type Parameter = (typeof PARAMETERS)[number];

const HOW = 'write it like s3://bucket/prefix?region=eu-central-1';
/** Longest key of S3 is 1,024 bytes, and keys of modules have to fit behind the prefix. */
const MAX_PREFIX = 256;

/** Whether a text is meant to name a bucket. */
export function isBucketUrl(text: string): boolean {
  return /^s3:/i.test(text);
}

/**
 * Reads `s3://bucket/prefix?region=…&endpoint=…&path-style=…&mode=read&insecure=1`; a string says why it cannot be
 * used, in words that follow it as a sentence would.
 */
export function parseBucketUrl(text: string): BucketPlace | string {
  if (/[\0-\x20\x7f]/.test(text)) return 'has a space or a control character in it';
  const [, place, , query] = /^s3:\/\/([^?#]*)(\?([^#]*))?$/i.exec(text) ?? [];
  if (place === undefined) return `is not the URL of a bucket; ${HOW}`;
  if (place.includes('@')) {
    return 'has credentials in it; they come from the environment (AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE or AWS_PROFILE)';
  }
  const slash = place.indexOf('/');
  const bucket = slash < 0 ? place : place.slice(0, slash);
  const wrongName = bucketProblem(bucket);
  if (wrongName !== undefined) return wrongName;
  const prefix = slash < 0 ? '' : place.slice(slash + 1).replace(/(?<=[^/])\/$/, '');
  const wrongPrefix = prefixProblem(prefix);
  if (wrongPrefix !== undefined) return wrongPrefix;
  const settings = readQuery(query ?? '');
  if (typeof settings === 'string') return settings;
  return { bucket, prefix, ...settings, location: `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}` };
}

/** Why a text is no URL of a bucket; undefined when it is fine. */
export function bucketUrlProblem(text: string): string | undefined {
  const parsed = parseBucketUrl(text);
  return typeof parsed === 'string' ? parsed : undefined;
}

function bucketProblem(name: string): string | undefined {
  if (name === '') return `names no bucket; ${HOW}`;
  const fits = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !/\.\.|\.-|-\.|^\d+(\.\d+){3}$/.test(name);
  return fits
    ? undefined
    : 'names a bucket that there cannot be: 3 to 63 lower-case letters, digits, hyphens and dots, and no address';
}

function prefixProblem(prefix: string): string | undefined {
  if (prefix === '') return undefined;
  if (prefix.length > MAX_PREFIX) return `has a prefix of more than ${MAX_PREFIX} characters`;
  const parts = prefix.split('/');
  if (parts.includes('')) return 'has an empty part in its prefix; write single slashes between its parts';
  // What every service, gateway and file system behind one takes as it is; % would be read in two ways.
  return parts.every(part => /^[A-Za-z0-9!_.*'()=-]+$/.test(part) && !/^\.\.?$/.test(part))
    ? undefined
    : "has a prefix with other characters than letters, digits and !_.*'()=- between slashes";
}

type Settings = Omit<BucketPlace, 'bucket' | 'prefix' | 'location'>;

function readQuery(query: string): Settings | string {
  const seen = new Map<Parameter, string>();
  for (const part of query === '' ? [] : query.split('&')) {
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    const known = PARAMETERS.find(parameter => parameter === name);
    if (known === undefined) return unknownParameter(name);
    if (seen.has(known)) return `has the parameter ${known} twice`;
    const value = decoded(equals < 0 ? '' : part.slice(equals + 1));
    if (value === undefined || value === '')
      return `has no value that can be read for the parameter ${known}`;
    seen.set(known, value);
  }
  const pathStyle = flag(seen.get('path-style'));
  const insecure = flag(seen.get('insecure'));
  const mode = seen.get('mode');
  if (pathStyle === 'wrong') return 'has a path-style that is neither 1 nor 0';
  if (insecure === 'wrong') return 'has an insecure that is neither 1 nor 0';
  if (mode !== undefined && mode !== 'read' && mode !== 'write')
    return 'has a mode that is neither read nor write';
  const region = seen.get('region');
  if (region !== undefined && !/^[a-z0-9-]{1,32}$/i.test(region)) return 'has a region that there cannot be';
  const written = seen.get('endpoint');
  const endpoint = written === undefined ? undefined : endpointOf(written, insecure === true);
  if (endpoint !== undefined && 'problem' in endpoint) return endpoint.problem;
  return {
    readOnly: mode === 'read',
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint: endpoint.url }),
    ...(pathStyle === undefined ? {} : { pathStyle }),
  };
}

function unknownParameter(name: string): string {
  // Whoever writes a key here should not read it again in a log.
  if (/key|secret|token|credential|password/i.test(name)) {
    return 'has credentials among its parameters; they come from the environment';
  }
  const shown = /^[\w.-]{1,40}$/.test(name) ? ` ${name}` : '';
  const near = didYouMean(name, PARAMETERS);
  const next = near === undefined ? `there are ${PARAMETERS.join(', ')}` : `did you mean ${near}?`;
  return `has a parameter${shown} that this version does not know; ${next}`;
}

function flag(text: string | undefined): boolean | undefined | 'wrong' {
  if (text === undefined) return undefined;
  if (text === '1' || text === 'true') return true;
  return text === '0' || text === 'false' ? false : 'wrong';
}

/** The base URL of a service as it is written; for the endpoint of a URL and for that of the environment. */
export function endpointOf(
  text: string,
  insecure: boolean,
): { readonly url: string } | { readonly problem: string } {
  const no = (problem: string) => ({ problem });
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (!/^https?:\/\/[^/]/i.test(written) || !URL.canParse(written) || /[\0-\x20\x7f\\]/.test(text)) {
    return no('has an endpoint that is no URL; write endpoint=https://minio.example.com');
  }
  const url = new URL(written);
  if (url.username !== '' || url.password !== '') {
    return no('has credentials in its endpoint; they come from the environment');
  }
  if (url.search !== '' || url.hash !== '') return no('has an endpoint with a query or a fragment');
  if (url.protocol === 'http:' && !insecure && !isPlainLoopback(url)) {
    return no(
      'has an endpoint over plain http, where others can read session tokens; write https, or add insecure=1',
    );
  }
  return { url: url.href.replace(/\/+$/, '') };
}

function decoded(text: string): string | undefined {
  try {
    const plain = decodeURIComponent(text);
    return /[\0-\x20\x7f]/.test(plain) ? undefined : plain;
  } catch {
    return undefined;
  }
}
