import type { Policy } from './policy.ts';
import type { FileConfig } from './schema.ts';

/**
 * A configuration with nothing left open: what the rest of modgate works with. Keys are those of the file. Lists of
 * hosts and modules, `replace`, `rules` and `waivers` are those of the repository's own file alone: what is to be
 * enforced is `LoadedConfig.policy`.
 */
export type Config = Omit<FileConfig, 'proxy'> & {
  readonly proxy: Omit<FileConfig['proxy'], 'on-failure'> & { readonly 'on-failure': 'fail' | 'fallback' };
};

export type Upstream = FileConfig['proxy']['upstream'][number];

/** Where a value came from. `line` is 1-based. */
export type Origin =
  | { readonly from: 'default' }
  | {
      readonly from: 'file';
      readonly file: string;
      readonly line: number;
      /** Set when it is not the repository's own file but one that it extends, or a floor. */
      readonly as?: 'parent' | 'floor';
    }
  | { readonly from: 'env' | 'input' | 'flag'; readonly name: string };

/** Values that override the file. Every one is checked as the file's own would be. */
export interface Overrides {
  /** One place, or several in reading order. */
  readonly store?: string | readonly string[];
  readonly upstream?: readonly string[];
  readonly onFailure?: string;
  readonly prefetch?: number | string;
  readonly modcache?: string;
  readonly save?: string;
  readonly buildCache?: boolean | string;
  readonly auditStore?: string;
  readonly auditRequired?: boolean | string;
}

/** The text of a policy from outside the repository, which can be tightened and not loosened. */
export interface Floor {
  /** For messages: the file, or `owner/repo/path@commit`. */
  readonly name: string;
  readonly text: string;
}

/** Texts of PEM files by the path that the configuration names; what the commit does not have is left out. */
export type AuthorityFiles = Readonly<Record<string, string>>;

/** The configuration that is in force, with where each value came from and what the user should know. */
export interface LoadedConfig {
  readonly config: Config;
  /** What is to be enforced. Without a file: one layer, the default policy. */
  readonly policy: Policy;
  /** The files that make it up, the repository's own last; empty for the default policy. */
  readonly sources: readonly string[];
  /** Absolute path of the file that was read; undefined when there is none. */
  readonly file: string | undefined;
  /** Origin of a value by its dotted key, like `proxy.on-failure`. */
  origin(key: string): Origin;
  /** Lines for the user, without line breaks: what is valid and most likely not meant. Not yet escaped for a log. */
  readonly warnings: readonly string[];
  /**
   * What `proxy.ca` names inside the repository, by its path, where the configuration comes from a commit: the files of
   * the checkout are not those that count then. Undefined for a configuration from the disk.
   */
  readonly authorityFiles: AuthorityFiles | undefined;
  /** Lower-case hex SHA-256 of values and policy in force; a running session with another one was configured otherwise. */
  readonly digest: string;
}
