import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { JournalWriter } from '../audit/journal.ts';
import { ConfigError } from '../config/errors.ts';
import { createServer } from '../platform/node-http.ts';
import { errorBody } from '../proxy/respond.ts';
import { secretMatches } from '../proxy/secret.ts';
import { StoreError } from '../store/errors.ts';
import { createHasher } from '../store/hasher.ts';
import type { Store } from '../store/types.ts';
import { openJournal, writeHeader } from './audit/open-journal.ts';
import { Records } from './audit/records.ts';
import { Restoring } from './cache/restoring.ts';
import { layeredOf, openStore, startRestore } from './cache/session-store.ts';
import { endLayers, keepUp } from './cache/upkeep.ts';
import { VERIFY_MS } from './control.ts';
import { HandedSecrets, namesIn, parseHanded, textOf } from './credentials/handed.ts';
import { gitSecrets, redactorOf } from './credentials/known-secrets.ts';
import { removeLeftBehind } from './credentials/left-behind.ts';
import { redactedJournal } from './credentials/redacted-journal.ts';
import { redactDeep } from './credentials/redactor.ts';
import { FILES, writeWhole, writingTo } from './directory.ts';
import { SessionError } from './errors.ts';
import { withLaterGo } from './fetch/later-go.ts';
import { listen } from './listen.ts';
import type { ModcacheCheck } from './modcache/check.ts';
import { processStart, watchOwner } from './owner.ts';
import type { Services } from './services.ts';
import { configureLate, isPolicyTrouble, keepForStop } from './settings/late.ts';
import type { DaemonRequest, Handshake, SessionFile } from './types.ts';
import { vulnDbOf } from './vulndb.ts';

/** How often the owner and the idle time are looked at, ms. */
const WATCH_MS = 5_000;
/** Most that a later step hands over, bytes: tokens and names of files. */
const MAX_HANDED = 1024 * 1024;
/** Longest line that another modgate has written down here, bytes. */
const MAX_NOTE = 4096;
/** How long a stop lets open answers finish, ms. */
const DRAIN_MS = 2_000;

/**
 * The in-job proxy: listens first, says so, and loads everything else after that. Resolves when it is ready to
 * answer; the process ends by a signal, a stop, with its owner, or after the idle time, and `onEnd` before that.
 */
