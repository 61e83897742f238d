import type { Assurance, AuditFinding, Forge, Phase } from '../audit/record.ts';

export type { Assurance, Receipt } from '../audit/record.ts';
export type { RawStore } from '../audit/types.ts';

/**
 * A module version that a batch names, once per (module, version, h1). `version` is empty where only the module was
 * asked for (list, latest, a query). A look-up is left out where the same batch has the code of that version.
 */
export interface ModuleUse {
  readonly module: string;
  readonly version: string;
  /** Empty where only the graph was looked at, and for a zip whose hash the proxy did not tell. */
  readonly h1: string;
  /** The code came in: a zip was served, or the closing inventory has it. It is then in the job's set. */
  readonly code: boolean;
  /** First time in this batch, ms since 1970, never after the batch was received. */
  readonly time: number;
  /** Only the inventory of the batch names it: there is no request of it that `log` could show. */
  readonly unasked?: true;
}

/** A refusal; look-ups of paths that are no modules are none. */
export interface Denial {
  readonly seq: number;
  readonly time: number;
  readonly op: string;
  readonly module: string;
  readonly version: string;
  readonly rule: string;
  readonly reason: string;
}

/** What a job says of itself, from the header of any of its batches. */
export interface JobFacts {
  readonly uid: string;
  readonly forge: Forge;
  readonly iss: string;
  /** `owner/name` or `group/project`; for display, and the identity where the forge gives no number. */
  readonly repository: string;
  readonly repositoryId: string;
  readonly ref: string;
  readonly sha: string;
  readonly event: string;
  readonly actor: string;
  /** Tells the jobs of one commit apart: workflow and job name. */
  readonly name: string;
  /** Page of the job, http(s) only. */
  readonly url: string;
  /** Number of the pull or merge request, as text; empty for none. */
  readonly change: string;
  /** The ref is the default branch; where that branch is not told, the job was a push. */
  readonly onDefault: boolean;
}

/**
 * What the index keeps of one batch: a pure function of the raw object (receipt and bytes), so that the index comes
 * out the same in any order, with duplicates and delays.
 */
export interface BatchFacts {
  readonly digest: string;
  readonly rawKey: string;
  readonly job: JobFacts;
  readonly inst: string;
  readonly no: number;
  readonly prev: string | undefined;
  readonly phase: Phase;
  readonly assurance: Assurance;
  readonly writer: string;
  /** ms since 1970. */
  readonly received: number;
  /** When the writer sealed it, by the clock of the store where the offset is known, never after `received`. */
  readonly sealed: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly records: number;
  readonly dropped: number;
  readonly modules: readonly ModuleUse[];
  readonly denials: readonly Denial[];
  readonly findings: readonly AuditFinding[];
  /** The batch brought an inventory of the end of the job. */
  readonly hasInventory: boolean;
}

/** What applying a batch changed, for the collector's log. */
export interface Applied {
  readonly digest: string;
  readonly dup: boolean;
  /** Modules whose first-seen moved earlier because this batch came late. */
  readonly movedEarlier: readonly string[];
  /** Versions that came with another h1 than before: `module@version`. */
  readonly conflicts: readonly string[];
}

/** `open`: no close yet. `gap`: sequence numbers or batches are missing. `mismatch`: batches contradict each other. */
export type JobState = 'open' | 'gap' | 'mismatch' | 'closed';

export interface Sighting {
  /** RFC 3339. */
  readonly time: string;
  readonly repository: string;
  readonly ref: string;
  readonly sha: string;
  readonly actor: string;
  /** uid of the job. */
  readonly job: string;
  readonly url: string;
  readonly assurance: Assurance;
  /** From the forge, where the collector may ask it. */
  readonly change?: ChangeInfo;
}

/** Who a commit goes back to: filled in by the collector from the forge's API. */
export interface ChangeInfo {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly author: string;
  readonly mergedBy: string;
  readonly approvers: readonly string[];
}

/** A commit of a repository, as jobs name them. */
export interface CommitName {
  readonly iss: string;
  readonly repository: string;
  readonly repositoryId: string;
  readonly sha: string;
}

export interface WhoAnswer {
  readonly module: string;
  readonly version?: string;
  /** Undefined when no record has it. */
  readonly first?: Sighting;
  /** First sighting of each version (all versions of the module, or the one asked for, per h1). */
  readonly versions: readonly { readonly version: string; readonly h1: string; readonly first: Sighting }[];
  /** For the next page of versions; null on the last. */
  readonly next: string | null;
}

export interface UsedAnswer {
  readonly module: string;
  readonly version?: string;
  readonly uses: readonly {
    readonly repository: string;
    readonly version: string;
    readonly h1: string;
    readonly first: string;
    readonly last: string;
    readonly ref: string;
    readonly job: string;
  }[];
  /** For the next page; null on the last. */
  readonly next: string | null;
}

