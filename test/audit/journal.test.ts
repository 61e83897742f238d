import { appendFile, readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalWriter } from '../../src/audit/journal.ts';
import { readJournal } from '../../src/audit/journal-read.ts';
import { frame, type JournalRecord, unframe } from '../../src/audit/journal-record.ts';
import { type TempDir, tempDir } from '../support/temp.ts';

let dir: TempDir;
let file: string;
beforeEach(async () => {
  dir = await tempDir('journal');
  file = dir.join('journal');
});
afterEach(() => dir[Symbol.asyncDispose]());

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
