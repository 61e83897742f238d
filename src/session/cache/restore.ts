import { join } from 'node:path';
import { pipeline, Transform } from 'node:stream';
import { createCacheClient } from '../../platform/cache/client.ts';
import { CACHE_PREFIX } from '../../platform/cache/keys.ts';
import { type CacheClient, CacheError, type CacheHit } from '../../platform/cache/types.ts';
import { cacheUnavailable } from '../../platform/cache-service.ts';
import { type BundleManifest, MAX_MANIFEST_SIZE } from '../../store/bundle/manifest.ts';
import { fileName } from '../../store/bundle/plan.ts';
import { warmThread } from '../../store/bundle/threads.ts';
import { BundleError, type UnpackReport, type Wanted } from '../../store/bundle/types.ts';
import { unpack } from '../../store/bundle/unpack.ts';
import type { DiskStore } from '../../store/disk.ts';
import type { FileKind, ModVer } from '../../store/types.ts';
import { FILES, writeWhole } from '../directory.ts';
import type { DaemonRequest, RestoreReport } from '../types.ts';
import { keepRestored } from './restored.ts';
import type { Restoring } from './restoring.ts';

/** A cache that takes longer than this has nothing to offer to a job any more. */
const RESTORE_TIMEOUT_MS = 120_000;
/** Parents that come at once, beside each other. */
const AT_ONCE = 3;
/** Headers, index entries, padding for each file, and what else an archive may hold: see `pack`. */
const PER_FILE = 8 * 1024;
const ANYHOW = MAX_MANIFEST_SIZE + 48 * 1024 * 1024;

export interface RestoreDeps {
  readonly request: DaemonRequest;
  readonly store: DiskStore;
  readonly restoring: Restoring;
  readonly log: (line: string) => void;
  readonly warn: (line: string) => void;
  /** The session is ending. */
  readonly signal: AbortSignal;
}

/**
 * Brings in the shared cache, while the job works already: the newest entry names the set, and it and its parents
 * stream into the store file by file. Never rejects for trouble of the cache; says in one line what was lost, and
 * tells `restoring` what is there and what will not come.
 */
export async function restoreStore(deps: RestoreDeps): Promise<RestoreReport> {
  const began = performance.now();
  const outcome = await restore(deps)
    .catch((error: unknown): Omit<RestoreReport, 'ms'> => {
      const why = error instanceof Error ? error.message : String(error);
      const quiet = error instanceof CacheError && (error.code === 'denied' || error.code === 'cancelled');
      if (quiet) deps.log(`shared cache: ${why}`);
      else deps.warn(`the shared cache was not restored: ${why}; this job downloads its modules again`);
      return { state: quiet ? 'off' : 'failed', why };
    })
    .finally(() => deps.restoring.end());
  const report = { ...outcome, ms: Math.round(performance.now() - began) };
  await writeWhole(join(deps.request.sessionDir, FILES.restore), JSON.stringify(report)).catch(
    () => undefined,
  );
  return report;
}

async function restore(deps: RestoreDeps): Promise<Omit<RestoreReport, 'ms'>> {
  const { request, log } = deps;
  const barred = cacheUnavailable(request.cacheEnv, 'read');
  if (barred !== undefined) {
    log(`shared cache: ${barred}`);
    return { state: 'off', why: barred };
  }
  const timeout = AbortSignal.timeout(RESTORE_TIMEOUT_MS);
  const signal = AbortSignal.any([deps.signal, timeout]);
  const client = createCacheClient({ env: request.cacheEnv, version: request.version, signal, log });
  const asked = client.lookup([CACHE_PREFIX]);
  warmThread();
  const hit = await asked;
  if (hit === undefined) return { state: 'miss' };
  const run = new Restore(deps, client, signal);
  await run.newest(hit);
  await run.parents();
  return await run.finish();
}

interface Came {
  readonly key: string;
  readonly bytes: number;
}

/** One restore: what came of it so far. */
class Restore {
  readonly #deps: RestoreDeps;
  readonly #client: CacheClient;
  readonly #signal: AbortSignal;
  readonly #lostFiles: string[] = [];
  readonly #lostBundles: number[] = [];
  readonly #trouble: string[] = [];
  #refused = 0;
  #adopted = 0;
  #bytes = 0;
  #newest: Came | undefined;
  #manifest: BundleManifest | undefined;

  constructor(deps: RestoreDeps, client: CacheClient, signal: AbortSignal) {
    this.#deps = deps;
    this.#client = client;
    this.#signal = signal;
  }

