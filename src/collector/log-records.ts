import type { Batch, Receipt, Request } from '../audit/record.ts';
import { cleanKey } from './clean.ts';
import { clockOf, isDenial } from './facts.ts';
import { jobFacts } from './job-facts.ts';
import type { LogQuestion } from './questions.ts';
import type { Scope, Sighting } from './types.ts';

/** One answer of a proxy, as `log` shows it: the record, and whose it is. */
export interface LogRecord extends Omit<Sighting, 'change'> {
  /** Digest of the batch that it is in. */
  readonly batch: string;
  readonly inst: string;
  readonly seq: number;
  readonly op: Request['op'];
  readonly module?: string | undefined;
  readonly version?: string | undefined;
  readonly query?: string | undefined;
  readonly status: number;
  readonly decision: Request['decision'];
  readonly rule?: string | undefined;
  readonly reason?: string | undefined;
  readonly source?: string | undefined;
  readonly upstream?: string | undefined;
  readonly h1?: string | undefined;
  readonly gomod_h1?: string | undefined;
  readonly zip_sha256?: string | undefined;
  readonly bytes: number;
  readonly ms: number;
  readonly sumdb?: string | undefined;
  readonly probe?: boolean | undefined;
}

/** Which requests of a batch a question is about. */
export type LogFilter = Pick<LogQuestion, 'module' | 'version' | 'decision' | 'since'> & Scope;

/** The requests of a raw batch that fit, the last one first. */
export function logRecords(receipt: Receipt, batch: Batch, filter: LogFilter): LogRecord[] {
  const job = jobFacts(batch.header);
  if (filter.owners?.every(owner => !job.repository.startsWith(`${owner}/`)) === true) return [];
  const whose = {
    repository: job.repository,
    ref: job.ref,
    sha: job.sha,
    actor: job.actor,
    job: job.uid,
    url: job.url,
    assurance: receipt.assurance,
    batch: batch.digest,
    inst: batch.header.inst,
  };
  const clock = clockOf(batch.header.clock.server_offset_ms, Date.parse(receipt.received));
  const records: LogRecord[] = [];
  for (const request of batch.requests.toReversed()) {
    if (!fits(request, filter)) continue;
    const time = clock(request.t);
    if (filter.since !== undefined && time < filter.since) continue;
    records.push({ time: new Date(time).toISOString(), ...whose, ...shown(request) });
  }
  return records;
}

/** Names are compared as the index has them; a path that was only tried is no refusal here either. */
function fits(request: Request, { module, version, decision }: LogFilter): boolean {
  if (decision === 'deny' ? !isDenial(request) : decision !== undefined && request.decision !== decision) {
    return false;
  }
  return (
    (module === undefined || cleanKey(request.module ?? '') === module) &&
    (version === undefined || cleanKey(request.version ?? request.query ?? '') === version)
  );
}

const SHOWN = [
  'seq',
  'op',
  'module',
  'version',
  'query',
  'status',
  'decision',
  'rule',
  'reason',
  'source',
  'upstream',
  'h1',
  'gomod_h1',
  'zip_sha256',
  'bytes',
  'ms',
  'sumdb',
  'probe',
] as const satisfies readonly (keyof Request)[];

/** The fields that the format has; what a newer writer added stays in the raw batch. */
function shown(request: Request): Pick<Request, (typeof SHOWN)[number]> {
  return Object.fromEntries(
    SHOWN.flatMap(key => (request[key] === undefined ? [] : [[key, request[key]]])),
  ) as Pick<Request, (typeof SHOWN)[number]>;
}
