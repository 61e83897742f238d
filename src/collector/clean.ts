import { createHash } from 'node:crypto';
import { oneLine } from '../platform/escape.ts';

/** Longest text that is part of a key, UTF-8 bytes: PostgreSQL takes some 2,700 for all columns of an index. */
const MAX_KEY = 1000;
const DIGEST = 16;
/** Longest link, with everything in it written as ASCII. */
const MAX_URL = 2048;

/**
 * Text of a record as the index keeps it: one visible line, without NUL (which PostgreSQL refuses), control and
 * bidirectional characters and halves of surrogate pairs, at most `length` UTF-16 units.
 */
export function cleanText(text: string, length: number): string {
  const clean = oneLine(text);
  return clean.length <= length ? clean : `${clean.slice(0, length - 1).toWellFormed()}…`;
}

/**
 * The same for text that names something: at most 1,000 bytes of UTF-8. A longer one keeps its beginning and gets a
 * digest of the whole, so that two names stay two.
 */
export function cleanKey(text: string): string {
  const clean = isPlain(text) ? text : oneLine(text);
  if (Buffer.byteLength(clean) <= MAX_KEY) return clean;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, DIGEST);
  let length = MAX_KEY - DIGEST - 3;
  while (Buffer.byteLength(clean.slice(0, length)) > MAX_KEY - DIGEST - 3) length = Math.floor(length * 0.75);
  return `${clean.slice(0, length).toWellFormed()}…${digest}`;
}

/** Nearly all names are; the test spares them the slow way. */
function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** A link that is safe to show: http or https, nothing of a user in it; empty for anything else. */
export function cleanUrl(text: string): string {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return '';
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href.length <= MAX_URL ? url.href : '';
}
