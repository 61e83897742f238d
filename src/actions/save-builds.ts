import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BUILD_PREFIX, lineageOf, nextBuildKey } from '../platform/cache/build-keys.ts';
import { createCacheClient } from '../platform/cache/client.ts';
import { type CacheClient, CacheError } from '../platform/cache/types.ts';
import { cacheServiceEnv, cacheUnavailable } from '../platform/cache-service.ts';
import type { Env } from '../platform/types.ts';
import { type BuildState, keptBuildState } from '../session/build/state.ts';
import { VERSION } from '../session/version.ts';
import type { BuildEntryRef } from '../store/build/manifest.ts';
import { packBuilds } from '../store/build/pack.ts';
import { changeOf, isWorthSaving } from '../store/build/plan.ts';
import { readBuildManifest } from '../store/build/unpack.ts';
import { BuildCacheError, type UsedBuilds, usedBuilds } from '../store/build/used.ts';
import { formatBytes } from './summary.ts';

/** What came of saving the build cache. */
export type BuildSaveReport =
  | { readonly state: 'saved'; readonly key: string; readonly objects: number; readonly bytes: number }
  | { readonly state: 'unchanged'; readonly objects: number }
  | { readonly state: 'skipped'; readonly why: string }
  | { readonly state: 'failed'; readonly why: string };

export interface BuildSaveRequest {
  readonly env: Env;
  readonly sessionDir: string;
  /** Most bytes that all entries of modgate may take at the service. */
  readonly quota: number;
  /** Bytes of them that entries with modules take. */
  readonly moduleBytes: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly log: (line: string) => void;
}

/** All cache calls of a save together. */
const SAVE_TIMEOUT_MS = 5 * 60_000;
/** A service forgets what nobody read for seven days; one more for clocks and jobs under way. */
const FORGOTTEN_MS = 8 * 86_400_000;
/** Entries of other jobs that are looked up. */
const MAX_LOOKUPS = 20;
const OTHERS_TURN = 'another job saved meanwhile; the next run adds what only this job compiled';

/**
 * Saves what the job used of its GOCACHE for later jobs, or says why not; undefined when it has no build cache. Never
 * rejects: what is lost is compiled again.
 */
export async function saveBuilds(
  request: BuildSaveRequest,
  barred: string | undefined,
): Promise<BuildSaveReport | undefined> {
  const state = await keptBuildState(request.sessionDir);
  if (state?.dir === undefined || state.keys === undefined || state.archived !== undefined) return undefined;
  const skip = barred ?? cacheUnavailable(request.env, 'write');
  if (skip !== undefined) return { state: 'skipped', why: skip };
  try {
    return await save(request, { ...state, dir: state.dir, keys: state.keys });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof CacheError && error.code === 'denied') return { state: 'skipped', why };
    if (error instanceof CacheError && error.code === 'taken') return { state: 'skipped', why: OTHERS_TURN };
    if (error instanceof BuildCacheError) return { state: 'skipped', why };
    return { state: 'failed', why };
  }
}

/** Bytes that entries of the build cache take at the service, as far as this job was told. */
export async function buildBytes(sessionDir: string): Promise<number> {
  const { restored } = (await keptBuildState(sessionDir)) ?? {};
  if (restored === undefined) return 0;
  return [restored, ...restored.manifest.others].reduce((sum, { bytes }) => sum + bytes, 0);
}

type Ready = BuildState & Required<Pick<BuildState, 'dir' | 'keys'>>;

