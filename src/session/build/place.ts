import { join } from 'node:path';
import type { Config } from '../../config/types.ts';
import { cacheUnavailable } from '../../platform/cache-service.ts';
import type { Platform } from '../../platform/types.ts';
import { isOn, levelOf } from '../bypass/levels.ts';
import { CHECKOUT_DIR } from '../checkout-dir.ts';
import { type PackedPolicy, unpackPolicy } from '../policy/policy-json.ts';

/** Where a job's GOCACHE lies, and what it is filled from. */
export type BuildPlace =
  | { readonly from: 'service'; readonly dir: string }
  /** `archived`: directory that the runner unpacks before the job and archives after it. */
  | { readonly from: 'archive'; readonly dir: string; readonly archived: string };

/** Directory below `.modgate` that the template's `cache:` names. */
export const ARCHIVED_BUILDS = 'build';

export interface PlaceRequest {
  readonly config: Pick<Config, 'cache'>;
  readonly policy: PackedPolicy;
  readonly platform: Pick<Platform, 'name' | 'workspace'>;
  readonly sessionDir: string;
  /** The cache service's variables are looked for here. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Where the build cache of a job lies; a sentence when it was asked for and cannot be had; undefined when nobody asked.
 * A directory of its own in every case: what lies in the job's own GOCACHE may be of an earlier job or another cache
 * step, and must be neither saved as this job's nor mixed with what is restored.
 */
export function buildPlace(request: PlaceRequest): BuildPlace | string | undefined {
  const { config, policy, platform, sessionDir, env } = request;
  if (!config.cache.build) return undefined;
  if (forbids(policy)) return 'the policy forbids it (bypass/build-cache: error)';
  if (platform.name === 'local') return undefined;
  if (platform.name === 'gitlab') {
    const inCheckout = join(platform.workspace, CHECKOUT_DIR);
    return {
      from: 'archive',
      dir: join(inCheckout, 'gocache'),
      archived: join(inCheckout, ARCHIVED_BUILDS),
    };
  }
  const barred = cacheUnavailable(env, 'read');
  return barred ?? { from: 'service', dir: join(sessionDir, 'gocache') };
}

function forbids(packed: PackedPolicy): boolean {
  const policy = unpackPolicy(packed);
  const rule = 'bypass/build-cache';
  return isOn(policy, rule) && levelOf(policy, rule, () => false) === 'error';
}
