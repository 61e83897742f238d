import { join } from 'node:path';
import { decodeBatch } from '../../src/audit/decode.ts';
import type { DeliveryError } from '../../src/audit/errors.ts';
import { JournalWriter } from '../../src/audit/journal.ts';
import type { JournalFile } from '../../src/audit/journal-file.ts';
import type { Answer, JournalHeader } from '../../src/audit/journal-record.ts';
import type { Batch } from '../../src/audit/record.ts';
import type { Ack, AuditTarget, SealedBatch } from '../../src/audit/types.ts';

export const HEADER: JournalHeader = {
  kind: 'hdr',
  v: 1,
  job_uid: 'a'.repeat(64),
  inst: '01234567-89ab-cdef-0123-456789abcdef',
  forge: 'github',
  iss: 'https://token.example.test',
  tool: { name: 'modgate', version: '0.0.0-test' },
  clock: { wall: '2026-01-02T03:04:05.000Z', mono_ns: '1' },
  policy: { digest: 'none' },
  modcache_preexisting: 0,
  claimed: { repository: 'owner/name' },
};

/** One answer; `n` tells them apart. */
export function answer(n = 1): Answer {
  return {
    op: 'zip',
    module: `example.test/m${n}`,
    version: 'v1.0.0',
    status: 200,
    decision: 'allow',
    source: 'store',
    h1: `h1:${Buffer.alloc(32, n % 256).toString('base64')}`,
    bytes: 1000 + n,
    ms: 1.5,
  };
}

/** The writer of a session's journal, with a header in it. */
export async function openJournal(
  dir: string,
  openFile?: (path: string) => Promise<JournalFile>,
): Promise<JournalWriter> {
  const journal = await JournalWriter.open(join(dir, 'journal'), {
    onTrouble: () => undefined,
    ...(openFile === undefined ? {} : { openFile }),
  });
  if (journal.header === undefined) journal.write(HEADER);
  return journal;
}

/** A store in memory that reads what it is sent as a collector does, and says what it is told to. */
export class MemoryStore implements AuditTarget {
  readonly name = 'the store';
  readonly batches = new Map<string, Batch>();
  /** Digests in the order in which they came, those that were not taken included. */
  readonly seen: string[] = [];
  /** Called before a batch is taken; what it throws is the answer. */
  refuse: ((batch: SealedBatch) => DeliveryError | undefined) | undefined;
  /** The batch is taken, and the answer is lost. */
  loseAnswer: ((batch: SealedBatch) => boolean) | undefined;
  lines: Ack['refused'] = [];

  async put(batch: SealedBatch, signal: AbortSignal): Promise<Ack> {
    signal.throwIfAborted();
    this.seen.push(batch.digest);
    const error = this.refuse?.(batch);
    if (error !== undefined) throw error;
    const read = decodeBatch(batch.gzip, { digest: batch.digest });
    const dup = this.batches.has(batch.digest);
    this.batches.set(batch.digest, read);
    if (this.loseAnswer?.(batch) === true) throw new Error('the connection was cut');
    return { digest: batch.digest, dup, refused: this.lines, time: new Date().toISOString() };
  }

  /** In the order of their numbers. */
  get chain(): readonly Batch[] {
    return [...this.batches.values()].sort((a, b) => a.header.batch - b.header.batch);
  }

  get seqs(): readonly number[] {
    return this.chain.flatMap(({ requests }) => requests.map(({ seq }) => seq));
  }

  get dropped(): number {
    return this.chain.reduce((sum, { footer }) => sum + footer.dropped, 0);
  }
}
