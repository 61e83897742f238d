import { formatInfo, parseInfo } from '../gomod/info.ts';
import { formatVersionList, parseVersionList } from '../gomod/list.ts';
import { escapePath, escapeVersion } from '../gomod/module-path.ts';
import { compareVersions, isPseudo } from '../gomod/version.ts';
import { latestOf } from '../store/lists.ts';
import type { Store } from '../store/types.ts';
import { createDoubt, type Doubt } from './doubt.ts';
import { ProxyError } from './errors.ts';
import { LIMITS } from './module-files.ts';
import type { Chain, Walked } from './upstream/chain.ts';
import type { Direct } from './upstream/direct.ts';
import { type Body, bodyBytes, WrongBody } from './upstream/transfer.ts';

/** A mutable answer: which versions there are, which is the latest, what a branch is now. */
export interface TextAnswer {
  readonly bytes: Buffer;
  readonly source: 'store' | 'upstream' | 'vcs';
  readonly upstream?: string;
  readonly retries: number;
  /** The upstream is gone and this may be out of date. */
  readonly stale: boolean;
}

/** Whom a question may go to: version control only where `direct` says so. */
export interface Where {
  readonly direct: boolean;
}

const ANYWHERE: Where = { direct: true };

export interface VersionsDeps {
  readonly store: Store;
  readonly chain: Chain;
  readonly direct: Direct | undefined;
  readonly beforeUpstream: () => Promise<boolean>;
  readonly warn: (line: string) => void;
}

/**
 * `@v/list`, `@latest` and queries. Always asked of the upstream, because a cached list hides new tags; one
 * flight a question. When the upstream is gone the store answers with what it can serve whole.
 */
export class Versions {
  readonly #deps: VersionsDeps;
  readonly #flights = new Map<string, Promise<TextAnswer>>();
  /** Modules whose empty list was believed in this session. */
  readonly #tagless = new Set<string>();
  constructor(deps: VersionsDeps) {
    this.#deps = deps;
  }

  /** Whether the chain begins with a proxy, which can say what is there without fetching any of it. */
  get asksProxies(): boolean {
    return this.#deps.chain.entries[0]?.url !== 'direct';
  }

