import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { oneLine } from '../platform/escape.ts';
import { sealed } from './encode.ts';
import { BatchError } from './errors.ts';
import { inflateMember, isGzip } from './gzip-member.ts';
import { BATCH_LIMITS, type BatchLimits, FORMAT_VERSION, MAX_AHEAD_MS } from './limits.ts';
import {
  type Batch,
  body as bodySchema,
  type Footer,
  footer as footerSchema,
  type Header,
  header as headerSchema,
  type Inventory,
  type RefusedLine,
  type Request,
} from './record.ts';
import { parseLine } from './strict-json.ts';
import type { SealedBatch } from './types.ts';

const NEWLINE = 0x0a;
const MAX_WHY = 300;

export interface DecodeOptions {
  readonly limits?: BatchLimits;
  /** What the sender calls the batch; it has to be the digest of the bytes. */
  readonly digest?: string;
}

/**
 * Reads a batch, gzip or plain NDJSON. What comes back has a right header and footer, the digest that its bytes have,
 * and sequence numbers that add up; lines between them that are no record are in `refused`, and nothing of them is
 * anywhere else. Holds at most the inflated bytes, once or twice, and the records.
 *
 * Throws BatchError: `too-large` (splitting helps), `not-gzip`, `not-utf8`, `future-version`, `digest`, `malformed`.
 */
export function decodeBatch(bytes: Buffer, options: DecodeOptions = {}): Batch {
  const limits = options.limits ?? BATCH_LIMITS;
  const batch = readNdjson(plain(bytes, limits), limits);
  if (options.digest !== undefined && options.digest !== batch.digest) {
    throw new BatchError(
      'digest',
      `the batch came as ${oneLine(options.digest).slice(0, 80)}, but its bytes are ${batch.digest}: ` +
        'they were changed on the way, send them again',
    );
  }
  return batch;
}

/** A batch file of a spool or an artifact (gzip), checked, as what goes out. Throws like `decodeBatch`. */
export function openSealed(gzip: Buffer): SealedBatch {
  if (!isGzip(gzip)) throw new BatchError('not-gzip', 'the bytes are no gzip, as sealed batches are');
  const batch = decodeBatch(gzip);
  return sealed(batch, batch.requests.length, gzip);
}

/** Throws BatchError `future-date` for a batch that was sealed more than a day after `now`, ms since 1970. */
export function refuseFuture(batch: Pick<Batch, 'header'>, now: number): void {
  const { wall } = batch.header.clock;
  if (Date.parse(wall) <= now + MAX_AHEAD_MS) return;
  throw new BatchError(
    'future-date',
    `the batch was sealed at ${wall}, and here it is ${new Date(now).toISOString()}: set the clock of the machine ` +
      'that wrote it, or of this one',
  );
}

function plain(bytes: Buffer, limits: BatchLimits): Buffer {
  if (!isGzip(bytes)) {
    if (bytes.length > limits.inflated) throw tooLarge(`has ${bytes.length} bytes`, limits.inflated, 'bytes');
    return bytes;
  }
  if (bytes.length > limits.compressed) {
    throw tooLarge(`has ${bytes.length} bytes of gzip`, limits.compressed, 'bytes');
  }
  const { content, end } = inflateMember(bytes, 0, limits.inflated);
  if (end !== bytes.length) {
    throw malformed(`${bytes.length - end} bytes follow its gzip data: a batch is one gzip member`);
  }
  return content;
}

function readNdjson(bytes: Buffer, limits: BatchLimits): Batch {
  if (!isUtf8(bytes)) throw new BatchError('not-utf8', 'the batch is not UTF-8');
  const ends = lineEnds(bytes, limits);
  const first = ends[0];
  if (first === undefined || ends.length < 2)
    throw malformed('it has fewer lines than a header and a footer');
  const header = readHeader(bytes.toString('utf8', 0, first));
  const bodyEnd = (ends.at(-2) ?? 0) + 1;
  const footer = readFooter(bytes.toString('utf8', bodyEnd, bytes.length - 1), ends.length);
  const hash = createHash('sha256').update(bytes.subarray(0, bodyEnd));
  if (hash.copy().digest('hex') !== footer.body_sha256) {
    throw new BatchError(
      'digest',
      'body_sha256 of the footer is not that of the lines before it: the batch was changed after it was sealed',
    );
  }
  const digest = hash.update(bytes.subarray(bodyEnd)).digest('hex');
  const records = readBody(bytes, ends, limits);
  checkSequence(records, footer);
  return { digest, bytes: bytes.length, header, ...records, footer };
}

