import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JournalWriter } from '../../src/audit/journal.ts';
import { appending, type JournalFile, openJournalFile } from '../../src/audit/journal-file.ts';
import { readJournal, setAside } from '../../src/audit/journal-read.ts';
import {
  type Answer,
  answerLine,
  type JournalRecord,
  lineOf,
  unframe,
} from '../../src/audit/journal-record.ts';
import { DECISIONS, OPS, request, SOURCES, SUMDB_STATES } from '../../src/audit/record.ts';
import { type TempDir, tempDir } from '../support/temp.ts';
import { HEADER } from './session-dir.ts';

let dir: TempDir;
let file: string;
beforeEach(async () => {
  dir = await tempDir('journal');
  file = dir.join('journal');
});
afterEach(() => dir[Symbol.asyncDispose]());

const frame = (record: JournalRecord) => Buffer.from(lineOf(record).text);
const note = (text: string): JournalRecord => ({ kind: 'note', t: '2026-01-02T03:04:05.000Z', text });
const answer = { op: 'zip', status: 200, decision: 'allow', bytes: 1, ms: 1 } as const;
const troubled: string[] = [];
const open = () => JournalWriter.open(file, { onTrouble: why => troubled.push(why) });

async function read(): Promise<{ records: JournalRecord[]; damaged: number }> {
  const records: JournalRecord[] = [];
  const { damaged } = await readJournal(file, record => records.push(record));
  return { records, damaged };
}
const seqs = (records: readonly JournalRecord[]) => records.flatMap(r => (r.kind === 'req' ? [r.seq] : []));

describe('a line', () => {
  it('comes back as it went in, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const bytes = frame(note(text));
        expect(bytes.indexOf(0x0a)).toBe(bytes.length - 1);
        expect(unframe(bytes.toString('utf8').slice(0, -1))).toEqual(JSON.parse(JSON.stringify(note(text))));
      }),
    );
  });

  const text = fc.string({ unit: 'binary', maxLength: 200 });
  const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
  const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 });
  const hash = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map(bytes => `h1:${Buffer.from(bytes).toString('base64')}`);
  const answers = fc.record(
    {
      op: fc.constantFrom(...OPS),
      status: fc.integer({ min: 100, max: 599 }),
      decision: fc.constantFrom(...DECISIONS),
      bytes: count,
      ms: count,
      module: name,
      version: name,
      query: text,
      rule: text,
      reason: text,
      source: fc.constantFrom(...SOURCES),
      upstream: text,
      h1: hash,
      gomod_h1: hash,
      sumdb: fc.constantFrom(...SUMDB_STATES),
      probe: fc.boolean(),
      retries: count,
      stale: fc.boolean(),
    },
    { requiredKeys: ['op', 'status', 'decision', 'bytes', 'ms'] },
  );
  const stamps = fc.record({
    seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    t: fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date(8e12) })
      .map(date => date.toISOString()),
    mono_ns: fc.bigInt({ min: 0n, max: 10n ** 19n }).map(String),
  });

  it('of an answer is that of its whole record, which is one of the published format', () => {
    fc.assert(
      fc.property(answers as fc.Arbitrary<Answer>, stamps, (told, stamp) => {
        const record: JournalRecord = { kind: 'req', ...stamp, ...told };
        const line = answerLine(told, stamp);
        expect(line).toEqual(lineOf(record));
        expect(line.bytes).toBe(Buffer.byteLength(line.text));
        expect(request.parse(unframe(line.text.slice(0, -1)))).toEqual(JSON.parse(JSON.stringify(record)));
      }),
    );
  });

  it('is refused when any one byte of it is another', () => {
    const line = frame(note('a text to damage')).subarray(0, -1);
    for (let at = 0; at < line.length; at++) {
      const copy = Buffer.from(line);
      copy[at] = (copy[at] ?? 0) ^ 1;
      expect(unframe(copy.toString('latin1'))).toBeUndefined();
    }
  });

  it('is refused when it is cut anywhere', () => {
    const line = frame(note('a text to cut')).toString().slice(0, -1);
    for (let length = 0; length < line.length; length++)
      expect(unframe(line.slice(0, length))).toBeUndefined();
  });
});

