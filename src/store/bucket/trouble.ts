import type { BucketErrorCode } from './errors.ts';
import type { Watch } from './watch.ts';

/** What a failed attempt means. */
export interface Trouble {
  readonly code: BucketErrorCode;
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** Name of the error: the service's own, or that of the system; letters, digits and `_` only. */
  readonly reason: string | undefined;
  /** Whether another attempt may do better. */
  readonly again: boolean;
  /** As the service asked for, ms. */
  readonly waitMs: number | undefined;
  /** Where the bucket is, when that was the trouble. */
  readonly region: string | undefined;
}

/** Names that S3 and its like give to their errors. */
const CODES: Readonly<Record<string, BucketErrorCode>> = {
  AccessDenied: 'denied',
  AllAccessDisabled: 'denied',
  AccountProblem: 'denied',
  NotSignedUp: 'denied',
  MethodNotAllowed: 'denied',
  InvalidAccessKeyId: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  RequestTimeTooSkewed: 'credentials',
  InvalidToken: 'expired',
  ExpiredToken: 'expired',
  TokenRefreshRequired: 'expired',
  NoSuchBucket: 'no-bucket',
  InvalidBucketName: 'no-bucket',
  PermanentRedirect: 'wrong-region',
  TemporaryRedirect: 'wrong-region',
  AuthorizationHeaderMalformed: 'wrong-region',
  IllegalLocationConstraintException: 'wrong-region',
  SlowDown: 'slow-down',
  Throttling: 'slow-down',
  ThrottlingException: 'slow-down',
  TooManyRequests: 'slow-down',
  RequestLimitExceeded: 'slow-down',
};

/** Besides 429 and 5xx. The first is mended by the SDK, which takes the service's clock for the next attempt. */
const AGAIN: ReadonlySet<string> = new Set([
  'RequestTimeTooSkewed',
  'RequestTimeout',
  'ConditionalRequestConflict',
  'OperationAborted',
  'IncompleteBody',
]);

/** Nothing that time mends: a name that there is not, a certificate that nobody here vouches for. */
const FOR_GOOD = /^(ENOTFOUND|CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_CA)/;

interface SdkError {
  readonly name?: unknown;
  readonly Code?: unknown;
  readonly Region?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: {
    readonly statusCode?: number;
    readonly headers?: Readonly<Record<string, string | undefined>>;
  };
}

/** @param now ms since the epoch, for a Retry-After that is a date */
export function troubleOf(error: unknown, watch: Watch | undefined, now: number): Trouble {
  const { name, Code, Region, $metadata, $response } = (error ?? {}) as SdkError;
  const status = $response?.statusCode ?? $metadata?.httpStatusCode;
  if (status === undefined) return ofConnection(error, watch);
  const headers = $response?.headers ?? {};
  const reason = [Code, name].map(wordOf).find(word => word !== undefined && word !== 'Unknown');
  const region = [headers['x-amz-bucket-region'], Region].map(regionOf).find(found => found !== undefined);
  const code = codeOf(status, reason, region);
  const again =
    status === 429 || (status >= 500 && status !== 501) || (reason !== undefined && AGAIN.has(reason));
  return { code, status, reason, again, waitMs: waitOf(headers['retry-after'], now), region };
}

function codeOf(status: number, reason: string | undefined, region: string | undefined): BucketErrorCode {
  const known = reason === undefined ? undefined : CODES[reason];
  // A malformed header says so of other things than the region, too.
  if (known === 'wrong-region' && reason === 'AuthorizationHeaderMalformed' && region === undefined) {
    return 'credentials';
  }
  if (known !== undefined) return known;
  if (status === 301 || status === 307) return 'wrong-region';
  if (status === 401 || status === 403) return 'denied';
  if (status === 429 || status === 503) return 'slow-down';
  if (status === 400 || status === 416) return 'invalid';
  return 'service';
}

function ofConnection(error: unknown, watch: Watch | undefined): Trouble {
  const reason = systemCode(error);
  return {
    code: 'unreachable',
    status: undefined,
    reason,
    again: watch?.tired !== undefined || reason === undefined || !FOR_GOOD.test(reason),
    waitMs: undefined,
    region: undefined,
  };
}

function systemCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = wordOf((at as NodeJS.ErrnoException).code);
    if (code !== undefined) return code;
  }
  return undefined;
}

/** What a service calls an error goes into messages: only what can do no harm there. */
function wordOf(text: unknown): string | undefined {
  return typeof text === 'string' && /^\w{1,64}$/.test(text) ? text : undefined;
}

function regionOf(text: unknown): string | undefined {
  return typeof text === 'string' && /^[a-z0-9-]{1,32}$/.test(text) ? text : undefined;
}

function waitOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,6}$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
