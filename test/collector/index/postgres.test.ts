import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { BatchFacts } from '../../../src/collector/types.ts';
import { dump } from './dump.ts';
import { engines } from './engines.ts';
import { DAY, job, MINUTE, wholeJob } from './facts.ts';

const engine = engines();

/**
 * Transactions of a few jobs each, in rounds of eight: all of a round bring the same new versions into the same
 * repositories, each in an order of its own. That is what makes writers wait in a circle.
 */
function contended(rounds: number): BatchFacts[][] {
  return Array.from({ length: rounds * 8 }, (_, i) => {
    const round = Math.floor(i / 8);
    const places = [0, 1, 2, 3].map(n => (n * 3 + i) % 4);
    return places.flatMap(place => {
      const names = Array.from(
        { length: 40 },
        (_, m) => `example.com/m${(m * 7 + i * 13) % 40}@v1.${round}.0`,
      );
      const repository = { repository: `acme/r${place}`, repositoryId: `${place}` };
      const facts = job(`${i} ${place}`, { ...repository, name: `ci / ${i % 3}` });
      // Later ones are earlier: every rollup moves again and again.
      return wholeJob(facts, DAY - i * MINUTE, names).reverse();
    });
  });
}

describe('an index in PostgreSQL', () => {
  it('takes eight writers at once without a deadlock, and comes out as with one', async () => {
    const at = await engine.place('postgres');
    const writers = await Promise.all(Array.from({ length: 8 }, () => engine.open(at)));
    const groups = contended(6);
    await Promise.all(
      writers.map(async (writer, w) => {
        for (let i = w; i < groups.length; i += 8) await writer.apply(groups[i] ?? []);
      }),
    );
    // The index tries again what lost, so that only the server tells.
    expect(engine.postgres.log).not.toContain('deadlock detected');
    const alone = await engine.place('sqlite');
    await (await engine.open(alone)).apply(groups.flat());
    expect(await dump(at)).toEqual(await dump(alone));
  });

  it('takes the same batch from eight writers at once, and counts it once', async () => {
    const at = await engine.place('postgres');
    const writers = await Promise.all(Array.from({ length: 8 }, () => engine.open(at)));
    const batches = wholeJob(job('a'), DAY, ['example.com/x@v1.0.0', 'example.com/y@v1.0.0']);
    const applied = await Promise.all(writers.map(writer => writer.apply(batches)));
    expect(applied.flat().filter(one => !one.dup)).toHaveLength(3);
    const alone = await engine.place('sqlite');
    await (await engine.open(alone)).apply(batches);
    expect(await dump(at)).toEqual(await dump(alone));
  });

  it('goes on after its server was killed under load, with every batch whole or not there', async () => {
    const at = await engine.place('postgres');
    const index = await engine.open(at);
    const jobs = contended(5);
    let applied = 0;
    let failures = 0;
    const feeding = (async () => {
      for (const batches of jobs) {
        for (;;) {
          try {
            await index.apply(batches);
            applied++;
            break;
          } catch (error) {
            expect(error).toMatchObject({ code: 'unavailable' });
            failures++;
            await sleep(20);
          }
        }
      }
    })();
    for (const share of [3, 12, 25]) {
      while (applied < share) await sleep(1);
      await engine.postgres.stop('kill');
      await expect(index.who({ module: 'example.com/m0' })).rejects.toMatchObject({ code: 'unavailable' });
      await engine.postgres.start();
    }
    await feeding;
    expect(failures).toBeGreaterThan(0);
    const alone = await engine.place('sqlite');
    await (await engine.open(alone)).apply(jobs.flat());
    expect(await dump(at)).toEqual(await dump(alone));
  });
});
