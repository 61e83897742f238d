import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AUDIT_TOKEN_ENV } from '../config/defaults.ts';
import { isLoopback } from '../config/loopback.ts';
import { parseGoProxy } from '../gomod/proxy-list.ts';
import { cacheServiceEnv } from '../platform/cache-service.ts';
import { detectPlatform } from '../platform/detect.ts';
import { systemProbe } from '../platform/system-probe.ts';
import type { Platform } from '../platform/types.ts';
import { auditEnv, auditEnvAhead, withoutToken } from './audit/settings.ts';
import { buildPlace } from './build/place.ts';
import { keepBefore } from './bypass/before.ts';
import { hasBucket, storeEnv, withoutStoreEnv } from './cache/store-env.ts';
import { control } from './control.ts';
import { toHand } from './credentials/handed.ts';
import { collect, forgeToken, namedVariables, variablesAhead, withoutNamed } from './credentials/sources.ts';
import type { GivenSecrets } from './credentials/types.ts';
import { ensurePrivateDir, FILES, readSession } from './directory.ts';
import { jobEnvironment, proxyUrl, withoutGiven, withoutOurs } from './environment.ts';
import { SessionError } from './errors.ts';
import { readGoSettings } from './fetch/go-command.ts';
import { claimModcache, writableModcacheFlags } from './isolated.ts';
import { listenAt, secretFor } from './listen.ts';
import { withLock } from './lock.ts';
import { isRunning, pickOwner, readAncestors, readAncestorsByPs } from './owner.ts';
import { gitSettings, withoutSecrets } from './plain-env.ts';
import { givenPrivacy } from './settings/private-paths.ts';
import { questionFor, type Settings, settingsFor } from './settings/settings.ts';
import { handOver, spawnDaemon } from './spawn-daemon.ts';
import type { DaemonRequest, Handshake, SessionFile, Started, StartRequest } from './types.ts';
import { VERSION } from './version.ts';
import { ownVulnDb } from './vulndb.ts';

const PING_MS = 2_000;

/**
 * Starts the in-job proxy, or finds the one that this job has already. Resolves when it listens.
 * Throws ConfigError or SessionError.
 */
export async function startSession(request: StartRequest): Promise<Started> {
  const { env, cwd } = request;
  const platform = platformOf(env, cwd);
  const sessionDir =
    request.privateSession === true
      ? `${platform.sessionDir}-${process.pid}-${randomBytes(4).toString('hex')}`
      : platform.sessionDir;
  const about = questionFor(request, platform, sessionDir);
  const settings = await settingsFor(request, about);
  const { configured } = settings;

  const running = await findRunning(env, request.privateSession === true ? undefined : platform.sessionDir);
  if (running !== undefined) {
    if (request.foreground !== undefined) {
      throw new SessionError(
        'usage',
        `this job has a session already, at ${running.dir}; run modgate stop first, or leave --foreground out to join it`,
      );
    }
    // Whoever made the directory reads what is handed over.
    await ensurePrivateDir(running.dir, process.getuid?.());
    await handOverSecrets(running.session, env, secretsFor(request, platform, settings));
    const warnings =
      running.session.configDigest === configured.configDigest
        ? []
        : [
            'this job has a session with another configuration already; that one goes on. Run modgate stop first to change it',
          ];
    return {
      ...started(running.dir, running.session, await ownProxy(env, running.dir)),
      withheld: withheldBy(configured),
      reused: true,
      warnings,
    };
  }
  await ensurePrivateDir(sessionDir, process.getuid?.());
  return await withLock(join(sessionDir, 'start.lock'), async () => {
    // Two starts at once: the second finds what the first made.
    const other = await readSession(sessionDir);
    if (other !== undefined && (await control(other, 'ping', PING_MS)) !== undefined) {
      await handOverSecrets(other, env, secretsFor(request, platform, settings));
      const joined = started(sessionDir, other, await ownProxy(env, sessionDir));
      return { ...joined, withheld: withheldBy(configured), reused: true };
    }
    return await launch({ request, platform, sessionDir, settings });
  });
}

