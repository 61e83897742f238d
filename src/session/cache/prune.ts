import { type KeptRef, keptModules } from '../../check/kept-modules.ts';
import type { Config } from '../../config/types.ts';
import type { Platform } from '../../platform/types.ts';
import type { Bucket } from '../../store/bucket/types.ts';
import { StoreError } from '../../store/errors.ts';
import { existingTree, openExisting } from '../../store/existing.ts';
import { createHasher } from '../../store/hasher.ts';
import { prune } from '../../store/prune/prune.ts';
import type { PruneOptions, PruneProgress, PruneReport } from '../../store/prune/types.ts';

/** A store that is to be worked on as a whole. */
export type OpenStore =
  /** Absolute; it need not exist. */
  | { readonly kind: 'directory'; readonly dir: string }
  /** `readOnly`: nothing is to be written there, whatever the credentials may do. */
  | { readonly kind: 'bucket'; readonly bucket: Bucket; readonly readOnly: boolean };

export interface PruneRequest {
  readonly store: OpenStore;
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
 * Prunes a store, after the modules of the refs to keep are known. Throws KeepListError when they cannot be told,
 * StoreError when the place is no store or cannot be worked on, BucketError; nothing was removed then.
 */
export async function pruneStore(request: PruneRequest): Promise<PruneOutcome> {
  const { store, rules, dryRun, until, onProgress, now, platform, env, token } = request;
  // Before anything is asked of a server, and before the store is tried.
  if (store.kind === 'directory') await existingTree(store.dir);
  else await requirePlace(store, dryRun);
  const kept = await keptModules({
    dir: platform.workspace,
    env,
    platform,
    token,
    fetch: true,
    refs: rules['keep-refs'],
  });
  const report = await pruneOpen(store, {
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
}

async function pruneOpen(at: OpenStore, options: PruneOptions): Promise<PruneReport> {
  if (at.kind === 'bucket') {
    const { pruneBucket } = await import('../../store/bucket/prune/prune.ts');
    return await pruneBucket(at.bucket, options);
  }
  const hasher = createHasher();
  try {
    const store = await openExisting(at.dir, { hasher, purpose: options.dryRun ? 'look' : 'tidy' });
    return await prune(store, options);
  } finally {
    await hasher.close();
  }
}

/**
 * Whether work on a bucket may begin. Throws StoreError: `store-read-only` where its URL says that nothing is written
 * there, `store-missing`, `store-foreign`; BucketError.
 */
export async function requirePlace(
  { bucket, readOnly }: Extract<OpenStore, { kind: 'bucket' }>,
  look: boolean,
): Promise<void> {
  const { requireBucketStore } = await import('../../store/bucket/existing.ts');
  if (readOnly && !look) {
    const message = `module store: the URL of ${bucket.location} says mode=read, so nothing in it is changed; leave that away here`;
    throw new StoreError('store-read-only', bucket.location, message);
  }
  await requireBucketStore(bucket);
}