export async function runDaemon(
  request: DaemonRequest,
  shake: (handshake: Handshake) => void,
  onEnd?: () => Promise<void>,
): Promise<void> {
  const loop = monitorEventLoopDelay({ resolution: 10 });
  loop.enable();
  const redactor = redactorOf(request);
  const { redact } = redactor;
  const handed = new HandedSecrets(request.credentials);
  const log = (line: string) => process.stderr.write(`${new Date().toISOString()} ${plain(redact(line))}\n`);
  process.on('uncaughtException', error => log(`uncaught: ${error.stack ?? error.message}`));
  process.on('unhandledRejection', reason =>
    log(`unhandled: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`),
  );

  const warnings: string[] = [];
  let journal: JournalWriter | undefined;
  const warn = (told: string) => {
    const line = redact(told);
    log(`warning: ${line}`);
    warnings.push(line);
    journal?.note(plain(line));
  };

  const warnOnce = (line: string) => {
    if (!warnings.includes(line)) warn(line);
  };

  let store: Store | undefined;
  let settling: Promise<DaemonRequest> | undefined;
  let services: Promise<Services> | undefined;
  let checking: Promise<ModcacheCheck> | undefined;
  let lastUse = performance.now();
  let open = 0;
  let ending: Promise<void> | undefined;
  const start = new Date().toISOString();

  const server = createServer({ maxHeaderSize: 16 * 1024, keepAliveTimeout: 120_000 }, (req, res) => {
    lastUse = performance.now();
    open++;
    const handled = route(req, res).catch((error: unknown) => {
      log(`request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      res.destroy();
    });
    res.once('close', async () => {
      // The record of an answer is written behind its last byte, which a client does not wait for.
      if (res.headersSent) await handled;
      open--;
      lastUse = performance.now();
    });
  });
  server.requestTimeout = 0;
  server.headersTimeout = 60_000;

  const route = async (req: IncomingMessage, res: ServerResponse) => {
    const target = (req.url ?? '').split('?', 1)[0] ?? '';
    if (target.startsWith('/-/')) return await answerControl(req, res, target.slice(3));
    const slash = target.indexOf('/', 1);
    if (slash < 0 || !secretMatches(target.slice(1, slash), request.secret)) {
      res.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' });
      res.end('modgate: unknown path; use the GOPROXY value that modgate printed for this job\n');
      return;
    }
    // Only a late configuration can be wrong here, and the next request may find it mended.
    services ??= assembleAll();
    const ready = await services.catch((error: unknown) => {
      log(`the proxy could not be built: ${error instanceof Error ? error.message : String(error)}`);
      const told = [ConfigError, StoreError, SessionError].some(kind => error instanceof kind);
      return told ? (error as Error) : undefined;
    });
    if (ready === undefined || ready instanceof Error) {
      const refused = isPolicyTrouble(ready, request);
      if (refused) warnOnce(`every module was refused: ${ready?.message ?? ''}`);
      res.writeHead(refused ? 403 : 500, { 'Content-Type': 'text/plain; charset=utf-8' });
      res.end(
        errorBody(redact(`modgate: ${ready?.message ?? 'the proxy could not be built; see daemon.log'}`)),
      );
      return;
    }
    await ready.handle(req, res, target.slice(slash + 1));
  };

  const answerControl = async (req: IncomingMessage, res: ServerResponse, verb: string) => {
    const token = /^Bearer (.+)$/.exec(req.headers.authorization ?? '')?.[1] ?? '';
    if (req.method !== 'POST' || !secretMatches(token, request.control)) {
      res.writeHead(403, { 'Content-Type': 'text/plain; charset=utf-8' });
      res.end('modgate: this path is for modgate itself\n');
      return;
    }
    const body = JSON.stringify({ pid: process.pid, start });
    if (verb === 'verify') {
      await settling?.catch(() => undefined);
      const layers = store === undefined ? undefined : layeredOf(store);
      await Promise.all([(await checking)?.finish(VERIFY_MS), layers?.settle(VERIFY_MS)]);
    }
    if (verb === 'credentials') await takeCredentials(req);
    if (verb === 'note') warn(await textOf(req, MAX_NOTE));
    if (verb === 'stop') await end('stop');
    res.writeHead(200, { 'Content-Type': 'application/json', Connection: 'close' });
    res.end(body, () => {
      if (verb === 'stop') setImmediate(() => process.exit(0));
    });
  };

  const takeCredentials = async (req: IncomingMessage) => {
    const secrets = parseHanded(await textOf(req, MAX_HANDED));
    if (secrets === undefined) return;
    handed.take(secrets);
    const { variables, forge, git } = secrets;
    redactor.add([
      ...(forge === undefined ? [] : [forge.token]),
      ...(request.late === undefined ? Object.values(variables) : []),
      ...gitSecrets(
        Object.fromEntries(git.map((setting, i) => [`GIT_CONFIG_VALUE_${i}`, setting.join(' ')])),
      ),
    ]);
    log(`credentials of a later step: ${namesIn(secrets)}`);
  };

  const port = await listen(server, request.listen);
  const hasher = createHasher();
  if (request.late === undefined) store = await openStore(request, hasher, log, warn);
  const opened = await openJournal(request, log);
  const written = opened.journal;
  journal = written;
  const firstSeq = written.lastSeq + 1;
  const header = (of: DaemonRequest) =>
    writeHeader(written, { ...of, job: redactDeep(of.job, redact) }, opened.uid, start);
  header(request);
  const storeDir = (settled: DaemonRequest) => store?.location ?? settled.store.dir;
  const records = new Records({ journal: written, storeDir, log, warn: warnOnce });

  const pidStart = processStart(process.pid);
  const session: SessionFile = {
    v: 1,
    pid: process.pid,
    ...(pidStart === undefined ? {} : { pidStart }),
    port,
    host:
      request.listen.host === '0.0.0.0' || request.listen.host === '::' ? '127.0.0.1' : request.listen.host,
    secret: request.secret,
    control: request.control,
    start,
    configDigest: request.configDigest,
    storeDir: store?.location ?? request.store.dir,
    version: request.version,
    onFailure: request.config.proxy['on-failure'],
    ...(request.modcache === undefined ? {} : { modcache: request.modcache }),
    ...(request.goflags === undefined ? {} : { goflags: request.goflags }),
    ...(request.gocache === undefined ? {} : { gocache: request.gocache }),
    ...(vulnDbOf(request.config.proxy.vulndb, request.env) === undefined ? {} : { vulndb: true }),
    ...(request.privacy === undefined ? {} : { privacy: request.privacy }),
  };

  const closing = new AbortController();
  let restoring: Restoring | undefined;
  let restored: ReturnType<typeof startRestore> | undefined;
  const restore = (settled: DaemonRequest, opened: Store): Restoring => {
    if (restoring !== undefined) return restoring;
    restoring = new Restoring(() => performance.now());
    restored = startRestore({ request: settled, restoring, log, warn, signal: closing.signal }, opened);
    return restoring;
  };
  const assemble = async (settled: DaemonRequest, opened: Store): Promise<Services> => {
    const coming = restore(settled, opened);
    const { createServices } = await import('./services.ts');
    const built = await createServices({
      request: settled,
      store: opened,
      hasher,
      journal: redactedJournal(written, redact),
      restoring: coming,
      handed,
      redactor,
      log,
      warn,
    });
    // What the shared cache brings need not be fetched ahead.
    void coming.known.then(async () => {
      if (ending === undefined) await built.prepare();
    });
    return built;
  };
  const checkModcache = async (settled: DaemonRequest): Promise<ModcacheCheck> => {
    const { beginModcacheCheck } = await import('./modcache/check.ts');
    return await beginModcacheCheck(settled, { busy: () => open > 0, log });
  };
  /** The request with the configuration that counts, read now where the start could not read it. */
  const settle = (): Promise<DaemonRequest> => {
    settling ??= (async () => {
      const { late } = request;
      const settled =
        late === undefined ? { request, findings: [], warnings: [] } : await configureLate(request, late);
      handed.begin(settled.request.credentials);
      for (const line of settled.warnings) warn(line);
      await keepForStop(settled).catch((error: unknown) => log(`policy: ${String(error)}`));
      // The header that was written at the start told of another configuration.
      if (late !== undefined) header(settled.request);
      await records.begin(settled.request);
      if (settled.request.config.proxy.modcache === 'verify') checking ??= checkModcache(settled.request);
      return settled.request;
    })().catch((error: unknown) => {
      settling = undefined;
      throw error;
    });
    return settling;
  };
  const assembleAll = async (): Promise<Services> => {
    try {
      const settled = await settle();
      if (store === undefined) {
        store = await openStore(settled, hasher, log, warn);
        log(`first request: store ${store.location}`);
      }
      return await assemble(settled.laterGo === undefined ? settled : await withLaterGo(settled, log), store);
    } catch (error) {
      services = undefined;
      throw error;
    }
  };
  // The store depends neither on go nor on a policy, and is there when they come.
  if (store !== undefined && request.warm !== true) restore(request, store);
  const atOnce = request.late?.when !== 'first-request' && request.warm !== true;
  if (atOnce && request.laterGo === undefined) {
    services = assembleAll();
    services.catch((error: unknown) => log(`the proxy could not be built: ${String(error)}`));
  }
  // Fetched while the job does other things; a request that comes first waits for it.
  if (request.late?.when !== 'first-request') settle().catch(() => undefined);

  const owners = request.owners.map(watchOwner);
  const watch = setInterval(
    () => {
      if (owners.length > 0 && owners.every(alive => !alive()))
        void end('the job is over').then(() => process.exit(0));
      else if (open === 0 && performance.now() - lastUse > request.idleMs) {
        void end(`idle for ${inWords(request.idleMs)}`).then(() => process.exit(0));
      }
    },
    Math.min(WATCH_MS, Math.max(request.idleMs / 4, 100)),
  );

  await writingTo(
    request.sessionDir,
    writeWhole(join(request.sessionDir, FILES.session), JSON.stringify(session)),
  );
  if (
    request.late === undefined &&
    (request.config.proxy.modcache === 'verify' || request.audit?.required === true)
  ) {
    // A daemon that is killed has to leave word of what it did not verify, and nothing begins without its record.
    await settle().then(() => checking);
  }
  shake({ ok: true, session, warnings });
  log(`modgate ${request.version} listens on ${request.listen.host}:${port}, store ${session.storeDir}`);

  void removeLeftBehind(request.sessionDir, log);

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => void end(signal).then(() => process.exit(0)));
  }
  await (request.late === undefined ? services : services?.catch(() => undefined));

  async function end(reason: string): Promise<void> {
    ending ??= (async () => {
      log(`ending: ${reason}`);
      clearInterval(watch);
      server.close();
      closing.abort();
      const built = await services?.catch(() => undefined);
      built?.prefetcher.stop();
      await (await checking)?.finish(0);
      const until = performance.now() + DRAIN_MS;
      // The stop request itself is one of the open answers.
      while (open > (reason === 'stop' ? 1 : 0) && performance.now() < until) {
        await new Promise(resolve => setTimeout(resolve, 20));
      }
      const counts = built?.prefetcher.stats;
      await built?.close();
      await rm(join(request.sessionDir, FILES.credentials), { recursive: true, force: true }).catch(
        (error: unknown) => log(`credentials: ${String(error)}`),
      );
      await records.stop();
      await restored;
      const settled = await settling?.catch(() => undefined);
      await written.flush();
      if (store !== undefined) await endLayers({ request: settled ?? request, store, log }, warn);
      await store?.flush().catch((error: unknown) => log(`store: ${String(error)}`));
      written.write({
        kind: 'ftr',
        t: new Date().toISOString(),
        first_seq: firstSeq,
        last_seq: written.lastSeq,
        counts: { prefetched: counts?.ready ?? 0, prefetch_failed: counts?.failed ?? 0 },
        dropped: written.dropped,
        reason,
      });
      await written.close();
      // Whoever asks for a stop goes on with the rest himself: he knows how the job looks at its end.
      if (reason !== 'stop') await records.close(session, reason);
      // There is a store only once the configuration was read.
      if (store !== undefined) await keepUp({ request: settled ?? request, store, log });
      const stats = {
        peakRss: process.resourceUsage().maxRSS * 1024,
        loopP99Ms: loop.percentile(99) / 1e6,
        loopMaxMs: loop.max / 1e6,
      };
      await writeWhole(join(request.sessionDir, FILES.stats), JSON.stringify(stats)).catch(() => undefined);
      await hasher.close();
      await onEnd?.();
    })();
    await ending;
  }
}

function inWords(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} minutes`;
}

/** One harmless line of ASCII for the log file. */
function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ');
}
