import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deliver } from '../../src/audit/deliver.ts';
import { DeliveryError } from '../../src/audit/errors.ts';
import { Outbox } from '../../src/audit/outbox.ts';
import { recover } from '../../src/audit/recover.ts';
import { Spool } from '../../src/audit/spool.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { answer, MemoryStore, openJournal } from './session-dir.ts';

let dir: TempDir;
beforeEach(async () => {
  dir = await tempDir('outbox');
});
afterEach(() => dir[Symbol.asyncDispose]());

const CLOSING = { inventories: [], findings: [], reason: 'stop' } as const;

async function session(answers: number) {
  const journal = await openJournal(dir.path);
  const outbox = await Outbox.open({ sessionDir: dir.path, journal });
  await outbox.sealOpen();
  for (let n = 1; n <= answers; n++) journal.append(answer(n));
  await journal.flush();
  return { journal, outbox };
}

describe('a session that goes well', () => {
  it('sends an opening batch, its records and a closing batch, each naming the one before', async () => {
    const { outbox } = await session(1200);
    const store = new MemoryStore();
    await outbox.sealData(false);
    expect(await deliver(store, outbox)).toMatchObject({ sent: 3, records: 1000, left: 0 });
    await outbox.sealClose({ ...CLOSING, counts: { prefetched: 7 } });
    expect(await deliver(store, outbox)).toMatchObject({ sent: 2, records: 200, left: 0, kept: [] });
    const chain = store.chain;
    expect(chain.map(({ header }) => header.phase)).toEqual(['open', 'data', 'data', 'data', 'close']);
    expect(chain.map(({ header }) => header.batch)).toEqual([1, 2, 3, 4, 5]);
    expect(chain.map(({ header }) => header.prev)).toEqual([
      null,
      ...chain.slice(0, -1).map(batch => batch.digest),
    ]);
    expect(store.seqs).toEqual(Array.from({ length: 1200 }, (_, n) => n + 1));
    expect(store.dropped).toBe(0);
    expect(chain.at(-1)?.footer).toMatchObject({ reason: 'stop', counts: { prefetched: 7 } });
    expect(await new Spool(dir.join('spool')).list()).toEqual([]);
    await outbox.close();
    expect((await recover(dir.path)).chain.map(({ state }) => state)).toEqual(Array(5).fill('sent'));
  });
});

describe('a batch that is too large for the store', () => {
  it('goes as two, and those behind it get new numbers', async () => {
    const { outbox } = await session(1200);
    const store = new MemoryStore();
    store.refuse = ({ records }) => (records > 200 ? new DeliveryError('too-large', 'too large') : undefined);
    await outbox.sealClose(CLOSING);
    expect(await deliver(store, outbox)).toMatchObject({ records: 1200, left: 0, kept: [] });
    const chain = store.chain;
    expect(chain.map(({ header }) => header.batch)).toEqual(chain.map((_, n) => n + 1));
    expect(chain.slice(1).map(({ header }) => header.prev)).toEqual(chain.slice(0, -1).map(b => b.digest));
    expect(store.seqs).toEqual(Array.from({ length: 1200 }, (_, n) => n + 1));
    expect(chain.map(({ header }) => header.phase)).toEqual([
      'open',
      ...Array(chain.length - 2).fill('data'),
      'close',
    ]);
    await outbox.close();
  });
});
