import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheClient } from '../platform/cache/types.ts';
import { cacheServiceEnv, cacheUnavailable } from '../platform/cache-service.ts';
import { parseEvent, record } from '../platform/github-event.ts';
import { systemProbe } from '../platform/system-probe.ts';
import type { Env } from '../platform/types.ts';
import { VERSION } from '../session/version.ts';
import { pruneCache } from './prune-cache.ts';
import { ForgeError, githubForge } from './prune-github.ts';
import type { PruneInputs } from './prune-inputs.ts';
import { bytesOf, cacheMarkdown } from './prune-summary.ts';
import type { Runner } from './runner-files.ts';
import { formatBytes } from './summary.ts';

/** A clean-up that takes longer ends where it is; the next one goes on. */
const CACHE_TIMEOUT_MS = 5 * 60_000;

/**
 * Cleans up the shared cache of the repository. What the forge cannot do today is a warning: the next run does it.
 * Throws ForgeError when the token may not, which a person must mend.
 */
export async function pruneSharedCache(
  env: Env,
  cwd: string,
  inputs: PruneInputs,
  runner: Runner,
  now: Date,
): Promise<void> {
  const signal = AbortSignal.timeout(CACHE_TIMEOUT_MS);
  const event = env.GITHUB_EVENT_PATH ? systemProbe(cwd).readFile(env.GITHUB_EVENT_PATH) : undefined;
  const branch = record(parseEvent(event)?.repository)?.default_branch;
  try {
    const report = await pruneCache({
      forge: await githubForge({
        apiUrl: env.GITHUB_API_URL || 'https://api.github.com',
        repository: env.GITHUB_REPOSITORY ?? '',
        token: inputs.token ?? '',
        env,
        signal,
      }),
      service: await cacheService(env, signal, runner),
      ownRef: env.GITHUB_REF ?? '',
      defaultBranch: typeof branch === 'string' && branch !== '' ? branch : undefined,
      dryRun: inputs.dryRun,
      now: now.getTime(),
      signal,
      pause: ms => sleep(ms, undefined, { signal }).catch(() => undefined),
      log: line => runner.info(`modgate: ${line}`),
    });
    const freed = bytesOf(report.deleted);
    const left = bytesOf(report.verdicts.map(verdict => verdict.entry)) - freed;
    runner.setOutput('deleted', String(report.deleted.length));
    runner.setOutput('bytes-freed', String(freed));
    runner.setOutput('bytes-left', String(left));
    runner.info(
      `modgate: shared cache: ${report.deleted.length} of ${report.verdicts.length} entries ` +
        `${inputs.dryRun ? 'would go' : 'went'}, ${formatBytes(freed)}; ${formatBytes(left)} stay`,
    );
    for (const warning of report.warnings.slice(0, 10)) runner.warning(`modgate: ${warning}`);
    runner.addSummary(cacheMarkdown(report, inputs.dryRun));
  } catch (error) {
    if (!(error instanceof ForgeError) || error.code === 'denied' || error.code === 'absent') throw error;
    runner.warning(
      `modgate: the shared cache was not cleaned up: ${error.message}; the next run tries again`,
    );
  }
}

/** The cache service, for the manifests; without it more entries stay than need be. */
async function cacheService(env: Env, signal: AbortSignal, runner: Runner): Promise<CacheClient | undefined> {
  const barred = cacheUnavailable(env, 'read');
  if (barred !== undefined) {
    runner.info(`modgate: what entries need of each other is not known: ${barred}`);
    return undefined;
  }
  const { createCacheClient } = await import('../platform/cache/client.ts');
  return createCacheClient({ env: cacheServiceEnv(env), version: VERSION, signal });
}
