import type { Answer } from '../audit/journal-record.ts';
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

/** Where answers are written down. `append` never blocks an answer; `flush` is durable when it resolves. */
export interface Journal {
  append(record: Answer): void;
  flush(): Promise<void>;
}
