import { describe, expect, it } from 'vitest';
import { type DeliveryWorld, deliver } from '../../src/audit/deliver.ts';
import { DeliveryError } from '../../src/audit/errors.ts';
import { pauseBefore } from '../../src/audit/retry.ts';
import type { Kept, Source } from '../../src/audit/source.ts';
import type { Ack, AuditTarget, SealedBatch } from '../../src/audit/types.ts';

function sealed(no: number): SealedBatch {
  const digest = String(no).padStart(64, '0');
  return { digest, jobUid: 'j', inst: 'i', no, phase: 'data', key: 'k', records: 10, gzip: Buffer.from('x') };
}

class List implements Source {
  readonly offsets: (number | undefined)[] = [];
  readonly #waiting: SealedBatch[];
  readonly #kept: Kept[] = [];
  constructor(count: number) {
    this.#waiting = Array.from({ length: count }, (_, n) => sealed(n + 1));
  }
  async next() {
    return this.#waiting[0];
  }
  async acked(_batch: SealedBatch, _ack: Ack, offsetMs: number | undefined) {
    this.offsets.push(offsetMs);
    this.#waiting.shift();
  }
  async keep({ no, digest }: SealedBatch, why: string) {
    this.#kept.push({ no, digest, why });
    this.#waiting.shift();
  }
  async split() {
    return false;
  }
  kept() {
    return this.#kept;
  }
  waiting() {
    return this.#waiting.length + this.#kept.length;
  }
}

/** Time passes by sleeping, and by `took` ms an attempt. */
function world(random = 1): DeliveryWorld & { readonly slept: number[]; pass(ms: number): void } {
  let now = 1_000_000;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    random: () => random,
    pass: ms => {
      now += ms;
    },
    sleep: async ms => {
      slept.push(ms);
      now += ms;
    },
  };
}

/** Says these things one after the other, then takes everything. */
function saying(...errors: readonly (DeliveryError | Error | undefined)[]): AuditTarget & { calls: number } {
  const left = [...errors];
  return {
    name: 'the store',
    calls: 0,
    async put({ digest }) {
      this.calls++;
      const error = left.shift();
      if (error !== undefined) throw error;
      return { digest, dup: false, refused: [], time: new Date(1_005_000).toISOString() };
    },
  };
}

const away = (retryAfterMs?: number) =>
  new DeliveryError('retry', 'away', retryAfterMs === undefined ? {} : { retryAfterMs });

describe('a delivery', () => {
  it('waits longer each time, at most 20 s, and begins anew with a batch that was taken', async () => {
    const time = world();
    const errors = [...Array<Error>(8).fill(away()), undefined, away()];
    const done = await deliver(saying(...errors), new List(2), { world: time });
    expect(done).toEqual({ sent: 2, records: 20, duplicates: 0, refusedLines: 0, kept: [], left: 0 });
    expect(time.slept).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000, 500]);
  });

  it('waits anything up to that', async () => {
    const time = world(0.25);
    await deliver(saying(away(), away()), new List(1), { world: time });
    expect(time.slept).toEqual([125, 250]);
  });

  it('waits as long as the store asks, within reason', async () => {
    const time = world();
    await deliver(saying(away(7_000), away(1e9)), new List(1), { world: time });
    expect(time.slept).toEqual([7_000, 600_000]);
  });

  it('counts network trouble as a store that is away', async () => {
    const time = world();
    const retried: string[] = [];
    const done = await deliver(saying(new Error('connect ECONNREFUSED')), new List(1), {
      world: time,
      onRetry: error => retried.push(error.message),
    });
    expect(done.sent).toBe(1);
    expect(retried).toEqual(['the store could not be reached: connect ECONNREFUSED']);
  });

  it('ends when another pause would pass its budget, and says why', async () => {
    const time = world();
    const done = await deliver(saying(...Array<Error>(99).fill(away())), new List(3), {
      world: time,
      budgetMs: 10_000,
    });
    expect(done).toMatchObject({ sent: 0, left: 3, error: { code: 'retry', message: 'away' } });
    expect(time.slept).toEqual([500, 1000, 2000, 4000]);
  });

  it('has patience with a store that takes something now and then', async () => {
    const time = world();
    const five = [away(), away(), away()];
    const target = saying(...five, undefined, ...five, undefined, ...Array<Error>(99).fill(away()));
    const done = await deliver(target, new List(3), { world: time, patienceMs: 5_000 });
    expect(done).toMatchObject({ sent: 2, left: 1 });
  });

  it.each(['unauthorized', 'target'] as const)('stops at what no attempt changes: %s', async code => {
    const target = saying(new DeliveryError(code, 'no'));
    const done = await deliver(target, new List(3), { world: world() });
    expect(done).toMatchObject({ sent: 0, left: 3, kept: [], error: { code } });
    expect(target.calls).toBe(1);
  });

  it.each(['refused', 'too-large'] as const)(
    'keeps a batch that alone is %s, and sends the others',
    async code => {
      const done = await deliver(saying(undefined, new DeliveryError(code, 'not this')), new List(3), {
        world: world(),
      });
      expect(done).toMatchObject({ sent: 2, left: 1, kept: [{ no: 2, why: 'not this' }] });
    },
  );

  it('does not believe an acknowledgement of another batch', async () => {
    const target = saying();
    let lied = false;
    const liar: AuditTarget = {
      name: 'the store',
      put: async (batch, signal) => {
        const ack = await target.put(batch, signal);
        if (lied) return ack;
        lied = true;
        return { ...ack, digest: 'f'.repeat(64) };
      },
    };
    const time = world();
    expect(await deliver(liar, new List(1), { world: time })).toMatchObject({ sent: 1 });
    expect(time.slept).toEqual([500]);
  });

  it('learns what the clock of a store is ahead, and of no other', async () => {
    const time = world();
    const source = new List(2);
    const target = saying();
    const slow: AuditTarget = {
      name: 'the store',
      ownClock: true,
      put: async (batch, signal) => {
        time.pass(1_000);
        return await target.put(batch, signal);
      },
    };
    await deliver(slow, source, { world: time });
    expect(source.offsets).toEqual([4_500, 3_500]);
    const other = new List(1);
    await deliver(saying(), other, { world: time });
    expect(other.offsets).toEqual([undefined]);
  });

  it('ends with its signal', async () => {
    const stop = new AbortController();
    const target: AuditTarget = {
      name: 'the store',
      put: async (_batch, signal) => {
        stop.abort();
        signal.throwIfAborted();
        throw new Error('not reached');
      },
    };
    expect(await deliver(target, new List(2), { signal: stop.signal })).toMatchObject({ sent: 0, left: 2 });
  });
});

describe('a pause', () => {
  it('does not grow without end', () => {
    expect(pauseBefore(1_000_000, 1)).toBe(20_000);
    expect(pauseBefore(1, 0)).toBe(0);
  });
});
