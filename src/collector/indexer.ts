import type { RawStore } from '../audit/types.ts';
import { unknownKeys } from './catch-up.ts';
import { CollectorError } from './errors.ts';
import { IndexError } from './index/errors.ts';
import { readRawFacts } from './raw-facts.ts';
import type { Applied, BatchFacts, Index } from './types.ts';

/** Batches of one transaction, and the weight of them: a transaction is short, so that others come between. */
const GROUP_BATCHES = 128;
const GROUP_WEIGHT = 20_000;
/**
 * A transaction costs as much as many batches: while they keep coming, one waits for others, ms. The first of these is
 * how long nothing has to come, the other how long the first batch waits at most.
 */
const GATHER_MS = { quiet: 25, most: 500 };
/** What is kept in memory of batches that wait; of further ones only the key, they are read from raw again. */
const QUEUED_WEIGHT = 30_000;
/**
 * Weight from which on those that bring more wait: a batch that is not kept is decoded twice, which costs more than the
 * index. What is on its way by then still fits below the weight that is kept.
 */
const FULL_WEIGHT = 20_000;
/** Longest that they wait, ms: a sender gives up after fifteen seconds, and raw has room when the index is slow. */
const ROOM_MS = 2_000;
/** A denial or a finding has texts of up to some kilobytes, a module use some hundred bytes. */
const TEXT_WEIGHT = 10;
/** Keys that are kept of batches that wait; past it all raw objects are looked through instead. */
const QUEUED_KEYS = 50_000;
const RETRY_MS = { first: 500, most: 30_000 };
/** Batches that could not be applied by themselves; past it the oldest are tried again. */
const SET_ASIDE = 10_000;

/** What the index is doing, for /healthz. */
export interface IndexState {
  /** `catching-up`: raw objects are looked through for batches that it lacks. `away`: it does not answer. */
  readonly state: 'current' | 'catching-up' | 'away';
  /** Batches known to wait. */
  readonly waiting: number;
  /** Batches that it could not take though it answers; they are told in the log and lie in raw. */
  readonly setAside: number;
  /** Why it is away. */
  readonly error?: string;
}

export interface IndexerParts {
  readonly raw: RawStore;
  readonly index: Pick<Index, 'apply' | 'known'>;
  /** Raw objects of earlier days than this are not looked for. */
  readonly from?: () => string | undefined;
  /** Lines for the collector's log. */
  readonly log: (line: string) => void;
  /** Resolves after this many ms, or at once when aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Brings batches from raw into the index: new ones as they come, and those that it lacks. */
export interface Indexer {
  /** A batch that lies in raw now. Never waits, never fails: what the index cannot take now it takes from raw later. */
  add(key: string, facts: BatchFacts): void;
  /** Resolves when more can be kept in memory, or when waiting for it is of no use. Never rejects. */
  room(): Promise<void>;
  /** Looks through all raw objects for batches that the index lacks; at start, and whenever it was away. */
  catchUp(): void;
  state(): IndexState;
  /** Resolves when nothing waits; rejects with the error of the index when it is away. */
  settled(): Promise<void>;
  /** Ends after what is being applied, and after what waits when it can be applied within `ms`. */
  close(ms: number): Promise<void>;
}

interface Waiting {
  readonly key: string;
  readonly facts: BatchFacts | undefined;
}

export function startIndexer(parts: IndexerParts): Indexer {
  return new Loop(parts);
}

class Loop implements Indexer {
  readonly #parts: IndexerParts;
  readonly #ending = new AbortController();
  readonly #setAside = new Set<string>();
  #queue: Waiting[] = [];
  #weight = 0;
  /** Batches that were taken out of the queue and are not in the index yet. */
  #applying = 0;
  #behind = false;
  #missing: AsyncGenerator<string[]> | undefined;
  #away: Error | undefined;
  #retryMs = RETRY_MS.first;
  #closing = false;
  #wake: (() => void) | undefined;
  readonly #wantRoom = new Set<() => void>();
  #settled: { resolve: () => void; reject: (error: Error) => void }[] = [];
  readonly #done: Promise<void>;

