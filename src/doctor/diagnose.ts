import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSend } from '../audit/targets/http.ts';
import { redactUrl } from '../config/redact.ts';
import type { Platform } from '../platform/types.ts';
import type { ChainEntry } from '../proxy/upstream/chain.ts';
import { childEnvironment } from '../session/children.ts';
import type { Credentials } from '../session/credentials/credentials.ts';
import { credentialsOutside } from '../session/credentials/outside.ts';
import { refusedChild } from '../session/credentials/refused-child.ts';
import { chooseSumDb } from '../session/sumdb-key.ts';
import { openUpstreams } from '../session/upstreams.ts';
import { VERSION } from '../session/version.ts';
import { trustedAuthorities } from './authorities.ts';
import { cleaner, secretsOf } from './clean.ts';
import { namedHosts } from './hosts.ts';
import { Bounds, LIMITS, type Limits } from './limits.ts';
import { systemNetwork } from './network/effects.ts';
import { Network } from './network/reach.ts';
import { probeAudit } from './probes/audit.ts';
import { probeCache } from './probes/cache.ts';
import { judgeClock } from './probes/clock.ts';
import { probeCredentials } from './probes/credentials.ts';
import { probeDisk } from './probes/disk.ts';
import { type GitDeps, privateModules, probeGit } from './probes/git.ts';
import { probeGo } from './probes/go.ts';
import { placeOfSumDb, probeSumDb } from './probes/sumdb.ts';
import { type AskDeps, probeUpstream } from './probes/upstream.ts';
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
  const situation = await readSituation(request);
  const bounds = new Bounds(request.limits ?? LIMITS);
  try {
    const checks = await tryAll(situation, bounds, request.network ?? systemNetwork());
    const clean = cleaner(secretsIn(situation));
    const ms = Math.round(performance.now() - began);
    return { diagnosis: { checks: checks.map(clean), ms }, platform: situation.platform };
  } finally {
    bounds.close();
  }
}

/** What all outward tries go by. */
interface Outward {
  readonly situation: Situation;
  readonly bounds: Bounds;
  readonly network: Network;
  readonly asking: AskDeps;
  readonly credentials: Credentials;
  readonly redact: (text: string) => string;
}

async function tryAll(situation: Situation, bounds: Bounds, effects: NetworkEffects): Promise<Check[]> {
  const { env, config, platform, go, goCommand } = situation;
  const { origins, untried } = namedHosts(situation);
  const authorities = await trustedAuthorities(config, env, platform.workspace);
  const namedBy = (origin: string): readonly string[] => origins.get(origin) ?? ['GOSUMDB'];
  const network = new Network({ effects, bounds, env, authorities: authorities.of, namedBy });
  const dir = await mkdtemp(join(tmpdir(), 'modgate-doctor-'));
  const { credentials, redactor } = credentialsOutside({
    env,
    config,
    forge: platform.forge,
    goauth: go?.GOAUTH ?? '',
    dir,
    // What it would tell has checks of its own.
    warn: () => undefined,
  });
  const { redact } = redactor;
  const { http } = await openUpstreams({ env, version: VERSION, credentials, redact, log: () => undefined });
  const outward: Outward = { situation, bounds, network, asking: { http, bounds }, credentials, redact };
  try {
    const reaching = Promise.all([...origins.keys()].map(origin => network.reach(new URL(origin))));
    const [disks, upstreams, database, git, cache, audit] = await Promise.all([
      tryDisks(situation),
      tryUpstreams(outward),
      trySumDb(outward),
      tryGit(outward),
      tryCache(outward),
      tryAudit(outward),
      reaching,
    ]);
    const clock: Check = {
      probe: 'clock',
      subject: 'this machine',
      ...judgeClock(await network.clocks()),
    };
    return [
      ...situation.checks,
      ...probeGo({ go, command: goCommand, later: platform.laterGo !== undefined, env }),
      ...disks,
      ...probeCredentials(config.proxy, env),
      ...authorities.checks,
      ...untried,
      ...(await network.checks()),
      ...upstreams,
      ...database,
      ...git,
      ...cache,
      ...audit,
      clock,
    ];
  } finally {
    await http.close();
    await credentials.close();
    await rm(dir, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
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

async function tryUpstreams({
  situation: { entries },
  network,
  asking,
  credentials,
}: Outward): Promise<Check[]> {
  return await Promise.all(
    entries.filter(isHttp).map(async (entry): Promise<Check> => {
      const url = new URL(entry.url);
      const subject = redactUrl(entry.url);
      const { usable } = await network.reach(url);
      if (!usable) return { probe: 'http', subject, ...skipped('its host cannot be reached') };
      const keyed = url.username !== '' || (await credentials.forUrl(url)) !== undefined;
      return { probe: 'http', subject, ...(await probeUpstream(entry, keyed, asking)) };
    }),
  );
}

async function trySumDb({ situation: { go, entries }, network, asking }: Outward): Promise<Check[]> {
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
  const place = await placeOfSumDb(database, entries, asking);
  if (place.state === 'failed') return [{ probe: 'sumdb', subject, ...place.verdict }];
  if (place.through === undefined && !(await network.reach(new URL(place.base))).usable) {
    const verdict = failed('cannot be reached, and no upstream serves it', {
      why: 'see the lines of its host',
      fix: `allow the runner to reach ${redactUrl(place.base)}, or name an upstream that serves the database`,
    });
    return [{ probe: 'sumdb', subject, ...verdict }];
  }
  return [{ probe: 'sumdb', subject, ...(await probeSumDb(database, place, asking)) }];
}

async function tryGit({ situation, network, bounds, credentials, redact }: Outward): Promise<Check[]> {
  const { platform, go, goCommand, env } = situation;
  const modules = await privateModules(platform.workspace, situation.private);
  if (modules.size === 0) return [];
  const deps: GitDeps = {
    goCommand,
    bounds,
    redact,
    explain: failed => refusedChild(failed, output => credentials.explain(output)),
    childEnv: childEnvironment(env, [() => credentials.childPart()]),
  };
  return await Promise.all(
    [...modules].map(async ([host, module]): Promise<Check> => {
      if (go === undefined)
        return { probe: 'git', subject: module, ...skipped('there is no go that could ask') };
      await network.reach(new URL(`https://${host}`));
      return { probe: 'git', subject: module, ...(await probeGit(module, deps)) };
    }),
  );
}

async function tryCache({ situation: { platform, env }, bounds }: Outward): Promise<Check[]> {
  return [
    {
      probe: 'cache',
      subject: 'cache service',
      ...(await probeCache({ platform, env, version: VERSION, bounds })),
    },
  ];
}

async function tryAudit({ situation, bounds, network }: Outward): Promise<Check[]> {
  const { config, env, platform } = situation;
  const { store, required, 'token-env': tokenEnv } = config.audit;
  if (store === null) return [];
  const reach = async (url: URL): Promise<boolean> => (await network.reach(url)).usable;
  const verdict = await probeAudit(
    { store, required, tokenEnv, env, cwd: platform.workspace },
    { send: createSend(env, VERSION), bounds, reach },
  );
  return [{ probe: 'audit', subject: redactUrl(store), ...verdict }];
}

/** Values that no output may hold. */
function secretsIn({ env, platform, config, go, entries }: Situation): string[] {
  const named = [config.audit['token-env'], ...config.proxy.credentials.map(one => one['token-env'])];
  const texts = [go?.GOPROXY ?? '', ...entries.map(({ url }) => url)];
  return secretsOf(env, platform.secretEnv, named, texts);
}
