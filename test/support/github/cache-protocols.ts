import type { IncomingMessage } from 'node:http';
import type { SpooledBody } from './cache-body.ts';
import type { CacheStep } from './cache-faults.ts';
import type { Reply } from './cache-reply.ts';
import type { CacheEntry, CacheStore } from './cache-store.ts';

/** What a request asks for. */
export interface Call {
  readonly step: CacheStep;
  /** Where the bytes of its body go, for uploads; a short text otherwise. */
  readonly into?: { readonly body: SpooledBody; readonly offset: number };
  /** Serves bytes of this entry. */
  readonly entry?: CacheEntry;
  run(body: string): Reply;
}

export interface Protocols {
  readonly store: CacheStore;
  readonly blocks: Map<string, SpooledBody>;
  /** A URL for the bytes of an entry, which `entryAt` knows again. */
  sign(entry: CacheEntry): string;
  entryAt(url: URL): CacheEntry | undefined;
}

const TWIRP = '/twirp/github.actions.results.api.v1.CacheService/';
const V1 = '/_apis/artifactcache/';
const TAKEN = 'cache entry with the same key, version, and scope already exists';
const DENIED = 'cache write denied: read-only token';

/** The call that a request is, undefined for a path that the service does not have. */
export function callOf(service: Protocols, request: IncomingMessage, url: URL): Call | undefined {
  const method = request.method ?? '';
  if (method === 'POST' && url.pathname.startsWith(TWIRP)) {
    return twirp(service, url.pathname.slice(TWIRP.length));
  }
  if (url.pathname.startsWith('/blob/')) return blob(service, method, url);
  const v1At = url.pathname.indexOf(V1);
  if (v1At < 0) return undefined;
  return v1(service, request, url, url.pathname.slice(v1At + V1.length));
}

function twirp(service: Protocols, method: string): Call | undefined {
  const { store } = service;
  if (method === 'GetCacheEntryDownloadURL') {
    return {
      step: 'lookup',
      run(body) {
        const message = JSON.parse(body) as { key: string; restore_keys?: string[]; version: string };
        const found = store.find([message.key, ...(message.restore_keys ?? [])], message.version);
        if (!found) return { status: 200, json: { ok: false } };
        const json = { ok: true, signed_download_url: service.sign(found), matched_key: found.key };
        return { status: 200, json };
      },
    };
  }
  if (method === 'CreateCacheEntry') {
    return {
      step: 'reserve',
      run(body) {
        const message = JSON.parse(body) as { key: string; version: string };
        if (store.scopes.write === undefined) return { status: 200, json: { ok: false, message: DENIED } };
        const entry = store.reserve(message.key, message.version);
        if (!entry) return { status: 409, json: { code: 'already_exists', msg: TAKEN } };
        return { status: 200, json: { ok: true, signed_upload_url: service.sign(entry) } };
      },
    };
  }
  if (method !== 'FinalizeCacheEntryUpload') return undefined;
  return {
    step: 'finalize',
    run(body) {
      const message = JSON.parse(body) as { key: string; version: string; size_bytes: unknown };
      const entry = store.entries.find(
        e => e.key === message.key && e.version === message.version && !e.finished,
      );
      if (!entry || String(entry.size) !== message.size_bytes) {
        const words = `no upload of ${String(message.size_bytes)} bytes`;
        return { status: 200, json: { ok: false, message: words } };
      }
      store.finish(entry);
      return { status: 200, json: { ok: true, entry_id: String(entry.order) } };
    },
  };
}

function blob(service: Protocols, method: string, url: URL): Call | undefined {
  const entry = service.entryAt(url);
  if (!entry) return undefined;
  if (method === 'GET') return { step: 'download', entry, run: () => ({ status: 200 }) };
  if (method !== 'PUT') return undefined;
  const comp = url.searchParams.get('comp');
  const named = (id: string): string => `${entry.order} ${id}`;
  if (comp === 'block') {
    const body = service.store.spool.create();
    const id = url.searchParams.get('blockid') ?? '';
    return {
      step: 'upload',
      into: { body, offset: 0 },
      run() {
        service.blocks.set(named(id), body);
        return { status: 201 };
      },
    };
  }
  if (comp === 'blocklist') {
    return {
      step: 'upload',
      run(text) {
        const ids = [...text.matchAll(/<Latest>([^<]*)<\/Latest>/g)].map(match => match[1] ?? '');
        const whole = service.store.spool.create();
        for (const id of ids) {
          const block = service.blocks.get(named(id));
          if (block === undefined) return { status: 400 };
          whole.append(block);
          block.remove();
        }
        entry.body = whole;
        return { status: 201 };
      },
    };
  }
  const body = service.store.spool.create();
  return {
    step: 'upload',
    into: { body, offset: 0 },
    run() {
      entry.body = body;
      return { status: 201 };
    },
  };
}

function v1(service: Protocols, request: IncomingMessage, url: URL, resource: string): Call | undefined {
  const { store } = service;
  const [what, id] = resource.split('/');
  if (request.method === 'GET' && what === 'cache') {
    return {
      step: 'lookup',
      run() {
        const keys = (url.searchParams.get('keys') ?? '').split(',');
        const found = store.find(keys, url.searchParams.get('version') ?? '');
        if (!found) return { status: 204 };
        const json = { cacheKey: found.key, scope: found.scope, archiveLocation: service.sign(found) };
        return { status: 200, json };
      },
    };
  }
  if (what !== 'caches') return undefined;
  if (id === undefined) {
    return {
      step: 'reserve',
      run(body) {
        const { key, version } = JSON.parse(body) as { key: string; version: string };
        if (store.scopes.write === undefined) return { status: 403, json: { message: DENIED } };
        const entry = store.reserve(key, version);
        if (!entry) return { status: 409, json: { message: 'Cache already exists' } };
        return { status: 201, json: { cacheId: entry.order } };
      },
    };
  }
  const entry = store.entries.find(e => e.order === Number(id) && !e.finished);
  if (!entry) return undefined;
  if (request.method === 'PATCH') {
    const [, start] = /^bytes (\d+)-\d+\/\*$/.exec(request.headers['content-range'] ?? '') ?? [];
    const part = store.spool.create();
    return {
      step: 'upload',
      into: { body: part, offset: 0 },
      run() {
        entry.body ??= store.spool.create();
        entry.body.append(part, Number(start ?? 0));
        part.remove();
        return { status: 204 };
      },
    };
  }
  return {
    step: 'finalize',
    run(body) {
      const { size } = JSON.parse(body) as { size: number };
      if (size !== entry.size) return { status: 400, json: { message: `not ${size} bytes` } };
      store.finish(entry);
      return { status: 204 };
    },
  };
}