/** What the session may show to servers of modules. */
function secretsFor(
  { env, token }: StartRequest,
  { forge, secretEnv }: Platform,
  { configured, late }: Settings,
): GivenSecrets {
  const known = forgeToken(env, forge, token);
  return {
    variables: {
      ...(late === undefined ? {} : variablesAhead(env, secretEnv)),
      ...namedVariables(configured.config.proxy.credentials, env),
    },
    ...(known === undefined ? {} : { forge: known }),
  };
}

/**
 * A later step may have what an earlier one had not: a token, an agent, a netrc of its own. Handed to nobody but a daemon
 * of this machine, for MODGATE_SESSION is what any step before has made of it.
 */
async function handOverSecrets(
  session: SessionFile,
  env: StartRequest['env'],
  secrets: GivenSecrets,
): Promise<void> {
  if (!isLoopback(session.host)) return;
  await control(session, 'credentials', PING_MS, JSON.stringify(toHand(env, secrets)));
}

/** The platform of a process environment. */
export function platformOf(env: StartRequest['env'], cwd: string): Platform {
  return detectPlatform(env, systemProbe(cwd));
}

async function findRunning(
  env: StartRequest['env'],
  platformDir: string | undefined,
): Promise<{ dir: string; session: SessionFile } | undefined> {
  for (const dir of [env.MODGATE_SESSION, platformDir]) {
    if (dir === undefined || dir === '') continue;
    const session = await readSession(dir);
    if (session !== undefined && (await control(session, 'ping', PING_MS)) !== undefined)
      return { dir, session };
  }
  return undefined;
}

/** @param previous the GOPROXY that the job has without us; empty when it is not known */
function started(sessionDir: string, session: SessionFile, previous: string): Started {
  const { onFailure, modcache, goflags, gocache, vulndb, privacy, secret } = session;
  const url = proxyUrl(session);
  const env = jobEnvironment({
    url,
    sessionDir,
    onFailure,
    previous: previous === '' ? undefined : previous,
    modcache,
    goflags,
    gocache,
    vulndb,
    privacy,
  });
  return { sessionDir, url, secret, env, withheld: [], reused: false, warnings: [] };
}

function withheldBy({ audit }: Settings['configured']): string[] {
  return audit === undefined ? [] : [audit.tokenEnv];
}

/** The GOPROXY of a job that has a session already, as go itself says it. */
async function ownProxy(env: StartRequest['env'], dir: string): Promise<string> {
  const without = withoutOurs(env.GOPROXY ?? '');
  const go = await readGoSettings(env.MODGATE_GO ?? 'go', { ...env, GOPROXY: without }, dir);
  return withoutOurs(go?.GOPROXY ?? without);
}

interface Launch {
  readonly request: StartRequest;
  readonly platform: Platform;
  readonly sessionDir: string;
  readonly settings: Settings;
}

