import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { BatchError } from './errors.ts';
import { BATCH_LIMITS, FORMAT_VERSION, MAX_FINDINGS, MAX_NAME, MAX_PATH, MAX_TEXT } from './limits.ts';
import { rawKey } from './raw/key.ts';
import type { AuditFinding, Footer, Header, Inventory, Request } from './record.ts';
import type { SealedBatch } from './types.ts';

/** A footer is one line, and has other fields. */
const FINDINGS_BYTES = BATCH_LIMITS.line / 2;

/** What goes into one batch. */
export interface BatchInput {
  readonly header: Omit<Header, 'kind' | 'v'>;
  readonly requests: readonly Request[];
  readonly inventories?: readonly Inventory[];
  readonly findings?: readonly AuditFinding[];
  /** When the batch was sealed; RFC 3339 UTC with milliseconds. */
  readonly time: string;
  /**
   * Range of sequence numbers that this batch answers for. Numbers in it without a request have to be in `dropped`.
   * Default: that of the requests; to be given where there are none.
   */
  readonly firstSeq?: number;
  readonly lastSeq?: number;
  /** Added to the counts that follow from the requests. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Records that were produced and are in no batch, since the batch before. */
  readonly dropped?: number;
  readonly dropReason?: string;
  /** Why the session ended; in the closing batch only. */
  readonly reason?: string;
}

/** A batch as text. */
export interface EncodedBatch {
  readonly digest: string;
  readonly header: Header;
  readonly footer: Footer;
  readonly ndjson: Buffer;
}

/**
 * Writes a batch as NDJSON: header, requests, inventories, footer. Texts past the limits of the format are cut, so that
 * no store refuses a record for its length. Throws BatchError: `too-large` when the batch has to be split, `malformed`
 * when the requests are not in the order of their numbers or outside the range.
 */
export function encodeBatch(input: BatchInput): EncodedBatch {
  const { requests, inventories = [], findings = [] } = input;
  const claims = Object.entries(input.header.claimed).map(([name, value]) => [name, cut(value, MAX_TEXT)]);
  const header: Header = {
    kind: 'hdr',
    v: FORMAT_VERSION,
    ...input.header,
    claimed: Object.fromEntries(claims),
  };
  const range = rangeOf(input);
  const lines = [header, ...requests.map(fit), ...inventories].map(line => JSON.stringify(line));
  const body = Buffer.from(`${lines.join('\n')}\n`);
  const hash = createHash('sha256').update(body);
  const footer: Footer = {
    kind: 'ftr',
    t: input.time,
    ...range,
    counts: {
      ...countsOf(requests),
      ...(findings.length === 0 ? {} : { findings: findings.length }),
      ...input.counts,
    },
    dropped: input.dropped ?? 0,
    ...(input.dropReason === undefined ? {} : { drop_reason: cut(input.dropReason, MAX_TEXT) }),
    findings: fitFindings(findings),
    ...(input.reason === undefined ? {} : { reason: cut(input.reason, MAX_TEXT) }),
    body_sha256: hash.copy().digest('hex'),
  };
  const end = Buffer.from(`${JSON.stringify(footer)}\n`);
  const ndjson = Buffer.concat([body, end]);
  const { lines: maxLines, line: maxLine, inflated, names: maxNames } = BATCH_LIMITS;
  const names = inventories.reduce(
    (sum, { members, vendored = [] }) => sum + members.length + vendored.length,
    0,
  );
  const tooLong = lines.some(line => line.length > maxLine / 3 && Buffer.byteLength(line) > maxLine);
  const tooMany = lines.length + 1 > maxLines || names > maxNames;
  if (tooMany || ndjson.length > inflated || tooLong || end.length > maxLine) {
    throw new BatchError(
      'too-large',
      `batch ${header.batch} of ${header.inst} has ${lines.length + 1} lines, ${ndjson.length} bytes and ${names} names ` +
        `in inventories; at most ${maxLines} lines of ${maxLine} bytes, ${inflated} bytes and ${maxNames} names are ` +
        'allowed: put fewer records into it',
    );
  }
  return { digest: hash.update(end).digest('hex'), header, footer, ndjson };
}

