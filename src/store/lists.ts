import { formatVersionList } from '../gomod/list.ts';
import { compareVersions, isPseudo, prerelease } from '../gomod/version.ts';
import { moduleDir } from './layout.ts';
import type { Tree } from './tree.ts';

/** How long after a commit the lists are written, in ms: a job commits hundreds of versions at once. */
const LAZY_MS = 500;

/** Rounds of writing a list anew while other processes add versions. */
const MAX_ROUNDS = 3;

export interface ListParts {
  /** Nobody reads the lists of this tree: none are written. */
  readonly off?: boolean;
  readonly tree: Tree;
  /** Versions of a module whose .info and .mod are there. */
  readonly list: (modulePath: string) => Promise<string[]>;
  /** Verified .info of a version. */
  readonly info: (modulePath: string, version: string) => Promise<Buffer | undefined>;
}

/** What `@v/list` names: go finds pseudo-versions by `@latest` and expects none here. Ascending. */
export function listed(versions: readonly string[]): string[] {
  return versions.filter(version => !isPseudo(version)).sort(compareVersions);
}

/** The version `@latest` is about: the highest release, else pre-release, else pseudo-version. */
export function latestOf(versions: readonly string[]): string | undefined {
  const rank = (version: string) => (isPseudo(version) ? 0 : prerelease(version) === '' ? 2 : 1);
  const ascending = [...versions].sort((a, b) => rank(a) - rank(b) || compareVersions(a, b));
  return ascending.at(-1);
}

/**
 * Keeps `@v/list` and `@latest` of the tree in step with the versions in it, lazily. Both are for those who
 * read the tree as a plain GOPROXY; the upstream's own answers are soft files.
 */
export class Lists {
  readonly #parts: ListParts;
  readonly #dirty = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: ListParts) {
    this.#parts = parts;
  }

  markDirty(modulePath: string): void {
    if (this.#parts.off === true) return;
    this.#dirty.add(modulePath);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      // A failure leaves the module dirty; the flush at the end reports it.
      void this.flush().catch(() => undefined);
    }, LAZY_MS);
    this.#timer.unref();
  }

  /** Writes the lists of all modules that changed. Throws StoreError. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const run = this.#writing.then(() => this.#writeAll());
    this.#writing = run.catch(() => undefined);
    return run;
  }

  async #writeAll(): Promise<void> {
    for (const modulePath of [...this.#dirty]) {
      this.#dirty.delete(modulePath);
      try {
        await this.#write(modulePath);
      } catch (error) {
        this.#dirty.add(modulePath);
        throw error;
      }
    }
  }

  async #write(modulePath: string): Promise<void> {
    const dir = moduleDir(modulePath);
    if (dir === undefined) return;
    let versions = await this.#parts.list(modulePath);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      await this.#writeOnce(dir, modulePath, versions);
      const now = await this.#parts.list(modulePath);
      if (now.length === versions.length && now.every(version => versions.includes(version))) return;
      versions = now;
    }
  }

  async #writeOnce(dir: string, modulePath: string, versions: readonly string[]): Promise<void> {
    const { tree, info } = this.#parts;
    const lines = listed(versions).map(version => ({ version }));
    await tree.write(`${dir}/list`, formatVersionList(lines));
    const latest = latestOf(versions);
    const bytes = latest === undefined ? undefined : await info(modulePath, latest);
    if (bytes !== undefined) await tree.write(`${dir.slice(0, -'/@v'.length)}/@latest`, bytes);
  }
}
