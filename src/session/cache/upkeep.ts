import { join } from 'node:path';
import { readJournal } from '../../audit/journal-read.ts';
import type { Env } from '../../platform/types.ts';
import type { DiskStore } from '../../store/disk.ts';
import type { LayersReport } from '../../store/layers/types.ts';
import type { Use } from '../../store/stats/use-log.ts';
import type { ModVer, Store } from '../../store/types.ts';
import { FILES, writeWhole } from '../directory.ts';
import { isArchived } from '../settings/configure.ts';
import type { DaemonRequest } from '../types.ts';
import { diskOf, layeredOf } from './session-store.ts';

/** Time that the end of a session may take for clearing the store up, ms. What is left is done by the next. */
const PRUNE_BUDGET_MS = 1_000;

export interface UpkeepDeps {
  readonly request: DaemonRequest;
  readonly store: Store;
  readonly log: (line: string) => void;
}

/**
 * What the end of a session does for a store that outlives it: a line for `cache stats`, and a prune when one is due,
 * within its budget. Never rejects.
 */
export async function keepUp({ request, store, log }: UpkeepDeps): Promise<void> {
  const outlives = request.store.lifetime === 'persistent' || isArchived(request);
  if (!outlives || !store.writable) return;
  try {
    const disk = diskOf(store);
    await writeUse(request, disk);
    await clearUp(request, disk, log);
  } catch (error) {
    log(`store: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Files of modules that were answered; lists and the checksum database are nothing that a store could hit. */
const FILES_OF_MODULES: ReadonlySet<string> = new Set(['info', 'mod', 'zip', 'toolchain']);

async function writeUse(request: DaemonRequest, store: Store): Promise<void> {
  const use = await useOf(request);
  if (use === undefined) return;
  const { appendUse } = await import('../../store/stats/use-log.ts');
  await appendUse(store, use);
}

/** Most that the layers behind the store get at the end of a session for what is still to be written, ms. */
const BEHIND_END_MS = 5_000;

/**
 * Ends the layers behind a store: what is new is written to them as far as the time goes, and they learn what was used.
 * Never rejects. Undefined where there are none.
 */
export async function endLayers(
  { request, store, log }: UpkeepDeps,
  warn: (line: string) => void,
): Promise<LayersReport | undefined> {
  const layered = layeredOf(store);
  if (layered === undefined) return undefined;
  const use = await useOf(request).catch(() => undefined);
  const report = await layered.finish(BEHIND_END_MS, use);
  const { written } = report;
  if (written !== undefined && written.left > 0) {
    warn(
      `${written.left} module versions of this job were not written to ${written.location ?? 'a shared store'}: for lack of time, of rights, or because it failed; the next job that may write fetches them again`,
    );
  }
  await writeWhole(join(request.sessionDir, FILES.layers), JSON.stringify(report)).catch((error: unknown) =>
    log(`layers: ${String(error)}`),
  );
  return report;
}

/** What a session took from stores and upstreams; undefined when that was nothing. */
async function useOf({ sessionDir }: DaemonRequest): Promise<Use | undefined> {
  const use = { fromStore: 0, fromUpstream: 0, bytesFromStore: 0, bytesFromUpstream: 0 };
  const added = new Set<string>();
  await readJournal(join(sessionDir, FILES.journal), record => {
    if (record.kind !== 'req' || record.status >= 400 || !FILES_OF_MODULES.has(record.op)) return;
    if (record.source === 'upstream' || record.source === 'vcs') {
      use.fromUpstream += 1;
      use.bytesFromUpstream += record.bytes;
      added.add(`${record.module}@${record.version}`);
    } else {
      use.fromStore += 1;
      use.bytesFromStore += record.bytes;
    }
  });
  const requests = use.fromStore + use.fromUpstream;
  if (requests === 0) return undefined;
  return { t: new Date().toISOString(), requests, ...use, added: added.size };
}

async function clearUp(
  { config, workspace, env }: DaemonRequest,
  store: DiskStore,
  log: (line: string) => void,
): Promise<void> {
  const { 'keep-since': keepSinceMs, 'max-size': maxBytes, 'keep-refs': refs } = config.cache;
  const { pruneWithin } = await import('../../store/prune/within.ts');
  const keep = refs.length === 0 ? undefined : await keptBy(workspace, env, refs);
  const report = await pruneWithin(store, {
    now: Date.now(),
    keepSinceMs,
    maxBytes,
    budgetMs: PRUNE_BUDGET_MS,
    ...(keep === undefined ? {} : { keep }),
  });
  const gone = report?.deleted;
  if (gone !== undefined)
    log(`store: ${gone.versions} versions (${gone.bytes} bytes) were of no use any more`);
}

/** The end of a job asks no server: a ref that its clone lacks stops this prune, and is for `cache prune`. */
async function keptBy(
  workspace: string,
  env: Env,
  refs: readonly string[],
): Promise<(mv: ModVer) => boolean> {
  const { keptModules } = await import('../../check/kept-modules.ts');
  const platform = { change: undefined };
  const kept = await keptModules({ dir: workspace, env, platform, token: undefined, fetch: false, refs });
  return kept.keep;
}
