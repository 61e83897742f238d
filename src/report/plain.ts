import { oneLine } from '../platform/escape.ts';

/**
 * Longest text that is let into a field of a report, in UTF-16 units. Rules keep their messages near 500; paths of
 * files and modules end at 4096 on every system and in every proxy.
 */
export const MAX_FIELD = 4096;

/** Lines of a `why` or `fix` that are shown; a snippet of configuration has a handful. */
const MAX_LINES = 20;

/** Code points that are no characters: XML forbids them, and terminals show them as they like. */
const NONCHARACTER = /[\ufdd0-\ufdef]|[\ufffe\uffff]/g;

/** Shortens to `max` UTF-16 units, the `…` that says so included, and halves no surrogate pair. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, Math.max(0, max - 1));
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** Text from outside as one visible, bounded line: no control, bidirectional or invisible character is left. */
export function plain(text: string, max = MAX_FIELD): string {
  const line = oneLine(clip(text, max)).replace(
    NONCHARACTER,
    character => `\\u${character.charCodeAt(0).toString(16)}`,
  );
  return clip(line, max);
}

/** The same for text that may have lines: the line ends stay, blank lines go, and no more than 20 lines. */
export function plainLines(text: string): string[] {
  const lines = clip(text, MAX_FIELD)
    .split(/\r?\n/)
    .filter(line => line.trim() !== '')
    .map(line => plain(line.trimEnd()));
  return lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES), '…'] : lines;
}

/** `1 error`, `2 errors`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** With the full stop that a sentence ends with. */
export function sentence(text: string): string {
  return text === '' || /[.!?…]$/.test(text) ? text : `${text}.`;
}
