import type { Finding } from '../policy/finding.ts';

/** Something that the reader must know besides findings: what was not compared, not read, not trusted. */
export interface Notice {
  readonly level: 'warning' | 'note';
  /** One line; may hold text of the repository. */
  readonly text: string;
}

/** The outcome of a check, in the form of `check --format json` (which has all but the functions). */
export interface CheckReport {
  readonly schema: 1;
  /** Worst first: status, level, file, line. */
  readonly findings: readonly Finding[];
  /** Findings of the base that are gone. */
  readonly fixed: readonly Finding[];
  readonly summary: {
    /** go.mod and go.work files that were judged. */
    readonly files: number;
    /** Different module paths that they name. */
    readonly modules: number;
    /** Findings that count (`new`), by level. */
    readonly errors: number;
    readonly warnings: number;
    readonly notes: number;
    readonly existing: number;
    readonly waived: number;
    readonly baseline: number;
  };
  /** Files that were left out, by reason. */
  readonly skipped: readonly { readonly why: string; readonly count: number }[];
  readonly compared:
    | { readonly mode: 'full' }
    | { readonly mode: 'diff'; readonly base: string; readonly commit: string };
  readonly policy: {
    /** The files that make it up, weakest last; empty for the default policy. */
    readonly files: readonly string[];
    /** Commit that they were read from; undefined for the checkout. */
    readonly commit?: string;
  };
  /** What the head's own policy would say, when it is another one. */
  readonly preview?: {
    readonly file: string;
    readonly findings: readonly Finding[];
    readonly failed: boolean;
    /** Set when it cannot be used: one problem a line. */
    readonly invalid?: string;
  };
  readonly notices: readonly Notice[];
  /** A finding of `fail-on` or above is new. */
  readonly failed: boolean;
}

/** The text of a line of a file, without its end; undefined when it is not at hand. */
export type SourceLine = (file: string, line: number) => string | undefined;

export interface Rendered {
  readonly text: string;
  /** What a limit of the format kept out, in one line; undefined when all is in. */
  readonly cut?: string;
}
