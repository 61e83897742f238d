import { quote, quoteRune } from '../gomod/go-text.ts';

/** Text of a repository in the words of a finding: on one line, bounded, no control or bidirectional character. */

const TOKEN_LIMIT = 120;

function cut(text: string, limit: number): { readonly text: string; readonly rest: string } {
  if (text.length <= limit) return { text, rest: '' };
  // A pair of surrogates must not be torn apart.
  const end = /[\ud800-\udbff]/.test(text.charAt(limit - 1)) ? limit - 1 : limit;
  return { text: text.slice(0, end), rest: '…' };
}

/** A token in quotes, as Go's `%q` prints it, at most `limit` UTF-16 units of it. */
export function shown(token: string, limit = TOKEN_LIMIT): string {
  const { text, rest } = cut(token, limit);
  return quote(text) + rest;
}

/** Words that may hold untrusted text, such as Go's messages: escaped as in `shown`, without the quotes. */
export function plain(words: string, limit = 300): string {
  const { text, rest } = cut(words, limit);
  let out = '';
  for (const ch of text) out += ch === "'" || ch === '\\' ? ch : quoteRune(ch).slice(1, -1);
  return out + rest;
}

/** An argument of a command that a reader may paste into a POSIX shell. */
export function argument(text: string, limit = 200): string {
  const word = plain(text, limit);
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `path@version`, or the path alone, in quotes. */
export function shownModule(path: string, version?: string): string {
  return shown(version === undefined || version === '' ? path : `${path}@${version}`, 160);
}
