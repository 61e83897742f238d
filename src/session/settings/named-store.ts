import { resolve } from 'node:path';
import { type BucketPlace, isBucketUrl, parseBucketUrl } from '../../config/bucket-url.ts';
import { storeTexts } from '../../config/module-store.ts';
import { redactUrl } from '../../config/redact.ts';
import type { AuthorityFiles, Config } from '../../config/types.ts';
import { detectPlatform } from '../../platform/detect.ts';
import { systemProbe } from '../../platform/system-probe.ts';
import type { Env, Platform } from '../../platform/types.ts';
import { SessionError } from '../errors.ts';
import type { ConfigureRequest, StartFlags } from '../types.ts';
import { chooseStore, questionOf } from './configure.ts';
import { readConfig } from './read-config.ts';
import { questionFor } from './settings.ts';

export interface NamedStoreQuestion {
  readonly env: Env;
  readonly cwd: string;
  /** The store and the configuration file, where they were named. */
  readonly flags: Pick<StartFlags, 'store' | 'config'>;
  /** Token for the server of the checkout. */
  readonly token: string | undefined;
}

/** Where a store is. */
export type StoreAt =
  /** Absolute; it need not exist. */
  | { readonly kind: 'directory'; readonly dir: string }
  | { readonly kind: 'bucket'; readonly place: BucketPlace };

/** A store that is to be worked on outside of a session, and the settings in force. */
export interface NamedStore {
  readonly platform: Platform;
  readonly config: Config;
  /** What `proxy.ca` names in the repository, where the files of the checkout do not count. */
  readonly authorityFiles: AuthorityFiles | undefined;
  /** The store itself: of several layers the first. Throws SessionError `usage` for one that cannot be used. */
  readonly at: () => StoreAt;
  /** What the user is to know of the configuration, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Finds a store: the one that was named, else the configuration's, else the platform's. Throws ConfigError, and
 * SessionError `policy-unavailable` where the configuration of a change's target cannot be had.
 */
export async function namedStore({ env, cwd, flags, token }: NamedStoreQuestion): Promise<NamedStore> {
  const platform = detectPlatform(env, systemProbe(cwd));
  const request = questionFor({ env, cwd, flags }, platform, platform.sessionDir);
  const answer = await readConfig(questionOf(request), { env, token, fetch: true });
  if (answer.state !== 'read') {
    const why = answer.state === 'unavailable' ? `: ${answer.why}; ${answer.advice}` : '';
    throw new SessionError(
      'policy-unavailable',
      `the configuration of the target branch, which counts in a change, cannot be had${why}`,
    );
  }
  const { config, authorityFiles, warnings } = answer.config;
  return {
    platform,
    config,
    authorityFiles,
    at: () => storeAt(config, request),
    warnings: [...warnings, ...answer.warnings],
  };
}

function storeAt(config: Config, request: ConfigureRequest): StoreAt {
  const [first = 'auto'] = storeTexts(config.cache.store);
  if (!isBucketUrl(first)) return { kind: 'directory', dir: resolve(chooseStore(config, request).dir) };
  const place = parseBucketUrl(first);
  if (typeof place !== 'string') return { kind: 'bucket', place };
  throw new SessionError('usage', `the store ${redactUrl(first)} ${place}`);
}
