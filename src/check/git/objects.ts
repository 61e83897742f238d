import { type Blob, readBlobs } from './blobs.ts';
import { type Git, GitError } from './command.ts';
import { type GitEntry, parseTree } from './listing.ts';
import type { Remote } from './remote.ts';
import { hasCommit, type Repository, treeOfCommit } from './repository.ts';
import { SideRepository } from './side.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface ObjectsOptions {
  readonly repository: Repository;
  readonly env: Env;
  /** Asked for when something is missing: where it may be had, the best first. */
  readonly remotes: () => Promise<readonly Remote[]>;
  /** False: only what the checkout has; what is missing throws `NeedsFetch`. */
  readonly fetch: boolean;
}

/** Something is not in the checkout, and fetching was not allowed. */
export class NeedsFetch extends Error {
  override readonly name = 'NeedsFetch';
}

/** Commits and files of the checkout's repository, and of its remotes where the checkout lacks them. */
export class Objects {
  readonly repository: Repository;
  readonly #options: ObjectsOptions;
  readonly #sides = new Map<string, Promise<SideRepository>>();
  /** Where a commit can be read. */
  readonly #places = new Map<string, Git>();

  constructor(options: ObjectsOptions) {
    this.repository = options.repository;
    this.#options = options;
  }

  /** Removes what was fetched. */
  async close(): Promise<void> {
    for (const opening of this.#sides.values()) await (await opening.catch(() => undefined))?.close();
  }

  /** Whether the checkout itself has a commit with its tree. */
  async hasLocally(commit: string): Promise<boolean> {
    const { git } = this.repository;
    const known = this.#places.get(commit);
    if (known !== undefined) return known === git;
    if (!(await hasCommit(git, commit))) return false;
    this.#places.set(commit, git);
    return true;
  }

  /** Sees to it that commits can be read. Throws GitError, NeedsFetch. */
  async need(commits: readonly string[]): Promise<void> {
    for (const commit of new Set(commits)) {
      if (this.#places.has(commit) || (await this.hasLocally(commit))) continue;
      await this.#fetchCommit(commit);
    }
  }

  async #fetchCommit(commit: string): Promise<void> {
    let failure: unknown;
    for (const remote of await this.#remotes()) {
      try {
        const side = await this.#sideOf(remote);
        await side.fetchCommits([commit], 1);
        this.#places.set(commit, side.git);
        return;
      } catch (error) {
        if (!(error instanceof GitError)) throw error;
        failure ??= error;
      }
    }
    throw failure;
  }

  /** Every path of a commit. Throws GitError, NeedsFetch. */
  async entries(commit: string): Promise<GitEntry[]> {
    await this.need([commit]);
    const git = this.#places.get(commit) ?? this.repository.git;
    try {
      return await treeOfCommit(git, commit);
    } catch (error) {
      // A clone without trees knows the commit and little else.
      if (!(error instanceof GitError) || git !== this.repository.git) throw error;
      await this.#fetchCommit(commit);
      return await treeOfCommit(this.#places.get(commit) ?? git, commit);
    }
  }

  /** One path of a commit; undefined when the commit does not have it, or has a directory there. */
  async entry(commit: string, path: string): Promise<GitEntry | undefined> {
    await this.need([commit]);
    const git = this.#places.get(commit) ?? this.repository.git;
    const found = parseTree(await git.run(['ls-tree', '-z', '--full-tree', commit, '--', path]));
    return found.find(entry => entry.path === path);
  }

  /**
   * Contents by object id; what neither the checkout nor a remote has comes with the reason. Throws NeedsFetch.
   */
  async blobs(oids: readonly string[]): Promise<Map<string, Blob>> {
    const blobs = await readBlobs(this.repository.git, oids);
    for (const remote of missingIn(blobs).length === 0 ? [] : await this.#remotes().catch(noRemote)) {
      const missing = missingIn(blobs);
      if (missing.length === 0) break;
      try {
        const side = await this.#sideOf(remote);
        const there = await readBlobs(side.git, missing);
        const absent = missingIn(there);
        if (absent.length > 0) {
          await side.fetchBlobs(absent);
          for (const [oid, blob] of await readBlobs(side.git, absent)) there.set(oid, blob);
        }
        for (const [oid, blob] of there) blobs.set(oid, blob);
      } catch (error) {
        if (!(error instanceof GitError)) throw error;
      }
    }
    return blobs;
  }

  /** The commit that a branch of the change's own target has. Throws GitError, NeedsFetch. */
  async tipOf(branch: string): Promise<string | undefined> {
    const [remote] = await this.#remotes();
    return remote === undefined ? undefined : await (await this.#sideOf(remote)).tipOf(branch);
  }

  /**
   * The commits of branches and tags at the first remote, by the names given, with or without `origin/` in front; a
   * name that it does not have is left out. Throws GitError, NeedsFetch.
   */
  async refsOf(names: readonly string[]): Promise<Map<string, string>> {
    const [remote] = await this.#remotes();
    if (remote === undefined) return new Map();
    const plain = (name: string) => name.replace(/^origin\//, '');
    const tips = await (await this.#sideOf(remote)).commitsOf(names.map(plain));
    return new Map(
      names.flatMap(name => {
        const sha = tips.get(plain(name));
        return sha === undefined ? [] : [[name, sha] as const];
      }),
    );
  }

  /** An empty repository to fetch history into, which the caller closes. Throws GitError, NeedsFetch. */
  async openHistory(): Promise<SideRepository> {
    const [remote] = await this.#remotes();
    if (remote === undefined) throw NO_REMOTE();
    return await SideRepository.create(this.#options.env, remote, this.repository.hash);
  }

  async #remotes(): Promise<readonly Remote[]> {
    if (!this.#options.fetch) throw new NeedsFetch('something is not in the checkout');
    const remotes = await this.#options.remotes();
    if (remotes.length === 0) throw NO_REMOTE();
    return remotes;
  }

  #sideOf(remote: Remote): Promise<SideRepository> {
    let side = this.#sides.get(remote.url);
    if (side === undefined) {
      side = SideRepository.create(this.#options.env, remote, this.repository.hash);
      this.#sides.set(remote.url, side);
    }
    return side;
  }
}

function missingIn(blobs: ReadonlyMap<string, Blob>): string[] {
  return [...blobs].filter(([, blob]) => 'missing' in blob).map(([oid]) => oid);
}

function noRemote(error: unknown): readonly Remote[] {
  if (error instanceof GitError) return [];
  throw error;
}

const NO_REMOTE = () => new GitError('failed', 'the checkout has no remote to fetch from', 'no remote');
