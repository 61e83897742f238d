import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { BatchFacts } from '../../../src/collector/types.ts';
import { dump } from './dump.ts';
import { engines } from './engines.ts';
import { batches, DAY, h1, job, MINUTE, use, wholeJob } from './facts.ts';

const engine = engines();

const MODULES = 300;

/**
 * Rounds of eight transactions. All of a round see the same versions, new in every other round and earlier than before
 * in the next, half of them in the opposite order and half with another hash: that is what makes writers wait in a
 * circle, or miss each other's hash. Where they are of the same repositories, they come to that one by one.
 */
function contended(rounds: number, where: 'same' | 'other'): BatchFacts[][][] {
  return Array.from({ length: rounds }, (_, round) =>
    Array.from({ length: 8 }, (_, writer) => {
      const places = writer % 2 === 0 ? [0, 1] : [1, 0];
      return places.flatMap(n => {
        const place = where === 'same' ? n : n + 2 * writer;
        const facts = job(`${round} ${writer} ${n}`, {
          repository: `acme/r${place}`,
          repositoryId: `${place}`,
          name: `ci / ${writer % 3}`,
        });
        const version = `v1.${round >> 1}.0`;
        // A new version of a module that is known moves nothing of the module, at which writers would meet by chance.
        const at = DAY + (round >> 1) * 60 * MINUTE - ((round % 2) * 8 + writer) * MINUTE;
        const uses = Array.from({ length: MODULES }, (_, m) => {
          const n = writer % 2 === 0 ? m : MODULES - 1 - m;
          const module = `example.com/m${(n * 7 + round) % MODULES}`;
          return use(`${module}@${version}`, at, { h1: h1(`${module} ${writer % 4 < 2}`) });
        });
        return batches(facts, [
          { phase: 'open', at },
          { phase: 'close', at, uses },
        ]);
      });
    }),
  );
}

describe('an index in PostgreSQL', () => {
  it.each(['same', 'other'] as const)(
    'takes eight writers of the %s repositories at once without a deadlock, and comes out as with one',
    async where => {
      const at = await engine.place('postgres');
      const writers = await Promise.all(Array.from({ length: 8 }, () => engine.open(at)));
      const rounds = contended(6, where);
      for (const groups of rounds) {
        await Promise.all(writers.map((writer, w) => writer.apply(groups[w] ?? [])));
      }
      // The index tries again what lost, so that only the server tells.
      expect(engine.postgres.log).not.toContain('deadlock detected');
      const alone = await engine.place('sqlite');
      const index = await engine.open(alone);
      for (const groups of rounds) await index.apply(groups.flat());
      expect(await dump(at)).toEqual(await dump(alone));
    },
  );

  it('takes the same batch from eight writers at once, and counts it once', async () => {
    const at = await engine.place('postgres');
    const writers = await Promise.all(Array.from({ length: 8 }, () => engine.open(at)));
    const whole = wholeJob(job('a'), DAY, ['example.com/x@v1.0.0', 'example.com/y@v1.0.0']);
    const applied = await Promise.all(writers.map(writer => writer.apply(whole)));
    expect(applied.flat().filter(one => !one.dup)).toHaveLength(3);
    const alone = await engine.place('sqlite');
    await (await engine.open(alone)).apply(whole);
    expect(await dump(at)).toEqual(await dump(alone));
  });

  it('goes on after its server was killed under load, with every batch whole or not there', async () => {
    const at = await engine.place('postgres');
    const index = await engine.open(at);
    const jobs = contended(5, 'same').flat();
    let applied = 0;
    let failures = 0;
    const feeding = (async () => {
      for (const group of jobs) {
        for (;;) {
          try {
            await index.apply(group);
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
