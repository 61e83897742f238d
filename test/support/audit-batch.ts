import { createHash, randomUUID } from 'node:crypto';
import { sealBatch } from '../../src/audit/encode.ts';
import type { Inventory, Request } from '../../src/audit/record.ts';
import type { SealedBatch } from '../../src/audit/types.ts';

/** A hash as records have it; the same text gives the same one. */
export const h1Of = (text: string): string => `h1:${createHash('sha256').update(text).digest('base64')}`;

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A request for a zip that went out, with what a test wants different. */
export function zipOf(
  module: string,
  version = 'v1.0.0',
  other: Partial<Request> = {},
): Omit<Request, 'seq'> {
  return {
    kind: 'req',
    t: '2026-11-20T10:00:00.000Z',
    mono_ns: '1',
    op: 'zip',
    module,
    version,
    status: 200,
    decision: 'allow',
    source: 'upstream',
    h1: h1Of(`${module}@${version}`),
    bytes: 1000,
    ms: 1.5,
    sumdb: 'verified',
    ...other,
  };
}

/** A refusal by a rule. */
export const denialOf = (
  module: string,
  version = 'v1.0.0',
  other: Partial<Request> = {},
): Omit<Request, 'seq'> => {
  const { h1: _, source: __, sumdb: ___, ...rest } = zipOf(module, version);
  return { ...rest, status: 403, decision: 'deny', rule: 'module/denied', reason: 'no', bytes: 0, ...other };
};

export interface BatchWish {
  /** Name of the job; another name, another job. */
  readonly job?: string;
  readonly inst?: string;
  readonly no?: number;
  readonly prev?: string | null;
  readonly phase?: 'open' | 'data' | 'close';
  readonly firstSeq?: number;
  readonly requests?: readonly Omit<Request, 'seq'>[];
  readonly inventories?: readonly Inventory[];
  readonly repository?: string;
  readonly claimed?: Readonly<Record<string, string>>;
  readonly wall?: string;
  readonly forge?: 'github' | 'gitlab';
  readonly iss?: string;
}

/** One batch of a job on the default branch of acme/app; alone it is a whole job when its phase is `close`. */
export function batchOf(wish: BatchWish = {}): SealedBatch {
  const {
    no = 1,
    prev = null,
    requests = [],
    repository = 'acme/app',
    wall = '2026-11-20T10:00:01.000Z',
  } = wish;
  const firstSeq = wish.firstSeq ?? 1;
  return sealBatch({
    header: {
      job_uid: sha256(wish.job ?? 'job'),
      inst: wish.inst ?? randomUUID(),
      batch: no,
      prev,
      phase: wish.phase ?? 'close',
      forge: wish.forge ?? 'github',
      iss: wish.iss ?? 'https://token.example.test',
      tool: { name: 'modgate', version: '0.0.0' },
      policy: { digest: 'none' },
      clock: { wall, mono_ns: '2' },
      claimed: {
        repository,
        repository_id: String(Number.parseInt(sha256(repository).slice(0, 8), 16)),
        ref: 'refs/heads/main',
        default_branch: 'main',
        event: 'push',
        sha: 'c0ffee00'.repeat(5),
        actor: 'ann',
        workflow: 'ci',
        job: 'build',
        ...wish.claimed,
      },
    },
    requests: requests.map((request, index) => ({ ...request, seq: firstSeq + index }) as Request),
    ...(wish.inventories === undefined ? {} : { inventories: wish.inventories }),
    ...(requests.length === 0 ? { firstSeq } : {}),
    time: wall,
  });
}
