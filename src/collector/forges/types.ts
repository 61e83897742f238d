import type { ChangeInfo } from '../types.ts';

/** A commit that a first sighting names. */
export interface Commit {
  readonly iss: string;
  /** `owner/name` or `group/.../project`, as the job says. */
  readonly repository: string;
  readonly repositoryId: string;
  readonly sha: string;
  /** Number of the pull or merge request that the job says it ran for; empty for none. */
  readonly change: string;
  /** When the newest job of this commit began, ms since 1970. */
  readonly seen: number;
}

/** What a forge says of a commit. `settled`: nothing of it will change, as far as changes go. */
export interface FoundChange {
  readonly change: ChangeInfo;
  readonly settled: boolean;
}

/** A repository as its forge lists it. */
export interface ForgeRepository {
  /** The forge's number of it. */
  readonly id: string;
  readonly path: string;
  readonly url: string;
  readonly branch: string;
  readonly fork: boolean;
  readonly archived: boolean;
  /** Known to have no commit; one that is not known to may yet turn out so. */
  readonly empty: boolean;
  /** Changes when the code does. */
  readonly stamp: string;
}

/** `path`: of the go.mod file that was found. `unknown`: the forge did not show all files. */
export type GoModAnswer =
  | { readonly state: 'found'; readonly path: string }
  | { readonly state: 'none' | 'empty' | 'unknown' };

/** A forge that may be asked. All of it throws ForgeError. */
export interface Forge {
  readonly kind: 'github' | 'gitlab';
  /** Its address, without a slash at the end. */
  readonly url: string;
  /** Who issues the identity tokens of its jobs: their records name it. */
  readonly issuer: string;
  /** Organisations, users or groups that it may be asked about; all where there are none. */
  readonly owners: readonly string[];
  /** What the forge knows of a commit; undefined when it knows no change for it. */
  changeOf(commit: Commit): Promise<FoundChange | undefined>;
  /** All repositories of an owner, archived, empty and forked ones too, a page at a time. */
  repositoriesOf(owner: string): AsyncIterable<readonly ForgeRepository[]>;
  goModOf(repository: ForgeRepository): Promise<GoModAnswer>;
  /** Until when it wants to be left alone, ms since 1970; 0 when it may be asked. */
  pausedUntil(): number;
  /** Ends what waits. */
  close(): void;
}
