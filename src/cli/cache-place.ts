import type { Config } from '../config/types.ts';
import { serverToken } from '../platform/secrets.ts';
import type { Platform } from '../platform/types.ts';
import { type OpenNamedStore, openNamed } from '../session/cache/open-named.ts';
import { type NamedStore, namedStore } from '../session/settings/named-store.ts';
import { UsageError } from './errors.ts';
import type { ParsedVerb, VerbOptions } from './options.ts';
import { say } from './say.ts';

/** Options that the parts of `modgate cache` share: which store it is about. */
export const PLACE_OPTIONS = {
  store: {
    type: 'string',
    value: 'DIR|URL',
    help: 'directory of the module store, or for most of them s3://bucket/prefix (default: cache.store of the configuration, else where jobs on this machine keep it)',
  },
  config: {
    type: 'string',
    value: 'FILE',
    help: 'configuration file (default .modgate.yaml or .github/modgate.yaml)',
  },
} as const satisfies VerbOptions;

/** The settings in force for a command that is about a store. */
interface CacheSettings {
  readonly platform: Platform;
  readonly config: Config;
  /** Token for the server of the checkout. */
  readonly token: string | undefined;
}

/** A command that is about a directory. */
export interface CachePlace extends CacheSettings {
  /** Directory of the store, absolute; it need not exist. */
  readonly dir: string;
}

/** A command that is about a directory or a bucket. */
export interface AnyCachePlace extends CacheSettings, OpenNamedStore {}

type Named = Pick<ParsedVerb, 'values' | 'positionals'>;

/**
 * Finds the directory of a store: the one argument or `--store`, else the configuration's, else the platform's. What
 * the configuration warns of goes to stderr. Throws UsageError, ConfigError; SessionError `policy-unavailable` where
 * the configuration of a change's target cannot be had.
 */
export async function cachePlace(named: Named): Promise<CachePlace> {
  const { platform, config, token, at } = await settingsFor(named);
  const found = at();
  if (found.kind === 'directory') return { platform, config, token, dir: found.dir };
  throw new UsageError(
    `${found.place.location} is a bucket, and this works on a directory: name one with --store DIR`,
  );
}

/** The same for what works on buckets, too. Throws BucketError `invalid` beside. */
export async function anyCachePlace(named: Named): Promise<AnyCachePlace> {
  const { token, ...settings } = await settingsFor(named);
  const { platform, config } = settings;
  const opened = await openNamed(settings, process.env, line => say(`warning: ${line}`));
  return { platform, config, token, ...opened };
}

async function settingsFor({
  values,
  positionals,
}: Named): Promise<NamedStore & Pick<CacheSettings, 'token'>> {
  const [argument, ...more] = positionals;
  if (more.length > 0) throw new UsageError('one store at a time: name one directory or bucket');
  const option = values.store as string | undefined;
  if (argument !== undefined && option !== undefined) {
    throw new UsageError('the store is named twice: give it as argument or with --store');
  }
  const store = argument ?? option;
  if (store === '')
    throw new UsageError('the name of the store is empty: give the directory or the bucket that it is in');
  const file = values.config as string | undefined;
  const { env } = process;
  const cwd = process.cwd();
  const flags = {
    ...(store === undefined ? {} : { store }),
    ...(file === undefined ? {} : { config: file }),
  };
  const token = serverToken(env);
  const settings = await namedStore({ env, cwd, flags, token });
  for (const warning of settings.warnings) say(`warning: ${warning}`);
  return { ...settings, token };
}