describe('a journal', () => {
  it('keeps line and paragraph separators inside a record', async () => {
    const records = [note('a\u2028b\u2029c\u0085d'), note('next')];
    await writeFile(file, Buffer.concat(records.map(frame)));
    expect(await read()).toEqual({ records, damaged: 0 });
  });

  it('is read past a damaged line and up to a torn end', async () => {
    const damaged = frame(note('damaged'));
    damaged[20] = (damaged[20] ?? 0) ^ 1;
    const torn = frame(note('torn')).subarray(0, -5);
    await writeFile(file, Buffer.concat([frame(note('first')), damaged, frame(note('last')), torn]));
    expect(await read()).toEqual({ records: [note('first'), note('last')], damaged: 2 });
  });

  it('of many records is read whole, however they fall into pieces', async () => {
    const records = Array.from({ length: 2_000 }, (_, n) => note(`${n} ${'x'.repeat(n % 200)}`));
    await writeFile(file, Buffer.concat(records.map(frame)));
    expect(await read()).toEqual({ records, damaged: 0 });
  });
});

describe('the writer', () => {
  it('numbers answers, and goes on behind what a killed one left', async () => {
    const first = await open();
    first.append(answer);
    first.append(answer);
    await first.close();
    await appendFile(file, frame(note('torn')).subarray(0, -7));
    const second = await open();
    expect(second.lastSeq).toBe(2);
    second.append(answer);
    second.note('done');
    await second.close();
    const { records, damaged } = await read();
    expect(damaged).toBe(0);
    expect(seqs(records)).toEqual([1, 2, 3]);
    expect(troubled).toEqual([]);
  });

  it('keeps what stands behind a damaged line', async () => {
    const first = await open();
    for (let n = 0; n < 3; n++) first.append(answer);
    await first.close();
    const bytes = await readFile(file);
    bytes[30] = (bytes[30] ?? 0) ^ 1;
    await writeFile(file, bytes);
    const second = await open();
    expect(second.lastSeq).toBe(3);
    second.append(answer);
    await second.close();
    const { records, damaged } = await read();
    expect(damaged).toBe(1);
    expect(seqs(records)).toEqual([2, 3, 4]);
  });

  it('has everything on disk when a flush resolves', async () => {
    const writer = await open();
    for (let n = 0; n < 50; n++) writer.append(answer);
    await writer.flush();
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(51);
    await writer.close();
  });

  it('brings to the disk what nobody waits for, in groups', async () => {
    const synced: number[] = [];
    const writer = await JournalWriter.open(file, {
      onTrouble: why => troubled.push(why),
      openFile: async path => {
        const real = await openJournalFile(path);
        return {
          ...real,
          sync: async () => void synced.push((await readFile(path, 'utf8')).split('\n').length - 1),
        };
      },
    });
    const told: number[] = [];
    writer.onCommit = ({ requests }) => told.push(requests);
    for (let n = 0; n < 3; n++) writer.append(answer);
    expect(await readFile(file, 'utf8')).toBe('');
    await vi.waitFor(async () => expect(seqs((await read()).records)).toEqual([1, 2, 3]), 10_000);
    writer.append(answer);
    await vi.waitFor(() => expect(told.reduce((sum, requests) => sum + requests, 0)).toBe(4), 10_000);
    expect(synced.at(-1)).toBe(4);
    expect(writer.length).toBe((await readFile(file)).length);
    await writer.close();
    expect(troubled).toEqual([]);
  });

  it('drops and counts what a disk that hangs has no room for, and keeps the numbers', async () => {
    const hangs = Promise.withResolvers<void>();
    const writer = await JournalWriter.open(file, {
      onTrouble: why => troubled.push(why),
      openFile: async path => {
        const real = await openJournalFile(path);
        return { ...real, append: bytes => hangs.promise.then(() => real.append(bytes)) };
      },
    });
    const reason = 'x'.repeat(1024 * 1024);
    for (let n = 0; n < 20; n++) writer.append({ ...answer, reason });
    const { lastSeq, dropped } = writer;
    expect(lastSeq).toBe(20);
    expect(dropped).toBeGreaterThan(0);
    hangs.resolve();
    await writer.flush();
    writer.append(answer);
    await writer.close();
    const found = seqs((await read()).records);
    expect(found).toHaveLength(21 - dropped);
    expect(found.at(-1)).toBe(21);
  });

  it('tells each answer when it was given', async () => {
    const writer = await open();
    writer.append(answer);
    writer.append({ ...answer, module: 'a.test/a', version: 'v1.0.0' });
    await writer.close();
    const [a, b] = (await read()).records.flatMap(r => (r.kind === 'req' ? [r] : []));
    expect(a?.t).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(BigInt(b?.mono_ns ?? '0')).toBeGreaterThanOrEqual(BigInt(a?.mono_ns ?? '1'));
    expect(b).toMatchObject({ module: 'a.test/a', version: 'v1.0.0', seq: 2 });
  });
});

