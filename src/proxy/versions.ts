import { formatInfo, parseInfo } from '../gomod/info.ts';
import { formatVersionList, parseVersionList } from '../gomod/list.ts';
import { escapePath, escapeVersion } from '../gomod/module-path.ts';
import { compareVersions, isPseudo } from '../gomod/version.ts';
import { latestOf } from '../store/lists.ts';
import type { FileKind, ModVer, Store } from '../store/types.ts';
import { createDoubt, type Doubt } from './doubt.ts';
import { ProxyError } from './errors.ts';
import { LIMITS } from './file-answer.ts';
import type { ModuleFiles } from './module-files.ts';
import { asksProxies, type Route, type RouteFn } from './route.ts';
import type { Walked, Want } from './upstream/chain.ts';
import { bodyBytes, WrongBody } from './upstream/transfer.ts';

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

/** Most versions of a module, newest first, that are looked at when the upstream is gone. */
const MAX_PROVEN = 200;

export interface VersionsDeps {
  readonly store: Store;
  readonly files: Pick<ModuleFiles, 'offlineInfo' | 'isProven'>;
  readonly route: RouteFn;
  readonly beforeUpstream: (mv?: ModVer, kind?: FileKind) => Promise<boolean>;
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
  #toldOfNobody = false;
  constructor(deps: VersionsDeps) {
    this.#deps = deps;
  }

