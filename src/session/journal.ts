import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rename, truncate } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Journal, RequestRecord } from '../proxy/types.ts';

/** A record of the journal beside the requests: what opens and closes it. */
export interface JournalHeader {
  readonly kind: 'hdr';
  readonly v: 1;
  readonly job_uid: string;
  /** UUID of this daemon. */
  readonly inst: string;
  readonly tool: { readonly name: 'modgate'; readonly version: string };
  readonly clock: { readonly wall: string; readonly mono_ns: string };
  readonly policy: { readonly digest: string };
  readonly modcache_preexisting: number;
  readonly claimed: Readonly<Record<string, string>>;
}

/** Written by a daemon that ends in order; a journal without one was cut short. */
export interface JournalFooter {
  readonly kind: 'ftr';
  readonly t: string;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly dropped: number;
  readonly reason: string;
}

/** A warning that the user should see again when the session ends. */
export interface JournalNote {
  readonly kind: 'note';
  readonly t: string;
  readonly text: string;
}

export type JournalRecord = JournalHeader | RequestRecord | JournalFooter | JournalNote;

/** `crc32 length json\n`: checksum as 8 hex digits over the JSON's bytes, length in bytes. */
export function frame(record: JournalRecord): Buffer {
  const json = Buffer.from(JSON.stringify(record));
  return Buffer.concat([
    Buffer.from(`${crc32(json).toString(16).padStart(8, '0')} ${json.length} `),
    json,
    Buffer.from('\n'),
  ]);
}

/** The record of one line, or undefined when the line is torn or damaged. */
export function unframe(line: string): JournalRecord | undefined {
  const match = /^([0-9a-f]{8}) (\d{1,9}) /.exec(line);
  if (match === null) return undefined;
  const json = Buffer.from(line.slice(match[0].length));
  if (json.length !== Number(match[2]) || crc32(json) !== Number.parseInt(match[1] ?? '', 16))
    return undefined;
  try {
    return JSON.parse(json.toString()) as JournalRecord;
  } catch {
    return undefined;
  }
}

/** Reads a journal, also one that a killed daemon left: damaged lines are counted and passed over. */
export async function readJournal(
  path: string,
  each: (record: JournalRecord) => void,
): Promise<{ damaged: number }> {
  let damaged = 0;
  let rest = Buffer.alloc(0);
  const take = (line: Buffer) => {
    const record = unframe(line.toString());
    if (record === undefined) damaged++;
    else each(record);
  };
  // Split by hand: node:readline also breaks lines at U+2028, which JSON leaves as it is.
  for await (const chunk of createReadStream(path)) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
      take(bytes.subarray(start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  if (rest.length > 0) damaged++;
  return { damaged };
}

/** Records are written in groups this long, ms: the admitted loss when the machine dies. */
const GROUP_MS = 75;
/** Past this many bytes in memory (a disk that hangs) records are counted as dropped instead of kept. */
const MAX_PENDING = 16 * 1024 * 1024;

/** The one writer of a journal file. */
export class JournalWriter implements Journal {
  readonly #handle: FileHandle;
  readonly #began = process.hrtime.bigint();
  readonly #onTrouble: (why: string) => void;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #seq = 0;
  #dropped = 0;
  #troubled = false;

  private constructor(handle: FileHandle, onTrouble: (why: string) => void) {
    this.#handle = handle;
    this.#onTrouble = onTrouble;
  }

  /** Opens or continues a journal; a torn tail is cut, and numbering goes on where it stopped. */
  static async open(path: string, onTrouble: (why: string) => void): Promise<JournalWriter> {
    const last = await cutTornTail(path);
    const writer = new JournalWriter(await open(path, 'a', 0o600), onTrouble);
    writer.#seq = last;
    return writer;
  }

  get lastSeq(): number {
    return this.#seq;
  }

  get dropped(): number {
    return this.#dropped;
  }

  append(record: Omit<RequestRecord, 'seq' | 't' | 'mono_ns' | 'kind'>): void {
    this.write({
      kind: 'req',
      seq: ++this.#seq,
      t: new Date().toISOString(),
      mono_ns: (process.hrtime.bigint() - this.#began).toString(),
      ...record,
    });
  }

  note(text: string): void {
    this.write({ kind: 'note', t: new Date().toISOString(), text });
  }

  write(record: JournalRecord): void {
    if (this.#pendingBytes > MAX_PENDING) {
      this.#dropped++;
      return;
    }
    const bytes = frame(record);
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    this.#timer ??= setTimeout(() => void this.flush(), GROUP_MS);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const group = this.#pending;
    if (group.length > 0) {
      this.#pending = [];
      const bytes = Buffer.concat(group);
      this.#writing = this.#writing.then(async () => {
        try {
          await this.#handle.appendFile(bytes);
          await this.#handle.datasync();
        } catch (error) {
          this.#dropped += group.length;
          if (!this.#troubled) this.#onTrouble(error instanceof Error ? error.message : String(error));
          this.#troubled = true;
        } finally {
          this.#pendingBytes -= bytes.length;
        }
      });
    }
    await this.#writing;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#handle.close().catch(() => undefined);
  }
}

/**
 * Renames the journal of a session that ended in order to `journal.1`: a new session in the same place counts
 * from the start, while one that follows a killed daemon goes on.
 */
export async function setAsideClosed(path: string): Promise<void> {
  let last: JournalRecord | undefined;
  try {
    await readJournal(path, record => {
      last = record;
    });
    if (last?.kind === 'ftr') await rename(path, `${path}.1`);
  } catch {
    // No journal yet.
  }
}

/** Cuts what a killed writer left unfinished; returns the last sequence number in the file. */
async function cutTornTail(path: string): Promise<number> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch {
    return 0;
  }
  let good = 0;
  let last = 0;
  // A damaged line with good ones behind it is no torn tail: it stays, is counted, and they are kept.
  for (let start = 0; start < content.length; ) {
    const end = content.indexOf(0x0a, start);
    if (end < 0) break;
    const record = unframe(content.toString('utf8', start, end));
    start = end + 1;
    if (record === undefined) continue;
    good = start;
    if (record.kind === 'req') last = record.seq;
  }
  if (good < content.length) await truncate(path, good);
  return last;
}