  /** The entry that names the set. Rejects when not even its manifest can be had. */
  async newest(hit: CacheHit): Promise<void> {
    const { key } = hit;
    await this.#bundle(key, 0, hit).catch((error: unknown) => {
      if (this.#manifest === undefined) throw this.#inWords(error, key);
      this.#lost(0, key, error);
    });
  }

  /** The entries that lend files to the set, few at a time. Never rejects. */
  async parents(): Promise<void> {
    const waiting = [...(this.#manifest?.parents.entries() ?? [])];
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [at, { key }] = next;
        await this.#bundle(key, at + 1).catch((error: unknown) => this.#lost(at + 1, key, error));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  async finish(): Promise<Omit<RestoreReport, 'ms'>> {
    const { request, log, warn } = this.#deps;
    const [first] = this.#trouble;
    if (first !== undefined) {
      const more =
        this.#trouble.length > 1 ? ` (and ${this.#trouble.length - 1} more like it, see daemon.log)` : '';
      for (const line of this.#trouble.slice(1, 100)) log(`shared cache: ${line}`);
      warn(`shared cache: ${first}${more}; what it would have brought is downloaded again`);
    }
    const newest = this.#newest;
    const manifest = this.#manifest;
    if (newest === undefined || manifest === undefined) return { state: 'miss' };
    await keepRestored(request.sessionDir, {
      ...newest,
      manifest,
      lostBundles: this.#lostBundles,
      lostFiles: this.#lostFiles,
    });
    log(`shared cache ${newest.key}: ${this.#adopted} versions, ${this.#bytes} bytes`);
    return {
      state: 'hit',
      key: newest.key,
      adopted: this.#adopted,
      refused: this.#refused,
      bytes: this.#bytes,
      entries: 1 + manifest.parents.length - this.#lostBundles.length,
    };
  }

  async #bundle(key: string, bundle: number, found?: CacheHit): Promise<void> {
    const { store, restoring } = this.#deps;
    if (bundle > 0 && !this.#needs(bundle)) return restoring.closed(bundle);
    const hit = found ?? (await this.#client.lookup([key]));
    if (hit?.key !== key) throw new CacheError('gone', 'the service does not have it any more');
    const { size, stream } = await this.#client.open(hit);
    let received = 0;
    const counted = new Transform({
      transform(part: Buffer, _encoding, done) {
        received += part.length;
        restoring.received(bundle, received);
        done(null, part);
      },
    });
    // An error of the transfer comes to whoever reads what was counted.
    pipeline(stream, counted, () => undefined);
    restoring.opened(bundle, size);
    try {
      const report = await unpack({
        stream: counted,
        store,
        signal: this.#signal,
        wants: manifest => {
          if (bundle === 0) {
            this.#manifest = manifest;
            this.#newest = { key, bytes: size ?? 0 };
            restoring.expect(manifest);
          }
          return this.#wanted(bundle);
        },
        onFile: (mv, kind, outcome) => {
          if (outcome === 'refused') this.#lostFiles.push(fileName(mv, kind));
          restoring.settled(mv, kind);
        },
      });
      this.#count(report, key);
    } finally {
      counted.destroy();
      this.#bytes += received;
      if (bundle === 0 && this.#newest !== undefined && size === undefined) {
        this.#newest = { key, bytes: received };
      }
      restoring.closed(bundle);
    }
  }

  #count(report: UnpackReport, key: string): void {
    this.#adopted += report.versions;
    this.#refused += report.refusedCount;
    const [first] = report.refused;
    if (first === undefined) return;
    const more = report.refusedCount > 1 ? ` and ${report.refusedCount - 1} more files` : '';
    this.#trouble.push(`${first.path}${more} of ${key} refused: ${first.why}`);
  }

  #needs(bundle: number): boolean {
    return this.#manifest?.versions.some(v => v.files.some(f => f.bundle === bundle)) === true;
  }

  /** What is to be taken from one bundle: what the newest manifest says is in it, and nothing else. */
  #wanted(bundle: number): Wanted {
    const files = new Map<string, { size: number; sha256: string }>();
    const uses = new Map<string, number>();
    let bytes = 0;
    for (const version of this.#manifest?.versions ?? []) {
      for (const { kind, size, sha256, bundle: in_ } of version.files) {
        if (in_ !== bundle) continue;
        files.set(fileName(version, kind), { size, sha256 });
        uses.set(`${version.path}@${version.version}`, version.lastUse);
        bytes += size;
      }
    }
    return {
      file: (mv: ModVer, kind: FileKind) => files.get(fileName(mv, kind)),
      lastUse: mv => uses.get(`${mv.path}@${mv.version}`) ?? 0,
      maxBytes: bytes + files.size * PER_FILE + ANYHOW,
    };
  }

  #lost(bundle: number, key: string, error: unknown): void {
    const failure = this.#inWords(error, key);
    this.#deps.restoring.closed(bundle);
    const ended = failure instanceof CacheError && failure.code === 'cancelled';
    if (ended && this.#deps.signal.aborted) return;
    // One that could not be had this time is there next time; what cannot be unpacked, or is gone, never will be.
    const forEver =
      (failure instanceof CacheError && failure.code === 'gone') ||
      (failure instanceof BundleError && failure.code !== 'cancelled');
    if (forEver) this.#lostBundles.push(bundle);
    this.#trouble.push(failure.message);
  }

  #inWords(error: unknown, key: string): Error {
    const why = error instanceof Error ? error.message : String(error);
    const message = `entry ${key}: ${why}`;
    if (error instanceof CacheError) return new CacheError(error.code, message, { cause: error });
    if (error instanceof BundleError) return new BundleError(error.code, message, { cause: error });
    return error instanceof Error ? error : new Error(message);
  }
}
