import type { Span } from '../gomod/modfile/types.ts';
import type { Place } from './finding.ts';

/** A span of a parsed file as findings have it: UTF-16 columns, the end exclusive, never empty. */
export function placeOf(file: string, { start, end }: Span): Place {
  const sameLine = end.line <= start.line;
  return {
    file,
    line: start.line,
    column: start.utf16,
    endLine: sameLine ? start.line : end.line,
    endColumn: sameLine ? Math.max(end.utf16, start.utf16 + 1) : end.utf16,
  };
}

/** What is wrong with a file as a whole stands at its first line. */
export function wholeFile(file: string): Place {
  return { file, line: 1, column: 1, endLine: 1, endColumn: 2 };
}