/** One batch that may hold records a question is about, newest first. */
export interface LogCandidate {
  readonly digest: string;
  readonly rawKey: string;
  readonly received: number;
}

export interface ConflictsAnswer {
  readonly conflicts: readonly {
    readonly module: string;
    readonly version: string;
    readonly hashes: readonly { readonly h1: string; readonly first: Sighting }[];
  }[];
  readonly next: string | null;
}

export interface JobsAnswer {
  readonly jobs: readonly {
    readonly job: string;
    readonly repository: string;
    readonly ref: string;
    readonly sha: string;
    readonly name: string;
    readonly actor: string;
    readonly url: string;
    readonly state: JobState;
    readonly opened: string;
    readonly last: string;
    readonly batches: number;
    readonly records: number;
    readonly dropped: number;
    readonly findings: readonly AuditFinding[];
  }[];
  readonly next: string | null;
}

export interface DiffAnswer {
  readonly from: string;
  readonly to: string;
  readonly added: readonly { readonly module: string; readonly version: string; readonly h1: string }[];
  readonly removed: readonly { readonly module: string; readonly version: string; readonly h1: string }[];
  readonly changed: readonly { readonly module: string; readonly from: string; readonly to: string }[];
  /** A list is longer than 1000 and shows its beginning. */
  readonly truncated: boolean;
}

/** Whose repositories may be seen: only those of these owners; all when left out. Nothing tells of others, no count either. */
export interface Scope {
  readonly owners?: readonly string[];
}

/** The index over the raw batches. One writer; every answer is bounded by `limit` (at most 1000). */
export interface Index {
  /** One transaction; a batch that is there already changes nothing. */
  apply(batches: readonly BatchFacts[]): Promise<readonly Applied[]>;
  /** Which of these digests are applied. */
  known(digests: readonly string[]): Promise<ReadonlySet<string>>;
  who(
    question: {
      module: string;
      version?: string;
      repository?: string;
      limit?: number;
      after?: string;
    } & Scope,
  ): Promise<WhoAnswer>;
  used(
    question: { module: string; version?: string; limit?: number; after?: string } & Scope,
  ): Promise<UsedAnswer>;
  /** Batches for `log`: by module, decision and time; `after` is a digest-and-time cursor of the last one. */
  candidates(question: {
    module?: string;
    version?: string;
    decision?: 'deny';
    repository?: string;
    job?: string;
    since?: number;
    limit?: number;
    after?: string;
  }): Promise<{ readonly batches: readonly LogCandidate[]; readonly next: string | null }>;
  conflicts(question: { limit?: number; after?: string } & Scope): Promise<ConflictsAnswer>;
  jobs(
    question: {
      /** Any of these; all states when left out. */
      states?: readonly JobState[];
      repository?: string;
      /** Only jobs whose last batch is older than this, ms since 1970. */
      before?: number;
      limit?: number;
      after?: string;
    } & Scope,
  ): Promise<JobsAnswer>;
  diff(question: { from: string; to: string } & Scope): Promise<DiffAnswer>;
  /** Repositories that sent any record, with the time of the last. */
  repositories(question: { forge?: string; limit?: number; after?: string } & Scope): Promise<{
    readonly repositories: readonly {
      readonly iss: string;
      readonly repository: string;
      readonly repositoryId: string;
      readonly last: string;
    }[];
    readonly next: string | null;
  }>;
  /** Commits of first sightings that their forge is to be asked about now, newest first. */
  unexplained(question: {
    /** Only those of these issuers, and where owners are named only their repositories, in any case of letters. */
    forges: readonly { readonly iss: string; readonly owners?: readonly string[] }[];
    /** ms since 1970: what was put off to a later time is left out. */
    now: number;
    limit: number;
  }): Promise<
    readonly (CommitName & {
      /** Number of the pull or merge request that a job of it says it ran for; empty for none. */
      readonly change: string;
      /** When its newest job began, ms since 1970. */
      readonly seen: number;
    })[]
  >;
  /**
   * Keeps what the forge said of a commit; undefined when it knows no change for it, and then what was known before
   * stays. With `again` (ms since 1970) the forge is to be asked again then, else never.
   */
  explain(commit: CommitName, change: ChangeInfo | undefined, again?: number): Promise<void>;
  /** Drops jobs (with their look-ups and denials) last seen before a time; first-seen and use are kept for ever. */
  retain(question: {
    jobsBefore: number;
    limit: number;
  }): Promise<{ readonly jobs: number; readonly rawKeys: readonly string[] }>;
  close(): Promise<void>;
}
