/**
 * A key that is equal for names which differ only in case, as a file system that ignores case may see it:
 * Unicode simple folding, character by character (Go's `strToFold`).
 */
export function foldCase(text: string): string {
  if (/^[\x00-@[-\x7f]*$/.test(text)) return text;
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase();
  let out = '';
  for (const ch of text) out += foldChar(ch);
  return out;
}

function single(mapped: string, ch: string): string {
  return mapped.length === ch.length ? mapped : ch;
}

/** Upper case first, so that all members of a class (`K`, `k` and the Kelvin sign) meet in one letter. */
function foldChar(ch: string): string {
  // The dotless i has an upper case, but folds to nothing.
  if (ch === '\u0131') return ch;
  const upper = single(ch.toUpperCase(), ch);
  return single(upper.toLowerCase(), upper);
}
