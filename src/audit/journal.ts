import { truncate } from 'node:fs/promises';
import { type JournalFile, openJournalFile } from './journal-file.ts';
import { journalParts } from './journal-read.ts';
import { type Answer, type JournalHeader, type JournalRecord, lineOf, seqOf } from './journal-record.ts';

/** Records are in memory so long, ms: the admitted loss when the process is killed. */
const WRITE_MS = 5;
/** Records are brought to the disk in groups this long, ms: the admitted loss when the machine dies. */
const GROUP_MS = 75;
/** Past this many bytes in memory (a disk that hangs) records are dropped instead of kept. */
const MAX_PENDING = 16 * 1024 * 1024;

interface Waiting {
  readonly requests: number;
  readonly settle?: (durable: boolean) => void;
}

interface Pending extends Waiting {
  readonly text: string;
}

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
  #pending: Pending[] = [];
  #pendingBytes = 0;
  /** Written, and not yet on the disk. */
  #written: Waiting[] = [];
  #writtenBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #writeTimer: NodeJS.Timeout | undefined;
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
    this.#add({
      kind: 'req',
      seq: ++this.#seq,
      t: new Date().toISOString(),
      mono_ns: (process.hrtime.bigint() - this.#began).toString(),
      ...answer,
    });
  }

  note(text: string): void {
    this.#add({ kind: 'note', t: new Date().toISOString(), text });
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

  #add(record: JournalRecord, settle?: (durable: boolean) => void): void {
    if (record.kind === 'hdr') this.#header = record;
    const requests = record.kind === 'req' ? 1 : 0;
    if (this.#pendingBytes > MAX_PENDING) {
      this.#dropped += requests;
      this.#trouble ??= 'the disk was too slow';
      settle?.(false);
      return;
    }
    const { text, bytes } = lineOf(record);
    this.#pending.push(settle === undefined ? { text, requests } : { text, requests, settle });
    this.#pendingBytes += bytes;
    this.#timer ??= setTimeout(() => void this.flush(), GROUP_MS);
    this.#writeTimer ??= setTimeout(() => void this.#inTurn(() => this.#writePending()), WRITE_MS);
  }

  /** Resolves when everything that was written before is on the disk, or is dropped. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
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
    clearTimeout(this.#writeTimer);
    this.#writeTimer = undefined;
    const group = this.#pending;
    if (group.length === 0) return;
    this.#pending = [];
    const bytes = Buffer.from(group.map(({ text }) => text).join(''));
    try {
      // A half line would swallow the next one; with a newline before it, it is a damaged line of its own.
      await this.#file.append(this.#ragged ? Buffer.concat([NEWLINE, bytes]) : bytes);
      this.#ragged = false;
      for (const { requests, settle } of group)
        this.#written.push(settle === undefined ? { requests } : { requests, settle });
      this.#writtenBytes += bytes.length;
    } catch (error) {
      this.#lose(group, error);
      if (this.#wasRagged) this.#ragged = true;
      else await this.#cutBack(this.#length + this.#writtenBytes);
    } finally {
      this.#pendingBytes -= bytes.length;
    }
  }

  async #syncWritten(): Promise<void> {
    const group = this.#written;
    const bytes = this.#writtenBytes;
    if (group.length === 0) return;
    this.#written = [];
    this.#writtenBytes = 0;
    try {
      await this.#file.sync();
      this.#length = this.#wasRagged ? await this.#file.size() : this.#length + bytes;
      this.#wasRagged = this.#ragged;
    } catch (error) {
      this.#lose(group, error);
      await this.#cutBack(this.#length);
      return;
    }
    for (const { settle } of group) settle?.(true);
    this.onCommit?.({ requests: sumOf(group), bytes });
  }

  #lose(group: readonly Waiting[], error: unknown): void {
    this.#dropped += sumOf(group);
    const why = error instanceof Error ? error.message : String(error);
    if (this.#trouble === undefined) this.#onTrouble(why);
    this.#trouble = why;
    for (const { settle } of group) settle?.(false);
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

function sumOf(group: readonly Waiting[]): number {
  return group.reduce((sum, { requests }) => sum + requests, 0);
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
