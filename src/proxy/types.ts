import type { Voucher } from '../store/types.ts';

/** What a verdict is asked for. `choose`: a list, @latest or query, where a version would be chosen. */
export type VerdictWhat = 'choose' | 'mod' | 'zip';

/** Why something is refused. All texts are one line and safe to print. */
export interface Denial {
  readonly decision: 'deny';
  readonly rule: string;
  /** What is wrong. */
  readonly reason: string;
  /** Who says so and why: the policy's words, and where they stand. */
  readonly why?: string;
  readonly fix: string;
  /** Every path of this host is refused, so that no upstream need be asked which of them are modules. */
  readonly wholeHost?: boolean;
}

/**
 * The policy's answer on one module version; an empty version stands for the module as a whole. `warn` lets it
 * through and has it written down.
 */
export type Verdict =
  | { readonly decision: 'allow' }
  | { readonly decision: 'warn'; readonly rule: string; readonly reason: string }
  | Denial;

export type VerdictFn = (module: string, version: string, what: VerdictWhat) => Verdict | Promise<Verdict>;

/**
 * What is known of the right hash of a version's zip or go.mod. `known`: one of `h1s` must match, and `keep` tells
 * whether it is strong enough for a store that others read (a pull request's go.sum is not). `unknown`:
 * nobody vouches; go's own rules decide and nothing is kept. `unavailable`: the checksum database could not
 * be asked just now.
 */
export type Vouch =
  | { readonly state: 'known'; readonly h1s: readonly string[]; readonly by: Voucher | 'session-gosum' }
  | { readonly state: 'unknown'; readonly why: string }
  | { readonly state: 'unavailable'; readonly why: string };

/** Asks who vouches for a file. Never rejects. */
export type VouchFn = (module: string, version: string, file: 'zip' | 'mod') => Promise<Vouch>;

export type JournalOp = 'list' | 'latest' | 'info' | 'mod' | 'zip' | 'sumdb' | 'toolchain';
export type JournalSource = 'disk' | 'store' | 'upstream' | 'vcs';

/** One answer of the proxy, in the fields of the audit record `modaudit/1` (`req`). */
export interface RequestRecord {
  readonly kind: 'req';
  readonly seq: number;
  /** RFC 3339 UTC with milliseconds. */
  readonly t: string;
  /** Monotonic nanoseconds since the daemon started, as a decimal string (beyond 2^53 after 104 days). */
  readonly mono_ns: string;
  readonly op: JournalOp;
  readonly module?: string;
  readonly version?: string;
  /** The query as asked when it is not a canonical version (`main`, a hash), or a sumdb path. */
  readonly query?: string;
  readonly status: number;
  readonly decision: 'allow' | 'deny' | 'warn' | 'would_deny';
  readonly rule?: string;
  readonly reason?: string;
  readonly source?: JournalSource;
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

/** Where answers are written down. `append` never blocks an answer; `flush` is durable when it resolves. */
export interface Journal {
  append(record: Omit<RequestRecord, 'seq' | 't' | 'mono_ns' | 'kind'>): void;
  flush(): Promise<void>;
}
