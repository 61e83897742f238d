/**
 * How long an upstream is asked again. Pure: decides from what happened so far; no timers here.
 * go itself never retries and has no body time-out, so all patience of a build lives in these numbers.
 */
export interface Patience {
  /** Attempts in all that may fail. */
  readonly attempts: number;
  /** Wall time since the last progress after which no new attempt starts, ms. */
  readonly totalMs: number;
  /** First delay; doubles with every attempt up to `maxDelayMs`. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /**
   * Silence before the response headers on the first attempt, ms; doubles with each attempt up to four times.
   * Short at first, because a request that a middle box lost is answered at once by the next one; mirrors that
   * fetch rare modules from their origin first get the longer waits.
   */
  readonly headersMs: number;
  /**
   * Silence within a body on the first attempt, ms; doubles with each attempt up to eight times. Short,
   * because a resume by Range is cheap and a really slow server gets more with every try. A third of it for a
   * body that fits into a few packets: the look-up of one module needs a dozen of those one after the other.
   */
  readonly stallMs: number;
}

export const PATIENT: Patience = {
  attempts: 8,
  totalMs: 60_000,
  baseDelayMs: 100,
  maxDelayMs: 8_000,
  headersMs: 10_000,
  stallMs: 3_000,
};

/** For an upstream that was down a moment ago, and where the store has an older answer. */
export const BRIEF: Patience = {
  ...PATIENT,
  attempts: 2,
  totalMs: 4_000,
  maxDelayMs: 300,
};

/** For what could also be answered without: three attempts, because an odd answer is asked for again twice. */
export const CONFIRM: Patience = {
  ...PATIENT,
  attempts: 3,
  totalMs: 4_000,
  maxDelayMs: 300,
  headersMs: 4_000,
};

/** What a failed attempt was. */
export type FailureKind =
  /** No connection, reset, 5xx, 429, 408. */
  | 'unavailable'
  /** Silence. */
  | 'stalled'
  /** 401, 403, 451 and other refusals. */
  | 'refused'
  /** 200 with wrong bytes. */
  | 'wrong'
  /** Would be the same next time. */
  | 'final';

export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
  readonly status?: number;
  /** What Retry-After asked for, ms. */
  readonly retryAfterMs?: number;
  /** Bytes that came in with this attempt and are kept for a resume. */
  readonly progress: boolean;
  /** The body named the status code in words of the upstream, safe to print. */
  readonly text?: string;
  /** What the user can do about it, where that is known better than by the kind. */
  readonly advice?: string;
}

/** Refusals are mostly meant; a stray 403 of a mirror's storage host is over at the next request or two. */
const MAX_REFUSALS = 3;
/** A body that is wrong this often is wrong on purpose. */
const MAX_WRONG = 4;

/**
 * Delay before the next attempt in ms, or undefined to give up.
 * @param failures all failures so far, oldest first
 * @param sinceProgressMs wall time since the transfer last got bytes it could keep
 * @param random 0 ≤ random < 1
 */
export function nextDelay(
  patience: Patience,
  failures: readonly Failure[],
  sinceProgressMs: number,
  random: number,
): number | undefined {
  const last = failures.at(-1);
  if (last === undefined) return 0;
  if (last.kind === 'final') return undefined;
  const stuck = failures.filter(f => !f.progress);
  if (stuck.length >= patience.attempts || failures.length >= 10 * patience.attempts) return undefined;
  if (last.kind === 'refused' && failures.filter(f => f.kind === 'refused').length >= MAX_REFUSALS)
    return undefined;
  if (last.kind === 'wrong' && failures.filter(f => f.kind === 'wrong').length >= MAX_WRONG) return undefined;
  const left = patience.totalMs - sinceProgressMs;
  if (left <= 0) return undefined;
  if (last.retryAfterMs !== undefined) {
    // A mirror that wants longer than we may wait will not have changed its mind before that.
    return last.retryAfterMs > left ? undefined : last.retryAfterMs + random * patience.baseDelayMs;
  }
  const exponent = Math.max(0, stuck.length - 1);
  const ceiling = Math.min(patience.maxDelayMs, patience.baseDelayMs * 2 ** exponent);
  return Math.min(left, ceiling / 2 + (random * ceiling) / 2);
}

/** Silence allowed before the headers on attempt `n` (0 = first), ms. */
export function headersLimit(patience: Patience, n: number): number {
  return patience.headersMs * 2 ** Math.min(n, 2);
}

/** A body of up to this many bytes comes at once or not at all. */
const SMALL = 64 * 1024;

/**
 * Silence allowed within a body on attempt `n` (0 = first), ms.
 * @param size most bytes that the body can have
 */
export function stallLimit(patience: Patience, n: number, size: number): number {
  const first = size <= SMALL ? patience.stallMs / 3 : patience.stallMs;
  return first * 2 ** Math.min(n, 3);
}

/** Reads a Retry-After header (seconds or an HTTP date) into ms from `now`; undefined when malformed. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const trimmed = value.trim();
  if (/^\d{1,6}$/.test(trimmed)) return Number(trimmed) * 1000;
  // Date.parse alone also takes "-5" for a year.
  const at = /^[a-z]{3,9},? /i.test(trimmed) ? Date.parse(trimmed) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
