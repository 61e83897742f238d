import fc from 'fast-check';
import { expect } from 'vitest';
import { type DeliveryWorld, deliver } from '../../src/audit/deliver.ts';
import { DeliveryError } from '../../src/audit/errors.ts';
import type { JournalWriter } from '../../src/audit/journal.ts';
import { Outbox } from '../../src/audit/outbox.ts';
import { recover } from '../../src/audit/recover.ts';
import { tempDir } from '../support/temp.ts';
import { CrashingSpool, crashingFile, crashingTarget, type Moment, Process } from './crashing.ts';
import { answer, MemoryStore, openJournal } from './session-dir.ts';

/** What may happen to a session. */
export type Step =
  | { readonly do: 'answer'; readonly count: number }
  | { readonly do: 'seal'; readonly all: boolean }
  | { readonly do: 'deliver' }
  | { readonly do: 'fault'; readonly faults: number; readonly stubborn: boolean }
  | { readonly do: 'store'; readonly answers: StoreMode }
  /** A process that takes over, and dies at its n-th effect. */
  | { readonly do: 'restart'; readonly left: number; readonly moment: Moment };

type StoreMode = 'ok' | 'away' | 'no-right' | 'refuses' | 'small' | 'cuts' | 'picky';

export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('answer' as const), count: fc.integer({ min: 1, max: 700 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('seal' as const), all: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      faults: fc.integer({ min: 1, max: 4 }),
      stubborn: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('store' as const),
      answers: fc.constantFrom<StoreMode>('ok', 'away', 'no-right', 'refuses', 'small', 'cuts', 'picky'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('restart' as const),
      left: fc.integer({ min: 1, max: 25 }),
      moment: fc.constantFrom<Moment>('before', 'within', 'after'),
    }),
  },
);

function setMode(store: MemoryStore, mode: StoreMode): void {
  const refusals = {
    away: new DeliveryError('retry', 'away'),
    'no-right': new DeliveryError('unauthorized', 'no right'),
    refuses: new DeliveryError('refused', 'not this one'),
  } as const;
  store.loseAnswer = mode === 'cuts' ? ({ no }) => no % 2 === 0 : undefined;
  store.lines = mode === 'picky' ? [{ line: 2, why: 'is no record' }] : [];
  store.refuse = ({ digest, records }) => {
    if (mode === 'small') {
      // What it has it knows by name.
      return records > 120 && !store.batches.has(digest)
        ? new DeliveryError('too-large', 'large')
        : undefined;
    }
    return mode in refusals ? refusals[mode as keyof typeof refusals] : undefined;
  };
}

/** No time passes but by waiting. */
function patientWorld(): DeliveryWorld {
  let now = Date.parse('2026-01-02T03:04:05.000Z');
  return {
    now: () => now,
    random: () => 1,
    sleep: async ms => {
      now += ms;
    },
  };
}

class Machine implements AsyncDisposable {
  readonly dir: string;
  readonly store = new MemoryStore();
  /** Numbers of the answers that were on the disk when a flush said so. */
  readonly durable = new Set<number>();
  readonly #dispose: () => PromiseLike<void>;
  #process = new Process(Number.POSITIVE_INFINITY, 'before');
  #journal: JournalWriter | undefined;
  #outbox: Outbox | undefined;

  private constructor(dir: string, dispose: () => PromiseLike<void>) {
    this.dir = dir;
    this.#dispose = dispose;
  }

  static async boot(): Promise<Machine> {
    const dir = await tempDir('outbox-model');
    const machine = new Machine(dir.path, () => dir[Symbol.asyncDispose]());
    await machine.restart(Number.POSITIVE_INFINITY, 'before');
    return machine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal?.close();
    await this.#dispose();
  }

  async restart(left: number, moment: Moment): Promise<void> {
    this.#process.dead = true;
    await this.#journal?.close();
    this.#process = new Process(left, moment);
    const process = this.#process;
    this.#outbox = undefined;
    this.#journal = await openJournal(this.dir, path => crashingFile(path, process));
    const spool = new CrashingSpool(`${this.dir}/spool`, process);
    await this.#alive(async () => {
      const journal = this.#journal as JournalWriter;
      this.#outbox = await Outbox.open({ sessionDir: this.dir, journal, spool });
      await this.#outbox.sealOpen();
    });
  }

  async run(step: Step): Promise<void> {
    switch (step.do) {
      case 'restart':
        return await this.restart(step.left, step.moment);
      case 'store':
        return setMode(this.store, step.answers);
      case 'fault':
        this.#process.faults = step.faults;
        this.#process.stubborn = step.stubborn;
        return;
      case 'answer':
        return await this.#answer(step.count);
      case 'seal':
        return await this.#alive(async outbox => await outbox.sealData(step.all));
      case 'deliver':
        return await this.deliver();
    }
  }

  async #answer(count: number): Promise<void> {
    const journal = this.#journal as JournalWriter;
    if (this.#process.dead) return;
    const first = journal.lastSeq + 1;
    const { dropped } = journal;
    for (let n = 0; n < count; n++) journal.append(answer(first + n));
    await journal.flush();
    // One group is there as a whole or not at all.
    if (journal.dropped > dropped || this.#process.dead) return;
    for (let seq = first; seq < first + count; seq++) this.durable.add(seq);
  }

  async deliver(): Promise<void> {
    await this.#alive(async outbox => {
      await deliver(crashingTarget(this.store, this.#process), outbox, {
        budgetMs: 30_000,
        world: patientWorld(),
      });
    });
  }

  async close(): Promise<void> {
    await this.#alive(outbox => outbox.sealClose({ inventories: [], findings: [], reason: 'stop' }));
  }

  /** What a dead process, or one with a broken disk, does not do is no failure. */
  async #alive(work: (outbox: Outbox) => Promise<void>): Promise<void> {
    if (this.#process.dead) return;
    try {
      await work(this.#outbox as Outbox);
    } catch (error) {
      if (!this.#process.dead && !this.#process.hasFailed) throw error;
    }
  }
}

/**
 * Runs the steps on a session, has it ended by a process that lives, on a disk that works, with a store that takes
 * everything, and expects of what the store has then: the chain is whole, no record that was on the disk is missing, none
 * is there twice, and the others are counted.
 */
export async function expectNothingLost(steps: readonly Step[]): Promise<void> {
  await using machine = await Machine.boot();
  for (const one of steps) await machine.run(one);
  await machine.restart(Number.POSITIVE_INFINITY, 'before');
  setMode(machine.store, 'ok');
  await machine.close();
  await machine.deliver();

  const { chain, seqs } = machine.store;
  expect(chain.map(({ header }) => header.batch)).toEqual(chain.map((_, n) => n + 1));
  expect(chain.map(({ header }) => header.prev)).toEqual([
    null,
    ...chain.slice(0, -1).map(({ digest }) => digest),
  ]);
  expect(chain[0]?.header.phase).toBe('open');
  expect(chain.map(({ header }) => header.phase).indexOf('close')).toBe(chain.length - 1);
  expect(chain.map(({ footer }) => footer.first_seq)).toEqual([
    1,
    ...chain.slice(0, -1).map(({ footer }) => footer.last_seq + 1),
  ]);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  const sent = new Set(seqs);
  expect([...machine.durable].filter(seq => !sent.has(seq))).toEqual([]);
  expect(seqs.length + machine.store.dropped).toBe(chain.at(-1)?.footer.last_seq);
  const left = await recover(machine.dir);
  expect(left.chain.map(({ state }) => state)).toEqual(chain.map(() => 'sent'));
  expect([...left.superseded, ...left.foreign]).toEqual([]);
}
