/** Longest pause before the next attempt, ms, unless the store asks for more. */
const MAX_PAUSE_MS = 20_000;
/** The pause before the second attempt is at most this, ms; it doubles with every further one. */
const FIRST_PAUSE_MS = 500;
/** A store may not send us away for longer than this, ms. */
const MAX_RETRY_AFTER_MS = 10 * 60_000;

/**
 * How long to wait before another attempt, ms: anything up to a growing limit (full jitter, so that jobs that failed
 * together do not come back together), and at least what the store asked for.
 * @param failures how often it failed so far, from 1
 * @param random a number from 0 to 1
 */
export function pauseBefore(failures: number, random: number, retryAfterMs = 0): number {
  const limit = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 16));
  return Math.max(Math.round(random * limit), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
}

/**
 * What a `Retry-After` says, ms: seconds or an HTTP date. Undefined for anything else.
 * @param now ms since 1970
 */
export function retryAfter(text: string | undefined, now: number): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (/^\d{1,9}$/.test(trimmed)) return Number(trimmed) * 1000;
  if (!/^[A-Z][a-z]{2},? /.test(trimmed)) return undefined;
  const at = Date.parse(trimmed);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
