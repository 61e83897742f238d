import type { GoModProblem } from './types.ts';

export type GoModErrorCode = 'invalid-go-mod' | 'invalid-go-work';

/** A file that go refuses. The message is what go prints: `go.mod:L[:C]: why`, a line a problem. */
export class GoModError extends Error {
  override readonly name = 'GoModError';
  readonly code: GoModErrorCode;
  /** In the order in which go tells them; there is at least one. */
  readonly problems: readonly GoModProblem[];
  /** Of the first problem, from 1. */
  readonly line: number;
  /** From 1, in code points, as go counts. */
  readonly column: number;
  /** The same column in UTF-16 units, as editors count. */
  readonly utf16: number;

  constructor(code: GoModErrorCode, file: string, problems: readonly [GoModProblem, ...GoModProblem[]]) {
    super(problems.map(problem => problemLine(file, problem)).join('\n'));
    const { start } = problems[0].span;
    this.code = code;
    this.problems = problems;
    this.line = start.line;
    this.column = start.column;
    this.utf16 = start.utf16;
  }
}

/** A problem as go prints it; the column only where go does. */
export function problemLine(file: string, { message, span, hasColumn }: GoModProblem): string {
  const { line, column } = span.start;
  return `${file}:${line}${hasColumn ? `:${column}` : ''}: ${message}`;
}
