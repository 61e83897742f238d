import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Policy } from '../config/policy.ts';
import { SumTable } from '../gomod/sum.ts';
import { createHandler } from '../proxy/handler.ts';
import { HeldFiles } from '../proxy/held.ts';
import { ModuleFiles } from '../proxy/module-files.ts';
import { Pins } from '../proxy/pins.ts';
import { Prefetcher } from '../proxy/prefetch.ts';
import { type PrefetchLanes, prefetchLanes } from '../proxy/prefetch-lanes.ts';
import { asksProxies } from '../proxy/route.ts';
import { SumDbService } from '../proxy/sumdb.ts';
import type { Journal, VerdictFn } from '../proxy/types.ts';
import type { ChainDeps, ChainEntry } from '../proxy/upstream/chain.ts';
import { Versions } from '../proxy/versions.ts';
import { VulnDb } from '../proxy/vulndb.ts';
import type { Hasher } from '../store/hasher.ts';
import type { FileKind, ModVer, Store } from '../store/types.ts';
import { layerJudge } from './cache/layer-judge.ts';
import type { Restoring } from './cache/restoring.ts';
import { layeredOf } from './cache/session-store.ts';
import { zipForm } from './cache/zip-form.ts';
import { Credentials } from './credentials/credentials.ts';
import type { HandedSecrets } from './credentials/handed.ts';
import type { Redactor } from './credentials/redactor.ts';
import { refusedChild } from './credentials/refused-child.ts';
import { FILES } from './directory.ts';
import { childEnvironment, settingsOfSession } from './fetch/children.ts';
import { Roots } from './fetch/roots.ts';
import { openRoutes } from './fetch/routes.ts';
import { chooseSumDb } from './fetch/sumdb-key.ts';
import { openUpstreams, upstreamEntries } from './fetch/upstreams.ts';
import { createDatabaseVouch, createVouch, pinned } from './fetch/vouch.ts';
import { openNetwork } from './network/network.ts';
import { Accepted } from './policy/accepted.ts';
import { loadEngine } from './policy/engine.ts';
import { unpackPolicy } from './policy/policy-json.ts';
import { RequiredBy, targetsOf } from './policy/required-by.ts';
import { speaks } from './policy/speaks.ts';
import { createVerdict } from './policy/verdict.ts';
import { privatePaths } from './settings/private-paths.ts';
import type { DaemonRequest } from './types.ts';
import { VULN, vulnDbOf } from './vulndb.ts';

/** The proxy of a session, ready to answer. */
export interface Services {
  readonly handle: ReturnType<typeof createHandler>;
  readonly prefetcher: Pick<PrefetchLanes, 'stats' | 'stop'>;
  /** Starts fetching ahead; called again after a restore or a late checkout. */
  prepare(): Promise<void>;
  close(): Promise<void>;
}

export interface ServicesDeps {
  readonly request: DaemonRequest;
  readonly store: Store;
  readonly hasher: Hasher;
  readonly journal: Journal;
  /** What the shared cache will bring, and when. */
  readonly restoring: Restoring;
  /** What the session may show to servers, and what must be in no text. */
  readonly handed: HandedSecrets;
  readonly redactor: Redactor;
  readonly log: (line: string) => void;
  readonly warn: (line: string) => void;
}

/** Files of version control that are wanted ahead for each stream: they only wait there, so that some come together. */
const DIRECT_WAITING = 4;
/** How long the end of a session lets background work finish, ms. */
const SETTLE_MS = 3_000;
/** Past this wait for the checksum database a file is served under go's own rules. */
const SUMDB_PATIENCE_MS = 20_000;

