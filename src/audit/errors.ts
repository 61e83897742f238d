/**
 * `retry`: the store is away or busy. `unauthorized`: no, a wrong or an old credential. `too-large`: to be split.
 * `refused`: this batch will never be taken as it is. `target`: the name of the store is not understood.
 */
export type DeliveryErrorCode = 'retry' | 'unauthorized' | 'too-large' | 'refused' | 'target';

/** A batch that a store did not take; the message says which store, what it answered and what to do. */
export class DeliveryError extends Error {
  readonly code: DeliveryErrorCode;
  /** What the store asked to wait, ms. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: DeliveryErrorCode,
    message: string,
    options: { readonly retryAfterMs?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'DeliveryError';
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Bytes that are no batch; `status` is the HTTP status that says so. */
export class BatchError extends Error {
  readonly code:
    | 'too-large'
    | 'not-gzip'
    | 'not-utf8'
    | 'malformed'
    | 'future-version'
    | 'digest'
    | 'future-date';

  constructor(code: BatchError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BatchError';
    this.code = code;
  }
}

/**
 * `key`: no name of a raw object. `full`: no room. `damaged`: what lies there is no raw object. `io`: the disk or the
 * rights on it.
 */
export type RawErrorCode = 'key' | 'full' | 'damaged' | 'io';

/** A raw object that could not be kept or read. */
export class RawError extends Error {
  readonly code: RawErrorCode;

  constructor(code: RawErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RawError';
    this.code = code;
  }
}
