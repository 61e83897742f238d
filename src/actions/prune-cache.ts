import type { CacheClient } from '../platform/cache/types.ts';
import { readManifest } from '../store/bundle/read-manifest.ts';
import {
  ALL_ENTRIES,
  judgeEntries,
  newestEntries,
  type RefState,
  type SharedEntry,
  type Verdict,
} from './prune-entries.ts';
import { type CachesForge, ForgeError } from './prune-github.ts';

export interface CachePruneRequest {
  readonly forge: CachesForge;
  /** The cache service as this job has it; undefined where it has none: then no manifest can be read. */
  readonly service: CacheClient | undefined;
  /** The ref that this job runs for (`GITHUB_REF`). */
  readonly ownRef: string;
  /** Name of the default branch, where the event tells it. */
  readonly defaultBranch: string | undefined;
  readonly dryRun: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Ends the clean-up where it is; the next run goes on. */
  readonly signal: AbortSignal;
  readonly pause: (ms: number) => Promise<void>;
  readonly log: (line: string) => void;
}

/** What a clean-up of the shared cache came to. Texts are not escaped. */
export interface CachePruneReport {
  readonly verdicts: readonly Verdict[];
  /** Entries that went, or would go in a dry run. */
  readonly deleted: readonly SharedEntry[];
  /** Entries that should have gone and are still there. */
  readonly left: readonly SharedEntry[];
  /** Bytes of all caches of the repository after it, modgate's and others'; undefined when nobody told. */
  readonly repositoryBytes: number | undefined;
  /** What could not be learnt or done, one sentence each. */
  readonly warnings: readonly string[];
}

/** More than this is left for the next run. */
const MAX_LISTED = 5_000;
/** A job's token has 1,000 requests an hour, and other steps want some. */
const MAX_REFS = 200;
const MAX_DELETED = 400;
/** GitHub counts a deletion five times, and allows 900 a minute. */
const PACE_MS = 350;
/** A forge that fails so often in a row is left alone. */
const MAX_FAILURES = 3;

/**
 * Deletes the entries of the shared cache that no job needs any more. Rejects with ForgeError when the list
 * cannot be had, or when the token may not delete; all else is a warning in the report.
 */
export async function pruneCache(request: CachePruneRequest): Promise<CachePruneReport> {
  const { forge, now } = request;
  const warnings: string[] = [];
  const { entries, more } = await forge.list(ALL_ENTRIES, MAX_LISTED);
  if (more) warnings.push(`there are more than ${MAX_LISTED} entries; the oldest are left for the next run`);
  const branch =
    request.defaultBranch ?? (entries.length === 0 ? '' : await forge.defaultBranch().catch(() => ''));
  const main = branch === '' ? undefined : `refs/heads/${branch}`;
  const states = await refStates(request, entries, main, warnings);
  const parents = await manifests(request, entries, main, warnings);
  const verdicts = judgeEntries(entries, {
    now,
    refState: ref => states.get(ref) ?? 'unknown',
    parents: entry => parents.get(entry.id),
  });
  const drop = verdicts
    .filter(verdict => !verdict.keep)
    .map(verdict => verdict.entry)
    // Oldest first: what a run that is cut short leaves is of more use.
    .toSorted((a, b) => a.created - b.created || a.id - b.id);
  const total = await forge.usage().catch((error: unknown) => {
    warnings.push(messageOf(error));
    return undefined;
  });
  const deleted = request.dryRun ? drop : await deleteAll(request, drop, warnings);
  const gone = new Set(deleted);
  const freed = request.dryRun ? 0 : deleted.reduce((sum, entry) => sum + entry.bytes, 0);
  return {
    verdicts,
    deleted,
    left: drop.filter(entry => !gone.has(entry)),
    repositoryBytes: total === undefined ? undefined : Math.max(0, total - freed),
    warnings,
  };
}