  /** Whether the store has anything of this version. */
  async has(module: string, version: string): Promise<boolean> {
    return (await this.#deps.store.entry({ path: module, version }).catch(() => undefined)) !== undefined;
  }

  async list(module: string, where: Where = ANYWHERE): Promise<TextAnswer> {
    const direct = where.direct ? this.#deps.direct : undefined;
    return await this.#once(`${escapePath(module)}/@v/list`, where, async key => {
      const kept = await this.#deps.store.list(module);
      const tagless = this.#tagless.has(module) || (kept.length > 0 && kept.every(isPseudo));
      const doubt = createDoubt();
      return await this.#ask(key, `the version list of ${module}`, LIMITS.list, {
        direct: direct && (() => direct.list(module)),
        check: (body, again) => {
          const versions = reparse(() => parseVersionList(body));
          // Empty means "a module without tags". A mirror in trouble answers an empty 200 too, and go would
          // silently take a pseudo-version, or a prefix of an import path for a module.
          doubt(again && versions.length === 0 && !tagless, 'the version list is empty');
          if (versions.length === 0) this.#tagless.add(module);
          return formatVersionList(versions);
        },
        offline: async () => {
          const versions = await this.#deps.store.list(module);
          return versions.length === 0
            ? undefined
            : formatVersionList(versions.toSorted(compareVersions).map(version => ({ version })));
        },
      });
    });
  }

  async latest(module: string, where: Where = ANYWHERE): Promise<TextAnswer> {
    const direct = where.direct ? this.#deps.direct : undefined;
    return await this.#once(`${escapePath(module)}/@latest`, where, async key => {
      const doubt = createDoubt();
      return await this.#ask(key, `the latest version of ${module}`, LIMITS.info, {
        direct: direct && (() => direct.query(module, 'latest')),
        check: async (body, again) => await this.#rewrite(body, key, again ? doubt : undefined),
        offline: async () => await this.#latestInStore(module, key),
      });
    });
  }

  /** A branch, a commit or another non-canonical version, asked as `<query>.info`. */
  async query(module: string, query: string, where: Where = ANYWHERE): Promise<TextAnswer> {
    const direct = where.direct ? this.#deps.direct : undefined;
    return await this.#once(`${escapePath(module)}/@v/${escapeVersion(query)}.info`, where, async key => {
      const doubt = createDoubt();
      return await this.#ask(key, `${module}@${query}`, LIMITS.info, {
        direct: direct && (() => direct.query(module, query)),
        check: async (body, again) => await this.#rewrite(body, softQueryKey(key), again ? doubt : undefined),
        offline: async () => wholeInfo((await this.#deps.store.getSoft(softQueryKey(key)))?.bytes)?.bytes,
      });
    });
  }

  async #once(
    key: string,
    { direct }: Where,
    ask: (key: string) => Promise<TextAnswer>,
  ): Promise<TextAnswer> {
    const name = `${direct} ${key}`;
    let flight = this.#flights.get(name);
    if (flight === undefined) {
      flight = ask(key).finally(() => this.#flights.delete(name));
      this.#flights.set(name, flight);
    }
    return await flight;
  }

  async #ask(
    path: string,
    what: string,
    limit: number,
    how: {
      readonly direct: (() => Promise<Body>) | undefined;
      readonly check: (bytes: Buffer, again: boolean) => Promise<Buffer> | Buffer;
      readonly offline: () => Promise<Buffer | undefined>;
    },
  ): Promise<TextAnswer> {
    const { chain, beforeUpstream, warn } = this.#deps;
    await beforeUpstream();
    const fallback = await how.offline();
    let walked: Walked<Buffer>;
    try {
      walked = await chain.fetch(
        {
          path,
          what,
          limit,
          wrongStops: false,
          direct: how.direct,
          check: async (body, again) => await how.check(await bodyBytes(body), again),
        },
        { brief: fallback !== undefined },
      );
    } catch (error) {
      const outage = error instanceof ProxyError && error.code.startsWith('upstream-');
      if (!outage || fallback === undefined) throw error;
      warn(`${what} comes from the store and may be out of date: ${error.message.split('\n', 1)[0]}`);
      return { bytes: fallback, source: 'store', retries: error.retries, stale: true };
    }
    if (walked.state === 'ok') {
      const { value: bytes, via: source, upstream, retries } = walked;
      return { bytes, source, upstream, retries, stale: false };
    }
    if (walked.state === 'abandoned') throw new ProxyError('closing', 'modgate: the session is ending');
    if (fallback !== undefined && walked.upstream === undefined) {
      return { bytes: fallback, source: 'store', retries: walked.retries, stale: true };
    }
    throw new ProxyError('absent', walked.text, { upstream: walked.upstream, retries: walked.retries });
  }

  async #rewrite(bytes: Buffer, key: string, doubt: Doubt | undefined): Promise<Buffer> {
    const told = reparse(() => parseInfo(bytes));
    doubt?.(told.time === undefined, 'the .info names no time');
    const info = formatInfo(told);
    await this.#deps.store.putSoft(key, info).catch(() => undefined);
    return info;
  }

  async #latestInStore(module: string, key: string): Promise<Buffer | undefined> {
    const versions = await this.#deps.store.list(module);
    const soft = wholeInfo((await this.#deps.store.getSoft(key))?.bytes);
    if (soft !== undefined && versions.includes(soft.version)) return soft.bytes;
    const newest = latestOf(versions);
    if (newest === undefined) return undefined;
    const info = await this.#deps.store.get({ path: module, version: newest }, 'info');
    return info?.bytes;
  }
}

/** Soft state that is an .info; damaged soft state is as good as none. */
function wholeInfo(bytes: Buffer | undefined): { version: string; bytes: Buffer } | undefined {
  if (bytes === undefined) return undefined;
  try {
    return { version: parseInfo(bytes).version, bytes };
  } catch {
    return undefined;
  }
}

/** Soft state of a store is lists and `@latest`s: what a query resolved to last is kept as one of those. */
function softQueryKey(key: string): string {
  return `${key}/@latest`;
}

function reparse<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new WrongBody(error instanceof Error ? error.message : String(error));
  }
}
