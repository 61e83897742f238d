/** A cache entry as GitHub's interface lists it. */
export interface CacheRow {
  readonly id: number;
  readonly ref: string;
  readonly key: string;
  readonly version: string;
  /** RFC 3339. */
  readonly last_accessed_at: string;
  readonly created_at: string;
  readonly size_in_bytes: number;
}

/**
 * The caches of a repository, and the branches and pull requests that tell whether anybody needs them. The
 * permissions are those of the token, as a workflow's `permissions:` gives them.
 */
export interface CachesOfRepository {
  readonly rows: CacheRow[];
  readonly deleted: CacheRow[];
  readonly branches: Set<string>;
  readonly pulls: Map<number, 'open' | 'closed'>;
  readonly permissions: {
    actions: 'none' | 'read' | 'write';
    contents: 'none' | 'read';
    pulls: 'none' | 'read';
  };
  /** Bytes of caches that are not in `rows`. */
  otherBytes: number;
}

export function cachesOfRepository(): CachesOfRepository {
  return {
    rows: [],
    deleted: [],
    branches: new Set(['main']),
    pulls: new Map(),
    permissions: { actions: 'write', contents: 'read', pulls: 'read' },
    otherBytes: 0,
  };
}

export interface ForgeAnswer {
  readonly status: number;
  /** Undefined: no body. */
  readonly body?: unknown;
}

const NOT_FOUND: ForgeAnswer = { status: 404, body: { message: 'Not Found', status: '404' } };
const DENIED: ForgeAnswer = {
  status: 403,
  body: { message: 'Resource not accessible by integration', status: '403' },
};

/** Answers a request about caches and refs; undefined when it is about something else. */
export function answerCaches(caches: CachesOfRepository, method: string, at: URL): ForgeAnswer | undefined {
  const { permissions, rows } = caches;
  const path = /^\/repos\/acme\/demo(\/.*)?$/.exec(at.pathname)?.[1] ?? '';
  if (at.pathname === '/repos/acme/demo') {
    return { status: 200, body: { full_name: 'acme/demo', default_branch: 'main' } };
  }
  if (method === 'GET' && path === '/actions/caches') {
    if (permissions.actions === 'none') return DENIED;
    const size = Math.min(100, Number(at.searchParams.get('per_page') ?? 30));
    const page = Number(at.searchParams.get('page') ?? 1);
    const by = at.searchParams.get('sort') === 'created_at' ? 'created_at' : 'last_accessed_at';
    const up = at.searchParams.get('direction') === 'asc' ? 1 : -1;
    const found = rows
      .filter(row => row.key.startsWith(at.searchParams.get('key') ?? ''))
      .toSorted((a, b) => up * (Date.parse(a[by]) - Date.parse(b[by])));
    const actions_caches = found.slice((page - 1) * size, page * size);
    return { status: 200, body: { total_count: found.length, actions_caches } };
  }
  const id = /^\/actions\/caches\/(\d+)$/.exec(path)?.[1];
  if (method === 'DELETE' && id !== undefined) {
    if (permissions.actions !== 'write') return DENIED;
    const place = rows.findIndex(row => row.id === Number(id));
    if (place < 0) return NOT_FOUND;
    caches.deleted.push(...rows.splice(place, 1));
    return { status: 204 };
  }
  if (method === 'GET' && path === '/actions/cache/usage') {
    if (permissions.actions === 'none') return DENIED;
    const bytes = rows.reduce((sum, row) => sum + row.size_in_bytes, caches.otherBytes);
    const usage = { active_caches_size_in_bytes: bytes, active_caches_count: rows.length };
    return { status: 200, body: { full_name: 'acme/demo', ...usage } };
  }
  const branch = /^\/git\/ref\/heads(?:\/|%2F)(.+)$/.exec(path)?.[1];
  if (method === 'GET' && branch !== undefined) {
    const name = decodeURIComponent(branch);
    // What a token may not see is not there, in a private repository.
    if (permissions.contents === 'none' || !caches.branches.has(name)) return NOT_FOUND;
    return {
      status: 200,
      body: { ref: `refs/heads/${name}`, object: { type: 'commit', sha: '2'.repeat(40) } },
    };
  }
  const pull = /^\/pulls\/(\d+)$/.exec(path)?.[1];
  if (method === 'GET' && pull !== undefined) {
    if (permissions.pulls === 'none') return DENIED;
    const state = caches.pulls.get(Number(pull));
    return state === undefined ? NOT_FOUND : { status: 200, body: { number: Number(pull), state } };
  }
  return undefined;
}
