/** What can go wrong with one answer. Body faults keep the healthy answer's status and type. */
export type Fault =
  /** The connection dies before a byte of the answer (a stream reset over HTTP/2). */
  | { readonly kind: 'reset' }
  /** Content-Length is right, the body stops half-way and the connection ends. */
  | { readonly kind: 'cut' }
  /** No Content-Length; half the body, then a clean end, or an aborted connection. */
  | { readonly kind: 'cut-chunked'; readonly end: 'clean' | 'abort' }
  /** Another status with a text body; `retryAfter` goes into the header as it is (seconds or a date). */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string; readonly body?: string }
  /** A portal page with status 200. */
  | { readonly kind: 'html' }
  /** One bit of one byte is wrong; `at` is its offset, default the middle. */
  | { readonly kind: 'flip-byte'; readonly at?: number }
  /** Status 200 and no body. */
  | { readonly kind: 'empty' }
  /** Half the body, then silence until the client leaves. */
  | { readonly kind: 'stall' }
  /** Silence from the start until the client leaves. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'redirect-loop' }
  /** Says `Content-Encoding: gzip`; the body is gzip when `real`, else plain. */
  | { readonly kind: 'encoding'; readonly real: boolean }
  /** The whole body, slowly: `pieces` parts with `everyMs` between them. */
  | { readonly kind: 'drip'; readonly pieces?: number; readonly everyMs?: number }
  /** An `.info` that speaks of another version; other files are healthy. */
  | { readonly kind: 'wrong-version' };

/** A request as the fault chooser sees it. `nth` counts the requests of this path, from 1. */
export interface Asked {
  /** Percent-decoded, with go's `!` escapes, starting with `/`. */
  readonly path: string;
  readonly nth: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export type Faults = (asked: Asked) => Fault | undefined;

/** One line of the request log; it is complete when `done`. */
export interface LoggedRequest extends Asked {
  readonly method: string;
  /** Milliseconds since the server started. */
  readonly at: number;
  readonly httpVersion: string;
  readonly fault?: Fault['kind'];
  readonly status: number;
  /** Body bytes handed to the connection. */
  readonly bytes: number;
  readonly ms: number;
  readonly done: boolean;
  /** True when the client left before the whole answer was sent. */
  readonly left: boolean;
}

export interface UpstreamStats {
  readonly requests: number;
  readonly bytes: number;
  /** Requests that were being answered at one moment, at most. */
  readonly peakConcurrency: number;
  /** Connections accepted since the start. */
  readonly connections: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Requests that had to go to the real mirror because nothing was recorded. */
  readonly recorded: number;
}

export interface UpstreamOptions {
  /** Where answers are recorded; default `.tools/upstream`. */
  readonly tree?: string;
  /** `cache/download` trees read but never written; default the machine's own module cache. */
  readonly moduleCaches?: readonly string[];
  /**
   * The real mirror asked for what is not recorded; default the machine's GOPROXY. `null` never asks: what
   * is not recorded is then a 502 that says so, because an absence must be a recorded one.
   */
  readonly behind?: string | null;
  /** Answers made up by the test, by decoded path; they come before recorded ones. */
  readonly made?: (path: string) => { readonly status?: number; readonly body: string | Buffer } | undefined;
  /** Milliseconds before each answer. */
  readonly latencyMs?: number;
  /** Bytes a second over all answers together. */
  readonly bytesPerSecond?: number;
  /** False: Range headers are ignored, as by a plain handler. Default true. */
  readonly ranges?: boolean;
  /** True: TLS with HTTP/2 and HTTP/1.1 and a certificate made now; see `caFile`. */
  readonly http2?: boolean;
  /** The status for an absence; default 404 or 410. Corporate mirrors say 403. */
  readonly absentStatus?: number;
  readonly faults?: Faults;
  /** Default: any free port. */
  readonly port?: number;
}

export interface Upstream extends AsyncDisposable {
  /** Base URL for GOPROXY, without a final slash. */
  readonly url: string;
  /** PEM file of the certificate authority to trust (`http2` only). */
  readonly caFile: string | undefined;
  /** Every request so far, oldest first. */
  readonly requests: readonly LoggedRequest[];
  stats(): UpstreamStats;
  /** Exchanges the faults; `nth` starts again at 1. */
  setFaults(faults: Faults | undefined): void;
  /** Ends at once, connections and all: the port is dead afterwards. */
  kill(): Promise<void>;
  /** The same; a started answer is cut too. */
  close(): Promise<void>;
}
