import { truncate } from 'node:fs/promises';
import { type JournalFile, openJournalFile } from './journal-file.ts';
import { journalParts } from './journal-read.ts';
import {
  type Answer,
  answerLine,
  type JournalHeader,
  type JournalRecord,
  type Line,
  lineOf,
  seqOf,
} from './journal-record.ts';

/**
 * Records are in memory so long, ms: the admitted loss when the process is killed. Each write wakes the process, which
 * is most of what a journal costs.
 */
const WRITE_MS = 50;
/** Every second write is brought to the disk: 100 ms are the admitted loss when the machine dies. */
const WRITES_A_SYNC = 2;
/** Past this many bytes in memory (a disk that hangs) records are dropped instead of kept. */
const MAX_PENDING = 16 * 1024 * 1024;

type Settle = (durable: boolean) => void;

/** Records that go the same way together. */
interface Group {
  /** Lines, as long as they are in no file. */
  text: string;
  bytes: number;
  requests: number;
  /** Of those who wait for a record of it. */
  readonly settles: Settle[];
}

const nothing = (): Group => ({ text: '', bytes: 0, requests: 0, settles: [] });

/** What one group brought to the disk. */
export interface Committed {
  readonly requests: number;
  readonly bytes: number;
}

export interface JournalOptions {
  /** Told once, when the first write fails. */
  readonly onTrouble: (why: string) => void;
  readonly openFile?: (path: string) => Promise<JournalFile>;
}

/**
 * The one writer of a journal file. A record goes to the system soon, where it outlives a process that is killed,
 * and to the disk with its group. An answer keeps its number whether or not its record can be written, so that
 * every lost record is a gap in the numbers that anybody can count.
 */
export class JournalWriter {
  readonly path: string;
  /** Called after each group that is durable. */
  onCommit: ((group: Committed) => void) | undefined;
  readonly #file: JournalFile;
  readonly #began = process.hrtime.bigint();
  readonly #onTrouble: (why: string) => void;
  #header: JournalHeader | undefined;
  #length: number;
  #pending = nothing();
  /** Of those, too, that are just being written. */
  #bytesInMemory = 0;
  /** Written, and not yet on the disk. */
  #written = nothing();
  #timer: NodeJS.Timeout | undefined;
  #writesSinceSync = 0;
  #writing: Promise<void> = Promise.resolve();
  #seq: number;
  #dropped = 0;
  #trouble: string | undefined;
  /** Bytes of a failed write stand at the end of the file and could not be cut off. */
  #ragged = false;
  /** So it was at some time since the last group: only the file knows its length. */
  #wasRagged = false;

  private constructor(path: string, file: JournalFile, found: Tail, onTrouble: (why: string) => void) {
    this.path = path;
    this.#file = file;
    this.#onTrouble = onTrouble;
    this.#length = found.length;
    this.#header = found.header;
    this.#seq = found.lastSeq;
  }

  /**
   * Opens or continues a journal: a torn tail is cut, and numbering goes on where it stopped. Nobody else may be
   * writing it. Rejects when the file cannot be opened.
   */
  static async open(path: string, options: JournalOptions): Promise<JournalWriter> {
    const found = await cutTornTail(path);
    const file = await (options.openFile ?? openJournalFile)(path);
    return new JournalWriter(path, file, found, options.onTrouble);
  }

  /** The number that the last answer got. */
  get lastSeq(): number {
    return this.#seq;
  }

  /** Answers whose records are not in the file. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The last header in the file. */
  get header(): JournalHeader | undefined {
    return this.#header;
  }

  /** Offset behind the last durable record. */
  get length(): number {
    return this.#length;
  }

