import { createCacheClient } from '../../platform/cache/client.ts';
import { CacheError } from '../../platform/cache/types.ts';
import { cacheServiceEnv, cacheUnavailable } from '../../platform/cache-service.ts';
import type { Platform } from '../../platform/types.ts';
import type { Bounds } from '../limits.ts';
import { TimeUp } from '../limits.ts';
import { ended } from '../network/reach.ts';
import { type Env, ok, skipped, type Verdict, warning } from '../types.ts';

export interface CacheQuestion {
  readonly platform: Pick<Platform, 'name'>;
  readonly env: Env;
  readonly version: string;
  readonly bounds: Bounds;
}

/** A key that nobody has. */
const NOBODYS = 'modgate-doctor-asks-for-nothing';

/** The cache service of a GitHub job. It is never `failed`: without it a job is only slower. */
export async function probeCache({ platform, env, version, bounds }: CacheQuestion): Promise<Verdict> {
  if (platform.name !== 'github') {
    const why =
      platform.name === 'gitlab'
        ? 'on GitLab the runner restores and keeps the store, by the cache: of the job'
        : 'only jobs of GitHub have one';
    return skipped('there is no cache service to ask here', { why });
  }
  const barred = cacheUnavailable(env, 'read');
  if (barred !== undefined) {
    return warning('the shared cache cannot be used', {
      why: barred,
      fix: 'run modgate as the action modgate/modgate/actions/proxy: a step with run: does not get the variables of the cache service',
    });
  }
  try {
    return await bounds.try(async signal => {
      const client = createCacheClient({ env: cacheServiceEnv(env), version, signal });
      await client.lookup([NOBODYS]);
      const noWrite = cacheUnavailable(env, 'write');
      return noWrite === undefined
        ? ok(`answers a look-up (${client.protocol})`)
        : ok(`answers a look-up (${client.protocol}); this job only reads it: ${noWrite}`);
    });
  } catch (error) {
    if (error instanceof TimeUp) return { ...ended(error), state: 'warning' };
    if (!(error instanceof CacheError)) throw error;
    return warning('does not answer a look-up', {
      why: error.message,
      fix:
        error.code === 'denied'
          ? 'give the job a token that may read the cache (cache-mode, permissions)'
          : 'allow the runner to reach the cache service; jobs work without it, and download what is missing',
    });
  }
}