/** Asks which refs are still there. What cannot be learnt is unknown. */
async function refStates(
  { forge, ownRef }: CachePruneRequest,
  entries: readonly SharedEntry[],
  main: string | undefined,
  warnings: string[],
): Promise<Map<string, RefState>> {
  const states = new Map<string, RefState>([[ownRef, 'open']]);
  if (main !== undefined) states.set(main, 'open');
  const refs = [...new Set(entries.map(entry => entry.ref))].filter(ref => !states.has(ref));
  if (refs.length > MAX_REFS) {
    warnings.push(`of ${refs.length} branches and pull requests ${MAX_REFS} were looked at`);
  }
  // Only a token that sees the default branch can tell that another branch is gone.
  let sees: boolean | undefined;
  let failures = 0;
  for (const ref of refs.slice(0, MAX_REFS)) {
    try {
      let state = await forge.refState(ref);
      if (state === 'gone') {
        sees ??= main !== undefined && (await forge.refState(main)) === 'open';
        if (!sees) state = 'unknown';
      }
      states.set(ref, state);
      failures = 0;
    } catch (error) {
      if (failures === 0) warnings.push(`${messageOf(error)}; its entries stay`);
      failures += 1;
      if (failures >= MAX_FAILURES || isFinal(error)) break;
    }
  }
  const unknown = refs.filter(ref => (states.get(ref) ?? 'unknown') === 'unknown').length;
  if (unknown > 0) {
    warnings.push(
      `whether ${unknown} of the branches and pull requests are still there is not known, so that their entries stay: ` +
        'the job may need `permissions: contents: read` and `pull-requests: read`',
    );
  }
  return states;
}

/** Keys that newest entries need besides themselves, by id; without what this job cannot read. */
async function manifests(
  { service, ownRef, log, signal }: CachePruneRequest,
  entries: readonly SharedEntry[],
  main: string | undefined,
  warnings: string[],
): Promise<Map<number, readonly string[]>> {
  const parents = new Map<number, readonly string[]>();
  if (service === undefined) return parents;
  const newest = newestEntries(entries);
  const own = newest.filter(entry => entry.ref === ownRef);
  // The service searches the job's own ref first: an entry of the same key there hides the other.
  const shadow = new Set(entries.filter(entry => entry.ref === ownRef).map(entry => entry.key));
  const others = newest.filter(e => e.ref === main && main !== ownRef && !shadow.has(e.key));
  for (const entry of [...own, ...others]) {
    if (signal.aborted) break;
    try {
      const hit = await service.lookup([entry.key]);
      // Keys are searched as beginnings, too, and entries of another version are not found at all.
      if (hit?.key !== entry.key) throw new Error('this job does not find it');
      const { stream } = await service.open(hit);
      parents.set(
        entry.id,
        (await readManifest(stream)).parents.map(parent => parent.key),
      );
    } catch (error) {
      log(`${entry.key} of ${entry.ref}: no manifest: ${messageOf(error)}`);
      warnings.push(
        `the manifest of ${entry.key} could not be read (${messageOf(error)}): what it may need stays`,
      );
    }
  }
  return parents;
}

async function deleteAll(
  { forge, signal, pause, log }: CachePruneRequest,
  entries: readonly SharedEntry[],
  warnings: string[],
): Promise<SharedEntry[]> {
  const deleted: SharedEntry[] = [];
  let failures = 0;
  for (const entry of entries) {
    if (deleted.length >= MAX_DELETED || signal.aborted) {
      warnings.push('there was more to delete than fits into one run; the next one goes on');
      break;
    }
    try {
      if (deleted.length > 0) await pause(PACE_MS);
      await forge.remove(entry);
      deleted.push(entry);
      failures = 0;
      log(`deleted ${entry.key} of ${entry.ref}, ${entry.bytes} bytes`);
    } catch (error) {
      if (error instanceof ForgeError && error.code === 'denied') throw error;
      warnings.push(`${messageOf(error)}; ${entry.key} of ${entry.ref} stays until the next run`);
      failures += 1;
      if (failures >= MAX_FAILURES || isFinal(error)) {
        warnings.push('nothing more was deleted; the next run goes on');
        break;
      }
    }
  }
  return deleted;
}

function isFinal(error: unknown): boolean {
  return error instanceof ForgeError && error.code === 'limited';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
