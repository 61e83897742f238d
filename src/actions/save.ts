import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Origin } from '../config/types.ts';
import { cacheKey, lostBy, runCacheProcess } from '../platform/cache-process.ts';
import { cacheServiceEnv, cacheUnavailable } from '../platform/cache-service.ts';
import type { Env, Trust } from '../platform/types.ts';
import { chooseVersions, memberOf, sizeOf, stageVersions, storedVersions } from './stage.ts';

/** All cache calls of a save together. A larger store gets its time by keep-since and max-size. */
const SAVE_TIMEOUT_MS = 5 * 60_000;

/** What came of saving. */
export type SaveReport =
  | { readonly state: 'saved'; readonly key: string; readonly modules: number; readonly bytes: number }
  /** Nothing was to be done: the entry is there already, or there is nothing new. */
  | { readonly state: 'unchanged'; readonly key: string; readonly modules: number }
  /** By rule: not trusted, switched off, no cache service, nothing in the store. */
  | { readonly state: 'skipped'; readonly why: string }
  | { readonly state: 'failed'; readonly why: string; readonly lost: string };

export interface SaveRequest {
  readonly env: Env;
  readonly sessionDir: string;
  readonly storeDir: string;
  /** Key that the session restored, if any. */
  readonly restoredKey: string | undefined;
  readonly keepSinceMs: number;
  readonly maxBytes: number;
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

/** Saves the store's used versions as one new entry, or says why not. Never rejects. */
export async function saveStore(request: SaveRequest, barred: string | undefined): Promise<SaveReport> {
  const skip = barred ?? cacheUnavailable(request.env, 'write');
  if (skip !== undefined) return { state: 'skipped', why: skip };
  let modules: number | undefined;
  const dir = join(request.sessionDir, 'save');
  try {
    const versions = chooseVersions(await storedVersions(request.storeDir), request);
    modules = versions.length;
    // An empty entry would be the newest, and hide every full one from all later jobs.
    if (modules === 0) return { state: 'skipped', why: 'the store holds nothing that was used' };
    const key = cacheKey(versions.map(memberOf));
    if (key === request.restoredKey) return { state: 'unchanged', key, modules };

    await mkdir(dir, { recursive: true });
    await stageVersions(request.storeDir, join(dir, 'store'), versions);
    const answer = await runCacheProcess(
      {
        op: 'save',
        dir,
        primary: key,
        keys: [],
        timeoutMs: SAVE_TIMEOUT_MS,
        env: cacheServiceEnv(request.env),
        modules,
      },
      { env: request.env, log: request.log },
    );
    if (!answer.ok) return { state: 'failed', why: answer.why, lost: answer.lost };
    if (!answer.saved) return { state: 'unchanged', key, modules };
    return {
      state: 'saved',
      key,
      modules,
      bytes: answer.bytes ?? versions.reduce((sum, v) => sum + sizeOf(v), 0),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { state: 'failed', why, lost: lostBy('save', modules) };
  } finally {
    await rm(dir, { recursive: true, force: true }).catch(() => {});
  }
}
