import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deliver } from '../../src/audit/deliver.ts';
import { DeliveryError } from '../../src/audit/errors.ts';
import { JournalWriter } from '../../src/audit/journal.ts';
import { Outbox, type OutboxOptions } from '../../src/audit/outbox.ts';
import type { Inventory } from '../../src/audit/record.ts';
import { recover, sentMark } from '../../src/audit/recover.ts';
import { Spool } from '../../src/audit/spool.ts';
import { smallDisk } from '../support/small-disk.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { answer, MemoryStore, openJournal } from './session-dir.ts';

let dir: TempDir;
let opened: Outbox[] = [];
beforeEach(async () => {
  dir = await tempDir('outbox');
});
afterEach(async () => {
  for (const outbox of opened) await outbox.close();
  opened = [];
  await dir[Symbol.asyncDispose]();
});

const CLOSING = { inventories: [], findings: [], reason: 'stop' } as const;
const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);
const digests = (store: MemoryStore) => store.chain.map(({ digest }) => digest);

async function session(answers: number, options: Partial<OutboxOptions> = {}) {
  const journal = await openJournal(dir.path);
  const outbox = await Outbox.open({ sessionDir: dir.path, journal, ...options });
  opened.push(outbox);
  await outbox.sealOpen();
  for (let n = 1; n <= answers; n++) journal.append(answer(n));
  await journal.flush();
  return { journal, outbox };
}

async function reopened(options: Partial<OutboxOptions> = {}): Promise<Outbox> {
  const outbox = await Outbox.reopen({ sessionDir: dir.path, ...options });
  opened.push(outbox);
  return outbox;
}

/** A part of an inventory with so many members. */
function inventory(part: number, parts: number, count: number): Inventory {
  const hash = Buffer.alloc(32, part).toString('base64');
  return {
    kind: 'inv',
    t: '2026-01-02T03:04:05.000Z',
    phase: 'end',
    set: 'c'.repeat(64),
    part,
    parts,
    members: upTo(count).map(n => `example.test/part${part}/m${n}@v1.0.${n} h1:${hash}`),
    vcs: [],
    modcache_preexisting: 0,
  };
}

describe('a session that goes well', () => {
  it('sends an opening batch, its records and a closing batch, each naming the one before', async () => {
    const { outbox } = await session(1200);
    const store = new MemoryStore();
    await outbox.sealData(false);
    expect(await deliver(store, outbox)).toMatchObject({ sent: 3, records: 1000, left: 0 });
    await outbox.sealClose({ ...CLOSING, counts: { prefetched: 7 } });
    expect(await deliver(store, outbox)).toMatchObject({ sent: 2, records: 200, left: 0, kept: [] });
    const { chain } = store;
    expect(chain.map(({ header }) => header.phase)).toEqual(['open', 'data', 'data', 'data', 'close']);
    expect(chain.map(({ header }) => header.batch)).toEqual([1, 2, 3, 4, 5]);
    expect(chain.map(({ header }) => header.prev)).toEqual([null, ...digests(store).slice(0, -1)]);
    expect(store.seqs).toEqual(upTo(1200));
    expect(store.dropped).toBe(0);
    expect(chain.at(-1)?.footer).toMatchObject({ reason: 'stop', counts: { prefetched: 7 } });
    expect(await new Spool(dir.join('spool')).list()).toEqual([]);
    expect(outbox.tally).toEqual({
      batches: 5,
      records: 1200,
      sent: 5,
      left: 0,
      onDisk: 0,
      refused: 0,
      lost: 0,
    });
    expect((await recover(dir.path)).chain.map(({ state }) => state)).toEqual(Array(5).fill('sent'));
  });

  it('is closed once: who comes later adds nothing', async () => {
    const { outbox } = await session(3);
    await outbox.sealClose(CLOSING);
    await outbox.close();
    const again = await reopened();
    await again.sealClose({ ...CLOSING, reason: 'again' });
    await again.sealData(true);
    await again.sealOpen();
    expect(again.links.map(({ phase }) => phase)).toEqual(['open', 'data', 'close']);
  });

  it('brings a long inventory in several batches, the last of it with the end', async () => {
    const { outbox } = await session(1);
    const store = new MemoryStore();
    const inventories = upTo(9).map(part => inventory(part, 9, 2000));
    const findings = [{ rule: 'bypass/vcs', level: 'error', message: 'fetched past the proxy' }] as const;
    await outbox.sealClose({ ...CLOSING, inventories, findings });
    await deliver(store, outbox);
    const { chain } = store;
    expect(chain.flatMap(batch => batch.inventories)).toEqual(inventories);
    expect(chain.filter(batch => batch.inventories.length > 0).length).toBeGreaterThan(2);
    expect(Math.max(...chain.map(({ bytes }) => bytes))).toBeLessThan(1024 * 1024);
    expect(chain.at(-1)?.inventories).not.toEqual([]);
    expect(chain.flatMap(({ footer }) => footer.findings)).toEqual(findings);
    expect(chain.at(-1)?.footer.findings).toEqual(findings);
  });

  it('dates its batches by the clock of the store, once that is known, whoever seals them', async () => {
    const { outbox } = await session(1);
    const store = Object.assign(new MemoryStore(), { ownClock: true as const });
    const now = Date.now();
    const world = { now: () => now, random: () => 0, sleep: async () => {} };
    const put = store.put.bind(store);
    store.put = async (batch, signal) => ({
      ...(await put(batch, signal)),
      time: new Date(now + 3_600_000).toISOString(),
    });
    await deliver(store, outbox, { world });
    await outbox.close();
    const again = await reopened();
    await again.sealClose(CLOSING);
    await deliver(store, again, { world });
    expect(store.chain.map(({ header }) => header.clock.server_offset_ms)).toEqual([
      undefined,
      3_600_000,
      3_600_000,
    ]);
  });
});

