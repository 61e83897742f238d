const HIDDEN = '***';

/** Shorter ones are no secrets; hiding them would hide ordinary text. */
export const MIN_SECRET = 4;
/** Part of a base64 text that is told from ordinary words, characters. */
const MIN_BASE64 = 6;

/**
 * Takes the secrets of a session out of every text that leaves it: as they are, percent-encoded, escaped as in JSON
 * or HTML (wholly or in part), and as base64 at any offset in a longer text. Secrets can be added at any time.
 */
export class Redactor {
  readonly #secrets = new Set<string>();
  #quick: RegExp | undefined;
  #every: RegExp | undefined;

  /** Texts shorter than four characters are not taken for secrets. */
  add(secrets: Iterable<string>): void {
    const before = this.#secrets.size;
    for (const secret of secrets) if (secret.length >= MIN_SECRET) this.#secrets.add(secret);
    if (this.#secrets.size === before) return;
    // At one place the longest secret is tried first, so that nothing of it is left behind a shorter one.
    const longestFirst = [...this.#secrets].toSorted((a, b) => b.length - a.length);
    const source = longestFirst.flatMap(patternsOf).join('|');
    this.#quick = new RegExp(source);
    this.#every = new RegExp(`(?=(${source}))`, 'g');
  }

  /** The text with `***` in the place of each secret. Cut a text after this, never before: half a secret is not found. */
  readonly redact = (text: string): string => {
    let out = text;
    // What stands around a secret may, with the stars, spell another one; each round makes the text shorter.
    while (this.#quick?.test(out) === true) out = this.#hide(out);
    return out;
  };

  #hide(text: string): string {
    const parts: string[] = [];
    let shown = 0;
    let hidden = 0;
    for (const { index, 1: found = '' } of text.matchAll(this.#every ?? /$^/g)) {
      if (index >= hidden) {
        parts.push(text.slice(shown, index), HIDDEN);
      }
      hidden = Math.max(hidden, index + found.length);
      shown = hidden;
    }
    return parts.join('') + text.slice(shown);
  }
}

/** The same for every text in a value of plain data. */
export function redactDeep<T>(value: T, redact: (text: string) => string): T {
  if (typeof value === 'string') return redact(value) as T;
  if (Array.isArray(value)) return value.map(inner => redactDeep(inner, redact)) as T;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, redactDeep(inner, redact)]),
  ) as T;
}

function patternsOf(secret: string): string[] {
  return [spelled(secret), ...base64Parts(secret).map(asBase64)];
}

/** Named and numbered characters of HTML, which a server's error page is made of. */
const ENTITIES: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
};

/** A pattern for a text each of whose characters may be encoded in its own way. */
function spelled(secret: string): string {
  // A run of backslashes and the quote behind it are one piece: apart, each could take what is the other's.
  return secret.replaceAll(/\\+["']?|["']|[\s\S]/gu, piece => {
    const quote = /["']$/.exec(piece)?.[0];
    const slashes = quote === undefined && !piece.startsWith('\\') ? 0 : piece.length - (quote ? 1 : 0);
    if (quote === undefined && slashes === 0) return oneOf(waysOf(piece));
    const backslash = slashes === 0 ? '\\\\' : '(?:\\\\|%5[cC])';
    const run = `${backslash}{${slashes},${4 * slashes + (quote ? 3 : 0)}}`;
    return quote === undefined ? run : `${run}${oneOf(waysOf(quote))}`;
  });
}

function waysOf(character: string): string[] {
  const ways = [forPattern(character), percent(character)];
  const code = character.codePointAt(0) ?? 0;
  if (!/[a-z0-9]/i.test(character)) {
    ways.push(`&#0{0,3}${code};`, `&#[xX]0{0,3}${anyCase(code.toString(16))};`);
    ways.push([...Array(character.length).keys()].map(i => unicodeEscape(character.charCodeAt(i))).join(''));
  }
  if (ENTITIES[character] !== undefined) ways.push(`&${ENTITIES[character]};`);
  if (character === ' ') ways.push('\\+');
  if (character === '/') ways.push('\\\\/');
  // Logs and answers are ASCII.
  if (code > 0x7e) ways.push('\\?'.repeat(character.length));
  return ways;
}

function unicodeEscape(unit: number): string {
  return `\\\\{1,2}u${anyCase(unit.toString(16).padStart(4, '0'))}`;
}

function percent(character: string): string {
  return [...Buffer.from(character)].map(byte => `%${anyCase(byte.toString(16).padStart(2, '0'))}`).join('');
}

function anyCase(hex: string): string {
  return hex.replaceAll(/[a-f]/g, digit => `[${digit}${digit.toUpperCase()}]`);
}

function oneOf(ways: readonly string[]): string {
  return `(?:${[...new Set(ways)].join('|')})`;
}

function forPattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

/** What base64 makes of a text, whatever stands before and behind it: one part for each offset in a group of three bytes. */
function base64Parts(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap(offset => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // The first characters hold bits of what stands before, the last one bits of what follows.
    const part = text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
    return part.length < MIN_BASE64 ? [] : [part];
  });
}

/** In either alphabet, and percent-encoded. */
function asBase64(part: string): string {
  return part.replaceAll('+', '(?:[+-]|%2[bB])').replaceAll('/', '(?:[/_]|\\\\/|%2[fF])');
}
