import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Batcher, type BatcherOptions } from '../../src/audit/batcher.ts';
import { DeliveryError } from '../../src/audit/errors.ts';
import { Outbox } from '../../src/audit/outbox.ts';
import type { Ack, SealedBatch } from '../../src/audit/types.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { answer, MemoryStore, openJournal } from './session-dir.ts';

/** A store that tells when a batch has come. */
class Told extends MemoryStore {
  readonly #events = new EventTarget();

  override async put(batch: SealedBatch, signal: AbortSignal): Promise<Ack> {
    try {
      return await super.put(batch, signal);
    } finally {
      this.#events.dispatchEvent(new Event('batch'));
    }
  }

  /** Resolves when so many batches have come. */
  async came(count: number): Promise<void> {
    while (this.seen.length < count) await once(this.#events, 'batch');
  }
}

let dir: TempDir;
let store: Told;
let batcher: Batcher | undefined;
let outbox: Outbox | undefined;
const logged: string[] = [];
beforeEach(async () => {
  dir = await tempDir('batcher');
  store = new Told();
  logged.length = 0;
});
afterEach(async () => {
  await batcher?.stop();
  await outbox?.close();
  await dir[Symbol.asyncDispose]();
});

async function begin(options: Partial<BatcherOptions> = {}) {
  const journal = await openJournal(dir.path);
  outbox = await Outbox.open({ sessionDir: dir.path, journal });
  batcher = new Batcher({
    outbox,
    journal,
    target: store,
    log: line => logged.push(line),
    // Longer than any test: what comes earlier came for another reason.
    flushMs: 3_600_000,
    ...options,
  });
  return { journal, batcher, outbox };
}

describe('a batcher', () => {
  it('sends the opening batch at once, and says when the store has it', async () => {
    const { batcher } = await begin();
    await batcher.start();
    expect(await batcher.acknowledged(60_000)).toBeUndefined();
    expect(store.chain.map(({ header }) => header.phase)).toEqual(['open']);
  });

  it('sends records when there are 500 of them', async () => {
    const { batcher, journal } = await begin();
    await batcher.start();
    for (let n = 1; n <= 499; n++) journal.append(answer(n));
    await journal.flush();
    expect(outbox?.lastSeq).toBe(0);
    journal.append(answer(500));
    await store.came(2);
    expect(store.seqs).toHaveLength(500);
  });

  it('sends records when they are 256 KB', async () => {
    const { batcher, journal } = await begin();
    await batcher.start();
    const reason = 'x'.repeat(2000);
    for (let n = 1; n <= 200; n++) journal.append({ ...answer(n), reason });
    await store.came(2);
    expect(store.seqs.length).toBeGreaterThan(100);
    expect(store.seqs.length).toBeLessThan(200);
  });

  it('sends the few records of a quiet job after a while', async () => {
    const { batcher, journal } = await begin({ flushMs: 20 });
    await batcher.start();
    journal.append(answer());
    await store.came(2);
    journal.append(answer());
    await store.came(3);
    expect(store.seqs).toEqual([1, 2]);
  });

  it('sends nothing for notes alone', async () => {
    const { batcher, journal } = await begin({ flushMs: 1 });
    await batcher.start();
    journal.note('a warning');
    await batcher.flush();
    journal.append(answer());
    await store.came(2);
    expect(store.chain).toHaveLength(2);
  });

  it('continues what a killed one left', async () => {
    const before = await begin();
    await before.outbox.sealOpen();
    before.journal.append(answer());
    await before.outbox.close();
    const { batcher } = await begin();
    await batcher.start();
    expect(await batcher.acknowledged(60_000)).toBeUndefined();
    await store.came(2);
    expect(store.seqs).toEqual([1]);
  });

  it('tries again while the store is away, and logs that once', async () => {
    let failures = 3;
    store.refuse = () => (failures-- > 0 ? new DeliveryError('retry', 'the store is away') : undefined);
    const { batcher } = await begin({
      world: { now: Date.now, random: Math.random, sleep: (_ms, signal) => aborted(signal, 5) },
    });
    await batcher.start();
    await store.came(4);
    expect(logged).toEqual(['audit: the store is away']);
  });

  it('says why the store did not take the opening batch', async () => {
    store.refuse = () => new DeliveryError('unauthorized', 'the store answered 401');
    const { batcher, journal } = await begin();
    await batcher.start();
    expect(await batcher.acknowledged(60_000)).toBe('the store answered 401');
    // It is left alone for a while, and nothing is lost by that.
    journal.append(answer());
    await batcher.flush();
    expect(store.seen).toHaveLength(1);
    expect(outbox?.waiting()).toBe(2);
    expect(logged).toEqual(['audit: the store answered 401']);
    store.refuse = undefined;
    expect(await batcher.acknowledged(60_000)).toBeUndefined();
    expect(await batcher.acknowledged(60_000)).toBeUndefined();
    await store.came(3);
    expect(store.seqs).toEqual([1]);
  });

  it('says that the store refused the opening batch itself', async () => {
    store.refuse = () => new DeliveryError('refused', 'the store answered 422');
    const { batcher } = await begin();
    await batcher.start();
    expect(await batcher.acknowledged(60_000)).toBe('the store answered 422');
    expect(await batcher.acknowledged(60_000)).toBe('the store answered 422');
  });

  it('waits for the opening batch no longer than it is told to', async () => {
    store.put = () => new Promise(() => {});
    const { batcher } = await begin({
      world: { now: Date.now, random: Math.random, sleep: async () => {} },
    });
    await batcher.start();
    expect(await batcher.acknowledged(7_000)).toBe('the store did not answer within 7 s');
    store.put = async () => Promise.reject(new Error('stopped'));
  });

  it('gives up what is under way when it is stopped, and the next one sends it', async () => {
    const begun = Promise.withResolvers<void>();
    store.put = (_batch, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        begun.resolve();
      });
    const first = await begin();
    await first.batcher.start();
    first.journal.append(answer());
    await begun.promise;
    await first.batcher.stop();
    await first.outbox.close();
    store = new Told();
    const { batcher } = await begin();
    await batcher.start();
    await store.came(2);
    expect(store.seqs).toEqual([1]);
  });
});

/** A short pause that ends with its signal. */
async function aborted(signal: AbortSignal, ms: number): Promise<void> {
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