  /** Why records could not be written, in the system's words. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Writes down an answer; never waits and never fails. */
  append(answer: Answer): void {
    const seq = ++this.#seq;
    if (!this.#hasRoom(1)) return;
    const monoNs = process.hrtime.bigint() - this.#began;
    this.#take(answerLine(answer, { seq, t: new Date().toISOString(), mono_ns: monoNs.toString() }), 1);
  }

  note(text: string): void {
    this.write({ kind: 'note', t: new Date().toISOString(), text });
  }

  write(record: JournalRecord): void {
    this.#add(record);
  }

  /** Writes a record at once; resolves with whether it is on the disk. */
  async commit(record: JournalRecord): Promise<boolean> {
    const durable = new Promise<boolean>(settle => this.#add(record, settle));
    await this.flush();
    return await durable;
  }

  #add(record: JournalRecord, settle?: Settle): void {
    if (record.kind === 'hdr') this.#header = record;
    const requests = record.kind === 'req' ? 1 : 0;
    if (!this.#hasRoom(requests)) {
      settle?.(false);
      return;
    }
    if (settle !== undefined) this.#pending.settles.push(settle);
    this.#take(lineOf(record), requests);
  }

  #hasRoom(requests: number): boolean {
    if (this.#bytesInMemory <= MAX_PENDING) return true;
    this.#dropped += requests;
    this.#trouble ??= 'the disk was too slow';
    return false;
  }

  #take({ text, bytes }: Line, requests: number): void {
    const group = this.#pending;
    group.text += text;
    group.bytes += bytes;
    group.requests += requests;
    this.#bytesInMemory += bytes;
    this.#timer ??= setTimeout(this.#tick, WRITE_MS);
  }

  readonly #tick = (): void => {
    if (++this.#writesSinceSync === WRITES_A_SYNC) {
      void this.flush();
    } else {
      this.#timer = setTimeout(this.#tick, WRITE_MS);
      void this.#inTurn(() => this.#writePending());
    }
  };

  /** Resolves when everything that was written before is on the disk, or is dropped. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writesSinceSync = 0;
    await this.#inTurn(async () => {
      await this.#writePending();
      await this.#syncWritten();
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(work);
    return this.#writing;
  }

  async #writePending(): Promise<void> {
    const group = this.#pending;
    if (group.bytes === 0) return;
    this.#pending = nothing();
    const bytes = Buffer.from(group.text);
    try {
      // A half line would swallow the next one; with a newline before it, it is a damaged line of its own.
      await this.#file.append(this.#ragged ? Buffer.concat([NEWLINE, bytes]) : bytes);
      this.#ragged = false;
      this.#written.bytes += group.bytes;
      this.#written.requests += group.requests;
      this.#written.settles.push(...group.settles);
    } catch (error) {
      this.#lose(group, error);
      if (this.#wasRagged) this.#ragged = true;
      else await this.#cutBack(this.#length + this.#written.bytes);
    } finally {
      this.#bytesInMemory -= group.bytes;
    }
  }

  async #syncWritten(): Promise<void> {
    const group = this.#written;
    if (group.bytes === 0) return;
    this.#written = nothing();
    try {
      await this.#file.sync();
      this.#length = this.#wasRagged ? await this.#file.size() : this.#length + group.bytes;
      this.#wasRagged = this.#ragged;
    } catch (error) {
      this.#lose(group, error);
      await this.#cutBack(this.#length);
      return;
    }
    for (const settle of group.settles) settle(true);
    this.onCommit?.(group);
  }

  #lose(group: Group, error: unknown): void {
    this.#dropped += group.requests;
    const why = error instanceof Error ? error.message : String(error);
    if (this.#trouble === undefined) this.#onTrouble(why);
    this.#trouble = why;
    for (const settle of group.settles) settle(false);
  }

  /** Whole records end at this offset, and what stands behind it is none. */
  async #cutBack(length: number): Promise<void> {
    try {
      await this.#file.truncate(length);
      this.#ragged = false;
      this.#wasRagged = false;
    } catch {
      this.#ragged = true;
      this.#wasRagged = true;
    }
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#file.close().catch(() => undefined);
  }
}

const NEWLINE = Buffer.from('\n');

interface Tail {
  readonly length: number;
  readonly lastSeq: number;
  readonly header: JournalHeader | undefined;
}

/** Cuts what a killed writer left unfinished. */
async function cutTornTail(path: string): Promise<Tail> {
  let length = 0;
  let end = 0;
  let lastSeq = 0;
  let header: JournalHeader | undefined;
  try {
    for await (const part of journalParts(path)) {
      end = part.end + part.torn;
      // A damaged line with good ones behind it is no torn tail: it stays, is counted, and they are kept.
      for (const entry of part.entries) {
        length = entry.end;
        lastSeq = Math.max(lastSeq, seqOf(entry.record));
        if (entry.record.kind === 'hdr') header = entry.record;
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (length < end) await truncate(path, length);
  return { length, lastSeq, header };
}