describe('a session whose daemon was killed', () => {
  it('is sealed and closed from its journal, torn at the end, by somebody else', async () => {
    const { journal } = await session(40);
    await journal.close();
    const bytes = await readFile(dir.join('journal'));
    await writeFile(dir.join('journal'), bytes.subarray(0, -20));
    const outbox = await reopened();
    const store = new MemoryStore();
    await outbox.sealClose({ ...CLOSING, reason: 'the proxy died' });
    expect(await deliver(store, outbox)).toMatchObject({ records: 39, left: 0 });
    expect(store.seqs).toEqual(upTo(39));
  });

  it('before its opening batch has one all the same', async () => {
    const journal = await openJournal(dir.path);
    journal.append(answer());
    await journal.close();
    const outbox = await reopened();
    await outbox.sealClose(CLOSING);
    expect(outbox.links.map(({ phase }) => phase)).toEqual(['open', 'data', 'close']);
  });

  it('tells of the numbers whose records are damaged on the disk', async () => {
    const { journal } = await session(30);
    await journal.close();
    const lines = (await readFile(dir.join('journal'), 'utf8')).split('\n');
    for (const n of [5, 6, 20]) lines[n] = (lines[n] ?? '').replace('example', 'exampel');
    await writeFile(dir.join('journal'), lines.join('\n'));
    expect((await recover(dir.path)).damaged).toBe(3);
    const outbox = await reopened();
    const store = new MemoryStore();
    await outbox.sealClose(CLOSING);
    await deliver(store, outbox);
    expect(store.seqs).toHaveLength(27);
    expect(store.dropped).toBe(3);
    expect(store.chain[1]?.footer.drop_reason).toBe('not in the journal');
    expect(outbox.tally).toMatchObject({ records: 27, lost: 3 });
  });

  it('goes on under the same name when a new one continues it', async () => {
    const { journal } = await session(3);
    await journal.close();
    const { outbox, journal: next } = await session(0);
    next.append(answer());
    await outbox.sealClose(CLOSING);
    const store = new MemoryStore();
    await deliver(store, outbox);
    expect(store.seqs).toEqual([1, 2, 3, 4]);
    expect(store.chain.map(({ header }) => header.phase)).toEqual(['open', 'data', 'close']);
    expect(new Set(store.chain.map(({ header }) => header.inst)).size).toBe(1);
  });
});

