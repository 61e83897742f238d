import { z } from 'zod';
import {
  FORMAT_VERSION,
  MAX_FINDINGS,
  MAX_MEMBERS,
  MAX_NAME,
  MAX_PARTS,
  MAX_PATH,
  MAX_TEXT,
} from './limits.ts';

/**
 * The audit record `modaudit/1`: one batch is NDJSON, a header, then requests and inventories, then a footer.
 * This schema is validation, types and the published JSON Schema at once; docs/audit-format.md tells it in words.
 * Unknown fields are kept in the raw batch and left out here, so that a newer writer may add some, and a hostile one
 * gets no memory with them.
 */
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');
const time = z.iso.datetime({ precision: 3, message: 'must be RFC 3339 in UTC with milliseconds' });
const nanoseconds = z.string().regex(/^\d{1,20}$/, 'must be a decimal number of nanoseconds');
const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const h1 = z.string().regex(/^h1:[A-Za-z0-9+/]{43}=$/, 'must be h1: and base64 of 32 bytes');
const path = z.string().min(1).max(MAX_PATH);
const version = z.string().min(1).max(MAX_PATH);

export const FORGES = ['github', 'gitlab', 'local'] as const;
export const PHASES = ['open', 'data', 'close'] as const;
export const OPS = ['list', 'latest', 'info', 'mod', 'zip', 'sumdb', 'toolchain'] as const;
export const DECISIONS = ['allow', 'deny', 'warn', 'would_deny'] as const;
export const SOURCES = ['disk', 'store', 'upstream', 'vcs'] as const;
export const SUMDB_STATES = ['verified', 'skipped', 'absent', 'mismatch'] as const;

export const header = z.object({
  kind: z.literal('hdr'),
  v: z.literal(FORMAT_VERSION),
  /** Names the job: SHA-256 of what makes it unique at its forge. */
  job_uid: sha256,
  /** The proxy process (or the one that continues its journal); sequence numbers count within it. */
  inst: z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a lower-case UUID'),
  /** 1, 2, ... within `inst`. */
  batch: z.int().min(1).max(1e9),
  /** SHA-256 of the batch before, null for the first. */
  prev: sha256.nullable(),
  /** `open` before anything is served, `close` after everything. */
  phase: z.enum(PHASES),
  forge: z.enum(FORGES),
  /** Who issues the forge's identity tokens; names the forge. */
  iss: z.string().min(1).max(MAX_TEXT),
  tool: z.object({ name: z.string().max(64), version: z.string().max(64) }),
  policy: z.object({ digest: z.string().max(MAX_NAME) }),
  /** The writer's clocks when the batch was sealed; the offset to the store's clock where an answer told it. */
  clock: z.object({
    wall: time,
    mono_ns: nanoseconds,
    server_offset_ms: z.int().optional(),
  }),
  /** What the job's environment says: for display, nothing here is proved. */
  claimed: z.record(z.string().max(64), z.string().max(MAX_TEXT)),
});

export const request = z.object({
  kind: z.literal('req'),
  seq: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  t: time,
  mono_ns: nanoseconds,
  op: z.enum(OPS),
  module: path.optional(),
  version: version.optional(),
  query: z.string().max(MAX_TEXT).optional(),
  status: z.int().min(100).max(599),
  decision: z.enum(DECISIONS),
  rule: z.string().max(MAX_NAME).optional(),
  reason: z.string().max(MAX_TEXT).optional(),
  source: z.enum(SOURCES).optional(),
  upstream: z.string().max(MAX_TEXT).optional(),
  h1: h1.optional(),
  gomod_h1: h1.optional(),
  zip_sha256: sha256.optional(),
  bytes: count,
  ms: z.number().min(0).max(Number.MAX_SAFE_INTEGER),
  sumdb: z.enum(SUMDB_STATES).optional(),
  probe: z.boolean().optional(),
  retries: count.optional(),
  stale: z.boolean().optional(),
});

