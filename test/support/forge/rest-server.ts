import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A forge's REST interface on loopback. */
export interface RestServer extends AsyncDisposable {
  readonly url: string;
  /** `path?query` of every request. */
  readonly asked: string[];
  /** Authorization headers that came, and those of GitLab's own kind. */
  readonly tokens: Set<string>;
  /** Most requests that were under way at once. */
  readonly most: () => number;
  /** Answers a request with something else; `cut`: the connection breaks, `html`: a page instead of JSON. */
  fault: ((path: string) => Reply | 'cut' | 'html' | undefined) | undefined;
}

/** Serves what `answer` makes of a path (without the base) and a token; undefined is a 404 in the words of the forge. */
export async function startRest(
  base: string,
  answer: (at: URL, token: string | undefined) => Reply,
): Promise<RestServer> {
  const asked: string[] = [];
  const tokens = new Set<string>();
  let running = 0;
  let most = 0;
  const server = createServer((req, res) => {
    const at = new URL(req.url ?? '/', url);
    asked.push(at.pathname + at.search);
    const token = tokenOf(req);
    if (token !== undefined) tokens.add(token);
    most = Math.max(most, ++running);
    // The answer comes in a later turn, so that requests can meet.
    setTimeout(() => {
      running--;
      const fault = rest.fault?.(at.pathname);
      if (fault === 'cut') return void res.destroy();
      if (fault === 'html') return void res.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
      const path = at.pathname.startsWith(base) ? at.pathname.slice(base.length) : '/nothing';
      const inside = new URL(path + at.search, url);
      const { status, body, headers } = fault ?? answer(inside, token);
      res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
      res.end(status === 204 ? undefined : JSON.stringify(body));
    }, 5);
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const rest: RestServer = {
    url,
    asked,
    tokens,
    most: () => most,
    fault: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  };
  return rest;
}

function tokenOf(req: IncomingMessage): string | undefined {
  const own = req.headers['private-token'] ?? req.headers['job-token'];
  return req.headers.authorization ?? (typeof own === 'string' ? own : undefined);
}

/** One page of a list, as both forges cut it. */
export function pageOf<T>(list: readonly T[], at: URL, usual: number) {
  const size = Math.min(100, Math.max(1, Number(at.searchParams.get('per_page') ?? usual)));
  const page = Math.max(1, Number(at.searchParams.get('page') ?? 1));
  return {
    rows: list.slice((page - 1) * size, page * size),
    page,
    size,
    pages: Math.ceil(list.length / size),
  };
}
