import type { Level } from '../config/rule-ids.ts';
import type { LoadedConfig } from '../config/types.ts';
import type { Platform } from '../platform/types.ts';
import type { CheckReport, SourceLine } from '../report/types.ts';

export interface CheckRequest {
  /** Absolute; a repository, a directory in one, or a plain directory. */
  readonly dir: string;
  /** For relative paths of options. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: Platform;
  /** `--base`. Without it the platform's own change is compared, if there is one. */
  readonly base?: string;
  /** `--config`. */
  readonly config?: string;
  /** A policy from outside that the repository's own can only tighten: a file, or owner/repo/path@commit. */
  readonly floor?: string;
  /** `--level`: no finding counts for more than this, and none fails. */
  readonly cap?: Level;
  /** `--update-baseline`. */
  readonly updateBaseline?: boolean;
  /** Token for the forge that the checkout came from, for what a shallow clone lacks. */
  readonly token?: string;
  readonly now: Date;
  readonly log: (line: string) => void;
}

export interface CheckOutcome {
  readonly report: CheckReport;
  readonly source: SourceLine;
  readonly config: LoadedConfig;
  /** 0, 1, or 4 when something that had to be consulted could not be. */
  readonly exitCode: 0 | 1 | 4;
}