/** Where the newlines are; all lines end with one. */
function lineEnds(bytes: Buffer, limits: BatchLimits): number[] {
  if (bytes.at(-1) !== NEWLINE) throw malformed('its last line does not end: it is half a batch');
  const ends: number[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end - start > limits.line) {
      throw tooLarge(`has ${end - start} bytes in line ${ends.length + 1}`, limits.line, 'bytes a line');
    }
    if (ends.length === limits.lines) throw tooLarge('has more lines', limits.lines, 'lines');
    ends.push(end);
    start = end + 1;
  }
  return ends;
}

function readHeader(line: string): Header {
  const value = readLine(line, 1, 'header');
  if (value.kind === 'hdr' && typeof value.v === 'number' && value.v > FORMAT_VERSION) {
    throw new BatchError(
      'future-version',
      `the batch is modaudit/${value.v}, and this modgate reads up to modaudit/${FORMAT_VERSION}: ` +
        'update the modgate that takes batches in, then send it again',
    );
  }
  const { batch, prev, ...rest } = check(headerSchema, value, 1, 'header');
  if ((batch === 1) !== (prev === null)) {
    throw malformed(
      `line 1, the header: prev is null in batch 1 and in no other, and this is batch ${batch}`,
    );
  }
  return { batch, prev, ...rest };
}

function readFooter(line: string, no: number): Footer {
  const footer = check(footerSchema, readLine(line, no, 'footer'), no, 'footer');
  if (footer.last_seq < footer.first_seq - 1) {
    throw malformed(
      `line ${no}, the footer: last_seq ${footer.last_seq} is before first_seq ${footer.first_seq}`,
    );
  }
  return footer;
}

interface Records {
  readonly requests: readonly Request[];
  readonly inventories: readonly Inventory[];
  readonly refused: readonly RefusedLine[];
}

function readBody(bytes: Buffer, ends: readonly number[], limits: BatchLimits): Records {
  const requests: Request[] = [];
  const inventories: Inventory[] = [];
  const refused: RefusedLine[] = [];
  let names = 0;
  for (let at = 1; at < ends.length - 1; at++) {
    const record = readRecord(bytes.toString('utf8', (ends[at - 1] ?? 0) + 1, ends[at]));
    if (typeof record === 'string') refused.push({ line: at + 1, why: record });
    else if (record.kind === 'req') requests.push(record);
    else {
      inventories.push(record);
      names += record.members.length + (record.vendored?.length ?? 0);
      if (names > limits.names) throw tooLarge('has more names in its inventories', limits.names, 'names');
    }
    if (refused.length > limits.refused) {
      throw malformed(
        `more than ${limits.refused} of its lines are no records; the first is line ${refused[0]?.line}, which ${refused[0]?.why}`,
      );
    }
  }
  return { requests, inventories, refused };
}

/** The record of a line, or why it is none. */
function readRecord(line: string): Request | Inventory | string {
  try {
    const parsed = bodySchema.safeParse(parseLine(line));
    if (!parsed.success) return wordsOf(parsed.error);
    const record = parsed.data;
    if (record.kind === 'inv' && record.part > record.parts) {
      return `is part ${record.part} of ${record.parts}`;
    }
    return record;
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

/**
 * Numbers rise within the footer's range, and those without a request are accounted for: by a line that is no record, or
 * by what the writer says that it dropped.
 */
function checkSequence({ requests, refused }: Records, footer: Footer): void {
  const { first_seq, last_seq, dropped } = footer;
  let before = first_seq - 1;
  for (const { seq } of requests) {
    if (seq <= before || seq > last_seq) {
      throw malformed(
        `request ${seq} follows ${before}, in a batch of requests ${first_seq} to ${last_seq}: numbers rise`,
      );
    }
    before = seq;
  }
  const missing = last_seq - first_seq + 1 - requests.length;
  if (missing > refused.length + dropped) {
    throw malformed(
      `${missing} of its requests ${first_seq} to ${last_seq} are missing, and the footer tells of ${dropped} dropped`,
    );
  }
}

function readLine(line: string, no: number, what: string): Record<string, unknown> {
  try {
    return parseLine(line);
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed(`line ${no}, the ${what}, ${error.message}`);
    throw error;
  }
}

function check<T>(schema: z.ZodType<T>, value: unknown, no: number, what: string): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw malformed(`line ${no}, the ${what}, ${wordsOf(parsed.error)}`);
  return parsed.data;
}

function wordsOf(error: z.ZodError): string {
  const [issue] = error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : `has a wrong ${issue.path.join('.')}: `;
  return oneLine(`${where}${issue?.message ?? 'is no record'}`).slice(0, MAX_WHY);
}

function tooLarge(what: string, limit: number, unit: string): BatchError {
  return new BatchError('too-large', `the batch ${what}, at most ${limit} ${unit} are taken: split it`);
}

function malformed(why: string): BatchError {
  return new BatchError('malformed', `this is no batch of modaudit/${FORMAT_VERSION}: ${why}`);
}
