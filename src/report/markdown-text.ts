import { plain } from './plain.ts';

/**
 * Text from outside in Markdown. A forge looks for mentions, references and links in the rendered text, where
 * backslashes and character references are gone already; it leaves code alone. So all that is more than a plain
 * word becomes code.
 */

/** English words and numbers with the punctuation of a sentence. All else, a path or an address, is code. */
const WORD =
  /^\(?(?:[A-Za-z]+(?:['’-][A-Za-z]+)*|\d{1,6}(?!\d*[.)]))[)]?[,;:.!?]?$|^[–—…·]$|^(?:e\.g\.|i\.e\.)$/;

/** Seven hexadecimal digits or more link to a commit. */
const COMMIT = /[0-9a-f]{7}/i;

/** Configuration in braces, and a command with its arguments: one piece of code, not one a word. */
const PHRASE =
  /(?:[a-z][a-z-]*: )?\{.{0,300}\}|(?:go (?:mod|work) (?:edit|tidy|download|vendor|sync|use|init|verify)|go (?:get|env -w)|git (?:rm|add|fetch))(?: (?:-[^\s;,]+|[^\s;,]*[/.=@][^\s;,]*))+/;

const TOKEN = new RegExp(
  `${PHRASE.source}|"(?:\\\\.|[^"\\\\]){0,400}"|\`[^\`]{1,400}\`|[^\\s"\`]+|["\`]|\\s+`,
  'g',
);

type Piece = { readonly code: boolean; readonly text: string };

/** Code of one line. */
export function code(text: string): string {
  const inner = plain(text);
  if (inner.trim() === '') return '` `';
  const longest = Math.max(0, ...[...inner.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = /^`|`$|^ .* $/.test(inner) ? ' ' : '';
  return `${fence}${pad}${inner}${pad}${fence}`;
}

/** A sentence: words stay words, everything else is code. One line, never empty. */
export function prose(text: string): string {
  const pieces: Piece[] = [];
  for (const [token] of plain(text).trim().matchAll(TOKEN)) {
    for (const piece of piecesOf(token)) {
      const last = pieces.at(-1);
      // Two spans of code side by side would run into one with other ends.
      if (piece.code && last?.code === true)
        pieces.splice(-1, 1, { code: true, text: last.text + piece.text });
      else pieces.push(piece);
    }
  }
  return pieces.map(piece => (piece.code ? code(piece.text) : piece.text)).join('') || '…';
}

/** Punctuation of the sentence stands outside of the code that it follows. */
const AROUND = /^(\(?)(.*[^,;:.!?)/])([,;:.!?)]{1,2})$/;

function piecesOf(token: string): Piece[] {
  const whole = pieceOf(token);
  const [, open = '', inner, close = ''] = (whole.code && AROUND.exec(token)) || [];
  if (inner === undefined) return [whole];
  const parts = [open, inner, close].filter(part => part !== '');
  return parts.map(part => (part === inner ? pieceOf(part) : { code: false, text: part }));
}

function pieceOf(token: string): Piece {
  if (/^\s+$/.test(token)) return { code: false, text: ' ' };
  if (/^`[^`]+`$/.test(token)) return { code: true, text: token.slice(1, -1) };
  if (/^"[!#-[\]-_a-~]+"$/.test(token)) return { code: true, text: token.slice(1, -1) };
  if (/^[,;:.!?)]{1,2}$/.test(token)) return { code: false, text: token };
  return { code: !WORD.test(token) || COMMIT.test(token), text: token };
}

/**
 * A fenced block at the left margin, where forges look for it before they look for quick actions. GitLab looks with
 * a pattern that knows no longer fences, so no line begins like a fence or an action of its own.
 */
export function fenced(lines: readonly string[], language: string): string {
  const inner = lines.map(line => plain(line).replace(/^[`~/]/, ' $&'));
  const longest = Math.max(2, ...inner.flatMap(line => [...line.matchAll(/`+/g)].map(([run]) => run.length)));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${inner.join('\n')}\n${fence}`;
}

/** Code that links to a page; just the code where the address is not one of the web. */
export function linked(text: string, url: string | undefined): string {
  if (url === undefined || !/^https?:\/\/[^/]/.test(url) || url.length > 4096) return code(text);
  // biome-ignore format: one class of characters that an address may hold
  const address = plain(url).replace(/[^A-Za-z0-9\-._~:/?#@!$&'*+,;=%]/gu, character => percent(character));
  return `[${code(text)}](<${address}>)`;
}

function percent(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map(byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}
