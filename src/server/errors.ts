import { BatchError, RawError } from '../audit/errors.ts';
import { CollectorError, type CollectorErrorCode } from '../collector/errors.ts';
import { IdentityError, type IdentityErrorCode } from '../collector/identity/errors.ts';
import { IndexError, type IndexErrorCode } from '../collector/index/errors.ts';

/** Why a request was not served as far as HTTP goes. */
export type RequestErrorCode =
  | 'malformed'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'timeout'
  | 'too-large'
  | 'unsupported'
  | 'busy';

/** A request that is refused before anything is done for it. */
export class RequestError extends Error {
  readonly code: RequestErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: RequestErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'RequestError';
    this.code = code;
    this.headers = headers;
  }
}

/** A refusal as it goes out: `{error: {code, message}}` under a status. */
export interface Failure {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For the collector's log alone, where the caller is not to see it. */
  readonly detail?: string;
}

const REQUEST: Readonly<Record<RequestErrorCode, number>> = {
  malformed: 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  timeout: 408,
  'too-large': 413,
  unsupported: 415,
  busy: 503,
};

const BATCH: Readonly<Record<BatchError['code'], number>> = {
  'too-large': 413,
  'not-gzip': 400,
  'not-utf8': 400,
  malformed: 400,
  digest: 400,
  'future-version': 422,
  'future-date': 422,
};

const COLLECTOR: Readonly<Record<CollectorErrorCode, number>> = {
  question: 400,
  refused: 502,
  unreachable: 502,
  storage: 500,
  settings: 500,
  locked: 500,
  'index-away': 503,
  busy: 503,
  looking: 503,
  closing: 503,
};

const RAW: Readonly<Record<RawError['code'], number>> = { key: 500, io: 500, damaged: 500, full: 507 };

const INDEX: Readonly<Record<IndexErrorCode, number>> = {
  cursor: 400,
  'no-such-job': 404,
  failed: 500,
  'newer-schema': 500,
  'not-an-index': 500,
  unavailable: 503,
};

const IDENTITY: Readonly<Record<IdentityErrorCode, number>> = {
  refused: 401,
  'unknown-key': 401,
  foreign: 403,
  replayed: 403,
  contradicts: 403,
  unavailable: 503,
};

/** Seconds after which the key of a token may be known. */
const RETRY_KEY = '30';

/** Seconds after which a busy collector may be asked again. */
const RETRY_AFTER = '5';

/** The one place that turns an error into an HTTP status. */
export function failureOf(error: unknown): Failure {
  const known = statusOf(error);
  if (known === undefined) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const message = 'the collector failed; its own log says why';
    return { status: 500, code: 'internal', message, headers: {}, detail };
  }
  const { code, message } = error as { code: string; message: string };
  const own = error instanceof RequestError ? error.headers : {};
  if (error instanceof IdentityError && code === 'unknown-key')
    return { status: known, code, message, headers: { 'Retry-After': RETRY_KEY } };
  const headers = known === 503 ? { 'Retry-After': RETRY_AFTER, ...own } : own;
  return { status: known, code, message, headers };
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof RequestError) return REQUEST[error.code];
  if (error instanceof BatchError) return BATCH[error.code];
  if (error instanceof CollectorError) return COLLECTOR[error.code];
  if (error instanceof RawError) return RAW[error.code];
  if (error instanceof IdentityError) return IDENTITY[error.code];
  if (error instanceof IndexError) return INDEX[error.code];
  return undefined;
}
