import { resolve } from 'node:path';
import type { Config } from '../config/types.ts';
import { detectPlatform } from '../platform/detect.ts';
import { systemProbe } from '../platform/system-probe.ts';
import type { Platform } from '../platform/types.ts';
import { chooseStore, questionOf } from '../session/configure.ts';
import { SessionError } from '../session/errors.ts';
import { readConfig } from '../session/read-config.ts';
import { questionFor } from '../session/settings.ts';
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
  const platform = detectPlatform(env, systemProbe(cwd));
  const flags = {
    ...(store === undefined ? {} : { store }),
    ...(file === undefined ? {} : { config: file }),
  };
  const request = questionFor({ env, cwd, flags }, platform, platform.sessionDir);
  const token = env.MODGATE_TOKEN || env.GITHUB_TOKEN || env.CI_JOB_TOKEN || undefined;
  const answer = await readConfig(questionOf(request), { env, token, fetch: true });
  if (answer.state !== 'read') {
    const why = answer.state === 'unavailable' ? `: ${answer.why}; ${answer.advice}` : '';
    throw new SessionError(
      'policy-unavailable',
      `the configuration of the target branch, which counts in a change, cannot be had${why}`,
    );
  }
  for (const warning of [...answer.config.warnings, ...answer.warnings]) say(`warning: ${warning}`);
  const { config } = answer.config;
  return { platform, config, dir: resolve(chooseStore(config, request).dir), token };
}
