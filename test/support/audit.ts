import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { BatchInput } from '../../src/audit/encode.ts';
import {
  type AuditFinding,
  DECISIONS,
  FORGES,
  type Inventory,
  OPS,
  PHASES,
  type Receipt,
  type Request,
  SOURCES,
  SUMDB_STATES,
} from '../../src/audit/record.ts';

export const TIME = '2026-11-23T15:31:22.123Z';
export const H1 = `h1:${'A'.repeat(43)}=`;
export const OTHER_H1 = `h1:${'B'.repeat(43)}=`;
export const UID = 'ab'.repeat(32);
export const INST = '0b5c1a52-7c1f-4d6e-8a55-1f0c2d3e4f50';

/** A header of a job of GitHub, to change one thing of. */
export function headerOf(over: Partial<BatchInput['header']> = {}): BatchInput['header'] {
  return {
    job_uid: UID,
    inst: INST,
    batch: 1,
    prev: null,
    phase: 'data',
    forge: 'github',
    iss: 'https://forge.example.com',
    tool: { name: 'modgate', version: '0.0.0' },
    policy: { digest: '0' },
    clock: { wall: TIME, mono_ns: '90000000000' },
    claimed: { repository: 'acme/demo', repository_id: '7', ref: 'refs/heads/main', event: 'push' },
    ...over,
  };
}

export function requestOf(seq: number, over: Partial<Request> = {}): Request {
  return {
    kind: 'req',
    seq,
    t: TIME,
    mono_ns: String(seq * 1_000_000),
    op: 'zip',
    module: 'example.com/mod',
    version: 'v1.0.0',
    status: 200,
    decision: 'allow',
    bytes: 100,
    ms: 1,
    ...over,
  };
}

export function inventoryOf(over: Partial<Inventory> = {}): Inventory {
  return {
    kind: 'inv',
    t: TIME,
    phase: 'end',
    set: '0'.repeat(64),
    part: 1,
    parts: 1,
    members: [`example.com/mod@v1.0.0 ${H1}`],
    vcs: [],
    modcache_preexisting: 0,
    ...over,
  };
}

export function batchOf(over: Partial<BatchInput> = {}): BatchInput {
  return { header: headerOf(), requests: [requestOf(1)], time: TIME, ...over };
}

export const RECEIPT: Receipt = {
  kind: 'rcpt',
  v: 1,
  received: '2026-11-23T15:31:30.000Z',
  writer: 'ci',
  assurance: 'relayed',
};

const asBytes = (line: string | Buffer) => (typeof line === 'string' ? Buffer.from(line) : line);

/** The lines as a batch whose footer has the right digest of them: what a hostile writer would send. */
export function resealed(
  lines: readonly (string | Buffer)[],
  change: (footer: Record<string, unknown>) => object = footer => footer,
): Buffer {
  const body = Buffer.concat(lines.slice(0, -1).flatMap(line => [asBytes(line), Buffer.from('\n')]));
  const footer = change(JSON.parse(String(lines.at(-1))));
  const sealed = { ...footer, body_sha256: createHash('sha256').update(body).digest('hex') };
  return Buffer.concat([body, Buffer.from(`${JSON.stringify(sealed)}\n`)]);
}

/** Any text: control characters, NUL, separators, both halves of surrogate pairs and each alone. */
const text = (maxLength: number, minLength = 0) =>
  fc.oneof(
    fc.string({ unit: 'binary', minLength, maxLength: Math.floor(maxLength / 2) }),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { minLength, maxLength })
      .map(units => String.fromCharCode(...units)),
    fc
      .constantFrom('\u2028', '\u0000', '\ud800', '"}\\', '=cmd()', "'; DROP TABLE job; --")
      .map(odd => `x${odd}`),
  );
