import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerCaches, type CachesOfRepository, cachesOfRepository } from './github-caches.ts';

export interface FakeComment {
  id: number;
  user: { login: string; type: 'Bot' | 'User' };
  body: string;
}

/**
 * The parts of GitHub's interface that comments and caches need, with its limits: pages of at most 100, bodies of at
 * most 65,536 characters, and a token of a fork's pull request that may read only.
 */
export interface GitHubApi extends AsyncDisposable {
  readonly url: string;
  readonly comments: FakeComment[];
  readonly caches: CachesOfRepository;
  /** `METHOD path` of every request. */
  readonly asked: string[];
  /** Authorization headers that came with them. */
  readonly tokens: Set<string>;
  /** May the token write? */
  writable: boolean;
  /** Answers the next requests with these statuses instead. */
  readonly trouble: number[];
  /** Answers a request with something else; called with `METHOD path`. `cut`: the connection breaks. */
  fault: ((asked: string) => Trouble | undefined) | undefined;
}

export type Trouble =
  | 'cut'
  | 'not-json'
  | {
      readonly status: number;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

const MAX_BODY = 65_536;

export async function startGitHubApi(login = 'github-actions[bot]'): Promise<GitHubApi> {
  const comments: FakeComment[] = [];
  const asked: string[] = [];
  const tokens = new Set<string>();
  const trouble: number[] = [];
  const caches = cachesOfRepository();
  const server = createServer((req, res) => {
    void answer(req, res).catch(error => res.destroy(error as Error));
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const api: GitHubApi = {
    url,
    comments,
    caches,
    asked,
    tokens,
    trouble,
    writable: true,
    fault: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const at = new URL(req.url ?? '/', url);
    asked.push(`${req.method} ${at.pathname}`);
    if (req.headers.authorization !== undefined) tokens.add(req.headers.authorization);
    const send = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}) => {
      res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
      res.end(JSON.stringify(value));
    };
    const failing = trouble.shift();
    if (failing !== undefined) return send(failing, { message: 'Server Error' });
    const fault = api.fault?.(`${req.method} ${at.pathname}`);
    if (fault === 'cut') return void res.destroy();
    if (fault === 'not-json') return void res.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    if (fault) return send(fault.status, { message: fault.message ?? 'Server Error' }, fault.headers);
    if (!req.headers.authorization) return send(401, { message: 'Requires authentication', status: '401' });
    const text = await bodyOf(req);
    if (at.pathname === '/graphql') return send(200, { data: { viewer: { login } } });
    const cache = answerCaches(caches, req.method ?? '', at);
    if (cache?.body === undefined && cache !== undefined) return void res.writeHead(cache.status).end();
    if (cache !== undefined) return send(cache.status, cache.body);
    const list = /^\/repos\/acme\/demo\/issues\/(\d+)\/comments$/.exec(at.pathname);
    const one = /^\/repos\/acme\/demo\/issues\/comments\/(\d+)$/.exec(at.pathname);
    if (list && req.method === 'GET') {
      const size = Math.min(100, Number(at.searchParams.get('per_page') ?? 30));
      const page = Number(at.searchParams.get('page') ?? 1);
      const next = `<${url}${at.pathname}?per_page=${size}&page=${page + 1}>; rel="next"`;
      return send(
        200,
        comments.slice((page - 1) * size, page * size),
        page * size < comments.length ? { link: next } : {},
      );
    }
    if (!list && !one) return send(404, { message: 'Not Found', status: '404' });
    if (!api.writable) {
      return send(403, { message: 'Resource not accessible by integration', status: '403' });
    }
    const { body } = JSON.parse(text) as { body: string };
    if (body.length > MAX_BODY) {
      return send(422, {
        message: 'Validation Failed',
        errors: ['body is too long (maximum is 65536 characters)'],
      });
    }
    if (list && req.method === 'POST') {
      const made: FakeComment = { id: comments.length + 1, user: { login, type: 'Bot' }, body };
      comments.push(made);
      return send(201, made);
    }
    const found = comments.find(comment => comment.id === Number(one?.[1]));
    if (!found || req.method !== 'PATCH') return send(404, { message: 'Not Found', status: '404' });
    found.body = body;
    return send(200, found);
  }
  return api;
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req.setEncoding('utf8')) text += chunk;
  return text;
}
