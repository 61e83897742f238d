import { type KeptRef, keptModules } from '../../check/kept-modules.ts';
import type { Config } from '../../config/types.ts';
import type { Platform } from '../../platform/types.ts';
import { existingTree, openExisting } from '../../store/existing.ts';
import { createHasher } from '../../store/hasher.ts';
import { prune } from '../../store/prune/prune.ts';
import type { PruneProgress, PruneReport } from '../../store/prune/types.ts';

export interface PruneRequest {
  /** Directory of the store. */
  readonly dir: string;
  readonly rules: Pick<Config['cache'], 'keep-since' | 'max-size' | 'keep-refs'> & {
    /** ms; not given: age does not count. */
    readonly maxAge?: number;
  };
  readonly dryRun: boolean;
  readonly until?: AbortSignal;
  readonly onProgress?: (progress: PruneProgress) => void;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Whose checkout the refs are of. */
  readonly platform: Pick<Platform, 'workspace' | 'change' | 'forge'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Token for the server of the checkout. */
  readonly token: string | undefined;
}

export interface PruneOutcome {
  readonly report: PruneReport;
  readonly keepRefs: readonly KeptRef[];
  /** One line each, may hold text of the repository. */
  readonly warnings: readonly string[];
}

/**
 * Prunes the store in a directory, after the modules of the refs to keep are known. Throws KeepListError when they
 * cannot be told, StoreError when the directory is no store or cannot be worked on; nothing was removed then.
 */
export async function pruneStore(request: PruneRequest): Promise<PruneOutcome> {
  const { dir, rules, dryRun, until, onProgress, now, platform, env, token } = request;
  // Before anything is asked of a server, and before the store is tried.
  await existingTree(dir);
  const kept = await keptModules({
    dir: platform.workspace,
    env,
    platform,
    token,
    fetch: true,
    refs: rules['keep-refs'],
  });
  const hasher = createHasher();
  try {
    const store = await openExisting(dir, { hasher, purpose: dryRun ? 'look' : 'tidy' });
    const report = await prune(store, {
      now,
      keepSinceMs: rules['keep-since'],
      maxBytes: rules['max-size'],
      keep: kept.keep,
      dryRun,
      ...(rules.maxAge === undefined ? {} : { maxAgeMs: rules.maxAge }),
      ...(until === undefined ? {} : { until }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    return { report, keepRefs: kept.refs, warnings: kept.warnings };
  } finally {
    await hasher.close();
  }
}
