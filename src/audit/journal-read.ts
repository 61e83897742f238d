import { createReadStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { type JournalHeader, type JournalRecord, unframe } from './journal-record.ts';

/** A whole record and where its line ends. */
export interface JournalEntry {
  readonly record: JournalRecord;
  /** Offset behind the line's newline. */
  readonly end: number;
}

/** Some lines of a journal, in order. */
export interface JournalPart {
  readonly entries: readonly JournalEntry[];
  /** Whole lines among them that are no record. */
  readonly damaged: number;
  /** Offset behind the last whole line so far. */
  readonly end: number;
  /** Bytes behind the last newline of the file; told with the last part only. */
  readonly torn: number;
}

/**
 * Reads a journal piece by piece, also one that a killed daemon left. What follows the last newline is not told:
 * it is torn, or still being written.
 * @param from offset to begin at: 0, or the `end` of an entry
 * @param to offset to stop at; the end of the file where it is none
 */
export async function* journalParts(
  path: string,
  from = 0,
  to = Number.POSITIVE_INFINITY,
): AsyncGenerator<JournalPart> {
  if (to <= from) return;
  let rest: Buffer = Buffer.alloc(0);
  let offset = from;
  // Split by hand: node:readline also breaks lines at U+2028, which JSON leaves as it is.
  for await (const chunk of createReadStream(path, { start: from, end: to - 1 })) {
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    const entries: JournalEntry[] = [];
    let damaged = 0;
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
      const record = unframe(bytes.toString('utf8', start, end));
      start = end + 1;
      if (record === undefined) damaged++;
      else entries.push({ record, end: offset + start });
    }
    rest = bytes.subarray(start);
    offset += start;
    yield { entries, damaged, end: offset, torn: 0 };
  }
  if (rest.length > 0) yield { entries: [], damaged: 0, end: offset, torn: rest.length };
}

/** Reads a whole journal: damaged lines are passed over and counted, and so is a torn end. */
export async function readJournal(
  path: string,
  each: (record: JournalRecord) => void,
): Promise<{ damaged: number }> {
  let damaged = 0;
  for await (const part of journalParts(path)) {
    for (const { record } of part.entries) each(record);
    damaged += part.damaged + (part.torn > 0 ? 1 : 0);
  }
  return { damaged };
}

/** The header of a journal that was not ended, as a killed daemon leaves it; undefined for none. */
export async function unfinished(path: string): Promise<JournalHeader | undefined> {
  const { header, closed } = await lookAt(path);
  return closed ? undefined : header;
}

/**
 * Makes room for the journal of another job or a new session: renames the journal of a session that ended in order,
 * or of another job, to `journal.1`. One of this job that a killed daemon left stays, to be continued, and so does one
 * whose records nobody has closed.
 */
export async function setAside(path: string, jobUid: string): Promise<void> {
  const { header, closed } = await lookAt(path);
  if (closed || (header !== undefined && header.job_uid !== jobUid)) await rename(path, `${path}.1`);
}

async function lookAt(path: string): Promise<{ header: JournalHeader | undefined; closed: boolean }> {
  const seen: { header: JournalHeader | undefined; closed: boolean } = { header: undefined, closed: false };
  let sends = false;
  try {
    await readJournal(path, record => {
      if (record.kind === 'hdr') {
        seen.header = record;
        seen.closed = false;
      }
      // The footer ends the proxy; records that go somewhere are closed by a batch of their own.
      if (record.kind === 'ftr') seen.closed = !sends;
      if (record.kind === 'batch') {
        sends = true;
        seen.closed = record.phase === 'close';
      }
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return seen;
}
