import { createSend } from '../audit/targets/http.ts';
import { redactUrl } from '../config/redact.ts';
import type { Platform } from '../platform/types.ts';
import type { ChainEntry } from '../proxy/upstream/chain.ts';
import { secureUrl, trustOf } from '../session/audit/trust.ts';
import { secretsInUrls, secretsOfEnv } from '../session/credentials/known-secrets.ts';
import { chooseSumDb } from '../session/fetch/sumdb-key.ts';
import type { LayerPlace } from '../session/types.ts';
import { VERSION } from '../session/version.ts';
import { type Asking, openAsking } from './asking.ts';
import { type TrustedAuthorities, trustedAuthorities } from './authorities.ts';
import { cleaner } from './clean.ts';
import { namedHosts } from './hosts.ts';
import { Bounds, LIMITS, type Limits } from './limits.ts';
import { systemNetwork } from './network/effects.ts';
import { Network } from './network/reach.ts';
import { probeAudit } from './probes/audit.ts';
import { probeCache } from './probes/cache.ts';
import { judgeClock } from './probes/clock.ts';
import { missingCredentials, probeAgent, usedCredentials } from './probes/credentials.ts';
import { probeDisk, probeTree } from './probes/disk.ts';
import { type GitDeps, privateModules, probeGit, probeGitCommand } from './probes/git.ts';
import { probeGo } from './probes/go.ts';
import { placeOfSumDb, probeSumDb } from './probes/sumdb.ts';
import { type AskDeps, probeUpstream } from './probes/upstream.ts';
import { probeVulnDb } from './probes/vulndb.ts';
import type { Diagnosis } from './report.ts';
import { readSituation, type Situation, type SituationRequest } from './situation.ts';
import { type Check, failed, type NetworkEffects, skipped, warning } from './types.ts';

export interface DiagnoseRequest extends SituationRequest {
  /** For tests: names that only they know, and shorter times. */
  readonly network?: NetworkEffects;
  readonly limits?: Limits;
}

/**
 * Tries everything that a session with this configuration would need, changes nothing, and tells what works. Throws
 * ConfigError.
 */
export async function diagnose(
  request: DiagnoseRequest,
): Promise<{ readonly diagnosis: Diagnosis; readonly platform: Platform }> {
  const began = performance.now();
  const bounds = new Bounds(request.limits ?? LIMITS);
  try {
    const situation = await readSituation(request);
    const warnings: string[] = [];
    const asking = await openAsking(situation, line => warnings.push(line));
    try {
      const effects = request.network ?? systemNetwork();
      const checks = await tryAll({ situation, bounds, asking, effects, warnings });
      asking.redactor.add(secretsIn(situation));
      const clean = cleaner(asking.redactor.redact);
      const ms = Math.round(performance.now() - began);
      return { diagnosis: { checks: checks.map(clean), ms }, platform: situation.platform };
    } finally {
      await asking.close();
    }
  } finally {
    bounds.close();
  }
}

interface Means {
  readonly situation: Situation;
  readonly bounds: Bounds;
  readonly asking: Asking;
  readonly effects: NetworkEffects;
  /** What the network's settings were warned of; grows while children are asked. */
  readonly warnings: readonly string[];
}

/** What all outward tries go by. */
interface Outward extends Means {
  readonly network: Network;
  readonly authorities: TrustedAuthorities;
  /** For single requests. */
  readonly ask: AskDeps;
}

async function tryAll(means: Means): Promise<Check[]> {
  const { situation, bounds, asking, effects } = means;
  const { env, config, platform, go, goCommand } = situation;
  const { origins, untried } = namedHosts(situation);
  const authorities = await trustedAuthorities(asking.gate, env);
  const required = new Set(privateModules(situation.checkout.requires, situation.private).keys());
  const namedBy = (origin: string): readonly string[] =>
    origins.get(origin) ?? [required.has(new URL(origin).host) ? 'go.mod' : 'GOSUMDB'];
  const network = new Network({ effects, bounds, env, authorities: authorities.of, namedBy });
  const outward: Outward = { ...means, network, authorities, ask: { http: asking.http, bounds } };
  const [disks, used, agent, upstreams, vulndb, database, git, cache, audit] = await Promise.all([
    tryDisks(situation),
    usedCredentials(origins.keys(), asking.credentials),
    probeAgent(env),
    tryUpstreams(outward),
    tryVulnDb(outward),
    trySumDb(outward),
    tryGit(outward),
    tryCache(outward),
    tryAudit(outward),
    ...[...origins.keys()].map(origin => network.reach(new URL(origin))),
  ]);
  return [
    ...situation.checks,
    ...probeGo({
      go,
      command: goCommand,
      later: platform.laterGo !== undefined,
      env,
      newest: situation.checkout.newest,
    }),
    ...disks,
    ...missingCredentials(config.proxy, env),
    ...used,
    ...agent,
    ...authorities.checks,
    ...means.warnings.map(warned),
    ...untried,
    ...(await network.checks()),
    ...upstreams,
    ...vulndb,
    ...database,
    ...git,
    ...cache,
    ...audit,
    { probe: 'clock', subject: 'this machine', ...judgeClock(await network.clocks()) },
  ];
}