async function save(request: BuildSaveRequest, state: Ready): Promise<BuildSaveReport> {
  const { now, quota, moduleBytes, log } = request;
  const { keys, restored, since, began } = state;
  const used = usedBuilds(state.dir, since);
  const objects = used.actions.length;
  // An empty entry would be the newest, and hide every full one from later jobs.
  if (objects === 0) return { state: 'skipped', why: 'nothing was compiled' };
  const own = restored?.key.startsWith(keys.own) === true ? restored : undefined;
  const change = changeOf(used, own?.manifest.bytes, began);
  if (!isWorthSaving(change, own?.manifest, now)) return { state: 'unchanged', objects };

  const signal = AbortSignal.timeout(SAVE_TIMEOUT_MS);
  const client = createCacheClient({ env: cacheServiceEnv(request.env), version: VERSION, signal, log });
  const newest = (await client.lookup([keys.own]))?.key;
  // One that could not be restored has to be replaced.
  const known = newest === undefined || newest === own?.key || newest === state.report.key;
  if (!known) return { state: 'skipped', why: OTHERS_TURN };
  const others = await ledger(client, state, now, signal, log);
  const taken = others.reduce((sum, { bytes }) => sum + bytes, 0);
  // Modules can be verified and are of use to every job: half of the room is theirs in any case.
  const room = Math.min(quota / 2, quota - moduleBytes) - taken;
  if (room <= 0) return { state: 'skipped', why: noRoom(taken, undefined, quota) };
  const reservation = await client.reserve(nextBuildKey(keys, newest, now), used.bytes);
  const dir = join(request.sessionDir, 'save-builds');
  try {
    const bytes = await packed(dir, state.dir, used, { v: 1, created: now, bytes: used.bytes, others });
    if (bytes > room) return { state: 'skipped', why: noRoom(taken, bytes, quota) };
    await reservation.fill(join(dir, 'builds.tzst'), bytes);
    return { state: 'saved', key: reservation.key, objects, bytes };
  } finally {
    await rm(dir, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function packed(
  dir: string,
  cache: string,
  used: UsedBuilds,
  manifest: Parameters<typeof packBuilds>[0]['manifest'],
): Promise<number> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  return await packBuilds({ dir: cache, used, manifest, file: join(dir, 'builds.tzst') });
}

/**
 * The entries of the build cache that are at the service, as far as the newest one and the one that was restored tell:
 * nobody can list them with the token of a job. Of each lineage the last one is asked for, which jobs still read; what
 * took its place before counts until the service has forgotten it.
 */
async function ledger(
  client: CacheClient,
  { restored }: Ready,
  now: number,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<BuildEntryRef[]> {
  const refs = new Map<string, BuildEntryRef>();
  const add = (ref: BuildEntryRef): void => {
    if ((refs.get(ref.key)?.until ?? -1) < ref.until) refs.set(ref.key, ref);
  };
  if (restored !== undefined) {
    for (const ref of restored.manifest.others) add(ref);
    add({ key: restored.key, bytes: restored.bytes, until: now });
  }
  const newest = await client.lookup([BUILD_PREFIX]);
  if (newest !== undefined && newest.key !== restored?.key) {
    try {
      const { size, stream } = await client.open(newest);
      const { others } = await readBuildManifest(stream, signal);
      for (const ref of others) add(ref);
      add({ key: newest.key, bytes: size ?? 0, until: now });
    } catch (error) {
      log(`build cache: entry ${newest.key}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const heads = headsOf([...refs.values()]).slice(0, MAX_LOOKUPS);
  await Promise.all(
    heads.map(async head => {
      const found = await client.lookup([head.key]).catch(() => head);
      if (found?.key === head.key) refs.set(head.key, { ...head, until: now });
      else refs.delete(head.key);
    }),
  );
  return [...refs.values()].filter(({ until }) => until > now - FORGOTTEN_MS);
}

/** The last entry of each lineage. */
function headsOf(refs: readonly BuildEntryRef[]): BuildEntryRef[] {
  const heads = new Map<string, BuildEntryRef>();
  for (const ref of refs) {
    const lineage = lineageOf(ref.key) ?? ref.key;
    if ((heads.get(lineage)?.until ?? -1) < ref.until) heads.set(lineage, ref);
  }
  return [...heads.values()].toSorted((a, b) => b.until - a.until);
}

function noRoom(taken: number, needs: number | undefined, quota: number): string {
  const more = needs === undefined ? '' : `, this one would add ${formatBytes(needs)}`;
  return (
    `entries with compiled objects take ${formatBytes(taken)}${more}; they may have half of cache.quota (${formatBytes(quota)}) ` +
    'and what modules leave of it; raise it, or wait: the service forgets what nobody read for a week'
  );
}