describe('a batch that is too large for the store', () => {
  const small = (limit: number) => {
    const store = new MemoryStore();
    store.refuse = ({ records }) =>
      records > limit ? new DeliveryError('too-large', 'too large') : undefined;
    return store;
  };

  it('goes as two, and those behind it get new numbers', async () => {
    const { outbox } = await session(1200);
    const store = small(200);
    await outbox.sealClose({ ...CLOSING, counts: { prefetched: 1 } });
    expect(await deliver(store, outbox)).toMatchObject({ records: 1200, left: 0, kept: [] });
    const { chain } = store;
    expect(chain.map(({ header }) => header.batch)).toEqual(upTo(chain.length));
    expect(chain.map(({ header }) => header.prev)).toEqual([null, ...digests(store).slice(0, -1)]);
    expect(store.seqs).toEqual(upTo(1200));
    expect(chain.map(({ header }) => header.phase)).toEqual([
      'open',
      ...Array<string>(chain.length - 2).fill('data'),
      'close',
    ]);
    expect(chain.filter(({ footer }) => footer.counts.prefetched === 1)).toHaveLength(1);
    expect(await readdir(dir.join('spool'))).toEqual([]);
  });

  it('that was sealed by one who died is parted by the next', async () => {
    const { outbox } = await session(1200);
    await outbox.sealClose(CLOSING);
    await outbox.close();
    const store = small(300);
    expect(await deliver(store, await reopened())).toMatchObject({ records: 1200, left: 0 });
    expect(store.seqs).toEqual(upTo(1200));
  });

  it('and of one record cannot be parted: it is kept, and the rest is sent', async () => {
    const { outbox } = await session(2);
    const store = small(0);
    await outbox.sealClose(CLOSING);
    const done = await deliver(store, outbox);
    expect(done).toMatchObject({ records: 0, left: 2 });
    expect(done.kept.map(({ why }) => why)).toEqual(['too large', 'too large']);
    expect(store.chain.map(({ header }) => header.batch)).toEqual([1, 4]);
    expect(await new Spool(dir.join('spool')).list()).toHaveLength(2);
  });

  it('is not parted when one behind it was sent: that one names it', async () => {
    const { outbox } = await session(1200);
    const store = new MemoryStore();
    store.refuse = ({ no }) => (no === 2 ? new DeliveryError('refused', 'not this one') : undefined);
    await outbox.sealClose(CLOSING);
    expect(await deliver(store, outbox)).toMatchObject({ left: 1, kept: [{ no: 2, why: 'not this one' }] });
    await outbox.close();
    store.refuse = () => new DeliveryError('too-large', 'too large');
    const again = await reopened();
    expect(await deliver(store, again)).toMatchObject({ left: 1, kept: [{ no: 2, why: 'too large' }] });
    store.refuse = undefined;
    await again.close();
    await deliver(store, await reopened());
    expect(store.chain.map(({ header }) => header.batch)).toEqual(upTo(5));
    expect(store.seqs).toEqual(upTo(1200));
  });

  it('takes its inventory apart when it has no requests', async () => {
    const { outbox } = await session(0);
    const store = new MemoryStore();
    store.refuse = ({ gzip }) => (gzip.length > 3000 ? new DeliveryError('too-large', 'large') : undefined);
    const inventories = upTo(5).map(part => inventory(part, 5, 50));
    await outbox.sealClose({
      ...CLOSING,
      inventories,
      findings: [{ rule: 'a/b', level: 'note', message: 'x' }],
    });
    expect(await deliver(store, outbox)).toMatchObject({ left: 0 });
    expect(store.chain.flatMap(batch => batch.inventories)).toEqual(inventories);
    expect(store.chain.flatMap(({ footer }) => footer.findings)).toHaveLength(1);
    expect(store.chain.at(-1)?.header.phase).toBe('close');
  });
});

describe('lines that the store takes for no records', () => {
  it('are named in a file, with the batch, why, and what they say; the rest counts', async () => {
    const { outbox } = await session(3);
    const store = new MemoryStore();
    await deliver(store, outbox);
    store.lines = [{ line: 3, why: 'has a wrong op' }];
    await outbox.sealData(true);
    expect(await deliver(store, outbox)).toMatchObject({ sent: 1, refusedLines: 1, left: 0 });
    const [name = ''] = await readdir(dir.join('quarantine'));
    const named = JSON.parse(await readFile(dir.join('quarantine', name), 'utf8'));
    expect(named).toMatchObject({ batch: 2, digest: digests(store)[1] });
    expect(named.refused).toMatchObject([{ line: 3, why: 'has a wrong op' }]);
    expect(JSON.parse(named.refused[0].text)).toMatchObject({ kind: 'req', seq: 2 });
    expect(outbox.tally.refused).toBe(1);
    await outbox.close();
    expect((await reopened()).tally.refused).toBe(1);
  });
});

