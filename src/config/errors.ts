export type ConfigErrorCode =
  | 'config-invalid'
  | 'config-missing'
  | 'config-unreadable'
  | 'config-too-large'
  | 'config-ambiguous';

/** One thing that is wrong, at its place. Line and column are 1-based; absent for flags and inputs. */
export interface ConfigProblem {
  /** The file, or the flag, input or variable that was given. */
  readonly where: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** The configuration cannot be used; nothing was started. Always exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code: ConfigErrorCode;
  readonly problems: readonly ConfigProblem[];
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(code: ConfigErrorCode, problems: readonly ConfigProblem[], options?: ErrorOptions) {
    super(problems.map(formatProblem).join('\n'), options);
    this.code = code;
    this.problems = problems;
    this.file = problems[0]?.where;
    this.line = problems[0]?.line;
    this.column = problems[0]?.column;
  }
}

/** `where:line:column: message`, as compilers write it. */
export function formatProblem(problem: ConfigProblem): string {
  const line = problem.line === undefined ? '' : `:${problem.line}`;
  const column = problem.column === undefined ? '' : `:${problem.column}`;
  return `${problem.where}${line}${column}: ${problem.message}`;
}
