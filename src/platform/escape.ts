/** Longest text that is let into one log line; a module path is at most a few hundred characters. */
const MAX_LENGTH = 4096;

/**
 * Everything that a terminal or a log viewer acts on instead of showing: C0 and C1 controls (ANSI starts
 * with one of them), line and paragraph separators, zero-width and bidirectional marks, tags, and halves of
 * surrogate pairs.
 */
const INVISIBLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

function visible(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return ' ';
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Makes text that came from outside one visible line of at most 4096 characters. */
export function oneLine(text: string): string {
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return cut.replace(INVISIBLE, visible);
}

/**
 * The same for a GitHub runner's log, where `::name::` at the start of a line and `##[name]` anywhere in it
 * are commands.
 */
export function oneLineForRunner(text: string): string {
  return oneLine(text)
    .replaceAll(/:(?=:)/g, ': ')
    .replaceAll('##[', '## [');
}
