import type { Generated, Insertable, Kysely } from 'kysely';

/**
 * The index in SQL. Times are ms since 1970, truth values 0 and 1; `job`, `repo`, `module`, `modver` and `batch` in
 * other tables are the numbers given here, which differ from index to index and appear in no answer.
 */
export interface Tables {
  /** `schema`: version of the tables. */
  meta: { name: string; value: string };
  /** `key`: the forge's number for the repository where there is one, else its path. */
  repo: {
    id: Generated<number>;
    iss: string;
    key: string;
    native: string;
    forge: string;
    /** The path that the repository had in its newest batch. */
    path: string;
    last: number;
    /** The set of what the repository uses now; null before its first closed job. */
    uses: number | null;
  };
  module: { id: Generated<number>; path: string };
  modver: { id: Generated<number>; module: number; version: string; h1: string };
  job: {
    id: Generated<number>;
    uid: string;
    repo: number;
    name: string;
    ref: string;
    sha: string;
    event: string;
    actor: string;
    url: string;
    change: string;
    on_default: number;
    /** The batch whose header the fields above are from: the one received first. */
    facts_at: number;
    facts_by: string;
    state: string;
    opened: number;
    last: number;
    batches: number;
    records: number;
    dropped: number;
    inventory: number;
    assurance: number;
    /** What the job had, once it is closed. */
    modset: number | null;
    /** Closed, and on the default branch. */
    eligible: number;
    /** A first sighting names it, or did: the row outlives its batches. */
    cited: number;
    /** 0; 1: its batches are dropped by retention; 2: and others came later. */
    stripped: number;
    /** 0; 1: the commit brought something new and the forge was not asked who made it; 2: it was asked. */
    news: number;
  };
  batch: {
    id: Generated<number>;
    digest: string;
    job: number;
    repo: number;
    inst: string;
    no: number;
    prev: string | null;
    phase: string;
    assurance: number;
    received: number;
    sealed: number;
    first_seq: number;
    last_seq: number;
    records: number;
    dropped: number;
    inventory: number;
    raw_key: string;
    /** `encodeTouched` of the module versions in it. */
    mods: string;
  };
  /** In which batches a module version is; `received` is the batch's, and `era` the week of it. */
  touch: { era: number; modver: number; received: number; batch: number };
  /** Module versions under the digest of their list. */
  modset: { id: Generated<number>; digest: string; members: string };
  /** The job of each name that tells what a repository uses now. */
  repo_head: { repo: number; name: string; job: number };
  /** The union of the sets of a repository's heads, inverted. */
  repo_use: { modver: number; repo: number };
  first_seen: { modver: number; at: number; job: number };
  first_module: { module: number; at: number; job: number };
  repo_mod: { repo: number; modver: number; at: number; job: number };
  /** Versions seen with more than one h1. */
  clash: { module: number; version: string };
  denial: {
    batch: number;
    seq: number;
    received: number;
    at: number;
    op: string;
    module: number;
    version: string;
    rule: string;
    reason: string;
  };
  finding: {
    batch: number;
    no: number;
    rule: string;
    level: string;
    module: string | null;
    version: string | null;
    message: string;
  };
  /**
   * What the forge said of a commit; an empty `info`: it knows no change for it. `again`: when it is to be asked again,
   * null for never.
   */
  change: { repo: number; sha: string; info: string; again: number | null };
}

export type Db = Kysely<Tables>;
export type Row<T extends keyof Tables> = Insertable<Tables[T]>;