/** `module@version h1:...`, as it lies in a module cache. */
const member = z
  .string()
  .max(2 * MAX_PATH + 64)
  .regex(/^[^\s@]+@[^\s@]+ h1:[A-Za-z0-9+/]{43}=$/, 'must be MODULE@VERSION H1');

/** What the job could build with; several parts make one inventory when it is long. */
export const inventory = z.object({
  kind: z.literal('inv'),
  t: time,
  /** `start`: what the module cache held before the job; `end`: what this job's builds had. */
  phase: z.enum(['start', 'end']),
  /** SHA-256 of all members of all parts, sorted, each with a newline. */
  set: sha256,
  part: z.int().min(1).max(MAX_PARTS),
  parts: z.int().min(1).max(MAX_PARTS),
  members: z.array(member).max(MAX_MEMBERS),
  /** Repositories that go fetched from by itself, without credentials. */
  vcs: z.array(z.string().max(MAX_TEXT)).max(1000),
  /** Versions that lay in the module cache before the job. */
  modcache_preexisting: count,
  /**
   * `module@version` of what vendor directories of the checkout say they hold, which go compiles without any hash.
   * Those that a go.sum lists are members, too, with its hash: the version is in use, whatever its files are worth.
   */
  vendored: z
    .array(z.string().max(2 * MAX_PATH))
    .max(5000)
    .optional(),
});

export const auditFinding = z.object({
  rule: z.string().min(1).max(MAX_NAME),
  level: z.enum(['note', 'warning', 'error']),
  module: path.optional(),
  version: version.optional(),
  message: z.string().max(MAX_TEXT),
});

export const footer = z.object({
  kind: z.literal('ftr'),
  t: time,
  /** Range of the requests in this batch; `last_seq` is `first_seq - 1` where there are none. */
  first_seq: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  last_seq: count,
  counts: z.record(z.string().max(64), count),
  /** Records that were produced and are in no batch, since the batch before. */
  dropped: count,
  drop_reason: z.string().max(MAX_TEXT).optional(),
  findings: z.array(auditFinding).max(MAX_FINDINGS),
  /** Why the session ended; in the closing batch only. */
  reason: z.string().max(MAX_TEXT).optional(),
  /** SHA-256 of all lines before this one, newlines included. */
  body_sha256: sha256,
});

/** What stands between header and footer. */
export const body = z.discriminatedUnion('kind', [request, inventory]);

/** How far a record can be trusted; a static token proves no job, so that everything is `relayed` so far. */
export const ASSURANCES = ['relayed', 'asserted', 'consistent', 'reconciled'] as const;

/** What a store knows of a batch beside its bytes: written in front of it once, never changed. */
export const receipt = z.object({
  kind: z.literal('rcpt'),
  v: z.literal(1),
  /** When the batch was received. */
  received: time,
  /** Name of the token that wrote it; `anonymous` on loopback without tokens, `import` for files taken in. */
  writer: z.string().min(1).max(MAX_NAME),
  assurance: z.enum(ASSURANCES),
});

export type Header = z.output<typeof header>;
export type Request = z.output<typeof request>;
export type Inventory = z.output<typeof inventory>;
export type AuditFinding = z.output<typeof auditFinding>;
export type Footer = z.output<typeof footer>;
export type Receipt = Readonly<z.output<typeof receipt>>;
export type Assurance = (typeof ASSURANCES)[number];
export type Forge = (typeof FORGES)[number];
export type Phase = (typeof PHASES)[number];

/** A batch whose header, footer and digests are right; lines that are no records are told apart. */
export interface Batch {
  /** SHA-256 of the NDJSON bytes, lower-case hex: the batch's name. */
  readonly digest: string;
  /** Length of the NDJSON, bytes. */
  readonly bytes: number;
  readonly header: Header;
  readonly requests: readonly Request[];
  readonly inventories: readonly Inventory[];
  readonly footer: Footer;
  /** Lines between header and footer that are no valid record, by number from 1. */
  readonly refused: readonly RefusedLine[];
}

export interface RefusedLine {
  readonly line: number;
  readonly why: string;
}
