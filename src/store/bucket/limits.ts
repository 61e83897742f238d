/** Bounds of a client; every one can be set by whoever opens it. */
export interface Limits {
  /** Calls under way at a time. Bodies that are streamed are bounded by whoever reads them. */
  readonly parallel: number;
  /** Attempts of one call. */
  readonly attempts: number;
  /** First wait between attempts, ms; doubled each time, and drawn between nothing and that. */
  readonly backoffMs: number;
  /** Longest wait that a Retry-After is given, ms; one that asks for more ends the call. */
  readonly waitMs: number;
  /** Longest time in which nothing comes or goes, ms. */
  readonly stallMs: number;
  /** Longest time of one attempt without its body, ms. */
  readonly callMs: number;
  /** Slowest transfer that is put up with, bytes per second, beside callMs. */
  readonly slowest: number;
  /** Bodies up to this many bytes are read at once, and the call is over with them. */
  readonly smallBody: number;
  /** Files of more bytes are sent in parts of this many. S3 takes 5 MiB to 5 GiB. */
  readonly partSize: number;
  /** Parts of one file under way at a time. */
  readonly partsAtATime: number;
}

export const DEFAULT_LIMITS: Limits = {
  parallel: 32,
  attempts: 5,
  backoffMs: 200,
  waitMs: 20_000,
  stallMs: 15_000,
  callMs: 30_000,
  slowest: 64 * 1024,
  smallBody: 256 * 1024,
  partSize: 16 * 1024 * 1024,
  partsAtATime: 4,
};
