import { type Blob, readBlobs } from './blobs.ts';
import { GitError } from './command.ts';
import { type GitEntry, parseTree } from './listing.ts';
import type { Remote } from './remote.ts';
import { hasCommit, type Repository, treeOfCommit } from './repository.ts';
import { SideRepository } from './side.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface ObjectsOptions {
  readonly repository: Repository;
  readonly env: Env;
  /** Asked for when something is missing; undefined when there is nowhere to fetch from. */
  readonly remote: () => Promise<Remote | undefined>;
  /** False: only what the checkout has; what is missing throws `NeedsFetch`. */
  readonly fetch: boolean;
}

/** Something is not in the checkout, and fetching was not allowed. */
export class NeedsFetch extends Error {
  override readonly name = 'NeedsFetch';
}

/** Commits and files of the checkout's repository, and of its remote where the checkout lacks them. */
export class Objects {
  readonly repository: Repository;
  readonly #options: ObjectsOptions;
  #side: Promise<SideRepository> | undefined;
  readonly #local = new Map<string, Promise<boolean>>();

  constructor(options: ObjectsOptions) {
    this.repository = options.repository;
    this.#options = options;
  }

  /** Removes what was fetched. */
  async close(): Promise<void> {
    const side = await this.#side?.catch(() => undefined);
    await side?.close();
  }

  /** Whether the checkout itself has a commit with its tree. */
  hasLocally(commit: string): Promise<boolean> {
    let known = this.#local.get(commit);
    if (known === undefined) {
      known = hasCommit(this.repository.git, commit);
      this.#local.set(commit, known);
    }
    return known;
  }

  /** Sees to it that commits can be read. Throws GitError, NeedsFetch. */
  async need(commits: readonly string[]): Promise<void> {
    const missing: string[] = [];
    for (const commit of new Set(commits)) if (!(await this.hasLocally(commit))) missing.push(commit);
    if (missing.length > 0) await (await this.side()).fetchCommits(missing, 1);
  }

  /** Every path of a commit that `need` was called for. Throws GitError. */
  async entries(commit: string): Promise<GitEntry[]> {
    if (await this.hasLocally(commit)) return await treeOfCommit(this.repository.git, commit);
    return await treeOfCommit((await this.side()).git, commit);
  }

  /** One path of a commit; undefined when the commit does not have it, or has a directory there. */
  async entry(commit: string, path: string): Promise<GitEntry | undefined> {
    const git = (await this.hasLocally(commit)) ? this.repository.git : (await this.side()).git;
    const found = parseTree(await git.run(['ls-tree', '-z', '--full-tree', commit, '--', path]));
    return found.find(entry => entry.path === path);
  }

  /** Contents by object id; what neither the checkout nor the remote has comes with the reason. */
  async blobs(oids: readonly string[]): Promise<Map<string, Blob>> {
    const blobs = await readBlobs(this.repository.git, oids);
    const missing = [...blobs].filter(([, blob]) => 'missing' in blob).map(([oid]) => oid);
    if (missing.length === 0 || !(await this.#canFetch())) return blobs;
    try {
      const side = await this.side();
      const there = await readBlobs(side.git, missing);
      const absent = missing.filter(oid => 'missing' in (there.get(oid) ?? {}));
      if (absent.length > 0) {
        await side.fetchBlobs(absent);
        for (const [oid, blob] of await readBlobs(side.git, absent)) there.set(oid, blob);
      }
      for (const [oid, blob] of there) blobs.set(oid, blob);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
    }
    return blobs;
  }

  /** Throws GitError when there is nowhere to fetch from, NeedsFetch when it is not allowed. */
  async side(): Promise<SideRepository> {
    this.#side ??= this.openSide();
    return await this.#side;
  }

  /** Another repository to fetch into, which the caller closes. */
  async openSide(): Promise<SideRepository> {
    if (!this.#options.fetch) throw new NeedsFetch('a commit is not in the checkout');
    const remote = await this.#options.remote();
    if (remote === undefined) {
      throw new GitError('failed', 'the checkout has no remote to fetch from', 'no remote');
    }
    return await SideRepository.create(this.#options.env, remote, this.repository.hash);
  }

  async #canFetch(): Promise<boolean> {
    return this.#options.fetch && (await this.#options.remote()) !== undefined;
  }
}
