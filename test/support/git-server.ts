import { execFileSync, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

let programs: string | undefined;

/** Where git keeps its own programs; asked once. */
export function gitPrograms(): string {
  programs ??= execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim();
  return programs;
}

export interface GitServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** `METHOD path?query authorization` of every request so far. */
  readonly requests: readonly string[];
}

/**
 * Serves the repositories below a directory over http by git's own backend. With `auth`, requests without that
 * Authorization header are refused as a forge refuses them.
 */
export async function gitServer(root: string, auth?: string): Promise<GitServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const given = request.headers.authorization ?? '';
    requests.push(`${request.method} ${request.url} ${given}`);
    if (auth !== undefined && given !== auth) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end('no');
      return;
    }
    gitBackend(root, request, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** Answers one request by git's own backend. `at` is the path below `root`, default the request's own. */
export function gitBackend(
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
  at?: string,
): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const child = spawn(path.join(gitPrograms(), 'git-http-backend'), [], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_COUNT: '3',
      GIT_CONFIG_KEY_0: 'uploadpack.allowFilter',
      GIT_CONFIG_VALUE_0: 'true',
      GIT_CONFIG_KEY_1: 'uploadpack.allowAnySHA1InWant',
      GIT_CONFIG_VALUE_1: 'true',
      GIT_CONFIG_KEY_2: 'safe.directory',
      GIT_CONFIG_VALUE_2: '*',
      PATH_INFO: at ?? decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => {});
  request.pipe(child.stdin);
  let head = Buffer.alloc(0);
  let started = false;
  child.stdout.on('data', (chunk: Buffer) => {
    if (started) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    started = true;
    for (const line of head.toString('latin1', 0, end).split('\r\n')) {
      const colon = line.indexOf(':');
      const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
      if (name.toLowerCase() === 'status') response.statusCode = Number(value.slice(0, 3));
      else response.setHeader(name, value);
    }
    response.write(head.subarray(end + 4));
  });
  child.on('close', () => response.end());
}
