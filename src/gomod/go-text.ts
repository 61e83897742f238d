import { isUtf8 } from 'node:buffer';

/**
 * Text as Go sees it: bytes that are mostly UTF-8. In a JavaScript string a byte that is no UTF-8 stands as
 * the lone surrogate U+DC00 + byte, so that nothing is lost and `isWellFormed` tells whether it was valid.
 */

const BYTE_SURROGATE = 0xdc00;

/** Decodes bytes; invalid ones become lone surrogates, one a byte, as Go counts them. */
export function decodeGoText(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const raw = Buffer.from(bytes).toString('latin1');
  let out = '';
  for (let i = 0; i < raw.length; ) {
    const { rune, size } = decodeRune(raw, i);
    out += rune < 0 ? String.fromCharCode(BYTE_SURROGATE + raw.charCodeAt(i)) : String.fromCodePoint(rune);
    i += size;
  }
  return out;
}

/** Whether a string has no lone surrogate, so was valid UTF-8. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** The UTF-8 bytes of a string, one byte a character (latin1), with lone byte surrogates turned back. */
export function toByteString(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  if (isWellFormed(text)) return Buffer.from(text, 'utf8').toString('latin1');
  let out = '';
  for (const ch of text) {
    const cp = ch.codePointAt(0) ?? 0;
    if (cp >= BYTE_SURROGATE && cp <= BYTE_SURROGATE + 0xff) out += String.fromCharCode(cp - BYTE_SURROGATE);
    else out += Buffer.from(ch, 'utf8').toString('latin1');
  }
  return out;
}

/** One rune of a byte string at `at`; `rune` is -1 and `size` 1 where the bytes are no UTF-8. */
export function decodeRune(raw: string, at: number): { readonly rune: number; readonly size: number } {
  const first = raw.charCodeAt(at);
  if (first < 0x80) return { rune: first, size: 1 };
  const size = first >= 0xf0 && first < 0xf8 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (size === 0 || first >= 0xf8 || at + size > raw.length) return { rune: -1, size: 1 };
  let rune = first & (0xff >> (size + 1));
  for (let k = 1; k < size; k++) {
    const next = raw.charCodeAt(at + k);
    if ((next & 0xc0) !== 0x80) return { rune: -1, size: 1 };
    rune = (rune << 6) | (next & 0x3f);
  }
  const overlong = (size === 3 && rune < 0x800) || (size === 4 && rune < 0x10000);
  if (overlong || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff)) return { rune: -1, size: 1 };
  return { rune, size };
}

const SHORT_ESCAPES = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x0c, '\\f'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
  [0x0b, '\\v'],
]);

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Whether a code point is shown as it is. What this process knows of Unicode and what a Go release knows differ. */
export type IsPrint = (codePoint: number) => boolean;

const isPrintHere: IsPrint = codePoint => PRINTABLE.test(String.fromCodePoint(codePoint));

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

function escapeRune(ch: string, delimiter: string, isPrint: IsPrint): string {
  if (ch === delimiter || ch === '\\') return `\\${ch}`;
  const cp = ch.codePointAt(0) ?? 0;
  if (cp >= BYTE_SURROGATE + 0x80 && cp <= BYTE_SURROGATE + 0xff) return `\\x${hex(cp - BYTE_SURROGATE, 2)}`;
  if (cp >= 0xd800 && cp <= 0xdfff) return '\\ufffd';
  if (isPrint(cp)) return ch;
  const short = SHORT_ESCAPES.get(cp);
  if (short !== undefined) return short;
  if (cp < 0x20 || cp === 0x7f) return `\\x${hex(cp, 2)}`;
  return cp < 0x10000 ? `\\u${hex(cp, 4)}` : `\\U${hex(cp, 8)}`;
}

/** A string as Go's `%q` prints it: safe to show, whatever it holds. */
export function quote(text: string, isPrint = isPrintHere): string {
  let out = '"';
  for (const ch of text) out += escapeRune(ch, '"', isPrint);
  return `${out}"`;
}

/** One character as Go's `%q` prints a rune. */
export function quoteRune(ch: string, isPrint = isPrintHere): string {
  return `'${escapeRune(ch, "'", isPrint)}'`;
}

/** White space as Go's `unicode.IsSpace` has it (with U+0085, without U+FEFF, unlike `\s`). */
const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** Go's `strings.TrimSpace`. By hand, because an expression that ends in `+$` takes a square of time on inner space. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && SPACE.test(text.charAt(start))) start++;
  while (end > start && SPACE.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Go's `strings.Fields`. */
export function fields(text: string): string[] {
  return text.split(SPACE).filter(part => part !== '');
}

/** Whether the text holds white space as Go knows it. */
export function hasSpace(text: string): boolean {
  return SPACE.test(text);
}
