import { journalParts } from './journal-read.ts';
import type { RequestRecord } from './journal-record.ts';
import type { Request } from './record.ts';

/** A batch is sealed when so many requests or so many bytes of them wait. */
export const BATCH_REQUESTS = 500;
export const BATCH_BYTES = 256 * 1024;

/** Records of a journal that make a batch. */
export interface Taken {
  /** In the order of their numbers. */
  readonly requests: readonly Request[];
  /** There are as many as go into one batch. */
  readonly full: boolean;
  /** Offset behind them. */
  readonly end: number;
}

/**
 * The next records for a batch. Rejects with the error of the system.
 * @param from offset that everything before is in batches of
 * @param to offset behind the last durable record
 * @param after number of the last request that is in a batch
 */
export async function takeRequests(path: string, from: number, to: number, after: number): Promise<Taken> {
  const requests: Request[] = [];
  let bytes = 0;
  let end = from;
  for await (const part of journalParts(path, from, to)) {
    for (const { record, end: behind } of part.entries) {
      if (record.kind === 'req' && record.seq > (requests.at(-1)?.seq ?? after)) {
        requests.push(record as RequestRecord & Request);
        bytes += behind - end;
      }
      end = behind;
      if (requests.length === BATCH_REQUESTS || bytes >= BATCH_BYTES) return { requests, full: true, end };
    }
  }
  return { requests, full: false, end };
}
