import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import type { BatchFacts } from '../../../src/collector/types.ts';
import { dump } from './dump.ts';
import { engines } from './engines.ts';
import { DAY, job, MINUTE, wholeJob } from './facts.ts';

const engine = engines();

/** Jobs of few repositories with the same modules, in another order each: what made writers wait in a circle. */
function contended(count: number): BatchFacts[][] {
  return Array.from({ length: count }, (_, i) => {
    const names = Array.from({ length: 60 }, (_, m) => `example.com/m${(m * 7 + i * 13) % 60}@v1.${i % 5}.0`);
    const facts = job(`${i}`, {
      repository: `acme/r${i % 4}`,
      repositoryId: `${i % 4}`,
      name: `ci / ${i % 3}`,
    });
    // Later ones are earlier: every rollup moves again and again.
    return wholeJob(facts, DAY - i * MINUTE, names).reverse();
  });
}

describe('an index in PostgreSQL', () => {
  it('takes eight writers at once without a deadlock, and comes out as with one', async () => {
    const at = await engine.place('postgres');
    const writers = await Promise.all(Array.from({ length: 8 }, () => engine.open(at)));
    const jobs = contended(64);
    await Promise.all(
      writers.map(async (writer, w) => {
        for (let i = w; i < jobs.length; i += 16) {
          await writer.apply([...(jobs[i] ?? []), ...(jobs[i + 8] ?? [])]);
        }
      }),
    );
    const client = new pg.Client({ connectionString: 'url' in at ? at.url : '' });
    await client.connect();
    const { rows } = await client.query(
      'select deadlocks, xact_rollback from pg_stat_database where datname = current_database()',
    );
    await client.end();
    expect(rows).toMatchObject([{ deadlocks: '0' }]);
    const alone = await engine.place('sqlite');
    await (await engine.open(alone)).apply(jobs.flat());
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
    const jobs = contended(60);
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
    for (const share of [5, 20, 35]) {
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