/** Makes a batch what goes out. The same batch gives the same bytes with the same zlib. */
export function sealBatch(input: BatchInput): SealedBatch {
  const encoded = encodeBatch(input);
  return sealed(encoded, input.requests.length, compress(encoded.ndjson));
}

/** A batch whose bytes lie there already, as what goes out. */
export function sealed(
  batch: Pick<EncodedBatch, 'digest' | 'header'>,
  records: number,
  gzip: Buffer,
): SealedBatch {
  const { digest, header } = batch;
  return {
    digest,
    jobUid: header.job_uid,
    inst: header.inst,
    no: header.batch,
    phase: header.phase,
    key: rawKey(batch),
    records,
    gzip,
  };
}

function compress(ndjson: Buffer): Buffer {
  const gzip = gzipSync(ndjson, { level: 6 });
  // The byte that names the operating system: the same batch is the same file everywhere.
  gzip[9] = 0xff;
  return gzip;
}

function rangeOf(input: BatchInput): Pick<Footer, 'first_seq' | 'last_seq'> {
  const { requests } = input;
  const first_seq = input.firstSeq ?? requests[0]?.seq ?? 1;
  const last_seq = input.lastSeq ?? requests.at(-1)?.seq ?? first_seq - 1;
  let before = first_seq - 1;
  for (const { seq } of requests) {
    if (seq <= before || seq > last_seq) {
      throw new BatchError(
        'malformed',
        `request ${seq} of ${input.header.inst} is out of order or outside ${first_seq} to ${last_seq}: ` +
          'a batch takes requests in the order of their numbers',
      );
    }
    before = seq;
  }
  return { first_seq, last_seq };
}

/** What a footer counts of requests: all, by operation, and by every decision but `allow`. */
export function countsOf(requests: readonly Request[]): Record<string, number> {
  const counts: Record<string, number> = { requests: requests.length };
  for (const { op, decision } of requests) {
    counts[op] = (counts[op] ?? 0) + 1;
    if (decision !== 'allow') counts[decision] = (counts[decision] ?? 0) + 1;
  }
  return counts;
}

function fit(request: Request): Request {
  const { module, version, query, rule, reason, upstream } = request;
  const fits =
    (module?.length ?? 0) <= MAX_PATH &&
    (version?.length ?? 0) <= MAX_PATH &&
    (query?.length ?? 0) <= MAX_TEXT &&
    (rule?.length ?? 0) <= MAX_NAME &&
    (reason?.length ?? 0) <= MAX_TEXT &&
    (upstream?.length ?? 0) <= MAX_TEXT;
  if (fits) return request;
  return {
    ...request,
    ...(module === undefined ? {} : { module: cut(module, MAX_PATH) }),
    ...(version === undefined ? {} : { version: cut(version, MAX_PATH) }),
    ...(query === undefined ? {} : { query: cut(query, MAX_TEXT) }),
    ...(rule === undefined ? {} : { rule: cut(rule, MAX_NAME) }),
    ...(reason === undefined ? {} : { reason: cut(reason, MAX_TEXT) }),
    ...(upstream === undefined ? {} : { upstream: cut(upstream, MAX_TEXT) }),
  };
}

/** As many as a footer takes; `counts.findings` tells of how many. */
function fitFindings(findings: readonly AuditFinding[]): AuditFinding[] {
  const fitting: AuditFinding[] = [];
  let room = FINDINGS_BYTES;
  for (const finding of findings.slice(0, MAX_FINDINGS)) {
    const fit = fitFinding(finding);
    room -= Buffer.byteLength(JSON.stringify(fit)) + 1;
    if (room < 0) break;
    fitting.push(fit);
  }
  return fitting;
}

function fitFinding(finding: AuditFinding): AuditFinding {
  const { module, version } = finding;
  return {
    ...finding,
    rule: cut(finding.rule, MAX_NAME),
    message: cut(finding.message, MAX_TEXT),
    ...(module === undefined ? {} : { module: cut(module, MAX_PATH) }),
    ...(version === undefined ? {} : { version: cut(version, MAX_PATH) }),
  };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
