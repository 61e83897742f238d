import type { Level, RuleId } from './rule-ids.ts';

/** An entry of a list, and where it is written (`.modgate.yaml:12`), for the words of a finding. */
export interface Listed {
  readonly value: string;
  readonly where: string;
}

export interface ListedModule {
  /** GOPRIVATE glob. */
  readonly pattern: string;
  /** Version range; undefined means all versions. */
  readonly versions: string | undefined;
  readonly reason: string | undefined;
  /** What to use instead. */
  readonly use: string | undefined;
  readonly where: string;
}

export interface RuleSetting {
  readonly level: Level | 'off';
  /** True when the policy names the level of this rule, so that a finding's own level does not count. */
  readonly explicit: boolean;
  /** Checked, defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
  /** `default`, or where the policy speaks of it. */
  readonly where: string;
}

/**
 * One policy file as it is to be enforced. Files that extend one another, and a floor from outside, are judged
 * one by one, and the strictest answer counts: so no file can loosen what another one says.
 */
export interface PolicyLayer {
  /** For people: the file, `the floor FILE`, or `the default policy`. */
  readonly name: string;
  readonly hosts: { readonly allow: readonly Listed[]; readonly deny: readonly Listed[] };
  readonly modules: { readonly allow: readonly ListedModule[]; readonly deny: readonly ListedModule[] };
  /** `replace.remote.allow`; empty means no such list. The other keys of `replace` are in `rules`. */
  readonly replaceAllow: readonly ListedModule[];
  /** Every rule that this layer has a say on. */
  readonly rules: ReadonlyMap<RuleId, RuleSetting>;
}

/** A waiver as it is written: what is missing or wrong is a finding, not a broken file. */
export interface Waiver {
  readonly rule: string | undefined;
  readonly file: string | undefined;
  readonly module: string | undefined;
  /** More than one where a rule asks for two. */
  readonly owners: readonly string[];
  readonly reason: string | undefined;
  /** YYYY-MM-DD, or whatever was written instead. */
  readonly expires: string | undefined;
  /**
   * Repo-relative file it is written in, with `/`; 1-based. For a file of another repository the entry of `extends`
   * that names it.
   */
  readonly at: { readonly file: string; readonly line: number; readonly column: number };
  /**
   * True when it comes from a file that this one extends, or from a floor: it may fit nothing here, and `waivable`
   * does not bind it.
   */
  readonly shared?: boolean;
}

/** All that decides over findings. */
export interface Policy {
  readonly layers: readonly PolicyLayer[];
  readonly waivers: readonly Waiver[];
  /** Rules that this repository may waive or keep in a baseline; `all` unless a parent or floor says otherwise. */
  readonly waivable: 'all' | readonly string[];
  /** Findings of this level and above fail. */
  readonly failOn: Level;
  /** Names of directories that are not looked into. */
  readonly skip: readonly string[];
}
