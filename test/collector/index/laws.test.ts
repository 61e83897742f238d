import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IndexPlace, openIndex } from '../../../src/collector/index/open-index.ts';
import type { BatchFacts, Index } from '../../../src/collector/types.ts';
import { dump } from './dump.ts';
import { empty, engines } from './engines.ts';
import { DAY, ISS, MINUTE } from './facts.ts';
import { HOSTILE, world } from './worlds.ts';

const { place, open } = engines();

const MODULES = ['example.com/a', 'example.com/b', 'example.com/c', ...HOSTILE];

/** All that can be asked, page by page. */
async function answers(index: Index): Promise<unknown> {
  const all = async <T extends { next: string | null }>(ask: (after?: string) => Promise<T>) => {
    const pages: T[] = [];
    for (let after: string | undefined; ; ) {
      const page = await ask(after);
      pages.push({ ...page, next: page.next === null ? null : '...' });
      if (page.next === null) return pages;
      after = page.next;
    }
  };
  const more = (after?: string) => (after === undefined ? {} : { after });
  const each = async (module: string) => ({
    who: await all(after => index.who({ module, limit: 2, ...more(after) })),
    used: await all(after => index.used({ module, limit: 2, ...more(after) })),
    log: await index.candidates({ module }),
  });
  const closely = async (module: string) => ({
    here: await index.who({ module, repository: 'acme/lib' }),
    one: await index.who({ module, version: 'v1.0.0' }),
    log: await all(after => index.candidates({ module, limit: 3, ...more(after) })),
    denied: await all(after =>
      index.candidates({ module, decision: 'deny', version: 'v1.1.0', limit: 1, ...more(after) }),
    ),
    inRepository: await index.candidates({ module, repository: 'acme/lib' }),
  });
  const jobs = await all(after => index.jobs({ limit: 2, ...more(after) }));
  const uids = jobs.flatMap(page => page.jobs.map(job => job.job));
  return {
    modules: await Promise.all(MODULES.map(each)),
    some: await Promise.all(MODULES.slice(2, 5).map(closely)),
    jobs,
    open: await index.jobs({ states: ['open'], before: DAY + 10 * MINUTE }),
    conflicts: await all(after => index.conflicts({ limit: 1, ...more(after) })),
    repositories: await all(after => index.repositories({ limit: 1, ...more(after) })),
    unexplained: await index.unexplained({ forges: [{ iss: ISS }], now: Date.now(), limit: 100 }),
    denied: await all(after => index.candidates({ decision: 'deny', limit: 2, ...more(after) })),
    log: await all(after => index.candidates({ limit: 3, since: DAY, ...more(after) })),
    ofJob: await index.candidates({ job: uids[0] ?? '' }),
    diff: uids.length < 2 ? null : await index.diff({ from: uids[0] ?? '', to: uids.at(-1) ?? '' }),
  };
}

interface Story {
  readonly batches: readonly BatchFacts[];
  /** Ways to bring them: in some order, some again, in pieces. */
  readonly orders: readonly (readonly (readonly BatchFacts[])[])[];
}

function ordered(batches: readonly BatchFacts[]): fc.Arbitrary<readonly (readonly BatchFacts[])[]> {
  return fc
    .tuple(
      fc.shuffledSubarray([...batches], { minLength: batches.length }),
      fc.array(fc.nat(), { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
    )
    .map(([order, again, sizes]) => {
      const all = [...order];
      for (const one of again) {
        const batch = batches[one % batches.length];
        if (batch !== undefined) all.splice(one % all.length, 0, batch);
      }
      const groups: BatchFacts[][] = [];
      for (let at = 0, i = 0; at < all.length; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        groups.push(all.slice(at, at + size));
        at += size;
      }
      return groups;
    });
}

const story: fc.Arbitrary<Story> = world
  .filter(batches => batches.length > 0)
  .chain(batches =>
    fc.tuple(ordered(batches), ordered(batches)).map(orders => ({ batches, orders: [[batches], ...orders] })),
  );

async function told(at: IndexPlace, groups: readonly (readonly BatchFacts[])[]) {
  const index = await openIndex(at);
  try {
    for (const group of groups) await index.apply(group);
    return { answers: await answers(index), dump: await dump(at) };
  } finally {
    await index.close();
  }
}

describe('the index is a function of its batches', () => {
  it('whatever their order, repetition and grouping', async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ orders }) => {
        const [together = [], shuffled = [], other = []] = orders;
        const expected = await told(await place('sqlite'), together);
        expect(await told(await place('sqlite'), shuffled)).toEqual(expected);
        expect(await told(await place('sqlite'), other)).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });

  it('whichever engine keeps it', async () => {
    const database = await place('postgres');
    await fc.assert(
      fc.asyncProperty(story, async ({ orders }) => {
        const [together = [], shuffled = []] = orders;
        const expected = await told(await place('sqlite'), together);
        await empty(database);
        expect(await told(database, shuffled)).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  });

  it('as a plain reading of all of them at once says who was first', async () => {
    await fc.assert(
      fc.asyncProperty(world, async batches => {
        const index = await open(await place('sqlite'));
        await index.apply(batches);
        for (const module of MODULES) {
          const seen = batches.flatMap(batch =>
            batch.modules
              .filter(use => use.code && use.module === module)
              .map(use => ({ ...use, uid: batch.job.uid })),
          );
          const order = seen.sort((a, b) => a.time - b.time || (a.uid < b.uid ? -1 : 1));
          const { first, versions } = await index.who({ module, limit: 1000 });
          expect(first === undefined ? undefined : [first.time, first.job]).toEqual(
            order[0] && [new Date(order[0].time).toISOString(), order[0].uid],
          );
          expect(versions.map(({ version, h1 }) => `${version} ${h1}`)).toEqual(
            [...new Set(seen.map(({ version, h1 }) => `${version} ${h1}`))].sort(),
          );
          for (const { version, h1, first } of versions) {
            const one = order.find(use => use.version === version && use.h1 === h1);
            expect([first.time, first.job]).toEqual([one && new Date(one.time).toISOString(), one?.uid]);
          }
        }
      }),
      { numRuns: 25 },
    );
  });
});
