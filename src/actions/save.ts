import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Origin } from '../config/types.ts';
import { createCacheClient } from '../platform/cache/client.ts';
import { CACHE_PREFIX, classOfKey, nextKey, sizeClass } from '../platform/cache/keys.ts';
import { type CacheClient, CacheError } from '../platform/cache/types.ts';
import { cacheServiceEnv, cacheUnavailable } from '../platform/cache-service.ts';
import type { Env, Trust } from '../platform/types.ts';
import { readRestored } from '../session/cache/restored.ts';
import { VERSION } from '../session/version.ts';
import { chooseVersions, packingOrder, storedVersions, withDigests } from '../store/bundle/choose.ts';
import type { BundledVersion, PastBundle } from '../store/bundle/manifest.ts';
import { pack } from '../store/bundle/pack.ts';
import { planSave } from '../store/bundle/plan.ts';
import { withoutStrangers } from '../store/bundle/recheck.ts';
import { BundleError } from '../store/bundle/types.ts';
import { formatBytes } from './summary.ts';

/** All cache calls of a save together. A larger store gets its time by keep-since and max-size. */
const SAVE_TIMEOUT_MS = 5 * 60_000;

/** What came of saving. */
export type SaveReport =
  | {
      readonly state: 'saved';
      readonly key: string;
      /** Versions that later jobs find. */
      readonly modules: number;
      /** Files that the new entry holds; the others are in earlier entries. */
      readonly files: number;
      /** Bytes of the new entry. */
      readonly bytes: number;
    }
  /** Nothing was to be done: the entries there have it all. */
  | { readonly state: 'unchanged'; readonly modules: number }
  /** By rule: not trusted, switched off, no cache service, another job's turn, no quota, nothing in the store. */
  | { readonly state: 'skipped'; readonly why: string }
  | { readonly state: 'failed'; readonly why: string; readonly lost: string };

export interface SaveRequest {
  readonly env: Env;
  readonly sessionDir: string;
  readonly storeDir: string;
  readonly keepSinceMs: number;
  readonly maxBytes: number;
  /** Most bytes that all entries of modgate may take at the service. */
  readonly quota: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly sessionStart: number;
  readonly log: (line: string) => void;
}

/**
 * Whether a job may write the cache that others read, and if not, why not. A configuration file says
 * `always` for jobs that are trusted with that file only: in a pull request its author wrote it.
 */
export function maySave(
  policy: 'auto' | 'always' | 'never',
  origin: Origin,
  trust: Trust,
): string | undefined {
  if (policy === 'never') return 'save is never';
  if (trust.trusted) return undefined;
  if (policy === 'always' && ['env', 'input', 'flag'].includes(origin.from)) return undefined;
  return trust.reason;
}

/** Saves what the shared cache lacks of the store's used versions, or says why not. Never rejects. */
export async function saveStore(request: SaveRequest, barred: string | undefined): Promise<SaveReport> {
  const skip = barred ?? cacheUnavailable(request.env, 'write');
  if (skip !== undefined) return { state: 'skipped', why: skip };
  let modules: number | undefined;
  const lost = () => {
    const what = modules === undefined ? 'its modules' : `${modules} module${modules === 1 ? '' : 's'}`;
    return `the next job downloads what is new of ${what} again`;
  };
  try {
    // Twice the set must fit: the one that is there, and the one that takes its place.
    const maxBytes = Math.min(request.maxBytes, request.quota / 2);
    const chosen = chooseVersions(await storedVersions(request.storeDir), { ...request, maxBytes });
    modules = chosen.length;
    // An empty entry would be the newest, and hide every full one from all later jobs.
    if (modules === 0) return { state: 'skipped', why: 'the store holds nothing that was used' };
    return await save(request, packingOrder(withDigests(chosen), request.sessionStart));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof CacheError && error.code === 'denied') return { state: 'skipped', why };
    if (error instanceof CacheError && error.code === 'taken') return { state: 'skipped', why: OTHERS_TURN };
    return { state: 'failed', why, lost: lost() };
  }
}

/** 134 MB and more, for a key that does not tell. */
const LARGE_CLASS = 27;
const OTHERS_TURN = 'another job saves meanwhile; the next run adds what only this job had';

async function save(request: SaveRequest, chosen: readonly BundledVersion[]): Promise<SaveReport> {
  const { now, quota } = request;
  const restored = await readRestored(request.sessionDir);
  const modules = chosen.length;
  const unchanged = planSave({ now, chosen, restored, quota }).do === 'nothing';
  if (unchanged) return { state: 'unchanged', modules };

  const client = createCacheClient({
    env: cacheServiceEnv(request.env),
    version: VERSION,
    signal: AbortSignal.timeout(SAVE_TIMEOUT_MS),
    log: request.log,
  });
  const total = chosen.reduce((sum, v) => sum + v.files.reduce((all, f) => all + f.size, 0), 0);
  const newest = await newestEntry(client);
  if (newest !== undefined && newest !== restored?.key && (classOfKey(newest) ?? 0) >= sizeClass(total)) {
    return { state: 'skipped', why: OTHERS_TURN };
  }
  // What was restored may have been thrown out since; then there is nothing to build on.
  const base = newest === undefined ? undefined : restored;
  const others = newest === undefined || newest === restored?.key ? [] : [estimate(newest, now)];
  const plan = planSave({ now, chosen, restored: base, quota, others });
  if (plan.do === 'nothing') return { state: 'unchanged', modules };
  if (plan.do === 'skip') return { state: 'skipped', why: noQuota(plan.used, plan.needs, quota) };
  const reservation = await client.reserve(nextKey(newest, now, total), plan.bytes);
  const dir = join(request.sessionDir, 'save');
  try {
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const file = join(dir, 'bundle.tzst');
    const packing = {
      storeDir: request.storeDir,
      file,
      // Records of the checksum database that came with an earlier entry are in that entry.
      ...(plan.manifest.parents.length > 0 ? { sumdbSince: request.sessionStart } : {}),
    };
    const bytes = await pack({ ...packing, manifest: plan.manifest }).catch(async (error: unknown) => {
      if (!(error instanceof BundleError) || error.code !== 'damaged') throw error;
      request.log(`shared cache: ${error.message}; what is not what the index says is left out`);
      const manifest = await withoutStrangers(request.storeDir, plan.manifest);
      return await pack({ ...packing, manifest });
    });
    if (plan.used + bytes > quota) return { state: 'skipped', why: noQuota(plan.used, bytes, quota) };
    await reservation.fill(file, bytes);
    return { state: 'saved', key: reservation.key, modules, files: plan.files, bytes };
  } finally {
    await rm(dir, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Key of the newest entry of all; a job that may write but not read does without. */
async function newestEntry(client: CacheClient): Promise<string | undefined> {
  try {
    return (await client.lookup([CACHE_PREFIX]))?.key;
  } catch (error) {
    if (error instanceof CacheError && error.code === 'denied') return undefined;
    throw error;
  }
}

/** An entry of a smaller set that another job wrote meanwhile; its key tells how large the set can be. */
function estimate(key: string, now: number): PastBundle {
  return { key, bytes: 2 ** ((classOfKey(key) ?? LARGE_CLASS) + 1), until: now };
}

function noQuota(used: number, needs: number, quota: number): string {
  return (
    `modgate's entries of the last days take up to ${formatBytes(used)}, this one would add up to ${formatBytes(needs)}, ` +
    `and cache.quota is ${formatBytes(quota)}; raise it, or wait: the service forgets what nobody read for a week`
  );
}
