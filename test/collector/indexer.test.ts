import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { openRawDirectory } from '../../src/audit/raw/directory.ts';
import { unpackRaw } from '../../src/audit/raw/object.ts';
import { packRaw } from '../../src/audit/raw/pack.ts';
import { factsOf } from '../../src/collector/facts.ts';
import { IndexError } from '../../src/collector/index/errors.ts';
import { openIndex } from '../../src/collector/index/open-index.ts';
import { startIndexer } from '../../src/collector/indexer.ts';
import { batchOf, denialOf, zipOf } from '../support/audit-batch.ts';
import { tempDir } from '../support/temp.ts';

const RECEIPT = {
  kind: 'rcpt',
  v: 1,
  received: '2026-11-20T11:00:00.000Z',
  writer: 'ci',
  assurance: 'relayed',
} as const;

/** A real raw store and a real index in a directory, and how many batches each transaction had. */
async function world() {
  const dir = await tempDir('indexer');
  const raw = openRawDirectory(dir.path);
  const index = await openIndex({ file: dir.join('index.db') });
  const groups: number[] = [];
  const read: string[] = [];
  const outages: Error[] = [];
  const gate = { open: Promise.resolve() };
  const indexer = startIndexer({
    raw: {
      ...raw,
      list: () => raw.list(),
      get: key => {
        read.push(key);
        return raw.get(key);
      },
    },
    index: {
      known: digests => index.known(digests),
      apply: async batches => {
        await gate.open;
        const outage = outages.shift();
        if (outage !== undefined) throw outage;
        groups.push(batches.length);
        return await index.apply(batches);
      },
    },
    log: () => undefined,
    sleep: async () => undefined,
  });
  /** Puts a batch into raw; what is given back tells the indexer of it. */
  const put = async (wish: Parameters<typeof batchOf>[0]) => {
    const { key, gzip, digest } = batchOf(wish);
    const bytes = packRaw(RECEIPT, gzip);
    await raw.put(key, bytes);
    const object = unpackRaw(bytes);
    return { digest, add: () => indexer.add(key, factsOf(object.receipt, object.batch, key)) };
  };
  const take = async (wish: Parameters<typeof batchOf>[0]) => {
    const { digest, add } = await put(wish);
    add();
    return digest;
  };
  return {
    groups,
    read,
    outages,
    gate,
    index,
    indexer,
    put,
    take,
    async [Symbol.asyncDispose]() {
      await indexer.close(1000);
      await index.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

describe('the indexer', () => {
  it('takes batches that come one after the other together', async () => {
    await using here = await world();
    const digests: string[] = [];
    for (let job = 0; job < 40; job++) {
      digests.push(await here.take({ job: `job ${job}`, requests: [zipOf(`m.example/${job}`)] }));
      await turn();
    }
    await here.indexer.settled();
    expect((await here.index.known(digests)).size).toBe(40);
    expect(here.groups.reduce((sum, length) => sum + length, 0)).toBe(40);
    expect(Math.max(...here.groups)).toBeGreaterThan(5);
    expect(here.read).toEqual([]);
  });

  it('keeps no texts in memory without end: batches of many refusals are read from raw again', async () => {
    await using here = await world();
    const refusals = Array.from({ length: 2500 }, (_, at) => denialOf(`evil.example/${at}`));
    const batches = await Promise.all(
      [1, 2, 3, 4].map(job => here.put({ job: `denied ${job}`, requests: refusals })),
    );
    for (const { add } of batches) add();
    await here.indexer.settled();
    expect((await here.index.known(batches.map(({ digest }) => digest))).size).toBe(4);
    expect(here.read.length).toBeGreaterThan(0);
    expect(Math.max(...here.groups)).toBe(1);
  });

  it('brings in a batch that was on its way when the database went, though no other follows', async () => {
    await using here = await world();
    here.outages.push(new IndexError('unavailable', 'the database went away'));
    const digest = await here.take({ job: 'the only one', requests: [zipOf('m.example/only')] });
    await vi.waitFor(async () => expect(await here.index.known([digest])).toEqual(new Set([digest])), {
      timeout: 20_000,
    });
    expect(here.read.length).toBeGreaterThan(0);
  });

  it('lets those wait who bring more than it keeps, until the index took it or went away', async () => {
    await using here = await world();
    const refusals = Array.from({ length: 2500 }, (_, at) => denialOf(`evil.example/${at}`));
    for (const outage of [undefined, new IndexError('unavailable', 'the database went away')]) {
      const gate = Promise.withResolvers<void>();
      here.gate.open = gate.promise;
      if (outage !== undefined) here.outages.push(outage);
      const name = outage === undefined ? 'taken' : 'away';
      await here.take({ job: `${name} 1`, requests: refusals });
      await vi.waitFor(() => expect(here.indexer.state().waiting).toBe(1));
      await here.indexer.room();
      const digest = await here.take({ job: `${name} 2`, requests: refusals });
      let entered = false;
      void here.indexer.room().then(() => {
        entered = true;
      });
      for (let turns = 0; turns < 10; turns++) await turn();
      expect(entered).toBe(false);
      gate.resolve();
      await vi.waitFor(async () => expect(await here.index.known([digest])).toEqual(new Set([digest])), {
        timeout: 20_000,
      });
      expect(entered).toBe(true);
    }
  });
});