describe('files that are not as they were left', () => {
  it('a batch that somebody else delivered counts as sent when he says so', async () => {
    const { outbox } = await session(3);
    await outbox.sealData(true);
    const [, second] = await new Spool(dir.join('spool')).list();
    if (second === undefined) throw new Error('there is no second batch');
    await writeFile(dir.join('spool', sentMark(second)), '');
    await new Spool(dir.join('spool')).remove(second);
    const store = new MemoryStore();
    expect(await deliver(store, outbox)).toMatchObject({ sent: 1, left: 0 });
    expect(outbox.tally).toMatchObject({ sent: 2, lost: 0 });
  });

  it('a batch whose file is gone is lost and counted, and no other gets its number', async () => {
    const { outbox } = await session(3);
    await outbox.sealData(true);
    const [, second] = await new Spool(dir.join('spool')).list();
    await new Spool(dir.join('spool')).remove(second ?? { no: 0, digest: '' });
    await outbox.sealClose(CLOSING);
    const store = new MemoryStore();
    expect(await deliver(store, outbox)).toMatchObject({ sent: 2, left: 0 });
    expect(store.chain.map(({ header }) => header.batch)).toEqual([1, 3]);
    expect(outbox.tally).toMatchObject({ sent: 2, lost: 3 });
  });

  it('a batch whose file is damaged is kept, and the others are sent', async () => {
    const { outbox } = await session(3);
    await outbox.sealClose(CLOSING);
    const [, second] = await new Spool(dir.join('spool')).list();
    const path = dir.join('spool', `00000${second?.no}-${second?.digest}.ndjson.gz`);
    const bytes = await readFile(path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const done = await deliver(new MemoryStore(), outbox);
    expect(done).toMatchObject({ sent: 2, left: 1, kept: [{ no: 2, why: 'its file is damaged' }] });
  });

  it('batches of another session in the same place are left alone', async () => {
    const { outbox } = await session(3);
    await outbox.sealClose(CLOSING);
    await outbox.close();
    await rm(dir.join('journal'));
    const journal = await JournalWriter.open(dir.join('journal'), { onTrouble: () => undefined });
    const { HEADER } = await import('./session-dir.ts');
    journal.write({ ...HEADER, inst: '11111111-2222-3333-4444-555555555555' });
    const next = await Outbox.open({ sessionDir: dir.path, journal });
    opened.push(next);
    await next.sealOpen();
    const store = new MemoryStore();
    expect(await deliver(store, next)).toMatchObject({ sent: 1 });
    expect((await recover(dir.path)).foreign).toHaveLength(3);
  });

  it('a session without a header has nobody whose records they could be', async () => {
    await writeFile(dir.join('journal'), '');
    await expect(reopened()).rejects.toThrow('has no header');
  });
});

describe('a disk without room', () => {
  it('of the spool leaves records in the journal, and the end tells how many were left out', async () => {
    const { outbox } = await session(2200, { maxSpoolBytes: 5_000 });
    await outbox.sealData(true);
    const sealed = outbox.lastSeq;
    expect(sealed).toBeLessThan(2200);
    await outbox.sealData(true);
    expect(outbox.lastSeq).toBe(sealed);
    const store = new MemoryStore();
    await deliver(store, outbox);
    await outbox.sealData(true);
    expect(outbox.lastSeq).toBeGreaterThan(sealed);
    const reached = outbox.lastSeq;
    await outbox.sealClose(CLOSING);
    await deliver(store, outbox);
    expect(store.seqs).toEqual(upTo(reached));
    expect(store.dropped).toBe(2200 - reached);
    expect(store.chain.at(-1)?.footer).toMatchObject({ first_seq: reached + 1, last_seq: 2200 });
  });

  it('for anything at all sends the end from memory, with every record that is in the journal', async () => {
    await mkdir(dir.join('session'));
    await using _disk = await smallDisk(dir.join('session'), '512k');
    const at = dir.join('session');
    const journal = await openJournal(at);
    const outbox = await Outbox.open({ sessionDir: at, journal });
    opened.push(outbox);
    await outbox.sealOpen();
    while (journal.dropped === 0) {
      for (let n = 0; n < 50; n++) journal.append(answer());
      await journal.flush();
    }
    const written = journal.lastSeq - journal.dropped;
    expect(journal.trouble).toContain('ENOSPC');
    await writeFile(dir.join('session', 'rest'), Buffer.alloc(512 * 1024)).catch(() => undefined);
    const store = new MemoryStore();
    await outbox.sealClose(CLOSING);
    expect(await deliver(store, outbox)).toMatchObject({ left: 0, kept: [] });
    expect(store.seqs).toEqual(upTo(written));
    expect(store.dropped).toBe(journal.lastSeq - written);
    expect(store.chain.at(-1)?.footer.drop_reason).toContain('ENOSPC');
    await outbox.close();
  });

  it('for a while loses what came meanwhile, and no record before or behind it', async () => {
    await mkdir(dir.join('session'));
    await using _disk = await smallDisk(dir.join('session'), '512k');
    const at = dir.join('session');
    const filler = dir.join('session', 'filler');
    const journal = await openJournal(at);
    for (let n = 0; n < 5; n++) journal.append(answer());
    await journal.flush();
    await writeFile(filler, Buffer.alloc(1024 * 1024)).catch(() => undefined);
    for (let n = 0; n < 500; n++) journal.append(answer());
    await journal.flush();
    expect(journal.dropped).toBe(500);
    await rm(filler);
    journal.append(answer());
    await journal.flush();
    const outbox = await Outbox.open({ sessionDir: at, journal });
    opened.push(outbox);
    await outbox.sealClose(CLOSING);
    const store = new MemoryStore();
    await deliver(store, outbox);
    expect(store.seqs).toEqual([1, 2, 3, 4, 5, 506]);
    expect(store.dropped).toBe(500);
    expect((await recover(at)).damaged).toBe(0);
    await outbox.close();
  });
});
