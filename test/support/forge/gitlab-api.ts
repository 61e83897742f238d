import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeNote {
  id: number;
  author: { username: string };
  body: string;
}

/** The part of GitLab's interface that notes need: token by header, pages with GitLab's headers, 1,000,000 characters. */
export interface GitLabApi extends AsyncDisposable {
  readonly url: string;
  readonly notes: FakeNote[];
  readonly asked: string[];
  readonly tokens: Set<string>;
  writable: boolean;
  readonly trouble: number[];
}

const MAX_BODY = 1_000_000;

export async function startGitLabApi(username = 'project_42_bot_1'): Promise<GitLabApi> {
  const notes: FakeNote[] = [];
  const asked: string[] = [];
  const tokens = new Set<string>();
  const trouble: number[] = [];
  const server = createServer((req, res) => {
    void answer(req, res).catch(error => res.destroy(error as Error));
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const api: GitLabApi = {
    url,
    notes,
    asked,
    tokens,
    trouble,
    writable: true,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const at = new URL(req.url ?? '/', url);
    asked.push(`${req.method} ${at.pathname}`);
    const token = req.headers['private-token'] ?? req.headers.authorization;
    if (typeof token === 'string') tokens.add(token);
    const send = (status: number, value: unknown, headers: Record<string, string> = {}) => {
      res.writeHead(status, { 'content-type': 'application/json', ...headers });
      res.end(JSON.stringify(value));
    };
    const failing = trouble.shift();
    if (failing !== undefined) return send(failing, { message: `${failing} trouble` });
    if (token === undefined) return send(401, { message: '401 Unauthorized' });
    const text = await bodyOf(req);
    if (at.pathname === '/api/v4/user') return send(200, { id: 1, username });
    const match = /^\/api\/v4\/projects\/42\/merge_requests\/7\/notes(?:\/(\d+))?$/.exec(at.pathname);
    if (!match) return send(404, { message: '404 Project Not Found' });
    if (req.method === 'GET') {
      const size = Math.min(100, Number(at.searchParams.get('per_page') ?? 20));
      const page = Number(at.searchParams.get('page') ?? 1);
      const pages = Math.ceil(notes.length / size);
      return send(200, notes.slice((page - 1) * size, page * size), {
        'x-page': String(page),
        'x-per-page': String(size),
        'x-next-page': page < pages ? String(page + 1) : '',
        'x-prev-page': page > 1 ? String(page - 1) : '',
        'x-total': String(notes.length),
        'x-total-pages': String(pages),
      });
    }
    if (!api.writable) return send(403, { message: '403 Forbidden' });
    const { body } = JSON.parse(text) as { body: string };
    if (body.length > MAX_BODY) return send(400, { message: { note: ['is too long'] } });
    if (req.method === 'POST') {
      const made: FakeNote = { id: notes.length + 1, author: { username }, body };
      notes.push(made);
      return send(201, made);
    }
    const found = notes.find(note => note.id === Number(match[1]));
    if (!found) return send(404, { message: '404 Note Not Found' });
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
