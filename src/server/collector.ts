import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { answersFrom } from '../collector/answers.ts';
import { indexPlace, type Places } from '../collector/engine.ts';
import { startExplainer } from '../collector/explain.ts';
import type { Forge } from '../collector/forges/types.ts';
import type { Verify } from '../collector/identity/verify.ts';
import { lockDirectory } from '../collector/lock.ts';
import type { LogFilter } from '../collector/log-records.ts';
import { openPatiently } from '../collector/patient-index.ts';
import type { RetentionRules } from '../collector/retention.ts';
import { openGuard, type TokenEntry, tokenGuard } from '../collector/tokens.ts';
import { uncoveredFrom } from '../collector/uncovered.ts';
import type { ListenAddress } from '../platform/listen-address.ts';
import { Gate } from '../store/gate.ts';
import { startEngineThread } from './engine-thread.ts';
import { checkExposure, loopbackNames } from './exposure.ts';
import { createHandler } from './handler.ts';
import { healthOf } from './health.ts';
import { listen, makeServer, type Tls } from './listen.ts';

export interface CollectorOptions extends Places {
  readonly at: ListenAddress;
  readonly tokens: readonly TokenEntry[];
  /** Judges tokens of forges; undefined where none counts. */
  readonly verify: Verify | undefined;
  readonly tls: Tls | undefined;
  readonly insecureHttp: boolean;
  readonly retention: RetentionRules;
  /** May be asked who is behind a commit; closed with the collector. */
  readonly forges: readonly Forge[];
  readonly version: string;
  /** Lines for the collector's log; harmless, without line breaks. */
  readonly log: (line: string) => void;
}

/** A collector that listens. */
export interface Collector {
  readonly url: string;
  readonly engine: 'sqlite' | 'postgres';
  /** Rejects when it cannot go on. */
  readonly failed: Promise<never>;
  /** Ends in order: no new requests, those under way are answered, what waits for the index gets a moment. */
  stop(): Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Retention begins when the rush of a start is over. */
const FIRST_RETENTION_MS = 10 * 60 * 1000;
const RETRY_MS = 1_000;
/** Raw batches that are read for questions at once: reading must not keep batches from coming in. */
const READS = 2;
const FINISH_MS = 10_000;
/** Longest that an answer waits for the forges to be looked through; whoever asks again gets to read how far that is. */
const LOOKING_MS = 20_000;
const INDEX_MS = 5_000;

/**
 * Starts a collector. Resolves when it listens; what lies in raw and not in the index is brought there meanwhile, and
 * /healthz says so. Throws CollectorError: `settings`, `locked`, `storage`; IndexError.
 */
export async function startCollector(options: CollectorOptions): Promise<Collector> {
  const { at, tokens, verify, tls, dir, database, log } = options;
  // Who names issuers wants batches of their jobs and not of anybody.
  const open = tokens.length === 0 && verify === undefined;
  checkExposure({ at, open, tls: tls !== undefined, insecureHttp: options.insecureHttp });
  const undo: (() => Promise<void> | void)[] = [];
  const unwind = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const lock = await lockDirectory(dir);
    undo.push(() => lock.release());
    const engine = await startEngineThread({ dir, database, retention: options.retention }, log);
    undo.push(() => engine.close(INDEX_MS));
    const index = await openPatiently(indexPlace(options));
    undo.push(() => index.close());

    const about = {
      version: options.version,
      engine: database === undefined ? 'sqlite' : 'postgres',
    } as const;
    let ready = false;
    let ended = false;
    undo.push(() => {
      ended = true;
    });
    // An index that is away at the start is caught up with when it answers; until then there is no readiness.
    const becomeReady = async (): Promise<void> => {
      while (!ready && !ended) {
        try {
          await engine.settled();
          ready = true;
        } catch {
          await delay(RETRY_MS, undefined, { ref: false });
        }
      }
    };
    void becomeReady();

    const reads = new Gate(READS);
    const handler = createHandler({
      verify,
      guard: open ? openGuard : tokenGuard(tokens),
      hosts: open ? loopbackNames(at) : undefined,
      receive: delivery => engine.ingest(delivery),
      ask: answersFrom(
        index,
        (key: string, filter: LogFilter) => reads.run(() => engine.records(key, filter)),
        uncoveredFrom({ forges: options.forges, index, now: Date.now, patienceMs: LOOKING_MS }),
      ),
      logFile: name => engine.logFile(name),
      health: async () => healthOf(await engine.state(), { ...about, ready }),
      now: Date.now,
      log,
    });
    const server = makeServer(handler, tls);
    const port = await listen(server, at);
    undo.push(() => finish(server));

    const explainer = startExplainer({
      forges: options.forges,
      index: { unexplained: index.unexplained, explain: engine.explain },
      now: Date.now,
      sleep: async (ms, signal) => {
        await delay(ms, undefined, { signal }).catch(() => {});
      },
      log,
    });
    undo.push(async () => {
      for (const forge of options.forges) forge.close();
      await explainer.close();
    });

    const retain = (): void => {
      engine.retain().catch((error: Error) => log(`what is too old could not be deleted: ${error.message}`));
    };
    const first = setTimeout(retain, FIRST_RETENTION_MS);
    const daily = setInterval(retain, DAY_MS);
    undo.push(() => {
      clearTimeout(first);
      clearInterval(daily);
    });
    const host = at.host.includes(':') ? `[${at.host}]` : at.host;
    return {
      url: `${tls === undefined ? 'http' : 'https'}://${host}:${port}`,
      engine: about.engine,
      failed: engine.failed,
      stop: unwind,
    };
  } catch (error) {
    await unwind();
    throw error;
  }
}

/** Takes no new requests, and gives those under way some time. */
async function finish(server: Server): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), FINISH_MS);
  await closed;
  clearTimeout(timer);
}