async function launch({ request, platform, sessionDir, settings }: Launch): Promise<Started> {
  const { cwd, flags, foreground } = request;
  const { late, accepted } = settings;
  // What a session of this job that is dead by now left there is no setting of the job; go's own is.
  const tokenEnv = settings.configured.audit?.tokenEnv ?? AUDIT_TOKEN_ENV;
  const earlier = await readSession(request.env.MODGATE_SESSION || sessionDir);
  const env: StartRequest['env'] = {
    ...withoutGiven(withoutToken(request.env, { tokenEnv }), earlier?.privacy),
    GOPROXY: withoutOurs(request.env.GOPROXY ?? ''),
    GOVULNDB: ownVulnDb(request.env),
  };
  const listen = listenAt(flags.listen);
  if (flags.owner !== undefined && !isRunning(flags.owner)) {
    throw new SessionError(
      'usage',
      `--owner ${flags.owner}: there is no process with that id, so the session would end at once; in a shell write --owner $$`,
    );
  }
  const secret = secretFor(listen, flags.listen !== undefined, env.MODGATE_SECRET);
  const { audit } = settings.configured;
  const forDelivery =
    late !== undefined
      ? auditEnvAhead(request.env, request.auditToken)
      : audit === undefined
        ? {}
        : auditEnv(audit, request.env, request.auditToken);
  // What a dead session left would send go to a dead port.
  await Promise.all(
    [
      FILES.session,
      FILES.stats,
      FILES.restore,
      FILES.layers,
      FILES.modcache,
      FILES.findings,
      FILES.policy,
      FILES.audit,
      FILES.auditAuthorities,
      FILES.auditReport,
      FILES.before,
      FILES.modcacheBefore,
      FILES.restored,
      FILES.damaged,
      FILES.credentials,
    ].map(name => rm(join(sessionDir, name), { recursive: true, force: true })),
  );
  const child = foreground === undefined ? spawnDaemon(sessionDir, env) : undefined;
  const { warnings: configWarnings, isolated, ...configured } = settings.configured;
  const goCommand = env.MODGATE_GO ?? 'go';
  const go = await readGoSettings(goCommand, env, sessionDir);
  const credentials = secretsFor(request, platform, settings);
  const named = configured.config.proxy.credentials;
  const warnings = [...configWarnings, ...collect(named, credentials).missing.map(({ why }) => why)];
  const previous = withoutOurs(go?.GOPROXY ?? env.GOPROXY ?? '');
  const laterGo = go === undefined && foreground === undefined ? platform.laterGo : undefined;
  // A file that is read later may name an upstream.
  const needsGo = previous === '' && configured.config.proxy.upstream.length === 0 && late === undefined;
  if (needsGo && laterGo === undefined) {
    child?.process.kill();
    throw new SessionError(
      'no-go',
      'no go command is on PATH, so its GOPROXY is not known and there is nothing to fetch from; install Go before modgate (actions/setup-go, a golang image), or name an upstream with --upstream or proxy.upstream',
    );
  }
  if (!needsGo && configured.config.proxy.upstream.length === 0 && late === undefined) {
    refuseMalformed(previous, () => child?.process.kill());
  }
  if (laterGo !== undefined) {
    const alone = previous === '' ? '; no other GOPROXY stands behind it, because none is known yet' : '';
    request.log(
      `no go command is on PATH yet: modgate uses the one that a later step installs, from the first download on${alone}`,
    );
  } else if (go === undefined) {
    warnings.push(
      'no go command is on PATH: nothing is fetched ahead, and without its sumdb key only go.sum vouches for modules',
    );
  }
  const modcache = isolated ? await claimModcache(`${platform.sessionDir}-modcache`, sessionDir) : undefined;
  const bucket = hasBucket(configured.store);
  const plain = withoutNamed(withoutSecrets(env, platform), named);
  const place =
    foreground === undefined && request.privateSession !== true
      ? buildPlace({ ...configured, platform, sessionDir, env: request.env })
      : undefined;
  const daemonRequest: DaemonRequest = {
    ...configured,
    modcache,
    ...(typeof place === 'object' ? { gocache: place.dir } : {}),
    ...(isolated ? { goflags: writableModcacheFlags(go?.GOFLAGS ?? env.GOFLAGS ?? '') } : {}),
    // The container of a CI service gives its job no environment.
    ...(foreground === undefined ? { privacy: givenPrivacy(configured.config.proxy, go, env) } : {}),
    version: VERSION,
    sessionDir,
    workspace: platform.workspace,
    cwd,
    listen,
    secret,
    control: randomBytes(16).toString('hex'),
    trusted: platform.trust.trusted,
    go,
    goCommand,
    env: bucket ? withoutStoreEnv(plain) : plain,
    storeEnv: bucket || late !== undefined ? storeEnv(env) : {},
    credentials,
    auditEnv: forDelivery,
    reports: platform.reports,
    gitEnv: gitSettings(env),
    cacheEnv:
      configured.store.lifetime === 'job' && configured.store.private !== true && platform.name === 'github'
        ? cacheServiceEnv(request.env)
        : {},
    owners: foreground === undefined ? await ownersOf(flags.owner, platform) : [],
    job: platform.job,
    ...(laterGo === undefined ? {} : { laterGo }),
    ...(!isolated && (await hasModules(go?.GOMODCACHE ?? '')) ? { warm: true } : {}),
    ...(accepted.length === 0 ? {} : { accepted }),
    ...(late === undefined ? {} : { late }),
    ...(foreground === undefined ? {} : { idleMs: Number.MAX_SAFE_INTEGER }),
  };
  const handshake =
    child === undefined ? await runHere(daemonRequest, foreground) : await handOver(child, daemonRequest);
  if (!handshake.ok) {
    const code = handshake.code === 'internal' ? 'daemon' : handshake.code;
    // What a store answered stands in the message already.
    const where = child === undefined || code === 'audit' ? '' : ` (log: ${join(sessionDir, FILES.log)})`;
    throw new SessionError(code, `${handshake.message}${where}`);
  }
  if (place === undefined) await rm(join(sessionDir, FILES.build), { force: true });
  else {
    const { beginBuildCache } = await import('./build/begin.ts');
    const goVersion = go?.GOVERSION;
    // Nobody can verify what is saved, so that `always` does not mean untrusted jobs here.
    const saves = platform.trust.trusted && configured.save !== 'never';
    await beginBuildCache({ ...request, place, sessionDir, platform, cwd, goVersion, saves });
  }
  const ready = started(sessionDir, handshake.session, previous);
  // The container of a CI service has neither the environment nor the module cache of the job.
  if (foreground === undefined) {
    const goModCache = modcache ?? go?.GOMODCACHE;
    const at = Date.parse(handshake.session.start);
    await keepBefore(sessionDir, {
      env,
      given: ready.env,
      privacy: daemonRequest.privacy,
      go,
      goModCache,
      cwd,
      at,
    }).catch((error: unknown) =>
      warnings.push(`drift of the environment will not be seen: ${String(error)}`),
    );
  }
  return {
    ...ready,
    withheld: withheldBy(settings.configured),
    warnings: [...new Set([...warnings, ...handshake.warnings])],
  };
}