/** Puts the proxy together. Called after the daemon listens. */
export async function createServices(deps: ServicesDeps): Promise<Services> {
  const { request, store, hasher, journal, log, warn } = deps;
  // Lists and the checksum database are not in the shared cache, or not believed.
  const beforeUpstream = async (mv?: ModVer, kind?: FileKind) =>
    mv !== undefined && kind !== undefined && (await deps.restoring.wait(mv, kind));
  const { env, go, config } = request;
  const now = () => performance.now();
  const held = join(request.sessionDir, FILES.held);
  await mkdir(held, { recursive: true, mode: 0o700 });

  const policy = unpackPolicy(request.policy);
  const { handed, redactor } = deps;
  const { redact } = redactor;
  const credentials = new Credentials({
    config: config.proxy,
    secrets: handed,
    env,
    goauth: go?.GOAUTH ?? '',
    dir: join(request.sessionDir, FILES.credentials),
    os: process.platform,
    redactor,
    warn,
    now,
  });
  const entries = upstreamEntries(config, go?.GOPROXY ?? env.GOPROXY, warn);
  const paths = privatePaths({ configured: config.proxy.private, go, env });
  const network = await openNetwork({
    request,
    policy,
    upstreams: entries.map(({ url }) => url),
    handedGit: () => handed.git,
    log,
    warn,
  });
  const { http, health, chainDeps } = await openUpstreams({
    env,
    version: request.version,
    credentials,
    gate: network.gate,
    redact,
    log,
  });
  const sums = new SumTable();
  const { route, close: closeRoutes } = openRoutes({
    request,
    entries,
    chainDeps,
    store,
    paths,
    childEnv: childEnvironment({ ...env, ...request.gitEnv }, [
      settingsOfSession(paths, go),
      () => credentials.childPart(),
      network.child,
    ]),
    explain: failed => network.explain(failed) ?? refusedChild(failed, output => credentials.explain(output)),
    redact,
    wantsZip: (module, version) => sums.hashes(module, version, 'zip').length > 0,
    isListed: module => sums.names(module),
    log,
  });

  const noSumDb = paths.noSumDb.join(',');
  const sumdb = await openSumDb(deps, entries, chainDeps, noSumDb);
  const database = { sumdb, noSumDb, timeoutMs: SUMDB_PATIENCE_MS };
  const vouch = createVouch({ ...database, sums, trusted: request.trusted });
  const outlives = request.store.lifetime === 'persistent' || request.save === 'always';
  let targets: ReadonlyMap<string, readonly string[]> = new Map();
  const verdict = await verdictOf(
    request,
    policy,
    (module, version) => targets.get(`${module}@${version}`) ?? [],
  );
  const representation = zipForm(request);
  layeredOf(store)?.serve({
    representation,
    judge: layerJudge({
      goSum: (module, version, file) => sums.hashes(module, version, file),
      covers: pinned(go?.GOSUMDB, database.noSumDb),
      vouch,
    }),
  });
  const heldFiles = new HeldFiles(held);
  const files = new ModuleFiles({
    store,
    held: heldFiles,
    route,
    vouch,
    ...(!request.trusted && outlives ? { vouchForAll: createDatabaseVouch(database) } : {}),
    goSum: (module, version, file) => sums.hashes(module, version, file),
    pins: new Pins({ store, covers: pinned(go?.GOSUMDB, database.noSumDb), trusted: request.trusted }),
    hasher,
    representation,
    beforeUpstream,
    restoring: (mv, kind) => deps.restoring.coming(mv, kind),
    warn,
    log,
  });
  const [first] = entries.filter(entry => entry.url.startsWith('http'));
  const streams = config.proxy.prefetch;
  const prefetcher = prefetchLanes(
    new Prefetcher({
      files,
      verdict,
      streams,
      upstreamDown: () => first !== undefined && health.isDown(new URL(first.url).origin),
    }),
    new Prefetcher({
      files,
      verdict,
      streams: streams * DIRECT_WAITING,
      upstreamDown: () => false,
    }),
    module => !asksProxies(route(module)),
  );
  const roots = new Roots({
    workspace: request.workspace,
    cwd: request.cwd,
    // With another proxy behind ours go fetches these by itself.
    skips: module => config.proxy['on-failure'] === 'fallback' && paths.isPrivate(module),
    sums,
    warn,
  });
  let scanning: Promise<void> | undefined;
  const prepare = async () => {
    scanning ??= roots
      .scan()
      .then(async items => {
        if (roots.found && speaks(policy)) targets = targetsOf(await roots.mains());
        prefetcher.add(items);
      })
      .catch((error: unknown) => log(`reading the checkout failed: ${String(error)}`))
      .finally(() => {
        // A session that starts before the checkout finds nothing; the next request looks again.
        if (!roots.found) scanning = undefined;
      });
    await scanning;
  };
  const requiredBy = new RequiredBy({
    mains: async () => (roots.found ? await roots.mains() : []),
    readMod: async (path, version) => {
      const mv = { path, version };
      const file = heldFiles.get(mv, 'mod') ?? (await store.get(mv, 'mod').catch(() => undefined));
      return file === undefined ? undefined : (file.bytes ?? (await buffer(file.stream())));
    },
    now,
  });
  const handle = createHandler({
    files,
    versions: new Versions({ store, files, route, beforeUpstream, warn }),
    sumdb,
    verdict,
    isListed: (module, version) => sums.hashes(module, version, 'mod').length > 0,
    requiredBy: (module, version) => requiredBy.chain(module, version),
    journal,
    redact,
    now,
    log,
    onAsked: (module, version) => {
      void roots
        .asked(module, version)
        .then(items => prefetcher.add(items))
        .catch(() => undefined);
    },
  });
  const vulnDbUrl = vulnDbOf(config.proxy.vulndb, env);
  const vulndb =
    vulnDbUrl === undefined
      ? undefined
      : new VulnDb({ url: vulnDbUrl, chain: chainDeps, store, warn, redact });
  return {
    // The go.sum files are read before the first answer: without them nobody vouches for anything.
    handle: async (req, res, target) => {
      if (vulndb !== undefined && target.startsWith(`${VULN}/`)) {
        return await vulndb.handle(req, res, target.slice(VULN.length + 1));
      }
      if (!roots.found) await prepare();
      await handle(req, res, target);
    },
    prefetcher,
    prepare,
    close: async () => {
      prefetcher.stop();
      closeRoutes();
      await files.settle(SETTLE_MS);
      await Promise.all([http.close(), network.close()]);
    },
  };
}

/** What the policy of a session refuses; without any word on modules nothing of the policy's room is loaded. */
async function verdictOf(
  { config, accepted = [] }: DaemonRequest,
  policy: Policy,
  replacedBy: (module: string, version: string) => readonly string[],
): Promise<VerdictFn> {
  if (!speaks(policy)) return () => ({ decision: 'allow' });
  const engine = await loadEngine();
  return createVerdict({
    engine,
    policy,
    strictGraph: config.proxy['strict-graph'],
    accepted: new Accepted(engine, policy, new Date(), accepted),
    replacedBy,
  });
}

async function openSumDb(
  deps: ServicesDeps,
  entries: readonly ChainEntry[],
  chain: ChainDeps,
  noSumDb: string,
): Promise<SumDbService | undefined> {
  const { request, store, warn, log } = deps;
  if (request.go === undefined) return undefined;
  const choice = await chooseSumDb(request.go);
  if ('why' in choice) {
    log(`no checksum database: ${choice.why}; only go.sum vouches for modules`);
    return undefined;
  }
  return new SumDbService({ ...choice, entries, chain, store, noSumDb, warn });
}
