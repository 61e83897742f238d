import { createHash } from 'node:crypto';

/** Longest text that is a key, UTF-8 bytes: PostgreSQL indexes rows of at most 2704 bytes, and three keys share one. */
export const KEY_BYTES = 700;
/** Longest text that is only shown. */
export const SHOWN_BYTES = 4096;

/**
 * A text as both engines can hold it, at most `bytes` long in UTF-8. NUL and lone surrogates become U+FFFD, because
 * PostgreSQL refuses the first and neither keeps the second. A longer text is cut and ends in the SHA-256 of the whole,
 * so that two long names stay two; the same text comes out the same in records and in questions.
 */
export function storable(text: string, bytes: number = KEY_BYTES): string {
  const clean = (text.isWellFormed() ? text : text.toWellFormed()).replaceAll('\0', '\uFFFD');
  // UTF-8 needs at most three bytes a UTF-16 unit.
  if (clean.length * 3 <= bytes || Buffer.byteLength(clean) <= bytes) return clean;
  const digest = createHash('sha256').update(clean).digest('hex');
  const kept = Buffer.from(clean).subarray(0, bytes - 80);
  return `${new TextDecoder().decode(kept, { stream: true })}...sha256:${digest}`;
}
