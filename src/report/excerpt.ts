import type { Place } from '../policy/finding.ts';
import { plain } from './plain.ts';
import { columnsOf } from './width.ts';

/** UTF-16 units looked at on either side of where a token begins: a line of a hostile file may have a megabyte. */
const REACH = 1000;

/** Marks that may stand on one character; more would paint over the lines above and below. */
const MAX_MARKS = 2;

const TAB = '    ';

interface Cell {
  readonly text: string;
  readonly columns: number;
  readonly marked: boolean;
}

/** A line of a file with what stands below it. */
export interface Excerpt {
  readonly line: string;
  /** Spaces and carets; the carets stand under the token. */
  readonly carets: string;
}

/**
 * The source line of a finding, harmless and at most `width` columns wide, with carets under the token. A longer
 * line is cut around the token, a longer token at its end.
 */
export function excerpt(line: string, place: Place, width: number): Excerpt {
  const start = place.column - 1;
  const end = place.endLine > place.line ? line.length : Math.max(place.endColumn - 1, start + 1);
  const from = wholeFrom(line, Math.max(0, start - REACH));
  const to = Math.min(line.length, start + REACH);
  const cells = cellsOf(line.slice(from, to), start - from, end - from);
  if (cells.length === 0 || start >= line.length) cells.push({ text: ' ', columns: 1, marked: true });

  const room = Math.max(20, width);
  const first = cells.findIndex(cell => cell.marked);
  const total = cells.reduce((sum, cell) => sum + cell.columns, 0);
  if (total <= room && from === 0 && to === line.length) return draw(cells);

  const { begin, finish } = windowAround(cells, Math.max(0, first), room - 2);
  const dots: Cell = { text: '…', columns: 1, marked: false };
  const shown = cells.slice(begin, finish);
  const tail: Cell = { ...dots, marked: shown.at(-1)?.marked === true && cells[finish]?.marked === true };
  return draw([
    ...(begin > 0 || from > 0 ? [dots] : []),
    ...shown,
    ...(finish < cells.length || to < line.length ? [tail] : []),
  ]);
}

function wholeFrom(line: string, at: number): number {
  return at > 0 && /[\udc00-\udfff]/.test(line[at] ?? '') && /[\ud800-\udbff]/.test(line[at - 1] ?? '')
    ? at - 1
    : at;
}

function cellsOf(text: string, start: number, end: number): Cell[] {
  const cells: Cell[] = [];
  let at = 0;
  let marks = 0;
  let hashes = 0;
  for (const character of text) {
    const marked = at < end && at + character.length > start;
    at += character.length;
    let shown = character === '\t' ? TAB : plain(character);
    // `##[` is a command to a GitHub runner wherever it stands.
    if (character === '[' && hashes >= 2) shown = ' [';
    hashes = character === '#' ? hashes + 1 : 0;
    let columns = 0;
    for (const part of shown) columns += columnsOf(part);
    marks = columns === 0 ? marks + 1 : 0;
    if (marks > MAX_MARKS) {
      shown = `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
      columns = shown.length;
    }
    cells.push({ text: shown, columns, marked });
  }
  return cells;
}

/** Cells to show: what stands before the token up to a third of the room, then whatever fits. */
function windowAround(
  cells: readonly Cell[],
  token: number,
  room: number,
): { readonly begin: number; readonly finish: number } {
  let begin = token;
  let before = 0;
  while (begin > 0 && before + (cells[begin - 1]?.columns ?? 0) <= room / 3) {
    begin -= 1;
    before += cells[begin]?.columns ?? 0;
  }
  let finish = token;
  let used = before;
  while (finish < cells.length && used + (cells[finish]?.columns ?? 0) <= room) {
    used += cells[finish]?.columns ?? 0;
    finish += 1;
  }
  while (begin > 0 && used + (cells[begin - 1]?.columns ?? 0) <= room) {
    begin -= 1;
    used += cells[begin]?.columns ?? 0;
  }
  return { begin, finish };
}

function draw(cells: readonly Cell[]): Excerpt {
  const line = cells.map(cell => cell.text).join('');
  const carets = cells.map(cell => (cell.marked ? '^' : ' ').repeat(cell.columns)).join('');
  return { line: line.trimEnd(), carets: carets.trimEnd() === '' ? '^' : carets.trimEnd() };
}
