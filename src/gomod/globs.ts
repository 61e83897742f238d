import { decodeGoText, decodeRune, toByteString } from './go-text.ts';

/**
 * Globs as GOPRIVATE has them (`module.MatchPrefixPatterns` over `path.Match`): N slashes match the first N+1
 * elements of a path, `*` and `?` do not cross a slash, and a malformed glob matches nothing.
 *
 * Everything here works on bytes (one a character), because Go tries `*` at every byte.
 */

/** Whether one of the globs, comma-separated or as a list, matches a prefix of the path. */
export function matchGlobs(globs: string | readonly string[], path: string | Uint8Array): boolean {
  const target = toByteString(typeof path === 'string' ? path : decodeGoText(path));
  const list = typeof globs === 'string' ? globs.split(',') : globs.flatMap(glob => glob.split(','));
  return list.some(glob => matchPrefix(toByteString(glob.endsWith('/') ? glob.slice(0, -1) : glob), target));
}

function matchPrefix(glob: string, target: string): boolean {
  if (glob === '') return false;
  const want = glob.split('/').length;
  let end = -1;
  for (let n = 0; n < want; n++) {
    end = target.indexOf('/', end + 1);
    if (end < 0) return n === want - 1 && matchPath(glob, target);
  }
  return matchPath(glob, target.slice(0, end));
}

interface Chunk {
  readonly star: boolean;
  readonly text: string;
  readonly rest: string;
}

/** Leading stars, then what follows up to the next star. */
function scanChunk(pattern: string): Chunk {
  let from = 0;
  while (pattern.charAt(from) === '*') from++;
  let inRange = false;
  let i = from;
  for (; i < pattern.length; i++) {
    const ch = pattern.charAt(i);
    if (ch === '\\') i++;
    else if (ch === '[') inRange = true;
    else if (ch === ']') inRange = false;
    else if (ch === '*' && !inRange) break;
  }
  return { star: from > 0, text: pattern.slice(from, i), rest: pattern.slice(i) };
}

function matchPath(pattern: string, name: string): boolean {
  let left = name;
  for (let rest = pattern; rest !== ''; ) {
    const chunk = scanChunk(rest);
    rest = chunk.rest;
    if (chunk.star && chunk.text === '') return !left.includes('/');
    const after = matchAt(chunk, left, rest === '');
    if (after === undefined) return false;
    left = after;
  }
  return left === '';
}

/** What is left of the name after the chunk; behind a star the leftmost place that fits is taken, as Go does. */
function matchAt(chunk: Chunk, name: string, last: boolean): string | undefined {
  for (let i = 0; i <= name.length; i++) {
    const end = matchChunk(chunk.text, name, i);
    if (end !== undefined && (!last || end === name.length)) return name.slice(end);
    if (!chunk.star || name.charAt(i) === '/') return undefined;
  }
  return undefined;
}

/** Matches a chunk without star at `from`; gives the index behind the match. */
function matchChunk(chunk: string, name: string, from: number): number | undefined {
  let at = from;
  for (let i = 0; i < chunk.length; ) {
    if (at >= name.length) return undefined;
    const ch = chunk.charAt(i);
    if (ch === '[') {
      const { rune, size } = decodeRune(name, at);
      const range = matchRange(chunk, i + 1, rune < 0 ? 0xfffd : rune);
      if (range === undefined || !range.matched) return undefined;
      at += size;
      i = range.next;
    } else if (ch === '?') {
      if (name.charAt(at) === '/') return undefined;
      at += decodeRune(name, at).size;
      i++;
    } else {
      if (ch === '\\') i++;
      if (i >= chunk.length || chunk.charAt(i) !== name.charAt(at)) return undefined;
      at++;
      i++;
    }
  }
  return at;
}

/** `[a-z]` or `[^a-z]` behind the bracket at `from`; undefined when malformed. */
function matchRange(
  chunk: string,
  from: number,
  rune: number,
): { matched: boolean; next: number } | undefined {
  const negated = chunk.charAt(from) === '^';
  let i = negated ? from + 1 : from;
  let inside = false;
  for (let count = 0; ; count++) {
    if (chunk.charAt(i) === ']' && count > 0) return { matched: inside !== negated, next: i + 1 };
    const lo = rangeEnd(chunk, i);
    if (lo === undefined) return undefined;
    i = lo.next;
    let hi = lo.rune;
    if (chunk.charAt(i) === '-') {
      const end = rangeEnd(chunk, i + 1);
      if (end === undefined) return undefined;
      hi = end.rune;
      i = end.next;
    }
    if (lo.rune <= rune && rune <= hi) inside = true;
  }
}

function rangeEnd(chunk: string, from: number): { rune: number; next: number } | undefined {
  const ch = chunk.charAt(from);
  if (ch === '' || ch === '-' || ch === ']') return undefined;
  const at = ch === '\\' ? from + 1 : from;
  if (at >= chunk.length) return undefined;
  const { rune, size } = decodeRune(chunk, at);
  // Go refuses a range that ends the pattern: the bracket was never closed.
  if (rune < 0 || at + size >= chunk.length) return undefined;
  return { rune, next: at + size };
}
