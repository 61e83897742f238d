import type { Level } from '../config/rule-ids.ts';
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
  /** The level that fails; undefined when nothing can, or when it is not known. */
  readonly failOn?: Level;
}

/** The text of a line of a file, without its end; undefined when it is not at hand. */
export type SourceLine = (file: string, line: number) => string | undefined;

export interface Rendered {
  readonly text: string;
  /** What a limit of the format kept out, in one line; undefined when all is in. */
  readonly cut?: string;
}

/** Every part is optional; a format ignores what it has no use for. */
export interface RenderOptions {
  /** Text: with ANSI colours. */
  readonly color?: boolean;
  /** Text: columns of the terminal. Without it lines are not wrapped, and only source lines are cut. */
  readonly width?: number;
  /** Text: for the lines that findings point to. */
  readonly source?: SourceLine;
  /** Text: `Platform.escapeLog`, for a log in which more than control characters is dangerous. */
  readonly escape?: (text: string) => string;
  /** Markdown, SARIF: an own bound on the size in bytes; that of the format is the highest. */
  readonly maxBytes?: number;
  /** Markdown: a job's summary (the default) or a comment below a pull or merge request. */
  readonly for?: 'summary' | 'comment';
  /** Markdown: first line, an HTML comment that tells our comment from others. */
  readonly marker?: string;
  /** Markdown: the page that shows a line of a file. */
  readonly link?: (file: string, line: number) => string | undefined;
  /** Markdown, annotations: where to look for what was cut, to follow `see `. */
  readonly whole?: string;
  /** Annotations: directory of the repository below the workspace, with `/` at its end. */
  readonly prefix?: string;
  /** SARIF: tells uploads for one commit from one another. */
  readonly category?: string;
  /** SARIF: of modgate. */
  readonly version?: string;
  /** SARIF, Markdown: the page of the rules, without anchor. */
  readonly rulesUrl?: string;
}
