import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { redactUrl } from '../../config/redact.ts';
import { createServer, request as httpRequest } from '../../platform/node-http.ts';
import { basicLogin } from '../../platform/url-login.ts';
import type { HostReach } from '../../proxy/upstream/http.ts';
import type { ProxyFor, Scheme } from './company-proxy.ts';
import { authority, parseTarget, type Target, targetOf } from './host-name.ts';
import type { HostJudgement, HostRefusal } from './host-rules.ts';
import { noteReached, noteTrouble, type Pass, Passes } from './passes.ts';
import { addressesFor, RefusedHost, type Resolve } from './resolve.ts';
import { connectThrough, connectTo, connectToProxy, isSocks, join } from './tunnel.ts';

export interface FilterSettings {
  /** Whether a child may talk to a host. */
  readonly judge: (target: Target, pass: Pass) => HostJudgement;
  /** The same for git's ssh. */
  readonly judgeSsh: (target: Target, pass: Pass) => Promise<HostJudgement>;
  readonly resolve: Resolve;
  /** Network proxies of the job that lead onwards. */
  readonly proxyFor: ProxyFor;
  /** Authorities to believe of a network proxy that speaks TLS. */
  readonly ca: () => Promise<readonly string[]>;
  readonly log: (line: string) => void;
}

/** The proxy that children are sent through: it connects to hosts that may be asked, and to no others. */
export interface Filter {
  /** A way through for one child. */
  open(module: string): Pass;
  /** The pass of a child that was given this URL. */
  passOf(url: string): Pass | undefined;
  /** What the child gets as its proxy. */
  urlFor(pass: Pass): string;
  close(): void;
}

/** Connections at once: a few children, each with a handful. */
const MAX_CONNECTIONS = 256;
/** Longest head of a request, bytes. */
const MAX_HEAD = 16 * 1024;
/** Hop-by-hop headers (RFC 9110, 7.6.1), and those that are for us. */
const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Starts it on a free port of this machine. Rejects when there is none. */
export async function startFilter(settings: FilterSettings): Promise<Filter> {
  const passes = new Passes();
  const sockets = new Set<Socket>();
  const server = createServer({ maxHeaderSize: MAX_HEAD, requestTimeout: 0, headersTimeout: 30_000 });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const filter = new Requests(settings, passes);
  server.on('connect', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    void filter.tunnel(req, socket, head);
  });
  server.on('request', (req, res) => void filter.forward(req, res));
  server.on('upgrade', (_req, socket) => socket.destroy());
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', done);
  });
  const { port } = server.address() as AddressInfo;
  return {
    open: module => passes.open(module),
    passOf: url => (URL.canParse(url) ? passes.byId(new URL(url).username) : undefined),
    urlFor: pass => `http://${passes.userInfo(pass)}@127.0.0.1:${port}`,
    close: () => close(server, sockets),
  };
}

function close(server: Server, sockets: ReadonlySet<Socket>): void {
  server.close();
  for (const socket of sockets) socket.destroy();
}

/** An answer of the filter itself: the words are all that go shows of it. */
interface Answer {
  readonly status: 400 | 403 | 407 | 502;
  readonly words: string;
}

const NO_PASS: Answer = { status: 407, words: 'modgate: this proxy is for the children of a session' };

class Requests {
  readonly #settings: FilterSettings;
  readonly #passes: Passes;

  constructor(settings: FilterSettings, passes: Passes) {
    this.#settings = settings;
    this.#passes = passes;
  }

  /** `CONNECT HOST:PORT`: TLS that nobody on the way can read. */
  async tunnel(req: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const pass = this.#passes.fromHeader(req.headers['proxy-authorization']);
    if (pass === undefined) return refuseTunnel(socket, NO_PASS);
    const target = parseTarget(req.url ?? '');
    if (target === undefined) return refuseTunnel(socket, this.#malformed(pass, req.url));
    const way = await this.#wayTo(pass, 'https', target);
    if ('status' in way) return refuseTunnel(socket, way);
    if (socket.destroyed) return void way.socket.destroy();
    noteReached(pass, target.host);
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) way.socket.write(head);
    join(socket, way.socket);
  }

