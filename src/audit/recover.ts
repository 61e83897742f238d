import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { journalParts } from './journal-read.ts';
import { type JournalHeader, type JournalRecord, seqOf } from './journal-record.ts';
import type { Phase } from './record.ts';
import { readOwn } from './seal.ts';
import { Spool, type SpoolFile } from './spool.ts';

/** Names inside a session directory that belong to its audit trail. */
export const AUDIT_FILES = {
  journal: 'journal',
  spool: 'spool',
  quarantine: 'quarantine',
} as const;

/** One batch of a session's chain. */
export interface Link {
  readonly no: number;
  readonly digest: string;
  readonly prev: string | null;
  readonly phase: Phase;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Requests in it. */
  readonly records: number;
  /** `sent`: the store has it. `spooled`: its file waits. `gone`: no file, and nobody noted that it was sent. */
  readonly state: 'sent' | 'spooled' | 'gone';
}

/** How a session stands, from its journal and spool alone. */
export interface Recovered {
  /** Undefined when there is no journal, or one without a header. */
  readonly header: JournalHeader | undefined;
  /** In order. */
  readonly chain: readonly Link[];
  /** Links at the end of the chain that the journal does not know yet, because the writer was killed in between. */
  readonly adopted: number;
  /** Records of the journal that are in no batch yet. */
  readonly unsealed: number;
  /** Lines of batches that the store took for no records. */
  readonly refused: number;
  /** Highest number that an answer got. */
  readonly produced: number;
  /** Lines of the journal that are no record. */
  readonly damaged: number;
  /** What the store's clock is ahead, ms, where an answer of it told. */
  readonly offsetMs: number | undefined;
  /** Why the daemon ended and what it counted; undefined when it was killed. */
  readonly end: { readonly reason: string; readonly counts: Readonly<Record<string, number>> } | undefined;
  /** Files of this chain that other batches took the place of. */
  readonly superseded: readonly SpoolFile[];
  /** Files of another session in the same place. */
  readonly foreign: readonly SpoolFile[];
}

type Noted = Omit<Link, 'state'>;

/** Reads a session directory; changes nothing. Rejects with the error of the system. */
export async function recover(sessionDir: string): Promise<Recovered> {
  const read = await readNotes(join(sessionDir, AUDIT_FILES.journal));
  const spool = new Spool(join(sessionDir, AUDIT_FILES.spool));
  const files = await spool.list();
  const delivered = await markedAsSent(spool.dir);
  const waiting = new Map(files.map(file => [file.digest, file]));
  const { adopted, foreign, superseded } = await sortStrays(read, spool, files);
  const chain = [...read.noted, ...adopted].map((note): Link => {
    const sent = read.acked.has(note.digest) || delivered.has(note.digest);
    return { ...note, state: sent ? 'sent' : waiting.has(note.digest) ? 'spooled' : 'gone' };
  });
  const lastSeq = chain.at(-1)?.lastSeq ?? 0;
  return {
    header: read.header,
    chain,
    adopted: adopted.length,
    unsealed: read.unsealed.filter(seq => seq > lastSeq).length,
    refused: [...read.acked.values()].reduce((sum, refused) => sum + refused, 0),
    produced: Math.max(read.produced, lastSeq),
    damaged: read.damaged,
    offsetMs: read.offsetMs,
    end: read.end,
    superseded,
    foreign,
  };
}

interface Notes {
  header: JournalHeader | undefined;
  noted: Noted[];
  /** Lines that were refused, by digest. */
  readonly acked: Map<string, number>;
  /** Numbers of requests behind the last batch. */
  unsealed: number[];
  produced: number;
  damaged: number;
  offsetMs: number | undefined;
  end: Recovered['end'];
}

async function readNotes(path: string): Promise<Notes> {
  const notes: Notes = {
    header: undefined,
    noted: [],
    acked: new Map(),
    unsealed: [],
    produced: 0,
    damaged: 0,
    offsetMs: undefined,
    end: undefined,
  };
  try {
    for await (const part of journalParts(path)) {
      notes.damaged += part.damaged + (part.torn > 0 ? 1 : 0);
      for (const { record } of part.entries) note(notes, record);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return notes;
}

function note(notes: Notes, record: JournalRecord): void {
  notes.produced = Math.max(notes.produced, seqOf(record));
  switch (record.kind) {
    case 'req':
      notes.unsealed.push(record.seq);
      return;
    case 'hdr':
      notes.header = record;
      notes.end = undefined;
      return;
    case 'ftr':
      notes.end = { reason: record.reason, counts: addUp(notes.end?.counts, record.counts) };
      return;
    case 'batch':
      notes.noted = notes.noted.filter(({ no }) => no < record.no);
      notes.unsealed = notes.unsealed.filter(seq => seq > record.last_seq);
      notes.noted.push({
        no: record.no,
        digest: record.digest,
        prev: record.prev,
        phase: record.phase,
        firstSeq: record.first_seq,
        lastSeq: record.last_seq,
        records: record.records,
      });
      return;
    case 'ack':
      notes.acked.set(record.digest, record.refused ?? 0);
      notes.offsetMs = record.offset_ms ?? notes.offsetMs;
  }
}

function addUp(
  before: Readonly<Record<string, number>> = {},
  more: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum: Record<string, number> = { ...before };
  for (const [name, count] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/**
 * Tells apart the files that the journal does not count: the next of the chain, which a killed writer did not come to
 * note; what it wrote for batches that another took the place of, of which the journal has every record; and what is
 * none of this session.
 */
async function sortStrays(
  { header, noted }: Notes,
  spool: Spool,
  files: readonly SpoolFile[],
): Promise<{ adopted: Noted[]; foreign: SpoolFile[]; superseded: SpoolFile[] }> {
  const known = new Set(noted.map(({ digest }) => digest));
  // A line of the journal that is damaged by now: the batch behind it still names it.
  const named = new Set(noted.map(({ prev }) => prev));
  const adopted: Noted[] = [];
  const foreign: SpoolFile[] = [];
  const superseded: SpoolFile[] = [];
  let last = noted.at(-1);
  for (const file of files) {
    if (known.has(file.digest)) continue;
    const bytes = await spool.read(file);
    const found = bytes && (await readOwn(file.digest, bytes));
    if (found === undefined || found.header.inst !== header?.inst || named.has(file.digest)) {
      foreign.push(file);
    } else if (found.header.batch === (last?.no ?? 0) + 1 && found.header.prev === (last?.digest ?? null)) {
      const { header: of, footer } = found;
      last = {
        no: of.batch,
        digest: file.digest,
        prev: of.prev,
        phase: of.phase,
        firstSeq: footer.first_seq,
        lastSeq: footer.last_seq,
        records: found.requests.length,
      };
      adopted.push(last);
    } else superseded.push(file);
  }
  return { adopted, foreign, superseded };
}

const SENT = /^\d{6,10}-([0-9a-f]{64})\.sent$/;

/** The name of the mark that somebody leaves who delivered a batch of a session that is not his. */
export function sentMark({ no, digest }: Pick<SpoolFile, 'no' | 'digest'>): string {
  return `${String(no).padStart(6, '0')}-${digest}.sent`;
}

async function markedAsSent(dir: string): Promise<ReadonlySet<string>> {
  const names = await readdir(dir).catch((): string[] => []);
  return new Set(names.flatMap(name => SENT.exec(name)?.[1] ?? []));
}
