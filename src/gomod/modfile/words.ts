import { decodeGoText, decodeRune } from '../go-text.ts';

/** Words of a line as values: `parseString` of modfile, `strconv.Unquote`. */

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
  ['"', '"'],
]);

/** A word that go takes for no value, with its reason. */
export class Refused {
  readonly why: string;
  constructor(why: string) {
    this.why = why;
  }
}

const NO_LITERAL = new Refused('invalid syntax');
const STRAY_QUOTE = new Refused('unquoted string cannot contain quote');

/** The value of a token, given as its bytes (latin1) and as text. */
export function parseWord(raw: string, text: string): string | Refused {
  if (raw.charCodeAt(0) === 0x22) return unquote(raw) ?? NO_LITERAL;
  return /["'`]/.test(raw) ? STRAY_QUOTE : text;
}

/** The string that a Go literal in double quotes stands for; undefined when it is not one. */
export function unquote(raw: string): string | undefined {
  const inner = raw.slice(1, -1);
  if (/^[\x20\x21\x23-\x5b\x5d-\x7f]*$/.test(inner)) return inner;
  const out: string[] = [];
  for (let at = 0; at < inner.length; ) {
    const ch = inner.charAt(at);
    if (ch === '\n') return undefined;
    if (ch === '\\') {
      const escaped = readEscape(inner, at + 1);
      if (escaped === undefined) return undefined;
      out.push(escaped.bytes);
      at = escaped.next;
      continue;
    }
    const { rune, size } = decodeRune(inner, at);
    // Go reads the literal rune by rune, so a byte that is no UTF-8 becomes the replacement character here.
    out.push(rune < 0 ? utf8(0xfffd) : inner.slice(at, at + size));
    at += size;
  }
  return decodeGoText(Buffer.from(out.join(''), 'latin1'));
}

function readEscape(inner: string, at: number): { bytes: string; next: number } | undefined {
  const ch = inner.charAt(at);
  const short = ESCAPES.get(ch);
  if (short !== undefined) return { bytes: short, next: at + 1 };
  const digits = ch === 'x' ? 2 : ch === 'u' ? 4 : ch === 'U' ? 8 : 0;
  if (digits === 0) {
    const octal = inner.slice(at, at + 3);
    if (!/^[0-3][0-7]{2}$/.test(octal)) return undefined;
    return { bytes: String.fromCharCode(Number.parseInt(octal, 8)), next: at + 3 };
  }
  const hex = inner.slice(at + 1, at + 1 + digits);
  if (hex.length < digits || !/^[0-9A-Fa-f]*$/.test(hex)) return undefined;
  const value = Number.parseInt(hex, 16);
  const next = at + 1 + digits;
  if (ch === 'x') return { bytes: String.fromCharCode(value), next };
  if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return undefined;
  return { bytes: utf8(value), next };
}

function utf8(rune: number): string {
  return Buffer.from(String.fromCodePoint(rune), 'utf8').toString('latin1');
}