/** A line of a session on its authorities, or on verification that the job switched off. */
function warned(line: string): Check {
  const [, subject = 'this job', said = line] = /^(proxy\.ca)\[\d+\]: (.*)$/s.exec(line) ?? [];
  const [why = said, fix] = said.split('; next: ', 2);
  const reason = { why, ...(fix === undefined ? {} : { fix }) };
  const what = subject === 'proxy.ca' ? 'a file of it cannot be used' : 'has a setting that weakens TLS';
  return { probe: 'tls', subject, ...warning(what, reason) };
}

async function tryDisks({ store, platform, go }: Situation): Promise<Check[]> {
  const { sessionDir } = platform;
  const of = async (question: Parameters<typeof probeDisk>[0]): Promise<Check> => ({
    probe: 'disk',
    subject: `${question.what} ${question.dir}`,
    ...(await probeDisk(question)),
  });
  return await Promise.all([
    of({
      dir: store.dir,
      what: 'module store',
      elsewhere: 'name another directory with cache.store or --store',
      mayWrite: !store.archived,
    }),
    ...store.layers.flatMap(layer =>
      layer.kind === 'directory'
        ? [
            of({
              dir: layer.dir,
              what: 'module store',
              elsewhere: 'name another directory in cache.store',
              mayWrite: false,
            }),
          ]
        : [],
    ),
    of({
      dir: sessionDir,
      what: 'session directory',
      elsewhere: 'set RUNNER_TEMP or TMPDIR to a directory that this user can write',
      mayWrite: true,
    }),
    ...(go === undefined || go.GOMODCACHE === ''
      ? []
      : [
          of({
            dir: go.GOMODCACHE,
            what: 'GOMODCACHE',
            elsewhere: 'set GOMODCACHE to a directory that this user can write',
            mayWrite: false,
          }),
        ]),
  ]);
}

const isHttp = ({ url }: ChainEntry): boolean => /^https?:/.test(url);

async function tryUpstreams({ situation: { entries }, network, asking, ask }: Outward): Promise<Check[]> {
  const refusal = asking.credentials.explainStatus.bind(asking.credentials);
  return await Promise.all(
    entries.map(async (entry): Promise<Check[]> => {
      const subject = redactUrl(entry.url);
      if (entry.url.startsWith('file:')) return [{ probe: 'disk', subject, ...(await probeTree(entry.url)) }];
      if (!isHttp(entry)) return [];
      const { usable } = await network.reach(new URL(entry.url));
      if (!usable) return [{ probe: 'http', subject, ...skipped('its host cannot be reached') }];
      const verdict = await probeUpstream(entry, { refusal, alone: entries.length === 1 }, ask);
      return [{ probe: 'http', subject, ...verdict }];
    }),
  ).then(checks => checks.flat());
}

async function tryVulnDb({ situation: { vulndb }, network, asking, ask }: Outward): Promise<Check[]> {
  if (vulndb === undefined) return [];
  const subject = redactUrl(vulndb);
  const { usable } = await network.reach(new URL(vulndb));
  if (!usable) return [{ probe: 'http', subject, ...skipped('its host cannot be reached') }];
  const refusal = asking.credentials.explainStatus.bind(asking.credentials);
  return [{ probe: 'http', subject, ...(await probeVulnDb(vulndb, refusal, ask)) }];
}

async function trySumDb({ situation: { go, entries }, network, ask }: Outward): Promise<Check[]> {
  if (go === undefined) {
    return [{ probe: 'sumdb', subject: 'GOSUMDB', ...skipped('its name and key come from the go command') }];
  }
  // What it being off means stands at the settings of go.
  if (go.GOSUMDB === 'off') return [];
  const database = await chooseSumDb(go);
  if ('why' in database) {
    const fix = 'correct GOSUMDB, or install Go with its sources, which hold the key';
    return [
      { probe: 'sumdb', subject: 'GOSUMDB', ...warning('cannot be verified', { why: database.why, fix }) },
    ];
  }
  const subject = database.name;
  for (const entry of entries.filter(isHttp)) {
    const { usable } = await network.reach(new URL(entry.url));
    if (!usable && entry.fallBackOn === 'absent') {
      const why = `${redactUrl(entry.url)} is asked first, and cannot be reached`;
      return [{ probe: 'sumdb', subject, ...skipped('not tried', { why }) }];
    }
    if (usable) break;
  }
  const place = await placeOfSumDb(database, entries, ask);
  if (place.state === 'failed') return [{ probe: 'sumdb', subject, ...place.verdict }];
  if (place.through === undefined && !(await network.reach(new URL(place.base))).usable) {
    const verdict = failed('cannot be reached, and no upstream serves it', {
      why: 'see the lines of its host',
      fix: `allow the runner to reach ${redactUrl(place.base)}, or name an upstream that serves the database`,
    });
    return [{ probe: 'sumdb', subject, ...verdict }];
  }
  return [{ probe: 'sumdb', subject, ...(await probeSumDb(database, place, ask)) }];
}