  constructor(parts: IndexerParts) {
    this.#parts = parts;
    this.#done = this.#run();
  }

  add(key: string, facts: BatchFacts): void {
    if (this.#away !== undefined || this.#queue.length >= QUEUED_KEYS) {
      this.#behind = true;
      return;
    }
    const keep = this.#weight + weightOf(facts) <= QUEUED_WEIGHT;
    if (keep) this.#weight += weightOf(facts);
    this.#queue.push({ key, facts: keep ? facts : undefined });
    this.#wake?.();
  }

  room(): Promise<void> {
    if (this.#weight < FULL_WEIGHT || this.#away !== undefined || this.#closing) return Promise.resolve();
    return new Promise(resolve => {
      const enter = (): void => {
        clearTimeout(timer);
        this.#wantRoom.delete(enter);
        resolve();
      };
      const timer = setTimeout(enter, ROOM_MS);
      this.#wantRoom.add(enter);
    });
  }

  #letIn(): void {
    for (const enter of [...this.#wantRoom]) enter();
  }

  catchUp(): void {
    this.#behind = true;
    this.#wake?.();
  }

  state(): IndexState {
    const error = this.#away?.message;
    return {
      state:
        this.#away !== undefined
          ? 'away'
          : this.#behind || this.#missing !== undefined
            ? 'catching-up'
            : 'current',
      waiting: this.#queue.length + this.#applying,
      setAside: this.#setAside.size,
      ...(error === undefined ? {} : { error }),
    };
  }

  settled(): Promise<void> {
    if (this.#away !== undefined) return Promise.reject(this.#away);
    return new Promise((resolve, reject) => {
      this.#settled.push({ resolve, reject });
      this.#wake?.();
    });
  }

  async close(ms: number): Promise<void> {
    this.#closing = true;
    this.#letIn();
    this.#wake?.();
    const timer = setTimeout(() => this.#ending.abort(), ms);
    if (this.#away !== undefined) this.#ending.abort();
    await this.#done;
    clearTimeout(timer);
    void this.#missing?.return(undefined);
    for (const { reject } of this.#settled.splice(0))
      reject(new CollectorError('closing', 'the collector ends'));
  }

  async #run(): Promise<void> {
    for (;;) {
      if (this.#ending.signal.aborted) return;
      if (this.#queue.length === 0 && !this.#behind && this.#missing === undefined) {
        for (const { resolve } of this.#settled.splice(0)) resolve();
        if (this.#closing) return;
        await new Promise<void>(resolve => {
          this.#wake = resolve;
          if (this.#queue.length > 0 || this.#behind || this.#closing) resolve();
        });
        this.#wake = undefined;
        continue;
      }
      // What is left at the end is found in raw at the next start.
      if (this.#closing && this.#queue.length === 0) return;
      await this.#gather();
      try {
        await this.#step();
        if (this.#away !== undefined) this.#parts.log('the index answers again');
        this.#away = undefined;
        this.#retryMs = RETRY_MS.first;
      } catch (error) {
        this.#lose(error instanceof Error ? error : new Error(String(error)));
        if (this.#closing) return;
        await this.#parts.sleep(this.#retryMs * (0.5 + Math.random() / 2), this.#ending.signal);
        this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.most);
      }
    }
  }

  /** Waits for more batches while they come quickly, unless somebody waits for the index or there is other work. */
  async #gather(): Promise<void> {
    const until = performance.now() + GATHER_MS.most;
    while (
      this.#queue.length > 0 &&
      this.#queue.length < GROUP_BATCHES &&
      this.#weight < GROUP_WEIGHT &&
      !(this.#closing || this.#behind || this.#missing !== undefined || this.#settled.length > 0)
    ) {
      const before = this.#queue.length;
      const left = until - performance.now();
      if (left <= 0) return;
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, Math.min(GATHER_MS.quiet, left));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
      if (this.#queue.length === before) return;
    }
  }

  /** One transaction with what came in, and one with what was found missing, so that neither starves the other. */
  async #step(): Promise<void> {
    if (this.#queue.length > 0) {
      const taken = this.#take();
      this.#applying = taken.length;
      await this.#apply(taken);
      this.#applying = 0;
    }
    if (this.#closing) return;
    if (this.#behind && this.#missing === undefined) {
      this.#behind = false;
      this.#missing = unknownKeys(this.#parts);
    }
    if (this.#missing === undefined) return;
    const { value, done } = await this.#missing.next();
    if (done === true) this.#missing = undefined;
    else await this.#applyKeys(value);
  }

  #take(): Waiting[] {
    let weight = 0;
    let count = 0;
    for (const { facts } of this.#queue) {
      weight += weightOf(facts);
      if (count > 0 && (weight > GROUP_WEIGHT || count >= GROUP_BATCHES)) break;
      count++;
    }
    const taken = this.#queue.splice(0, count);
    for (const { facts } of taken) this.#weight -= weightOf(facts);
    if (this.#weight < FULL_WEIGHT) this.#letIn();
    return taken;
  }

  async #applyKeys(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += GROUP_BATCHES) {
      await this.#apply(keys.slice(at, at + GROUP_BATCHES).map(key => ({ key, facts: undefined })));
      if (this.#closing) return;
    }
  }

  async #apply(waiting: readonly Waiting[]): Promise<void> {
    let group: BatchFacts[] = [];
    let weight = 0;
    const flush = async (): Promise<void> => {
      if (group.length > 0) await this.#applyGroup(group);
      group = [];
      weight = 0;
    };
    for (const { key, facts: known } of waiting) {
      if (this.#setAside.has(key)) continue;
      const facts = known ?? (await this.#read(key));
      if (facts === undefined) continue;
      if (weight + weightOf(facts) > GROUP_WEIGHT) await flush();
      group.push(facts);
      weight += weightOf(facts);
    }
    await flush();
  }

  /** Facts of a raw object; one that cannot be read is told and set aside: the others must not wait for it. */
  async #read(key: string): Promise<BatchFacts | undefined> {
    try {
      return await readRawFacts(this.#parts.raw, key);
    } catch (error) {
      this.#leave(key, error);
      return undefined;
    }
  }

  /** One batch that the index cannot take must not keep the others out; an index that is away takes none. */
  async #applyGroup(group: readonly BatchFacts[]): Promise<void> {
    try {
      this.#tell(await this.#parts.index.apply(group));
    } catch (error) {
      if (error instanceof IndexError && error.code === 'unavailable') throw error;
      const [facts, ...more] = group;
      if (facts === undefined) return;
      if (more.length === 0) this.#leave(facts.rawKey, error);
      else for (const one of group) await this.#applyGroup([one]);
    }
  }

  #leave(key: string, error: unknown): void {
    this.#setAside.add(key);
    if (this.#setAside.size > SET_ASIDE) {
      for (const oldest of this.#setAside) {
        this.#setAside.delete(oldest);
        break;
      }
    }
    const why = error instanceof Error ? error.message : String(error);
    this.#parts.log(`${key} is in raw and not in the index: ${why}`);
  }

  #tell(applied: readonly Applied[]): void {
    for (const { digest, movedEarlier, conflicts } of applied) {
      if (movedEarlier.length > 0) {
        this.#parts.log(`batch ${digest} came late: first seen is earlier now for ${some(movedEarlier)}`);
      }
      if (conflicts.length > 0) {
        this.#parts.log(`alarm: batch ${digest} has another h1 than before for ${some(conflicts)}`);
      }
    }
  }

  #lose(error: Error): void {
    if (this.#away?.message !== error.message) {
      this.#parts.log(`the index does not answer, batches are kept in raw for it: ${error.message}`);
    }
    this.#away = error;
    this.#queue = [];
    this.#weight = 0;
    this.#letIn();
    this.#applying = 0;
    this.#behind = true;
    void this.#missing?.return(undefined);
    this.#missing = undefined;
    for (const { reject } of this.#settled.splice(0)) reject(error);
  }
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}

/** How much memory facts hold and how long they take, in module uses. */
function weightOf(facts: BatchFacts | undefined): number {
  if (facts === undefined) return 0;
  return facts.modules.length + TEXT_WEIGHT * (facts.denials.length + facts.findings.length);
}
