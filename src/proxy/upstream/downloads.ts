import { type GoModule, repositoryOf, type Subject } from './go-module.ts';
import type { Slots, Urgent } from './slots.ts';

export interface DownloadsDeps {
  readonly slots: Slots;
  /** Children at once. */
  readonly parallel: number;
  /** Brings one version with its zip. Rejects with ProxyError. */
  readonly one: (about: Subject) => Promise<GoModule>;
  /** Brings several in one child, the first of which somebody waits for most; gives those that came. Never rejects. */
  readonly several: (abouts: readonly Subject[]) => Promise<ReadonlyMap<string, GoModule>>;
}

/** A version that waits for a place. */
interface Waiting {
  readonly about: Subject;
  /** Set when another one's child brings it along; undefined is what that did not. */
  taken?: Promise<GoModule | undefined>;
}

/** Most that one child brings: the others wait for all of them. */
const MOST = 12;
/** A session that knows more repositories with several modules builds a module graph that nobody has. */
const MAX_REPOSITORIES = 1_000;

/**
 * Versions with their zips. Each child asks a repository what it has before it fetches anything, so that the modules of
 * a repository that wait at the same time come together; which ones are in the same the first of them tells.
 */
export class Downloads {
  readonly #deps: DownloadsDeps;
  readonly #waiting = new Set<Waiting>();
  readonly #repositories = new Set<string>();
  constructor(deps: DownloadsDeps) {
    this.#deps = deps;
  }

  /** Rejects with ProxyError. */
  async get(about: Subject, urgent: Urgent): Promise<GoModule> {
    const { slots } = this.#deps;
    const mine: Waiting = { about };
    this.#waiting.add(mine);
    const brought =
      (await slots.use(async () => {
        this.#waiting.delete(mine);
        // Its place is free for others while another child brings it.
        return mine.taken === undefined ? await this.#bring(about) : undefined;
      }, urgent)) ?? (await mine.taken);
    // Whoever was not brought along gets a child of its own, which says why.
    return brought ?? (await slots.use(async () => await this.#alone(about), urgent));
  }

  async #bring(about: Subject): Promise<GoModule | undefined> {
    const others = this.#companions(about);
    if (others.length === 0) return await this.#alone(about);
    const all = this.#deps.several([about, ...others.map(other => other.about)]);
    for (const other of others) {
      this.#waiting.delete(other);
      other.taken = all.then(found => found.get(other.about.what));
    }
    return (await all).get(about.what);
  }

  async #alone(about: Subject): Promise<GoModule> {
    const found = await this.#deps.one(about);
    const repository = repositoryOf(about.module, found);
    if (repository !== undefined && this.#repositories.size < MAX_REPOSITORIES) {
      this.#repositories.add(repository);
    }
    return found;
  }

  #companions({ module }: Subject): Waiting[] {
    const root = [...this.#repositories].find(one => isIn(one, module));
    if (root === undefined) return [];
    const all = [...this.#waiting].filter(other => isIn(root, other.about.module));
    // go makes one zip after the other: the children share them out.
    const share = Math.ceil((all.length + 1) / this.#deps.parallel);
    return all.slice(0, Math.min(share, MOST) - 1);
  }
}

function isIn(repository: string, module: string): boolean {
  return module === repository || module.startsWith(`${repository}/`);
}