  /** Whether a proxy is asked first, which can say what is there without fetching any of it. */
  asksProxies(module: string): boolean {
    return asksProxies(this.#deps.route(module));
  }

  /** Whether the store has anything of this version that can be believed. */
  async has(module: string, version: string): Promise<boolean> {
    if (this.#deps.store.proof === 'full') return false;
    return (await this.#deps.store.entry({ path: module, version }).catch(() => undefined)) !== undefined;
  }

  async list(module: string, where: Where = ANYWHERE): Promise<TextAnswer> {
    const route = this.#deps.route(module);
    const direct = where.direct ? route.direct : undefined;
    return await this.#once(`${escapePath(module)}/@v/list`, where, async key => {
      const { store } = this.#deps;
      const kept = await store.list(module);
      const untagged = store.proof === 'digest' && kept.length > 0 && kept.every(isPseudo);
      const tagless = untagged || this.#tagless.has(module);
      const doubt = createDoubt();
      return await this.#ask(route, key, `the version list of ${module}`, LIMITS.list, {
        direct: direct && (wanted => direct.list(module, wanted)),
        check: (body, again) => {
          const versions = reparse(() => parseVersionList(body));
          // Empty means "a module without tags". A mirror in trouble answers an empty 200 too, and go would
          // silently take a pseudo-version, or a prefix of an import path for a module.
          doubt(again && versions.length === 0 && !tagless, 'the version list is empty');
          if (versions.length === 0) this.#tagless.add(module);
          return formatVersionList(versions);
        },
        older: async () => (await store.list(module)).length > 0,
        offline: async () => {
          const versions = await this.#versionsInStore(module);
          return versions.length === 0
            ? undefined
            : formatVersionList(versions.toSorted(compareVersions).map(version => ({ version })));
        },
      });
    });
  }

  async latest(module: string, where: Where = ANYWHERE): Promise<TextAnswer> {
    const route = this.#deps.route(module);
    const direct = where.direct ? route.direct : undefined;
    return await this.#once(`${escapePath(module)}/@latest`, where, async key => {
      const doubt = createDoubt();
      return await this.#ask(route, key, `the latest version of ${module}`, LIMITS.info, {
        direct: direct && (wanted => direct.query(module, 'latest', wanted)),
        check: async (body, again) => await this.#rewrite(body, key, again ? doubt : undefined),
        older: async () => (await this.#deps.store.list(module)).length > 0,
        offline: async () => await this.#latestInStore(module, key),
      });
    });
  }

  /** A branch, a commit or another non-canonical version, asked as `<query>.info`. */
  async query(module: string, query: string, where: Where = ANYWHERE): Promise<TextAnswer> {
    const route = this.#deps.route(module);
    const direct = where.direct ? route.direct : undefined;
    return await this.#once(`${escapePath(module)}/@v/${escapeVersion(query)}.info`, where, async key => {
      const doubt = createDoubt();
      const kept = async () => wholeInfo((await this.#deps.store.getSoft(softQueryKey(key)))?.bytes)?.bytes;
      return await this.#ask(route, key, `${module}@${query}`, LIMITS.info, {
        direct: direct && (wanted => direct.query(module, query, wanted)),
        check: async (body, again) => await this.#rewrite(body, softQueryKey(key), again ? doubt : undefined),
        older: async () => (await kept()) !== undefined,
        offline: kept,
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
    { chain }: Route,
    path: string,
    what: string,
    limit: number,
    how: {
      readonly direct: Want<Buffer>['direct'];
      readonly check: (bytes: Buffer, again: boolean) => Promise<Buffer> | Buffer;
      /** Whether the store seems to have an older answer, which `offline` then makes sure of. */
      readonly older: () => Promise<boolean>;
      readonly offline: () => Promise<Buffer | undefined>;
    },
  ): Promise<TextAnswer> {
    const { beforeUpstream, warn } = this.#deps;
    await beforeUpstream();
    const older = await how.older();
    const want: Want<Buffer> = {
      path,
      what,
      limit,
      wrongStops: false,
      direct: how.direct,
      check: async (body, again) => await how.check(await bodyBytes(body), again),
    };
    let walked: Walked<Buffer>;
    try {
      walked = await chain.fetch(want, { brief: older });
    } catch (error) {
      const outage = error instanceof ProxyError && error.code.startsWith('upstream-');
      if (!outage || !older) throw error;
      const bytes = await how.offline();
      if (bytes !== undefined) {
        warn(`${what} comes from the store and may be out of date: ${reasonOf(error)}`);
        return { bytes, source: 'store', retries: error.retries, stale: true };
      }
      walked = await chain.fetch(want);
    }
    if (walked.state === 'ok') {
      const { value: bytes, via: source, upstream, retries } = walked;
      return { bytes, source, upstream, retries, stale: false };
    }
    if (walked.state === 'abandoned') throw new ProxyError('closing', 'modgate: the session is ending');
    const bytes = walked.upstream === undefined ? await how.offline() : undefined;
    if (bytes !== undefined) {
      // With GOPROXY=off it is so for all of them, and meant.
      if (!this.#toldOfNobody) {
        warn(`${what} comes from the store and may be out of date, as do others: there is nobody to ask`);
      }
      this.#toldOfNobody = true;
      return { bytes, source: 'store', retries: walked.retries, stale: true };
    }
    throw new ProxyError('absent', walked.text, { upstream: walked.upstream, retries: walked.retries });
  }

  /** Versions that can be served without asking anybody; of what others wrote only those that somebody vouches for. */
  async #versionsInStore(module: string): Promise<string[]> {
    const { store, files } = this.#deps;
    const versions = await store.list(module);
    if (store.proof === 'digest') return versions;
    const newest = versions.toSorted(compareVersions).slice(-MAX_PROVEN);
    const proven = await Promise.all(newest.map(version => files.isProven({ path: module, version })));
    return newest.filter((_, at) => proven[at]);
  }

  async #rewrite(bytes: Buffer, key: string, doubt: Doubt | undefined): Promise<Buffer> {
    const told = reparse(() => parseInfo(bytes));
    doubt?.(told.time === undefined, 'the .info names no time');
    const info = formatInfo(told);
    await this.#deps.store.putSoft(key, info).catch(() => undefined);
    return info;
  }

  async #latestInStore(module: string, key: string): Promise<Buffer | undefined> {
    const versions = await this.#versionsInStore(module);
    const soft = wholeInfo((await this.#deps.store.getSoft(key))?.bytes);
    if (soft !== undefined && versions.includes(soft.version)) return soft.bytes;
    const newest = latestOf(versions);
    if (newest === undefined) return undefined;
    return (await this.#deps.files.offlineInfo({ path: module, version: newest }))?.file.bytes;
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

/** The first line of an error, and what it announces. */
function reasonOf({ message }: Error): string {
  const [first = '', second = ''] = message.split('\n');
  return first.endsWith(':') ? `${first} ${second.trim()}` : first;
}
