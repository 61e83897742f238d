import type { Level, RuleId } from '../config/rule-ids.ts';

/** `new` fails; `existing` was there at the base; `waived` and `baseline` are accepted on record. */
export type Status = 'new' | 'existing' | 'waived' | 'baseline';

/** Where a finding is: repo-relative with `/`, 1-based, columns in UTF-16 units, the end exclusive. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** What a rule found, before levels, waivers and base are looked at. */
export interface Found {
  readonly place: Place;
  /** For a replace the old path. */
  readonly module?: string;
  readonly version?: string;
  /** What is wrong, with the exact token. Untrusted text in it is shown as Go's `%q` would. One line. */
  readonly message: string;
  /** Why that is bad: the policy's own text where it has one. */
  readonly why: string;
  /** What to do, best a command. */
  readonly fix: string;
  /**
   * Tells findings of one rule on one module in one file apart; stays the same when lines or versions change.
   * Findings that are equal in all of it are numbered.
   */
  readonly key?: string;
  /** Counts where the policy does not name a level for the rule. */
  readonly level?: Level;
}

/** A finding as it is reported. The names are those of `check --format json`. */
export interface Finding extends Place {
  readonly rule: RuleId;
  readonly level: Level;
  readonly module?: string;
  readonly version?: string;
  readonly message: string;
  readonly why: string;
  readonly fix: string;
  /** Lower-case hex SHA-256 of rule, file, module, key and ordinal. */
  readonly fingerprint: string;
  readonly status: Status;
}
