import { join } from 'node:path';
import { inventoryRecords } from '../../audit/inventory.ts';
import { readJournal } from '../../audit/journal-read.ts';
import type { Inventory } from '../../audit/record.ts';
import type { Policy } from '../../config/policy.ts';
import type { ModcacheContents } from '../../store/modcache/contents.ts';
import type { CachedClone } from '../../store/modcache/vcs.ts';
import { FILES } from '../directory.ts';
import type { SessionFinding } from '../findings.ts';
import { keptModcacheReport } from '../modcache/report.ts';
import type { GoSettings } from '../types.ts';
import { beginLook, type Look, type LookRequest, readCache, scopeOf } from './ahead.ts';
import type { Before } from './before.ts';
import { driftFindings } from './drift.ts';
import { keptLayThere, startRecords } from './lay.ts';
import { isOn } from './levels.ts';
import { storeKnows } from './lost.ts';
import { ownMembers, readCheckout } from './own-set.ts';
import { ServedZips } from './served.ts';
import { type TellRequest, unservedFindings, vcsFindings } from './tell.ts';
import { type Compared, compare, type Unserved } from './unserved.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface ClosingRequest extends LookRequest {
  readonly now: Date;
  /** What was begun before the daemon had ended. */
  readonly ahead?: Look | undefined;
}

export interface Closing {
  /** The inventories of start and end; empty unless they were asked for. */
  readonly records: readonly Inventory[];
  readonly findings: readonly SessionFinding[];
  /** Module versions in GOMODCACHE that nobody served or verified in this job, and that no finding tells of. */
  readonly unverified: number;
  /** Why something could not be looked at, for the user. */
  readonly warnings: readonly string[];
}

/**
 * What a job had when it ended, and what of it came past the session: compares what the module cache and its clones
 * hold with what lay there when the session began and with what was served, and the environment with what was given.
 * Works from files alone, with the daemon alive or dead. Never rejects.
 */
export async function closingInventory(request: ClosingRequest): Promise<Closing> {
  try {
    return await look(request);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const warning = `what came in past the proxy could not be looked for: ${why}; the other numbers are right`;
    return { ...NOTHING, warnings: [warning] };
  }
}

const NOTHING: Closing = { records: [], findings: [], unverified: 0, warnings: [] };

async function look(request: ClosingRequest): Promise<Closing> {
  const { sessionDir, session, env, platform, record, now } = request;
  const isOwn = platform.name === 'local';
  const [scope, lay] = await Promise.all([scopeOf(request), keptLayThere(sessionDir)]);
  if (scope === undefined) return NOTHING;
  const { policy, before, looksInto, hasEnv } = scope;
  const begun = request.ahead ?? beginLook(request, scope);
  const go = await begun.go;
  const drift =
    hasEnv && session !== undefined
      ? await driftFindings({ env, sessionDir, session, before, go, policy })
      : [];
  if (!looksInto) return { ...NOTHING, findings: drift };

  const at = before?.at ?? Date.parse(session?.start ?? '');
  const dirs = modcachesOf(env, before, go);
  const [{ served, lossy }, caches] = await Promise.all([
    servedZips(sessionDir),
    Promise.all(dirs.map(dir => (dir === begun.cache?.dir ? begun.cache.read : readCache(dir)))),
  ]);
  // Without any word of when the session began nothing is new, rather than all.
  const began = Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
  const compared = caches.map(({ dir, contents }) =>
    compare(contents, lay?.dir === dir ? lay : undefined, served, began),
  );
  const clones = caches.flatMap(cache => cache.clones).filter(({ fetchedMs }) => fetchedMs > began);
  const tell: TellRequest = {
    policy,
    isWaived: await waivedBy(policy, now),
    advice: platform.modcacheAdvice,
  };
  const verified = new Set((await keptModcacheReport(sessionDir))?.verified);
  const suspects = compared.flatMap(({ unserved }) => unserved).filter(one => !isRight(one, verified));
  const storeDir = lossy ? session?.storeDir : undefined;
  const unserved = storeDir === undefined ? suspects : await withoutLost(suspects, storeDir, began);
  const findings = [...unservedFindings(unserved, tell), ...vcsFindings(clones, tell), ...drift];
  return {
    records: record
      ? [
          ...(lay === undefined ? [] : startRecords(lay)),
          ...(await endRecords(request, compared, served, clones)),
        ]
      : [],
    findings,
    unverified: isOwn ? 0 : countUnverified(compared, verified, policy),
    warnings: caches.flatMap(({ dir, contents }) => warningOf(dir, contents)),
  };
}

