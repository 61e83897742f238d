import { cleanKey } from './clean.ts';
import { CollectorError } from './errors.ts';
import type { LogFilter, LogRecord } from './log-records.ts';
import type { LogQuestion } from './questions.ts';
import type { Index, Scope } from './types.ts';

export interface LogAnswer {
  /** Newest batch first, within a batch the last record first. */
  readonly records: readonly LogRecord[];
  /** For the next page; null on the last. A page may have fewer records than asked for and still have a next. */
  readonly next: string | null;
}

/** Reads the records of one raw object that fit; `scanned` is how many it has. */
export type ReadRecords = (
  key: string,
  filter: LogFilter,
) => Promise<{ readonly records: readonly LogRecord[]; readonly scanned: number }>;

/** Work of one page, so that a question about something rare does not read the whole store at once. */
const PAGE_BATCHES = 200;
const PAGE_RECORDS = 50_000;
const CANDIDATES = 50;
/** Pages of candidates that are looked through for the batch where the page before stopped. */
const RESUME_PAGES = 20;

/**
 * Where a page stopped: in the candidates after `c`, in the batch `d`, after `s` of its records that fit.
 * Batches that came in meanwhile stand in front of them and are passed over.
 */
interface Position {
  readonly c: string | undefined;
  readonly d: string | undefined;
  readonly s: number;
}

/** One page of the log. Throws CollectorError `question` for a cursor that is none of ours. */
export async function logPage(
  index: Pick<Index, 'candidates'>,
  read: ReadRecords,
  { limit, after, decision, ...asked }: LogQuestion,
  { owners }: Scope = {},
): Promise<LogAnswer> {
  const filter = {
    ...asked,
    ...(asked.module === undefined ? {} : { module: cleanKey(asked.module) }),
    ...(asked.version === undefined ? {} : { version: cleanKey(asked.version) }),
  };
  const records: LogRecord[] = [];
  let { c, d, s } = after === undefined ? START : decode(after);
  let batches = 0;
  let scanned = 0;
  for (let page = 0; ; page++) {
    const found = await index.candidates({
      ...filter,
      // The index knows refusals by themselves; of other decisions all batches are looked at.
      ...(decision === 'deny' ? { decision } : {}),
      limit: CANDIDATES,
      ...(c === undefined ? {} : { after: c }),
    });
    for (const { digest, rawKey } of found.batches) {
      if (d !== undefined && digest !== d) continue;
      d = undefined;
      if (records.length >= limit || batches >= PAGE_BATCHES || scanned >= PAGE_RECORDS) {
        return { records, next: encode({ c, d: digest, s }) };
      }
      const part = await read(rawKey, {
        ...filter,
        ...(decision === undefined ? {} : { decision }),
        ...(owners === undefined ? {} : { owners }),
      });
      batches++;
      scanned += part.scanned;
      const room = limit - records.length;
      records.push(...part.records.slice(s, s + room));
      if (part.records.length > s + room) return { records, next: encode({ c, d: digest, s: s + room }) };
      s = 0;
    }
    if (found.next === null) {
      if (d !== undefined) throw strange();
      return { records, next: null };
    }
    c = found.next;
    if (d !== undefined && page >= RESUME_PAGES) throw strange();
  }
}

const START: Position = { c: undefined, d: undefined, s: 0 };

function encode({ c, d, s }: Position): string {
  return Buffer.from(JSON.stringify([c ?? null, d ?? null, s])).toString('base64url');
}

function decode(text: string): Position {
  try {
    const [c, d, s] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    const right =
      (c === null || (typeof c === 'string' && c.length <= 512)) &&
      (d === null || (typeof d === 'string' && /^[0-9a-f]{64}$/.test(d))) &&
      Number.isSafeInteger(s) &&
      (s as number) >= 0;
    if (right)
      return { c: (c as string | null) ?? undefined, d: (d as string | null) ?? undefined, s: s as number };
  } catch {
    // Whatever it is, it is none of ours.
  }
  throw strange();
}

function strange(): CollectorError {
  return new CollectorError(
    'question',
    'after is no cursor of this question: pass `next` of the page before, or leave it out for the first page',
  );
}
