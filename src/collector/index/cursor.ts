import { IndexError } from './errors.ts';

/** Most rows of one answer. */
export const MAX_PAGE = 1000;
const DEFAULT_PAGE = 100;

/** How many rows to answer: 1 to 1000, 100 when nobody says. */
export function pageSize(limit: number | undefined): number {
  if (limit === undefined || !Number.isFinite(limit)) return DEFAULT_PAGE;
  return Math.min(Math.max(1, Math.floor(limit)), MAX_PAGE);
}

export type CursorKey = readonly (string | number)[];

/** Where a page ended, as one word that travels in a URL. */
export function writeCursor(key: CursorKey): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * The key in a cursor of a question whose keys look like `shape`; undefined for the first page.
 * Throws IndexError `cursor` for anything that `writeCursor` did not make.
 */
export function readCursor(after: string | undefined, shape: readonly ('string' | 'number')[]) {
  if (after === undefined) return undefined;
  let key: unknown;
  try {
    key = JSON.parse(Buffer.from(after, 'base64url').toString());
  } catch {
    key = undefined;
  }
  const fits =
    Array.isArray(key) &&
    key.length === shape.length &&
    key.every(
      (part, i) =>
        typeof part === shape[i] &&
        (typeof part !== 'number' || Number.isSafeInteger(part)) &&
        (typeof part !== 'string' || !part.includes('\0')),
    );
  if (!fits) {
    throw new IndexError(
      'cursor',
      'The cursor in `after` was not made by this question: start again without it, and pass on the `next` of each page.',
    );
  }
  return key as (string | number)[];
}

/** The rows of a page and the cursor of the next, from a query for one row more than the page has. */
export function page<Row>(rows: readonly Row[], size: number, key: (row: Row) => CursorKey) {
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > size && last !== undefined ? writeCursor(key(last)) : null };
}
