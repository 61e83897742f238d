import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A company's HTTP proxy on loopback: CONNECT tunnels and absolute-form requests. */
export interface ForwardProxy extends AsyncDisposable {
  readonly url: string;
  /** `HOST:PORT` of every tunnel or request, as the client named it. */
  readonly asked: readonly string[];
  /** Head and body in clear of all that the proxy itself could read: CONNECT heads, first bytes of tunnels, plain requests. */
  readonly traffic: readonly string[];
}

export interface ForwardProxyOptions {
  /** What clients must say: `USER:PASSWORD`. */
  readonly login?: string;
}

/** The loopback port that plays `HOST:PORT`; undefined: this proxy does not lead there. */
export type Routes = (hostAndPort: string) => number | undefined;

/** As much of a tunnel's first bytes as holds a TLS client hello, which names the host in clear. */
const KEPT = 4096;

/**
 * Starts one that leads names to ports of 127.0.0.1, so that no name needs to exist: all of them to one port, or each
 * to its own. What has no port is refused with 403, as by a company's proxy.
 */
export async function startForwardProxy(
  to: number | Routes,
  { login }: ForwardProxyOptions = {},
): Promise<ForwardProxy> {
  const routes: Routes = typeof to === 'number' ? () => to : to;
  const asked: string[] = [];
  const traffic: string[] = [];
  const sockets = new Set<Socket>();

  const allowed = (req: IncomingMessage) =>
    login === undefined ||
    req.headers['proxy-authorization'] === `Basic ${Buffer.from(login).toString('base64')}`;

  const record = (req: IncomingMessage) => {
    const index = traffic.push(`${req.method} ${req.url}\n${req.rawHeaders.join('\n')}\n`) - 1;
    return (chunk: Buffer) => {
      if ((traffic[index]?.length ?? 0) < KEPT) traffic[index] += chunk.toString('latin1');
    };
  };

  const server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', 'http://none.example.test');
    const target = `${url.hostname}:${url.port || '80'}`;
    asked.push(target);
    req.on('data', record(req));
    const port = routes(target);
    if (!allowed(req)) return void denied(res, 407);
    if (port === undefined) return void denied(res, 403);
    const onward = request(
      { host: '127.0.0.1', port, method: req.method, path: url.pathname + url.search, headers: req.headers },
      answer => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      },
    );
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  });
  server.on('connect', (req, client: Socket, head: Buffer) => {
    const target = req.url ?? '';
    asked.push(target);
    const keep = record(req);
    client.on('error', () => {});
    const port = routes(target);
    if (!allowed(req) || port === undefined) {
      const status = allowed(req) ? '403 Forbidden' : '407 Proxy Authentication Required';
      client.end(
        `HTTP/1.1 ${status}\r\nProxy-Authenticate: Basic realm="proxy"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
      return;
    }
    const onward = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      keep(head);
      onward.write(head);
      client.on('data', keep);
      onward.pipe(client).pipe(onward);
    });
    sockets.add(onward);
    onward.on('error', () => client.destroy());
    client.on('error', () => onward.destroy());
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    traffic,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

function denied(res: ServerResponse, status: 403 | 407): void {
  res.writeHead(status, { 'proxy-authenticate': 'Basic realm="proxy"', 'content-type': 'text/plain' });
  res.end('refused by the company proxy\n');
}
