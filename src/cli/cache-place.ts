import type { Config } from '../config/types.ts';
import type { Platform } from '../platform/types.ts';
import { namedStore } from '../session/settings/named-store.ts';
import { UsageError } from './errors.ts';
import type { ParsedVerb, VerbOptions } from './options.ts';
import { say } from './say.ts';

/** Options that the parts of `modgate cache` share: which store it is about. */
export const PLACE_OPTIONS = {
  store: {
    type: 'string',
    value: 'DIR',
    help: 'directory of the module store (default: cache.store of the configuration, else where jobs on this machine keep it)',
  },
  config: {
    type: 'string',
    value: 'FILE',
    help: 'configuration file (default .modgate.yaml or .github/modgate.yaml)',
  },
} as const satisfies VerbOptions;

/** The store that a command is about, and the settings in force. */
export interface CachePlace {
  readonly platform: Platform;
  readonly config: Config;
  /** Directory of the store, absolute; it need not exist. */
  readonly dir: string;
  /** Token for the server of the checkout. */
  readonly token: string | undefined;
}

/**
 * Finds the store: the one argument or `--store`, else the configuration's, else the platform's. What the
 * configuration warns of goes to stderr. Throws UsageError, ConfigError; SessionError `policy-unavailable`
 * where the configuration of a change's target cannot be had.
 */
export async function cachePlace({
  values,
  positionals,
}: Pick<ParsedVerb, 'values' | 'positionals'>): Promise<CachePlace> {
  const [argument, ...more] = positionals;
  if (more.length > 0) throw new UsageError('one store at a time: name one directory');
  const option = values.store as string | undefined;
  if (argument !== undefined && option !== undefined) {
    throw new UsageError('the store is named twice: give it as argument or with --store');
  }
  const store = argument ?? option;
  if (store === '') throw new UsageError('the name of the store is empty: give the directory that it is in');
  const file = values.config as string | undefined;
  const { env } = process;
  const cwd = process.cwd();
  const flags = {
    ...(store === undefined ? {} : { store }),
    ...(file === undefined ? {} : { config: file }),
  };
  const token = env.MODGATE_TOKEN || env.GITHUB_TOKEN || env.CI_JOB_TOKEN || undefined;
  const { platform, config, dir, warnings } = await namedStore({ env, cwd, flags, token });
  for (const warning of warnings) say(`warning: ${warning}`);
  return { platform, config, dir, token };
}
