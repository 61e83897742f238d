import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CacheStore } from './cache-store.ts';

/** The steps of an exchange at which a fault can happen. */
export type CacheStep = 'lookup' | 'reserve' | 'upload' | 'finalize' | 'download';

/**
 * What goes wrong: `rate-limited` 429; `unavailable` 503; `denied` 403; `denied-200` a refusal with status
 * 200; `not-json` a page instead of an answer; `hang` no answer at all; `cut` a body that ends half-way;
 * `garbage` other bytes of the same length.
 */
export type CacheFault =
  | 'rate-limited'
  | 'unavailable'
  | 'denied'
  | 'denied-200'
  | 'not-json'
  | 'hang'
  | 'cut'
  | 'garbage';

export interface CacheService extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/`. */
  readonly url: string;
  readonly token: string;
  readonly store: CacheStore;
  /** Steps in the order they were asked, with the status they were answered with (0: none). */
  readonly log: { readonly step: CacheStep; readonly status: number }[];
  /** Authorization headers that reached a blob URL; the service must never see one there. */
  readonly leaked: string[];
  readonly faults: Partial<Record<CacheStep, CacheFault>>;
  /** The variables that a runner gives to an action. */
  env(protocol: 'v1' | 'v2'): Record<string, string>;
}

const TWIRP = '/twirp/github.actions.results.api.v1.CacheService/';
const V1 = '/_apis/artifactcache/';

/** Starts a cache service that speaks both protocols of GitHub's, checked against the real client. */
export async function startCacheService(): Promise<CacheService> {
  const store = new CacheStore();
  const log: CacheService['log'] = [];
  const leaked: string[] = [];
  const faults: CacheService['faults'] = {};
  const token = `e30.${Buffer.from('{}').toString('base64url')}.sig`;
  const blocks = new Map<string, Buffer>();
  let base = '';

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', base);
    const body = await bytesOf(request);
    const call = callOf(request.method ?? '', url, body);
    if (call === undefined) return reply(response, 404, { message: `no such path: ${url.pathname}` });
    const blob = url.pathname.startsWith('/blob/');
    const authorization = request.headers.authorization;
    if (blob && authorization) leaked.push(authorization);
    if (!blob && authorization !== `Bearer ${token}`) return reply(response, 401, { message: 'no token' });

    response.on('close', () =>
      log.push({ step: call.step, status: response.headersSent ? response.statusCode : 0 }),
    );
    const fault = faults[call.step];
    if (fault === 'hang') return;
    if (fault === 'cut' || fault === 'garbage') {
      if (!call.download) return void response.destroy();
      const data = call.download();
      response.writeHead(200, { 'content-length': data.length });
      if (fault === 'garbage') return void response.end(Buffer.alloc(data.length, 'x'));
      return void response.write(data.subarray(0, data.length / 2), () => response.destroy());
    }
    if (fault) return refuse(response, fault, call.step);
    call.run(response);
  }

  interface Call {
    readonly step: CacheStep;
    run(response: ServerResponse): void;
    download?(): Buffer;
  }

  function callOf(method: string, url: URL, body: Buffer): Call | undefined {
    if (method === 'POST' && url.pathname.startsWith(TWIRP)) {
      return twirp(url.pathname.slice(TWIRP.length), JSON.parse(body.toString()) as Record<string, string>);
    }
    if (url.pathname.startsWith('/blob/')) return blob(method, url, body);
    if (url.pathname.startsWith(V1)) return v1(method, url, body);
    return undefined;
  }

  function twirp(method: string, message: Record<string, string | string[]>): Call | undefined {
    const key = String(message.key);
    const version = String(message.version);
    if (method === 'GetCacheEntryDownloadURL') {
      return {
        step: 'lookup',
        run(response) {
          const found = store.find([key, ...((message.restore_keys ?? []) as string[])], version);
          if (!found) return reply(response, 200, { ok: false });
          reply(response, 200, {
            ok: true,
            signed_download_url: `${base}blob/${found.order}?sig=s3cret`,
            matched_key: found.key,
          });
        },
      };
    }
    if (method === 'CreateCacheEntry') {
      return {
        step: 'reserve',
        run(response) {
          if (store.scopes.write === undefined) return refuse(response, 'denied-200', 'reserve');
          const entry = store.reserve(key, version);
          if (!entry) {
            const msg = 'cache entry with the same key, version, and scope already exists';
            return reply(response, 409, { code: 'already_exists', msg });
          }
          reply(response, 200, { ok: true, signed_upload_url: `${base}blob/${entry.order}?sig=s3cret` });
        },
      };
    }
    if (method !== 'FinalizeCacheEntryUpload') return undefined;
    return {
      step: 'finalize',
      run(response) {
        const entry = store.entries.find(e => e.key === key && e.version === version && !e.finished);
        if (!entry || String(entry.data.length) !== message.size_bytes) {
          return reply(response, 200, {
            ok: false,
            message: `no upload of ${String(message.size_bytes)} bytes`,
          });
        }
        entry.finished = true;
        reply(response, 200, { ok: true, entry_id: String(entry.order) });
      },
    };
  }

  function blob(method: string, url: URL, body: Buffer): Call | undefined {
    const entry = store.entries.find(e => e.order === Number(url.pathname.slice('/blob/'.length)));
    if (!entry || url.searchParams.get('sig') !== 's3cret') return undefined;
    if (method === 'GET') {
      const run = (response: ServerResponse): void => {
        response.writeHead(200, { 'content-length': entry.data.length }).end(entry.data);
      };
      return { step: 'download', run, download: () => entry.data };
    }
    if (method !== 'PUT') return undefined;
    return {
      step: 'upload',
      run(response) {
        const id = url.searchParams.get('blockid') ?? '';
        const comp = url.searchParams.get('comp');
        if (comp === 'block') blocks.set(`${entry.order} ${id}`, body);
        else if (comp === 'blocklist') {
          const ids = [...body.toString().matchAll(/<Latest>([^<]*)<\/Latest>/g)].map(
            match => match[1] ?? '',
          );
          entry.data = Buffer.concat(ids.map(i => blocks.get(`${entry.order} ${i}`) ?? Buffer.alloc(0)));
        } else entry.data = body;
        response.writeHead(201, { etag: '"0x1"', 'x-ms-request-id': '1' }).end();
      },
    };
  }

  function v1(method: string, url: URL, body: Buffer): Call | undefined {
    const [what, id] = url.pathname.slice(V1.length).split('/');
    if (method === 'GET' && what === 'cache') {
      return {
        step: 'lookup',
        run(response) {
          const keys = (url.searchParams.get('keys') ?? '').split(',');
          const found = store.find(keys, url.searchParams.get('version') ?? '');
          if (!found) return void response.writeHead(204).end();
          reply(response, 200, {
            cacheKey: found.key,
            scope: found.scope,
            archiveLocation: `${base}blob/${found.order}?sig=s3cret`,
          });
        },
      };
    }
    if (what !== 'caches') return undefined;
    if (id === undefined) {
      return {
        step: 'reserve',
        run(response) {
          const { key, version } = JSON.parse(body.toString()) as { key: string; version: string };
          if (store.scopes.write === undefined) return refuse(response, 'denied', 'reserve');
          const entry = store.reserve(key, version);
          if (!entry) return reply(response, 409, { message: 'Cache already exists' });
          reply(response, 201, { cacheId: entry.order });
        },
      };
    }
    const entry = store.entries.find(e => e.order === Number(id));
    if (!entry) return undefined;
    if (method === 'PATCH') {
      return {
        step: 'upload',
        run(response) {
          blocks.set(`${entry.order} ${blocks.size}`, body);
          entry.data = Buffer.concat([entry.data, body]);
          response.writeHead(204).end();
        },
      };
    }
    return {
      step: 'finalize',
      run(response) {
        entry.finished = true;
        response.writeHead(204).end();
      },
    };
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url: base,
    token,
    store,
    log,
    leaked,
    faults,
    env: protocol => ({
      ACTIONS_RUNTIME_TOKEN: token,
      ...(protocol === 'v2'
        ? { ACTIONS_CACHE_SERVICE_V2: 'True', ACTIONS_RESULTS_URL: base }
        : { ACTIONS_CACHE_URL: base }),
    }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

function refuse(response: ServerResponse, fault: CacheFault, step: CacheStep): void {
  const verb = step === 'lookup' || step === 'download' ? 'read' : 'write';
  const denied = `cache ${verb} denied: ${verb === 'read' ? 'no readable scope' : 'read-only token'}`;
  switch (fault) {
    case 'rate-limited':
      response.setHeader('retry-after', '7');
      reply(response, 429, { code: 'resource_exhausted', msg: 'too many requests' });
      break;
    case 'unavailable':
      reply(response, 503, { message: 'the service is down' });
      break;
    case 'denied':
      reply(response, 403, { code: 'permission_denied', msg: denied, message: denied });
      break;
    case 'denied-200':
      reply(response, 200, { ok: false, message: denied });
      break;
    default:
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>sign in</html>');
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
