/** Why the proxy could not answer with a file. */
export type ProxyErrorCode =
  /** The path or version is none that go would send. */
  | 'bad-request'
  /** Proven absence: every upstream that had a say answered 404 or 410. */
  | 'absent'
  /** The policy refuses it. */
  | 'denied'
  /** A module that no checksum database knows has another hash than when it was first seen. */
  | 'hash-changed'
  /** An upstream refused us (401, 403, 451 ...) and kept refusing. */
  | 'upstream-refused'
  /** An upstream could not be reached, broke, or answered 5xx or 429 until patience ran out. */
  | 'upstream-unavailable'
  /** An upstream went silent. */
  | 'upstream-stalled'
  /** An upstream keeps answering bytes that are wrong: bad hash, no zip, an HTML page. */
  | 'upstream-wrong'
  /** Larger than go itself accepts. */
  | 'too-large'
  /** GOPROXY=off or nothing left to ask. */
  | 'lookup-disabled'
  /** The store's or the session's own disk failed. */
  | 'disk'
  /** The daemon is ending. */
  | 'closing';

/** An answer that is not a file. `message` is printed by go below its own line, so it is plain text, ≤ 8 lines. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code: ProxyErrorCode;
  /** The upstream it happened at, redacted. */
  readonly upstream: string | undefined;
  readonly rule: string | undefined;
  /** For the record, in one line; the first of the message where there is none. */
  readonly reason: string;
  /** Failed attempts before giving up. */
  readonly retries: number;
  constructor(
    code: ProxyErrorCode,
    message: string,
    more: {
      upstream?: string | undefined;
      rule?: string;
      reason?: string;
      retries?: number;
      cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.upstream = more.upstream;
    this.rule = more.rule;
    this.reason = more.reason ?? message.split('\n', 1)[0] ?? '';
    this.retries = more.retries ?? 0;
  }
}

/**
 * HTTP status of an error. Only proven absence is 404: an outage answered with 404 would make go clone
 * silently through `direct`, and a policy refusal answered with 404 would hide its reason.
 */
export function statusOf(code: ProxyErrorCode): number {
  switch (code) {
    case 'bad-request':
    case 'absent':
    case 'lookup-disabled':
      return 404;
    case 'denied':
    case 'hash-changed':
      return 403;
    case 'upstream-refused':
    case 'upstream-wrong':
    case 'too-large':
      return 502;
    case 'upstream-unavailable':
    case 'disk':
    case 'closing':
      return 503;
    case 'upstream-stalled':
      return 504;
  }
}