describe('the journal of an earlier session', () => {
  const header = (job: string): JournalRecord => ({ ...HEADER, job_uid: job });
  const footer: JournalRecord = {
    kind: 'ftr',
    t: '2026-01-02T03:04:05.000Z',
    first_seq: 1,
    last_seq: 0,
    counts: {},
    dropped: 0,
    reason: 'stop',
  };
  const batch = (no: number, phase: 'open' | 'close'): JournalRecord => ({
    kind: 'batch',
    no,
    digest: String(no).repeat(64),
    prev: null,
    phase,
    first_seq: 1,
    last_seq: 0,
    records: 0,
  });

  it.each([
    ['that ended in order', [header('a'), footer], true],
    ['that was killed', [header('a')], false],
    ['that was killed after another one had ended', [header('a'), footer, header('a')], false],
    ['of another job', [header('b')], true],
    ['whose records were closed', [header('a'), batch(1, 'open'), footer, batch(2, 'close')], true],
    ['whose records nobody has closed', [header('a'), batch(1, 'open'), footer], false],
  ] as const)('%s', async (_what, records, isPutAside) => {
    await writeFile(file, Buffer.concat(records.map(frame)));
    await setAside(file, 'a');
    const names = await readdir(dir.path);
    expect(names).toEqual([isPutAside ? 'journal.1' : 'journal']);
  });
});

describe('a disk that holds up a write', () => {
  it.each([
    ['does so no second time', [1, 20, 21, 1, 1], ['direct', 'direct', 'direct', 'aside', 'aside']],
    ['is found out by a write that fails, too', [-500, 1], ['direct', 'aside']],
  ] as const)('%s', async (_what, took, ways) => {
    let time = 0;
    let next = 0;
    const seen: string[] = [];
    const append = appending({
      now: () => time,
      direct: () => {
        seen.push('direct');
        time += Math.abs(next);
        if (next < 0) throw new Error('EIO');
      },
      aside: async () => void seen.push('aside'),
    });
    for (const ms of took) {
      next = ms;
      const written = append(Buffer.alloc(1));
      if (ms < 0) await expect(written).rejects.toThrow('EIO');
      else await written;
    }
    expect(seen).toEqual(ways);
  });
});

describe('a disk that fails in the middle of a write', () => {
  /** Writes a half of it the next times. */
  function failing(times: number, stubborn: boolean): (path: string) => Promise<JournalFile> {
    let left = times;
    const fail = () => Promise.reject(Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' }));
    return async path => {
      const real = await openJournalFile(path);
      return {
        ...real,
        append: async bytes => {
          if (left-- > 0) {
            await real.append(bytes.subarray(0, bytes.length >> 1));
            await fail();
          }
          await real.append(bytes);
        },
        truncate: length => (stubborn ? fail() : real.truncate(length)),
      };
    };
  }

  it.each([
    [false, 0],
    [true, 1],
  ])('swallows no record behind it; what it left cannot be cut off: %s', async (stubborn, damaged) => {
    const writer = await JournalWriter.open(file, {
      onTrouble: why => troubled.push(why),
      openFile: failing(1, stubborn),
    });
    writer.append(answer);
    await writer.flush();
    expect(writer.dropped).toBe(1);
    expect(await writer.commit(note('second'))).toBe(true);
    writer.append(answer);
    await writer.close();
    const found = await read();
    expect(found.damaged).toBe(damaged);
    expect(seqs(found.records)).toEqual([2]);
    expect(found.records[0]).toEqual(note('second'));
    expect(troubled.splice(0)).toEqual(['ENOSPC: no space']);
    const next = await open();
    expect(next.lastSeq).toBe(2);
    await next.close();
  });

  it('is told to who waits for a record', async () => {
    const writer = await JournalWriter.open(file, {
      onTrouble: why => troubled.push(why),
      openFile: failing(2, true),
    });
    expect(await writer.commit(note('first'))).toBe(false);
    expect(await writer.commit(note('second'))).toBe(false);
    expect(await writer.commit(note('third'))).toBe(true);
    expect(troubled.splice(0)).toHaveLength(1);
    expect((await read()).records).toEqual([note('third')]);
    await writer.close();
  });
});