async function tryGit({ situation, network, bounds, asking }: Outward): Promise<Check[]> {
  const { go, goCommand, entries } = situation;
  const modules = privateModules(situation.checkout.requires, situation.private);
  const { redactor, childEnv, explain } = asking;
  const checks: Check[] = [];
  if (modules.size > 0 || situation.private.globs.length > 0 || entries.some(({ url }) => url === 'direct')) {
    checks.push({ probe: 'git', subject: 'git', ...(await probeGitCommand(await childEnv(''))) });
  }
  const deps: GitDeps = {
    goCommand,
    bounds,
    childEnv,
    redact: redactor.redact,
    explain,
  };
  const asked = [...modules].map(async ([host, module]): Promise<Check> => {
    if (go === undefined)
      return { probe: 'git', subject: module, ...skipped('there is no go that could ask') };
    await network.reach(new URL(`https://${host}`));
    return { probe: 'git', subject: module, ...(await probeGit(module, deps)) };
  });
  return [...checks, ...(await Promise.all(asked))];
}

async function tryCache({ situation, bounds }: Outward): Promise<Check[]> {
  const { platform, env } = situation;
  const [service, ...buckets] = await Promise.all([
    probeCache({ platform, env, version: VERSION, bounds }),
    ...situation.store.layers.map(layer => tryBucket(layer, situation, bounds)),
  ]);
  return [{ probe: 'cache', subject: 'cache service', ...service }, ...buckets.flat()];
}

async function tryBucket(
  layer: LayerPlace,
  { platform, env, config, authorityFiles }: Situation,
  bounds: Bounds,
): Promise<Check[]> {
  if (layer.kind !== 'bucket') return [];
  const { place } = layer;
  const { trust, workspace } = platform;
  const save = config.cache.save;
  const readsOnly = place.readOnly
    ? 'its URL says mode=read'
    : save === 'never'
      ? 'cache.save is never'
      : save === 'auto' && !trust.trusted
        ? trust.reason
        : undefined;
  const lines: Check[] = [];
  const warn = (line: string): void => {
    lines.push({ probe: 'cache', subject: place.location, ...warning(line) });
  };
  const [{ openBucket }, { storeEnv }, { probeBucket }] = await Promise.all([
    import('../session/cache/open-bucket.ts'),
    import('../session/cache/store-env.ts'),
    import('./probes/bucket.ts'),
  ]);
  const verdict = await probeBucket({
    open: () => openBucket({ place, env, storeEnv: storeEnv(env), config, workspace, authorityFiles, warn }),
    readsOnly,
    bounds,
  });
  return [{ probe: 'cache', subject: place.location, ...verdict }, ...lines];
}

async function tryAudit({ situation, bounds, network, authorities }: Outward): Promise<Check[]> {
  const { config, env, platform } = situation;
  const { store, required, 'token-env': tokenEnv } = config.audit;
  if (store === null) return [];
  const reach = async (url: URL): Promise<boolean> => (await network.reach(url)).usable;
  const url = secureUrl(store, env);
  const trust = trustOf(
    async () => ({ pem: url === undefined ? [] : (await authorities.of(url)).pem, troubles: [] }),
    env,
  );
  const verdict = await probeAudit(
    { store, required, tokenEnv, env, cwd: platform.workspace },
    { send: createSend(env, VERSION, { trust }), bounds, reach },
  );
  return [{ probe: 'audit', subject: redactUrl(store), ...verdict }];
}

/** Values that no output may hold. */
function secretsIn({ env, platform, config, go, entries, vulndb }: Situation): string[] {
  const named = [config.audit['token-env'], ...config.proxy.credentials.map(one => one['token-env'])];
  const texts = [go?.GOPROXY ?? '', vulndb ?? '', ...entries.map(({ url }) => url)];
  return [
    ...secretsOfEnv(env, platform.secretEnv),
    ...named.map(name => env[name] ?? ''),
    ...texts.flatMap(secretsInUrls),
  ];
}
