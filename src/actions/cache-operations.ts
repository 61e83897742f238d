import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CacheAnswer, type CacheRequest, lostBy } from '../platform/cache-process.ts';
import type { Captured } from './captured.ts';

/** The part of @actions/cache that is used. */
export interface CacheClient {
  restoreCache(
    paths: string[],
    primary: string,
    keys?: string[],
    options?: { lookupOnly?: boolean },
    crossOs?: boolean,
  ): Promise<string | undefined>;
  saveCache(paths: string[], key: string, options?: undefined, crossOs?: boolean): Promise<number>;
}

/**
 * The path as the client hashes it into the version of an entry: the same for every runner and job, because
 * the working directory is the directory that holds it.
 */
const PATHS = ['store'];

type Outcome = { key?: string; saved?: boolean; bytes?: number } | { why: string };

/** Performs one operation. Never rejects; the client's swallowed errors are found in its log. */
export async function performCacheOperation(
  request: CacheRequest,
  client: CacheClient,
  log: Captured,
): Promise<CacheAnswer> {
  const started = performance.now();
  const { op, modules } = request;
  const outcome = await operate(request, client, log).catch((error: unknown): Outcome => {
    return { why: log.failure() ?? (error instanceof Error ? error.message : String(error)) };
  });
  const ms = Math.round(performance.now() - started);
  if ('why' in outcome) return { ok: false, op, why: outcome.why, lost: lostBy(op, modules), ms };
  return { ok: true, op, ...outcome, ms };
}

async function operate(request: CacheRequest, client: CacheClient, log: Captured): Promise<Outcome> {
  if (request.op === 'save') return save(request, client, log);
  const lookupOnly = request.op === 'lookup';
  // Entries are the same bytes on every system, so that they are shared across systems.
  const key = await client.restoreCache(PATHS, request.primary, [...request.keys], { lookupOnly }, true);
  const failed = log.failure();
  if (key === undefined) return failed === undefined ? {} : { why: failed };
  const bytes = log.bytes();
  return { key, ...(bytes === undefined ? {} : { bytes }) };
}

async function save(request: CacheRequest, client: CacheClient, log: Captured): Promise<Outcome> {
  const { primary, dir } = request;
  if (!(await holdsFile(join(dir, 'store')))) return { why: 'there is nothing to save' };
  // The client packs before it asks whether the key is free; looking first saves the packing.
  const found = await client.restoreCache(PATHS, primary, [], { lookupOnly: true }, true);
  const unreadable = log.failure();
  if (found === primary) return { key: primary, saved: false };
  // A job that may write but not read is no failure here; a service that does not answer is.
  if (unreadable !== undefined && !unreadable.includes('cache read denied')) return { why: unreadable };
  const id = await client.saveCache(PATHS, primary, undefined, true);
  const failed = log.failure();
  if (id !== -1) {
    const bytes = log.bytes();
    return { key: primary, saved: true, ...(bytes === undefined ? {} : { bytes }) };
  }
  if (failed === undefined) return { why: 'the cache client did not save and gave no reason' };
  if (/\b409\b|already[_ ]exists|\bConflict\b/i.test(failed)) return { key: primary, saved: false };
  return { why: failed };
}

/** Whether a directory has a regular file anywhere below it. */
async function holdsFile(dir: string): Promise<boolean> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  if (entries.some(entry => entry.isFile())) return true;
  for (const entry of entries) {
    if (entry.isDirectory() && (await holdsFile(join(dir, entry.name)))) return true;
  }
  return false;
}