/** The module caches that this job may have used; an old one counts when a later step set another. */
function modcachesOf(env: Env, before: Before | undefined, go: GoSettings | undefined): string[] {
  const dirs = [before?.goModCache, go?.GOMODCACHE ?? guessedModcache(env)];
  return [...new Set(dirs.filter(dir => dir !== undefined && dir !== ''))] as string[];
}

/** GOMODCACHE without asking go, which may be gone by now. */
function guessedModcache(env: Env): string | undefined {
  if (env.GOMODCACHE) return env.GOMODCACHE;
  if (env.GOPATH) return join(env.GOPATH, 'pkg', 'mod');
  const home = env.HOME ?? env.USERPROFILE;
  return home === undefined ? undefined : join(home, 'go', 'pkg', 'mod');
}

/** What the proxy answered with, by its journal, and whether some of that may be missing there. */
async function servedZips(sessionDir: string): Promise<{ served: ServedZips; lossy: boolean }> {
  const served = new ServedZips();
  let lossy = true;
  // A session that never served anything may have left no journal.
  const read = await readJournal(join(sessionDir, FILES.journal), record => {
    if (record.kind === 'req') served.take(record);
    else if (record.kind === 'hdr') lossy = true;
    else if (record.kind === 'ftr') lossy = record.dropped > 0;
  }).catch(() => ({ damaged: 0 }));
  return { served, lossy: lossy || read.damaged > 0 };
}

/** Without those that the proxy served though no record says so. */
async function withoutLost(
  unserved: readonly Unserved[],
  storeDir: string,
  began: number,
): Promise<Unserved[]> {
  const told: Unserved[] = [];
  for (const one of unserved) {
    const asks = one.kind === 'unknown' || one.kind === 'restored';
    if (!(asks && (await storeKnows(storeDir, one.found, began)))) told.push(one);
  }
  return told;
}

async function waivedBy(policy: Policy, now: Date): Promise<TellRequest['isWaived']> {
  if (policy.waivers.length === 0) return () => false;
  const { checkWaivers, WaiverIndex } = await import('../../policy/waivers.ts');
  const index = new WaiverIndex(checkWaivers(policy, now).filter(({ state }) => state === 'valid'));
  return (rule, module) => index.matches({ rule, file: '', module }).length > 0;
}

async function endRecords(
  { platform, now }: ClosingRequest,
  compared: readonly Compared[],
  served: ServedZips,
  clones: readonly CachedClone[],
): Promise<Inventory[]> {
  const checkout = await readCheckout(platform.workspace);
  return inventoryRecords({
    phase: 'end',
    t: now.toISOString(),
    members: ownMembers(compared, served, checkout),
    vendored: checkout.vendored,
    vcs: clones.flatMap(({ url, fetchedFrom }) => [url, fetchedFrom ?? '']).filter(url => url !== ''),
    preexisting: compared.reduce((sum, { preexisting }) => sum + preexisting, 0),
  });
}

/** An archive brought what go.sum says: nobody can have put anything else into it. */
function isRight({ kind, found }: Unserved, verified: ReadonlySet<string>): boolean {
  return kind === 'restored' && verified.has(`${found.module}@${found.version}`);
}

/** Versions that nobody vouched for in this job; what came in meanwhile among them only where no rule asks for it. */
function countUnverified(
  compared: readonly Compared[],
  verified: ReadonlySet<string>,
  policy: Policy,
): number {
  const told = isOn(policy, 'bypass/unserved');
  const others = compared.flatMap(({ old, unserved }) => [
    ...old,
    ...unserved.filter(({ kind }) => !told && kind !== 'no-zip').map(({ found }) => found),
  ]);
  return others.filter(({ module, version }) => !verified.has(`${module}@${version}`)).length;
}

function warningOf(dir: string, { odd, cut }: ModcacheContents): string[] {
  const told: string[] = [];
  if (cut)
    told.push(
      `GOMODCACHE ${dir} holds too much to look at all of it: some modules are not in the record of this job`,
    );
  if (odd.count > 0) {
    const others = odd.count === 1 ? '' : ` and ${odd.count - 1} more`;
    told.push(
      `GOMODCACHE holds files that are no hashes (${odd.first}${others}): their modules are not in the record of this job; delete them, go makes them anew`,
    );
  }
  return told;
}
