import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRawDirectory } from '../audit/raw/directory.ts';
import type { Ack, RawStore } from '../audit/types.ts';
import { logUnlogged, openLogOrTell } from './batch-log/catch-up.ts';
import type { BatchLog } from './batch-log/log.ts';
import { readLogFile } from './batch-log/serve.ts';
import { type EvidenceStore, openEvidence } from './identity/evidence.ts';
import { IndexError } from './index/errors.ts';
import { type IndexState, startIndexer } from './indexer.ts';
import { type Delivery, ingest } from './ingest.ts';
import { type LogFilter, type LogRecord, logRecords } from './log-records.ts';
import { openPatiently } from './patient-index.ts';
import { readRaw } from './raw-facts.ts';
import { dayOf, type RetentionRules, retainNow } from './retention.ts';
import type { Index } from './types.ts';

/** Where a collector keeps its things. */
export interface Places {
  /** Holds `raw/`, which is the truth. */
  readonly dir: string;
  /** `postgres://...`; undefined for `index.db` in the directory. */
  readonly database: string | undefined;
}

export interface EngineOptions extends Places {
  readonly retention: RetentionRules;
  readonly now: () => number;
  readonly log: (line: string) => void;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface EngineState extends IndexState {
  readonly rawWritable: boolean;
  /** `broken`: nothing is added to it or signed until it is mended; batches are taken all the same. */
  readonly batchLog: 'current' | 'broken';
}

/** The part of a collector that decodes, stores and indexes: one for a directory, in a thread of its own. */
export interface Engine {
  /** Throws BatchError, RawError, CollectorError, IdentityError `contradicts`. */
  ingest(delivery: Delivery): Promise<Ack>;
  /** Records of one raw object that fit, and how many it has. Throws BatchError for one that is damaged. */
  records(
    key: string,
    filter: LogFilter,
  ): Promise<{ readonly records: readonly LogRecord[]; readonly scanned: number }>;
  state(): Promise<EngineState>;
  /** A public file of the log over the batches, by its name below `/v1/log/`; undefined when there is none. */
  logFile(name: string): Promise<Uint8Array | undefined>;
  /** Resolves when the index has all that is in raw; rejects when it is away. */
  settled(): Promise<void>;
  /** Deletes what is too old to be kept. */
  retain(): Promise<void>;
  /** Keeps what a forge said of a commit. */
  explain: Index['explain'];
  /** Ends; what still waits for the index gets at most `ms`. */
  close(ms: number): Promise<void>;
}

/** Which index a collector has. */
export function indexPlace({ dir, database }: Places): { readonly url: string } | { readonly file: string } {
  return database === undefined ? { file: join(dir, 'index.db') } : { url: database };
}

/** Opens raw store and index, and begins to bring into the index what it lacks. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { dir, now, log, sleep } = options;
  let foreign = 0;
  const raw = openRawDirectory(dir, {
    onForeign: file => {
      if (++foreign <= FOREIGN) log(`${file} is no raw batch and is passed over`);
    },
  });
  const batchLog = await openLogOrTell(dir, { now, make: true }, log);
  const evidence = openEvidence(dir);
  const ending = new AbortController();
  const logging =
    batchLog === undefined ? undefined : logUnlogged({ raw, batchLog, log, signal: ending.signal });
  const index = await openPatiently(indexPlace(options));
  const whole = await openMarker(join(dir, REBUILDING), index);
  const from = (): string | undefined => (whole.set() ? undefined : dayOf(now() - options.retention.jobs));
  const indexer = startIndexer({ raw, index, log, sleep, from });
  indexer.catchUp();
  let probed: { readonly at: number; readonly writable: Promise<boolean> } | undefined;
  return {
    ingest: delivery => ingest({ raw, evidence, indexer, batchLog, now }, delivery),
    records: (key, filter) => recordsOf(raw, key, filter),
    async state() {
      if (probed === undefined || Math.abs(now() - probed.at) > PROBE_MS)
        probed = { at: now(), writable: isWritable(dir) };
      return {
        ...indexer.state(),
        rawWritable: await probed.writable,
        batchLog: batchLog === undefined ? 'broken' : 'current',
      };
    },
    logFile: name => readLogFile(dir, batchLog, name),
    async settled() {
      await indexer.settled();
      await whole.clear();
    },
    retain: () =>
      retainNow({ raw: witnessed(raw, evidence, batchLog), index, rules: options.retention, now, log }),
    explain: index.explain,
    async close(ms) {
      ending.abort();
      await indexer.close(ms);
      await index.close();
      await logging;
      await batchLog?.close();
    },
  };
}

/** What retention deletes is told in the log first: else it would look as if somebody had taken it away. */
function witnessed(
  raw: RawStore,
  evidence: Pick<EvidenceStore, 'delete'>,
  batchLog: Pick<BatchLog, 'append'> | undefined,
): Pick<RawStore, 'list' | 'delete'> {
  return {
    list: () => raw.list(),
    async delete(key) {
      await batchLog?.append({ kind: 'gone', key });
      await raw.delete(key);
      await evidence.delete(key);
    },
  };
}

/** The file that is there while an index is made from all raw objects, also over a kill. */
const REBUILDING = 'rebuilding';

/**
 * Whether the index is yet to get all raw objects, also those older than it keeps jobs: their first sightings count for
 * ever. So it is from the start of an empty index until it has caught up once.
 */
async function openMarker(
  file: string,
  index: Pick<Index, 'repositories'>,
): Promise<{ set(): boolean; clear(): Promise<void> }> {
  let set = existsSync(file);
  if (!set && (await isEmpty(index))) {
    await writeFile(file, 'modgate serve makes the index of this directory from all of raw/\n');
    set = true;
  }
  return {
    set: () => set,
    async clear() {
      if (set) await rm(file, { force: true });
      set = false;
    },
  };
}

async function isEmpty(index: Pick<Index, 'repositories'>): Promise<boolean> {
  try {
    return (await index.repositories({ limit: 1 })).repositories.length === 0;
  } catch (error) {
    // An index that is away now is found empty or not by what is asked of it later; too much is looked through then.
    if (error instanceof IndexError && error.code === 'unavailable') return true;
    throw error;
  }
}

/** Foreign files that are told of: who fills a directory with them is not to fill the log. */
const FOREIGN = 20;
const PROBE_MS = 5_000;

async function isWritable(dir: string): Promise<boolean> {
  const file = join(dir, `.probe-${process.pid}`);
  try {
    await writeFile(file, 'modgate serve may write here\n');
    await rm(file, { force: true });
    return true;
  } catch {
    return false;
  }
}

/** Records of one raw object that fit, and how many it has. Throws BatchError, RawError. */
export async function recordsOf(
  raw: Pick<RawStore, 'get'>,
  key: string,
  filter: LogFilter,
): Promise<{ readonly records: readonly LogRecord[]; readonly scanned: number }> {
  const object = await readRaw(raw, key);
  // Deleted by the retention of raw batches: what the index still knows of it can be asked for, the records cannot.
  if (object === undefined) return { records: [], scanned: 0 };
  return {
    records: logRecords(object.receipt, object.batch, filter),
    scanned: object.batch.requests.length,
  };
}