/** Whether a GOMODCACHE holds downloaded modules, restored by a cache step or left by an earlier job. */
async function hasModules(goModCache: string): Promise<boolean> {
  if (goModCache === '') return false;
  const names = await readdir(join(goModCache, 'cache', 'download')).catch(() => []);
  return names.some(name => name !== 'sumdb');
}

/** go refuses the same values; said at once, it is not mistaken for an outage. Throws SessionError `config`. */
function refuseMalformed(goproxy: string, giveUp: () => void): void {
  try {
    parseGoProxy(goproxy);
  } catch (error) {
    giveUp();
    throw new SessionError(
      'config',
      `GOPROXY cannot be used: ${error instanceof Error ? error.message : String(error)}; mend the variable (or go env -w GOPROXY=...), or name an upstream with --upstream or proxy.upstream`,
      { cause: error },
    );
  }
}

/** The daemon in this process; it logs to stderr, which is what the log of a container is made of. */
async function runHere(request: DaemonRequest, ended: StartRequest['foreground']): Promise<Handshake> {
  const { runDaemon } = await import('./daemon.ts');
  return await new Promise((done, failed) => {
    runDaemon(request, done, ended === undefined ? undefined : () => ended(request.sessionDir)).catch(failed);
  });
}

async function ownersOf(explicit: number | undefined, platform: Platform): Promise<number[]> {
  if (explicit !== undefined) return [explicit];
  if (platform.name === 'local') return [];
  const ancestors = readAncestors(process.pid);
  const found = pickOwner(
    ancestors.length > 0 ? ancestors : await readAncestorsByPs(process.pid),
    platform.ownerHints,
  );
  return found === undefined ? [] : [found];
}
