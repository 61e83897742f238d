import type { FileConfig } from './schema.ts';

/** A configuration with nothing left open: what the rest of modgate works with. Keys are those of the file. */
export type Config = Omit<FileConfig, 'proxy'> & {
  readonly proxy: Omit<FileConfig['proxy'], 'on-failure'> & { readonly 'on-failure': 'fail' | 'fallback' };
};

export type Upstream = FileConfig['proxy']['upstream'][number];

/** Where a value came from. `line` is 1-based. */
export type Origin =
  | { readonly from: 'default' }
  | { readonly from: 'file'; readonly file: string; readonly line: number }
  | { readonly from: 'env' | 'input' | 'flag'; readonly name: string };

/** Values that override the file. Every one is checked as the file's own would be. */
export interface Overrides {
  readonly store?: string;
  readonly upstream?: readonly string[];
  readonly onFailure?: string;
  readonly prefetch?: number | string;
  readonly modcache?: string;
  readonly save?: string;
}

/** The configuration that is in force, with where each value came from and what the user should know. */
export interface LoadedConfig {
  readonly config: Config;
  /** Absolute path of the file that was read; undefined when there is none. */
  readonly file: string | undefined;
  /** Origin of a value by its dotted key, like `proxy.on-failure`. */
  origin(key: string): Origin;
  /** Lines for the user, without line breaks: what is accepted but not in force. Not yet escaped for a log. */
  readonly warnings: readonly string[];
  /** Lower-case hex SHA-256 of the values in force; a running session with another one was configured otherwise. */
  readonly digest: string;
}
