import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Git, GitError, gitIn } from './command.ts';
import type { Remote } from './remote.ts';
import { hasCommit } from './repository.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Fetching is given up after this long, all attempts of one command together. */
const FETCH_MS = 120_000;

/** Refs that one command line names. */
const NAMES_AT_ONCE = 100;

/**
 * An empty repository beside the checkout that takes what has to be fetched: so the checkout, its refs, its
 * depth and its configuration stay as they are. Gone after `close`.
 */
export class SideRepository {
  readonly git: Git;
  readonly #remote: Remote;

  private constructor(git: Git, remote: Remote) {
    this.git = git.with(remote.config);
    this.#remote = remote;
  }

  /** Throws GitError. */
  static async create(env: Env, remote: Remote, hash: 'sha1' | 'sha256'): Promise<SideRepository> {
    const dir = await mkdtemp(join(await realpath(tmpdir()), 'modgate-git-'));
    try {
      const git = gitIn(dir, env);
      await git.run(['init', '--quiet', '--bare', '--template=', `--object-format=${hash}`]);
      await git.run(['config', 'remote.origin.url', remote.url]);
      return new SideRepository(git, remote);
    } catch (error) {
      await rm(dir, { recursive: true, force: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    await rm(this.git.dir, { recursive: true, force: true, maxRetries: 3 });
  }

  /** The commit that a branch of the remote has; undefined when there is no such branch. Throws GitError. */
  async tipOf(branch: string): Promise<string | undefined> {
    const output = await this.#network(['ls-remote', '--quiet', 'origin', `refs/heads/${branch}`]);
    return /^([0-9a-f]{40,64})\t/.exec(output.toString('latin1'))?.[1];
  }

  /** The commits that branches and tags of the remote have, by name; a branch wins over a tag. Throws GitError. */
  async commitsOf(names: readonly string[]): Promise<Map<string, string>> {
    const tips = new Map<string, string>();
    for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
      const patterns = names
        .slice(at, at + NAMES_AT_ONCE)
        .flatMap(name => [`refs/heads/${name}`, `refs/tags/${name}`, `refs/tags/${name}^{}`]);
      const output = await this.#network(['ls-remote', '--quiet', 'origin', ...patterns]);
      for (const [, sha = '', ref = ''] of output.toString('utf8').matchAll(/^([0-9a-f]{40,64})\t(.+)$/gm)) {
        tips.set(ref, sha);
      }
    }
    const found = new Map<string, string>();
    for (const name of names) {
      // An annotated tag is an object of its own; what it is of stands beside it.
      const of = [`refs/heads/${name}`, `refs/tags/${name}^{}`, `refs/tags/${name}`];
      const sha = of.map(ref => tips.get(ref)).find(tip => tip !== undefined);
      if (sha !== undefined) found.set(name, sha);
    }
    return found;
  }

  /**
   * Commits with their trees, to a depth; contents of files are left for `fetchBlobs` where the server can
   * do that. Throws GitError.
   */
  async fetchCommits(commits: readonly string[], depth: number): Promise<void> {
    await this.#fetch(commits, [`--depth=${depth}`, '--filter=blob:none']);
  }

  /** Commits alone, without trees where the server can do that: for looking up a common ancestor. */
  async fetchHistory(commits: readonly string[], depth: number): Promise<void> {
    await this.#fetch(commits, [`--depth=${depth}`, '--filter=tree:0']);
  }

  /** Contents of files that the repository does not have yet, in one go. Throws GitError. */
  async fetchBlobs(oids: readonly string[]): Promise<void> {
    for (let at = 0; at < oids.length; at += 5000) {
      const some = oids.slice(at, at + 5000);
      await this.#network(
        [
          ...[
            '-c',
            'fetch.negotiationAlgorithm=noop',
            'fetch',
            '--quiet',
            '--no-tags',
            '--no-write-fetch-head',
          ],
          ...['--filter=blob:none', '--stdin', 'origin'],
        ],
        `${some.join('\n')}\n`,
      );
    }
  }

  async has(commit: string): Promise<boolean> {
    return await hasCommit(this.git, commit);
  }

  async #fetch(commits: readonly string[], options: readonly string[]): Promise<void> {
    const always = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head'];
    await this.#network([...always, ...options, 'origin', ...commits]);
  }

  async #network(args: readonly string[], input?: string): Promise<Buffer> {
    const slow = ['-c', 'http.lowSpeedLimit=1000', '-c', 'http.lowSpeedTime=30'];
    const options = { timeoutMs: FETCH_MS, maxBytes: 2 ** 20, ...(input === undefined ? {} : { input }) };
    try {
      return await this.git.run([...slow, ...args], options);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      throw new GitError(error.code, `${this.#remote.shown}: ${error.message}`, error.detail);
    }
  }
}
