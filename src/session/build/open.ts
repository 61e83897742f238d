import { lstat, mkdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildKeys, buildKeys } from '../../platform/cache/build-keys.ts';
import { createCacheClient } from '../../platform/cache/client.ts';
import { CacheError } from '../../platform/cache/types.ts';
import { cacheServiceEnv } from '../../platform/cache-service.ts';
import { adoptBuilds } from '../../store/build/adopt.ts';
import { type BuildManifest, MAX_MANIFEST, parseManifest } from '../../store/build/manifest.ts';
import { unpackBuilds } from '../../store/build/unpack.ts';
import { hideFromGit } from '../checkout-dir.ts';
import { buildFacts, type FactsRequest } from './facts.ts';
import type { BuildPlace } from './place.ts';
import { type BuildReport, type BuildState, keepBuildState, keptBuildState } from './state.ts';

/** Go renews the time of an entry's last use when that is older than an hour. */
const LONG_AGO_MS = 2 * 3_600_000;
/** Longest that a job waits for what it could compile itself. */
const RESTORE_TIMEOUT_MS = 60_000;
/** In the archive of a runner, beside the directory of objects. */
export const MANIFEST_FILE = 'manifest.json';
/** Share of the free disk that restored objects may take. */
const OF_DISK = 0.5;

export interface OpenRequest extends FactsRequest {
  readonly place: BuildPlace;
  readonly sessionDir: string;
  readonly workspace: string;
  /** Whether this job may leave something for others in the archive of its runner. */
  readonly saves: boolean;
  readonly version: string;
  readonly log: (line: string) => void;
}

/**
 * Makes the GOCACHE of a job and fills it with what an earlier one compiled, before the job goes on: go reads it with
 * its first command and asks nobody whether more is to come. Never rejects: without its entry the job has an empty one,
 * and compiles.
 */
export async function openBuildCache(request: OpenRequest): Promise<BuildReport> {
  const { place, sessionDir, job, workspace } = request;
  const kept = await keptBuildState(sessionDir);
  // A second session of the job goes on with what the first has.
  if (kept?.job === job.uid && kept.dir === place.dir && (await isDirectory(place.dir))) return kept.report;
  const began = performance.now();
  const keys = buildKeys(await buildFacts(request));
  const now = Date.now();
  let found: Found;
  try {
    await hideFromGit(place.dir, workspace);
    await rm(place.dir, { recursive: true, force: true });
    found =
      place.from === 'service'
        ? await fromService(request, place.dir, keys, now - LONG_AGO_MS)
        : await fromArchive(place, keys, now - LONG_AGO_MS);
    await mkdir(place.dir, { recursive: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    found = { report: { state: 'failed', why } };
  }
  const report = { ...found.report, ms: Math.round(performance.now() - began) };
  const state: BuildState = {
    v: 1,
    job: job.uid,
    dir: place.dir,
    since: now - LONG_AGO_MS / 2,
    began: now,
    keys,
    ...(place.from === 'archive' ? { archived: place.archived, saves: request.saves } : {}),
    ...(found.restored === undefined ? {} : { restored: found.restored }),
    report,
  };
  await keepBuildState(sessionDir, state).catch(() => undefined);
  return report;
}

type Found = Pick<BuildState, 'report' | 'restored'>;

async function fromService(
  { env, version, log, sessionDir }: OpenRequest,
  dir: string,
  keys: BuildKeys,
  usedMs: number,
): Promise<Found> {
  const signal = AbortSignal.timeout(RESTORE_TIMEOUT_MS);
  const aside = `${dir}.new`;
  let key: string | undefined;
  try {
    await rm(aside, { recursive: true, force: true });
    const client = createCacheClient({ env: cacheServiceEnv(env), version, signal, log });
    const hit = await client.lookup([keys.own, keys.alike]);
    if (hit === undefined) return { report: { state: 'miss' } };
    key = hit.key;
    const maxBytes = await roomIn(sessionDir);
    const { size, stream } = await client.open(hit);
    let received = 0;
    // From here on nothing is awaited until somebody reads the stream, or its first bytes are lost.
    stream.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    const { manifest, actions, bytes } = await unpackBuilds({ stream, dir: aside, usedMs, maxBytes, signal });
    await rename(aside, dir);
    return {
      report: { state: 'hit', key, objects: actions, bytes },
      restored: { key, bytes: size ?? received, manifest },
    };
  } catch (error) {
    await rm(aside, { recursive: true, force: true }).catch(() => undefined);
    const quiet = error instanceof CacheError && error.code === 'denied';
    const why = signal.aborted
      ? `it did not come within ${RESTORE_TIMEOUT_MS / 1000} s`
      : error instanceof Error
        ? error.message
        : String(error);
    const named = key === undefined ? why : `entry ${key}: ${why}`;
    const known = key === undefined ? {} : { key };
    return { report: { state: quiet ? 'off' : 'failed', ...known, why: named } };
  }
}

/** What the runner unpacked: the part for this version of Go, and nothing of the others, which it could not use. */
async function fromArchive(
  { dir, archived }: Extract<BuildPlace, { from: 'archive' }>,
  keys: BuildKeys,
  usedMs: number,
): Promise<Found> {
  const name = archiveName(keys);
  const from = join(archived, name);
  try {
    const adopted = adoptBuilds(from, usedMs);
    if (adopted === undefined) return { report: { state: 'miss' } };
    const manifest = await readArchived(join(archived, MANIFEST_FILE));
    await rename(from, dir);
    return {
      report: { state: 'hit', key: name, objects: adopted.actions, bytes: adopted.bytes },
      ...(manifest === undefined ? {} : { restored: { key: name, bytes: adopted.bytes, manifest } }),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { report: { state: 'failed', why } };
  } finally {
    // What stays there the runner would archive again, for whoever can write there.
    await rm(archived, { recursive: true, force: true });
  }
}

async function readArchived(path: string): Promise<BuildManifest | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size > MAX_MANIFEST) return undefined;
  return await readFile(path)
    .then(parseManifest)
    .catch(() => undefined);
}

/** Name of a job's directory in the archive of a runner. */
export function archiveName({ alike }: BuildKeys): string {
  return alike.replace(/^modgate-build-/, '').replace(/-$/, '');
}

async function roomIn(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize * OF_DISK;
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    found => found.isDirectory(),
    () => false,
  );
}
