import { dispatcherOf, REQUEST_MS } from '../check/comments/network.ts';
import { record } from '../platform/github-event.ts';
import type { Env } from '../platform/types.ts';
import type { RefState, SharedEntry } from './prune-entries.ts';

/**
 * `denied`: the token may not; `limited`: too many requests; `absent`: no such repository or no such interface;
 * `unavailable`: no answer, or none that can be used.
 */
export type ForgeErrorCode = 'denied' | 'limited' | 'absent' | 'unavailable';

/** The forge did not do what it was asked. The message is one sentence without credentials, not yet escaped. */
export class ForgeError extends Error {
  override readonly name = 'ForgeError';
  readonly code: ForgeErrorCode;
  constructor(code: ForgeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What the clean-up asks of the forge. Methods reject with ForgeError and with nothing else. */
export interface CachesForge {
  /** Entries whose key begins with `prefix`, newest first, and whether there are more than `most`. */
  list(prefix: string, most: number): Promise<{ readonly entries: SharedEntry[]; readonly more: boolean }>;
  /** False when it was gone already. */
  remove(entry: SharedEntry): Promise<boolean>;
  refState(ref: string): Promise<RefState>;
  /** Bytes of all caches of the repository, whoever wrote them. */
  usage(): Promise<number>;
  defaultBranch(): Promise<string>;
}

export interface ForgeOptions {
  /** Base of the REST interface (`GITHUB_API_URL`). */
  readonly apiUrl: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly token: string;
  readonly env: Env;
  /** Ends whatever is under way. */
  readonly signal: AbortSignal;
}

/** GitHub, or an Enterprise server, by @octokit/rest. */
export async function githubForge(options: ForgeOptions): Promise<CachesForge> {
  const [{ Octokit }, { retry }, { fetch }, dispatcher] = await Promise.all([
    import('@octokit/rest'),
    import('@octokit/plugin-retry'),
    import('undici'),
    dispatcherOf(options.env),
  ]);
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const { rest } = new (Octokit.plugin(retry))({
    auth: options.token,
    baseUrl: options.apiUrl,
    log: quiet,
    // Who asks on after 429 is refused for longer: the next run goes on instead.
    retry: { retries: 1, doNotRetry: [400, 401, 403, 404, 410, 422, 429, 451] },
    request: {
      fetch: (url: string, init: object) =>
        fetch(url, {
          ...init,
          dispatcher,
          signal: AbortSignal.any([options.signal, AbortSignal.timeout(REQUEST_MS)]),
        }),
    },
  });
  const [owner = '', repo = ''] = options.repository.split('/');
  const at = { owner, repo };
  return {
    async list(prefix, most) {
      const entries: SharedEntry[] = [];
      for (let page = 1; ; page++) {
        const { data } = await rest.actions
          .getActionsCacheList({
            ...at,
            key: prefix,
            sort: 'created_at',
            direction: 'desc',
            per_page: 100,
            page,
          })
          .catch(refused('listing the caches of the repository', 'actions: write'));
        const rows: unknown = data.actions_caches;
        if (!Array.isArray(rows)) throw strange('listing the caches of the repository');
        const found = rows.flatMap((row: unknown) => entryOf(record(row) ?? {}, prefix) ?? []);
        entries.push(...found.slice(0, most - entries.length));
        // Entries may come while we turn the pages: the total tells no end, a page that is not full does.
        if (rows.length < 100) return { entries: unique(entries), more: false };
        if (entries.length >= most) return { entries: unique(entries), more: true };
      }
    },
    async remove(entry) {
      const doing = 'deleting a cache entry';
      const { status } = await rest.actions
        .deleteActionsCacheById({ ...at, cache_id: entry.id })
        .catch((error: unknown) =>
          statusOf(error) === 404 ? { status: 404 } : refused(doing, 'actions: write')(error),
        );
      if (status !== 204 && status !== 404) throw strange(doing);
      return status === 204;
    },
    async refState(ref) {
      const pull = /^refs\/pull\/(\d{1,15})\/(?:merge|head)$/.exec(ref)?.[1];
      try {
        if (pull !== undefined) {
          const { data } = await rest.pulls.get({ ...at, pull_number: Number(pull) });
          return data.state === 'closed' || data.state === 'open' ? data.state : 'unknown';
        }
        if (!/^refs\/(?:heads|tags)\/./.test(ref)) return 'unknown';
        const { data } = await rest.git.getRef({ ...at, ref: ref.slice('refs/'.length) });
        return data.ref === ref ? 'open' : 'unknown';
      } catch (error) {
        const status = statusOf(error);
        // A token that may not read contents gets 403, or 404 in a private repository: the caller tells them apart.
        if (status === 404 && pull === undefined) return 'gone';
        if (status === 404 || (status === 403 && !isLimit(error))) return 'unknown';
        return refused('asking whether a branch is still there', 'contents: read')(error);
      }
    },
    async usage() {
      const { data } = await rest.actions
        .getActionsCacheUsage(at)
        .catch(refused('asking how much room the caches take', 'actions: read'));
      if (typeof data.active_caches_size_in_bytes !== 'number') {
        throw strange('asking how much room the caches take');
      }
      return sizeOf(data.active_caches_size_in_bytes);
    },
    async defaultBranch() {
      const { data } = await rest.repos.get(at).catch(refused('reading the repository', 'metadata: read'));
      if (typeof data.default_branch !== 'string') throw strange('reading the repository');
      return data.default_branch;
    },
  };
}

/** An entry out of an answer; undefined for one that cannot be judged. */
function entryOf(row: Readonly<Record<string, unknown>>, prefix: string): SharedEntry | undefined {
  const { id, key, ref, version } = row;
  const created = Date.parse(String(row.created_at));
  const accessed = Date.parse(String(row.last_accessed_at));
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return undefined;
  if (typeof key !== 'string' || !key.startsWith(prefix) || typeof ref !== 'string') return undefined;
  if (Number.isNaN(created)) return undefined;
  return {
    id,
    key,
    ref,
    version: typeof version === 'string' ? version : '',
    bytes: sizeOf(row.size_in_bytes),
    created,
    accessed: Number.isNaN(accessed) ? created : accessed,
  };
}

function sizeOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

/** An entry that was used while we turned the pages stands on two of them. */
function unique(entries: readonly SharedEntry[]): SharedEntry[] {
  return [...new Map(entries.map(entry => [entry.id, entry])).values()];
}

function statusOf(error: unknown): number | undefined {
  const status = (error as { status?: unknown } | undefined)?.status;
  return typeof status === 'number' ? status : undefined;
}

/** GitHub says 403 for both of its limits; headers tell them from a missing permission. */
function isLimit(error: unknown): boolean {
  const { response } = error as { response?: { headers?: Readonly<Record<string, unknown>> } };
  const headers = response?.headers ?? {};
  return headers['retry-after'] !== undefined || String(headers['x-ratelimit-remaining']) === '0';
}

/** For an answer of another form: a proxy's page, or a server that only looks like GitHub. */
function strange(doing: string): ForgeError {
  return new ForgeError('unavailable', `${doing}: the answer is not what GitHub would say`);
}

/** Rejects in our words. `permission` is what the job's token must have for it. */
function refused(doing: string, permission: string): (error: unknown) => never {
  return error => {
    const status = statusOf(error);
    const said = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '').slice(0, 300) : '';
    const options = { cause: error };
    if (status === 429 || (status === 403 && isLimit(error))) {
      throw new ForgeError('limited', `${doing}: too many requests for now (${status})`, options);
    }
    if (status === 401 || status === 403) {
      const fix = `give the job \`permissions: ${permission}\` (runs for pull requests from forks cannot have it), or another token`;
      throw new ForgeError('denied', `${doing}: the token may not (${status}: ${said}); ${fix}`, options);
    }
    if (status === 404) {
      const fix = 'check that the token may see the repository; servers before GHES 3.5 list no caches';
      throw new ForgeError('absent', `${doing}: there is no such thing (404); ${fix}`, options);
    }
    throw new ForgeError('unavailable', `${doing}: ${status ?? 'no answer'}: ${said}`, options);
  };
}
