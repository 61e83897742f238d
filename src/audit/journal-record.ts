import { crc32 } from 'node:zlib';
import type { Forge, OPS, Phase, SOURCES } from './record.ts';

/** One answer of the proxy, in the fields of the audit record `modaudit/1` (`req`). */
export interface RequestRecord {
  readonly kind: 'req';
  readonly seq: number;
  /** RFC 3339 UTC with milliseconds. */
  readonly t: string;
  /** Monotonic nanoseconds since the daemon started, as a decimal string (beyond 2^53 after 104 days). */
  readonly mono_ns: string;
  readonly op: (typeof OPS)[number];
  readonly module?: string;
  readonly version?: string;
  /** The query as asked when it is not a canonical version (`main`, a hash), or a sumdb path. */
  readonly query?: string;
  readonly status: number;
  readonly decision: 'allow' | 'deny' | 'warn' | 'would_deny';
  readonly rule?: string;
  readonly reason?: string;
  readonly source?: (typeof SOURCES)[number];
  /** The upstream that answered, without credentials. */
  readonly upstream?: string;
  readonly h1?: string;
  readonly gomod_h1?: string;
  readonly zip_sha256?: string;
  /** Body bytes sent to the client. */
  readonly bytes: number;
  readonly ms: number;
  readonly sumdb?: 'verified' | 'skipped' | 'absent' | 'mismatch';
  /** True for a look-up of a path that is no module (go tries every prefix). */
  readonly probe?: boolean;
  /** Upstream attempts that failed before this answer could be given. */
  readonly retries?: number;
  /** True when an answer came from the store because the upstream was gone and it may be out of date. */
  readonly stale?: boolean;
}

/** What the maker of an answer knows of it; the journal adds number and times. */
export type Answer = Omit<RequestRecord, 'seq' | 't' | 'mono_ns' | 'kind'>;

/** Opens a journal, and is written again by a daemon that continues it. */
export interface JournalHeader {
  readonly kind: 'hdr';
  readonly v: 1;
  readonly job_uid: string;
  /** UUID of the journal: a daemon that continues one keeps it, as it keeps the numbering. */
  readonly inst: string;
  readonly forge: Forge;
  /** Who issues the forge's identity tokens. */
  readonly iss: string;
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
  /** Last number that was given to an answer, whether or not its record is in the journal. */
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

/**
 * A batch that lies in the spool. A later record with the same or a lower number says that this one was split
 * or sealed anew, and that it counts no more.
 */
export interface JournalBatch {
  readonly kind: 'batch';
  readonly no: number;
  readonly digest: string;
  /** Digest of the batch before; null for the first. */
  readonly prev: string | null;
  readonly phase: Phase;
  /** Numbers of its requests; `last_seq` is `first_seq - 1` where it has none. */
  readonly first_seq: number;
  readonly last_seq: number;
  /** Requests in it; the other numbers of the range are lost. */
  readonly records: number;
}

/** The store has a batch, durably. */
export interface JournalAck {
  readonly kind: 'ack';
  readonly no: number;
  readonly digest: string;
  /** What the store's clock is ahead of ours, ms; absent where it has none of its own. */
  readonly offset_ms?: number;
  /** Lines that the store took for no records. */
  readonly refused?: number;
}

export type JournalRecord =
  | JournalHeader
  | RequestRecord
  | JournalFooter
  | JournalNote
  | JournalBatch
  | JournalAck;

/** A record as its line, and the bytes that the line takes. */
export interface Line {
  readonly text: string;
  readonly bytes: number;
}

/** The line of any record. */
export function lineOf(record: JournalRecord): Line {
  return framed(JSON.stringify(record));
}

/** What the journal adds to an answer. */
export type Stamp = Pick<RequestRecord, 'seq' | 't' | 'mono_ns'>;

/**
 * The line of an answer's record, byte for byte that of `lineOf`. There is one for each request of a job, which is why
 * no record is made only to be encoded: what the journal adds needs no escaping.
 */
export function answerLine(answer: Answer, { seq, t, mono_ns }: Stamp): Line {
  const stamp = `{"kind":"req","seq":${seq},"t":"${t}","mono_ns":"${mono_ns}",`;
  return framed(stamp + JSON.stringify(answer).slice(1));
}

/** `crc32 length json\n`: checksum as 8 hex digits over the JSON's bytes, length in bytes. */
function framed(json: string): Line {
  const length = Buffer.byteLength(json);
  const before = `${crc32(json).toString(16).padStart(8, '0')} ${length} `;
  return { text: `${before}${json}\n`, bytes: before.length + length + 1 };
}

/** The record of one line without its newline, or undefined when the line is torn or damaged. */
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

/** The highest number of an answer that a record tells of; 0 for none. */
export function seqOf(record: JournalRecord): number {
  if (record.kind === 'req') return record.seq;
  return record.kind === 'batch' || record.kind === 'ftr' ? record.last_seq : 0;
}
