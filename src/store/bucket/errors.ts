/** What went wrong at an object service. Mapped to words for reports and exit codes elsewhere. */
export type BucketErrorCode =
  /** The service knows the credentials, and they may not do this. */
  | 'denied'
  /** There are no credentials, or the service does not accept them. */
  | 'credentials'
  /** The credentials were good once. */
  | 'expired'
  | 'no-bucket'
  | 'wrong-region'
  /** The service asks for fewer requests, and went on asking. */
  | 'slow-down'
  /** No connection, or one that broke or stood still again and again. */
  | 'unreachable'
  /** Settings or arguments that cannot be used. */
  | 'invalid'
  /** The object became another one while it was read. */
  | 'changed'
  /** A local file cannot be read. */
  | 'file'
  /** Whatever else the service answered. */
  | 'service';

/** A call to a bucket failed. The message has no credentials, no signature and nothing that the service wrote itself. */
export class BucketError extends Error {
  override readonly name = 'BucketError';
  readonly code: BucketErrorCode;
  /** `s3://bucket/prefix`. */
  readonly location: string;
  readonly key: string | undefined;
  /** HTTP status of the last answer; undefined when there was none. */
  readonly status: number | undefined;
  /** The error's name as the service gave it, like `AccessDenied`; letters only. */
  readonly reason: string | undefined;
  constructor(
    code: BucketErrorCode,
    message: string,
    about: {
      readonly location: string;
      readonly key?: string | undefined;
      readonly status?: number | undefined;
      readonly reason?: string | undefined;
      readonly cause?: unknown;
    },
  ) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause });
    this.code = code;
    this.location = about.location;
    this.key = about.key;
    this.status = about.status;
    this.reason = about.reason;
  }
}