const time = fc
  .date({ noInvalidDate: true, min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z') })
  .map(date => date.toISOString());
const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const nanoseconds = fc.bigInt({ min: 0n, max: 10n ** 19n }).map(String);
const count = fc.maxSafeNat();
const h1 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map(b => `h1:${Buffer.from(b).toString('base64')}`);
/** Names with a prototype's would be refused, and are tried by hand. */
const names = (value: fc.Arbitrary<string>) =>
  fc.dictionary(
    text(20).filter(key => key !== '__proto__'),
    value,
    { maxKeys: 5, noNullPrototype: true },
  );

const header = fc.record({
  job_uid: hex(64),
  inst: fc.uuid(),
  phase: fc.constantFrom(...PHASES),
  forge: fc.constantFrom(...FORGES),
  iss: text(100, 1),
  tool: fc.record({ name: text(20), version: text(20) }),
  policy: fc.record({ digest: text(64) }),
  clock: fc.record(
    { wall: time, mono_ns: nanoseconds, server_offset_ms: fc.maxSafeInteger() },
    { requiredKeys: ['wall', 'mono_ns'] },
  ),
  claimed: fc.oneof(
    names(text(50)),
    fc.record(
      {
        repository: text(50),
        ref: fc.constantFrom('refs/heads/main', 'main', 'refs/pull/7/merge', 'refs/tags/v1'),
        event: fc.constantFrom('push', 'pull_request', 'schedule'),
        default_branch: fc.constantFrom('main', 'trunk'),
        url: fc.oneof(fc.webUrl(), text(40)),
      },
      { requiredKeys: [] },
    ),
  ),
});

const request = fc.record(
  {
    t: time,
    mono_ns: nanoseconds,
    op: fc.constantFrom(...OPS),
    module: text(40, 1),
    version: text(20, 1),
    query: text(20),
    status: fc.integer({ min: 100, max: 599 }),
    decision: fc.constantFrom(...DECISIONS),
    rule: text(20),
    reason: text(50),
    source: fc.constantFrom(...SOURCES),
    upstream: text(30),
    h1,
    gomod_h1: h1,
    zip_sha256: hex(64),
    bytes: count,
    ms: fc.double({ min: 0, max: 1e12, noNaN: true }),
    sumdb: fc.constantFrom(...SUMDB_STATES),
    probe: fc.boolean(),
    retries: count,
    stale: fc.boolean(),
  },
  { requiredKeys: ['t', 'mono_ns', 'op', 'status', 'decision', 'bytes', 'ms'], noNullPrototype: true },
);

const name = fc.stringMatching(/^[a-z./A-Z!~-]{1,30}$/);
const inventory: fc.Arbitrary<Inventory> = fc.record(
  {
    kind: fc.constant('inv' as const),
    t: time,
    phase: fc.constantFrom('start' as const, 'end' as const),
    set: hex(64),
    part: fc.constant(1),
    parts: fc.integer({ min: 1, max: 9 }),
    members: fc.array(
      fc.tuple(name, name, h1).map(([module, version, hash]) => `${module}@${version} ${hash}`),
      { maxLength: 5 },
    ),
    vcs: fc.array(text(30), { maxLength: 3 }),
    modcache_preexisting: count,
    vendored: fc.array(text(30), { maxLength: 3 }),
  },
  {
    requiredKeys: ['kind', 't', 'phase', 'set', 'part', 'parts', 'members', 'vcs', 'modcache_preexisting'],
    noNullPrototype: true,
  },
);

const finding: fc.Arbitrary<AuditFinding> = fc.record(
  {
    rule: text(20, 1),
    level: fc.constantFrom('note' as const, 'warning' as const, 'error' as const),
    module: text(20, 1),
    version: text(20, 1),
    message: text(50),
  },
  { requiredKeys: ['rule', 'level', 'message'], noNullPrototype: true },
);

/** Any batch that a writer may seal. */
export const batches: fc.Arbitrary<BatchInput> = fc
  .record({
    header,
    batch: fc.integer({ min: 1, max: 1_000_000_000 }),
    prev: hex(64),
    first: fc.integer({ min: 1, max: 2 ** 40 }),
    requests: fc.array(fc.tuple(request, fc.nat(2)), { maxLength: 8 }),
    inventories: fc.array(inventory, { maxLength: 2 }),
    findings: fc.array(finding, { maxLength: 3 }),
    time,
    dropReason: text(30),
    reason: text(30),
  })
  .map(({ batch, prev, first, requests, ...rest }) => {
    let seq = first - 1;
    const numbered = requests.map(([fields, lost]): Request => {
      seq += 1 + lost;
      return { kind: 'req', seq, ...fields };
    });
    return {
      ...rest,
      header: { ...rest.header, batch, prev: batch === 1 ? null : prev },
      requests: numbered,
      firstSeq: first,
      dropped: seq - (first - 1) - numbered.length,
    };
  });

export const receipts: fc.Arbitrary<Receipt> = fc.record({
  kind: fc.constant('rcpt' as const),
  v: fc.constant(1 as const),
  received: time,
  writer: text(30, 1),
  assurance: fc.constant('relayed' as const),
});