  /** `GET http://HOST/...`: what is not secret anyway. And the question of the ssh gate, which has no host in it. */
  async forward(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const pass = this.#passes.fromHeader(req.headers['proxy-authorization']);
    if (pass === undefined) return answer(res, NO_PASS);
    const text = req.url ?? '';
    if (text.startsWith('/ssh?')) return await this.#ssh(pass, new URLSearchParams(text.slice(5)), res);
    const url = /^http:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
    const target = url === undefined || url.username + url.password !== '' ? undefined : targetOf(url);
    if (url === undefined || target === undefined) return answer(res, this.#malformed(pass, text));
    const way = await this.#wayTo(pass, 'http', target);
    if ('status' in way) return answer(res, way);
    if (res.destroyed || req.destroyed) return void way.socket.destroy();
    noteReached(pass, target.host);
    const headers = req.rawHeaders.flatMap((name, at, all) =>
      at % 2 === 1 || NOT_FORWARDED.has(name.toLowerCase()) ? [] : [name, all[at + 1] ?? ''],
    );
    if (way.credentials !== undefined) headers.push('Proxy-Authorization', way.credentials);
    headers.push('Connection', 'close');
    const onward = httpRequest(
      {
        method: req.method ?? 'GET',
        path: way.proxied ? url.href : url.pathname + url.search,
        headers: headers as unknown as Record<string, string>,
        setHost: false,
        createConnection: () => way.socket,
      },
      got => {
        const kept = got.rawHeaders.flatMap((name, at, all) =>
          at % 2 === 1 || NOT_FORWARDED.has(name.toLowerCase()) ? [] : [name, all[at + 1] ?? ''],
        );
        res.writeHead(got.statusCode ?? 502, kept);
        pipeline(got, res, () => way.socket.destroy());
      },
    );
    // What a network proxy said was read by hand, and then the reading was stopped.
    onward.once('socket', socket => socket.resume());
    onward.on('error', error => {
      if (!res.headersSent) answer(res, this.#unreachable(pass, target, error));
      else res.destroy();
    });
    res.on('close', () => way.socket.destroy());
    pipeline(req, onward, () => undefined);
  }

  async #ssh(pass: Pass, query: URLSearchParams, res: ServerResponse): Promise<void> {
    const target = parseTarget(`${query.get('host') ?? ''}:${query.get('port') ?? ''}`);
    if (target === undefined) return answer(res, this.#malformed(pass, query.get('host') ?? ''));
    const judged = await this.#settings.judgeSsh(target, pass);
    if (judged.state === 'refused') return answer(res, this.#refused(pass, judged.refusal));
    noteReached(pass, target.host);
    res.writeHead(204).end();
  }

  /** A connection towards a target, or why there is none. */
  async #wayTo(
    pass: Pass,
    scheme: Scheme,
    target: Target,
  ): Promise<
    Answer | { readonly socket: Socket; readonly proxied: boolean; readonly credentials: string | undefined }
  > {
    const { judge, proxyFor, ca } = this.#settings;
    try {
      const judged = judge(target, pass);
      if (judged.state === 'refused') return this.#refused(pass, judged.refusal);
      const proxy = proxyFor(scheme, target);
      if (proxy === undefined) {
        return { socket: await this.#direct(target, judged.reach), proxied: false, credentials: undefined };
      }
      if (scheme === 'https' || isSocks(proxy)) {
        return { socket: await connectThrough(proxy, target, ca), proxied: false, credentials: undefined };
      }
      return { socket: await connectToProxy(proxy, ca), proxied: true, credentials: basicLogin(proxy) };
    } catch (error) {
      if (error instanceof RefusedHost) return this.#refused(pass, error.refusal);
      return this.#unreachable(pass, target, error);
    }
  }

  async #direct(target: Target, reach: HostReach): Promise<Socket> {
    return await connectTo(target, await addressesFor(target, reach, this.#settings.resolve));
  }

  #refused(pass: Pass, refusal: HostRefusal): Answer {
    noteTrouble(pass, { kind: 'refused', refusal, after: [...pass.reached] });
    this.#settings.log(`refused ${about(pass)}: ${refusal.reason}`);
    return { status: 403, words: `modgate: ${refusal.reason}` };
  }

  #unreachable(pass: Pass, target: Target, error: unknown): Answer {
    const reason = failureWords(target, error);
    noteTrouble(pass, { kind: 'unreachable', reason });
    this.#settings.log(`unreachable ${about(pass)}: ${reason}`);
    return { status: 502, words: `modgate: ${reason}` };
  }

  #malformed(pass: Pass, text: string | undefined): Answer {
    const shown = redactUrl(text ?? '').slice(0, 100);
    this.#settings.log(`refused ${about(pass)}: ${line(shown)} names no host and port`);
    const target = { host: 'an unknown host', port: 0 };
    const reason = `a request for ${line(shown)} was refused: it names no host and port`;
    noteTrouble(pass, {
      kind: 'refused',
      refusal: { target, rule: undefined, reason, fix: 'correct the address that the module or git names' },
      after: [...pass.reached],
    });
    return { status: 400, words: `modgate: ${reason}` };
  }
}

function about({ module }: Pass): string {
  return module === '' ? 'a child' : `for ${line(module)}`;
}

/** In go's own words where it has some, because they are told from the absence of a module by them. */
function failureWords(target: Target, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const name = authority(target);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_NODATA')
    return `lookup ${target.host}: no such host`;
  if (code === 'ECONNREFUSED') return `dial ${name}: connection refused`;
  if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH') return `dial ${name}: network is unreachable`;
  if (code === 'ETIMEDOUT') return `dial ${name}: i/o timeout`;
  if (error instanceof AggregateError)
    return failureWords(target, error.errors[0] ?? new Error('no connection'));
  return `${name}: ${line(message ?? String(error))}`;
}

/** One line of printable ASCII: it goes into a status line and into go's words. */
function line(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, '?').slice(0, 400);
}

function refuseTunnel(socket: Socket, { status, words }: Answer): void {
  const phrase = line(words);
  const body = `${phrase}\n`;
  // go shows the words of the status line, and git's library nothing but the number.
  socket.end(
    `HTTP/1.1 ${status} ${phrase}\r\n${status === 407 ? CHALLENGE : ''}Content-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    'latin1',
  );
  // Whoever does not read it keeps no connection.
  socket.setTimeout(10_000, () => socket.destroy());
}

const CHALLENGE = 'Proxy-Authenticate: Basic realm="modgate"\r\n';

function answer(res: ServerResponse, { status, words }: Answer): void {
  const phrase = line(words);
  res.writeHead(status, phrase, {
    'Content-Type': 'text/plain',
    Connection: 'close',
    ...(status === 407 ? { 'Proxy-Authenticate': 'Basic realm="modgate"' } : {}),
  });
  res.end(`${phrase}\n`);
}
