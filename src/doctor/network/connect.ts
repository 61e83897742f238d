import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { basicLogin } from '../../platform/url-login.ts';
import { TimeUp } from '../limits.ts';
import { type Address, failed, type NetworkEffects, type Verdict } from '../types.ts';
import { literal } from './address.ts';
import { bareHost, type NetworkProxy, portOf } from './way.ts';

/** A connection, or what stands in its way. */
export type Connected =
  | { readonly state: 'open'; readonly socket: Socket | TLSSocket }
  | { readonly state: 'closed'; readonly verdict: Verdict };

/** A connection straight to a host. */
export async function connectTo(
  addresses: readonly Address[],
  port: number,
  signal: AbortSignal,
  { connect }: NetworkEffects,
): Promise<Connected> {
  try {
    return { state: 'open', socket: await connect(addresses, port, signal) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { state: 'closed', verdict: connectVerdict(error, port) };
  }
}

/** What a system says of a connection that did not come to be, in words. */
export function connectVerdict(error: unknown, port: number): Verdict {
  const proxyFix = 'if this network reaches others only through a proxy, set HTTPS_PROXY for the job';
  const code = codeOf(error);
  switch (code) {
    case 'ECONNREFUSED':
      return failed(`port ${port} refuses connections`, {
        why: 'the machine is there, and nothing listens on that port, or a firewall rejects it',
        fix: `see that the server runs and the port is right; ${proxyFix}`,
      });
    case 'ETIMEDOUT':
      return timedOut(port);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return failed('there is no route to it', {
        why: `the system says ${code}`,
        fix: `see to the network of this machine (a VPN, IPv6 without a route); ${proxyFix}`,
      });
    case 'EACCES':
    case 'EPERM':
      return failed('this machine may not connect to it', {
        why: `the system says ${code}: a local firewall or a sandbox forbids it`,
        fix: 'allow the runner to connect to this host',
      });
    default:
      return failed('the connection fails', { why: wordsOf(error), fix: proxyFix });
  }
}

/** No answer to a connection within the time there was. */
export function timedOut(port: number): Verdict {
  return failed(`port ${port} does not answer`, {
    why: 'the time for connecting was up: a firewall drops the packets, or the machine is not there',
    fix: 'allow the runner to reach it; if this network reaches others only through a proxy, set HTTPS_PROXY for the job',
  });
}

/** The longest head of an answer that is read, bytes. */
const MAX_HEAD = 16 * 1024;

/** A tunnel to a host through a network proxy of the job. Rejects when the signal ends it. */
export async function tunnelTo(
  url: URL,
  proxy: NetworkProxy,
  signal: AbortSignal,
  effects: NetworkEffects,
): Promise<Connected> {
  const host = bareHost(proxy.url);
  const port = portOf(proxy.url);
  const named = `${proxy.variable} (${host}:${port})`;
  const own = literal(host);
  let socket: Socket;
  try {
    socket = await effects.connect(own === undefined ? await effects.resolve(host) : [own], port, signal);
    if (proxy.url.protocol === 'https:') socket = await tlsToProxy(socket, host, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const verdict = failed(`the proxy of ${named} cannot be reached`, {
      why: wordsOf(error),
      fix: `correct ${proxy.variable}, or unset it where this network needs no proxy`,
    });
    return { state: 'closed', verdict };
  }
  try {
    const target = `${url.hostname}:${portOf(url)}`;
    const login = basicLogin(proxy.url);
    const credentials = login === undefined ? '' : `Proxy-Authorization: ${login}\r\n`;
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${credentials}\r\n`);
    const head = await readHead(socket, signal);
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
    if (status === 200) return { state: 'open', socket };
    socket.destroy();
    return { state: 'closed', verdict: tunnelVerdict(status, named, proxy) };
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw error;
    return {
      state: 'closed',
      verdict: failed(`the proxy of ${named} does not answer as a proxy`, {
        why: wordsOf(error),
        fix: `correct ${proxy.variable}`,
      }),
    };
  }
}

function tunnelVerdict(status: number, named: string, { url, variable }: NetworkProxy): Verdict {
  if (status === 407) {
    const given = url.username !== '';
    return failed(
      `the proxy of ${named} ${given ? 'does not take the credentials in it' : 'wants credentials'}`,
      {
        why: 'it answers 407',
        fix: `write ${variable} with a valid user and password, and keep it a secret of the job`,
      },
    );
  }
  if (status === 403 || status === 405) {
    return failed(`the proxy of ${named} does not let this job reach it`, {
      why: `it answers ${status} to CONNECT`,
      fix: 'have the host allowed in the proxy, or name it in NO_PROXY where it can be reached directly',
    });
  }
  if (status >= 500) {
    return failed(`the proxy of ${named} cannot reach it`, {
      why: `it answers ${status}: the name is unknown to it, or the host does not answer it`,
      fix: 'see that the host is right; name it in NO_PROXY where it can be reached directly',
    });
  }
  return failed(`the proxy of ${named} opens no connection to it`, {
    why: Number.isNaN(status) ? 'its answer is no HTTP' : `it answers ${status} to CONNECT`,
    fix: `see that ${variable} names an HTTP proxy`,
  });
}

async function tlsToProxy(socket: Socket, host: string, signal: AbortSignal): Promise<Socket> {
  const { connect } = await import('node:tls');
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const secure = connect({ socket, ...(literal(host) === undefined ? { servername: host } : {}) }, () =>
    resolve(secure),
  );
  secure.once('error', reject);
  signal.addEventListener('abort', () => secure.destroy(), { once: true });
  return await promise;
}

/** The head of an HTTP answer. Rejects when none comes. */
export async function readHead(socket: Socket, signal: AbortSignal): Promise<string> {
  return await readUntil(socket, '\r\n\r\n', signal);
}

/** The first line that a server says unasked. Rejects when none comes. */
export async function readGreeting(socket: Socket, signal: AbortSignal): Promise<string> {
  return (await readUntil(socket, '\n', signal)).trim();
}

async function readUntil(socket: Socket, end: string, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  const onData = (chunk: Buffer): void => {
    text += chunk.toString('latin1');
    const at = text.indexOf(end);
    if (at >= 0) resolve(text.slice(0, at));
    else if (text.length > MAX_HEAD) reject(new Error('its answer begins with too much'));
  };
  const onEnd = (): void => reject(new Error('it closed the connection without an answer'));
  const onAbort = (): void => reject(new TimeUp(undefined));
  socket.on('data', onData).once('end', onEnd).once('close', onEnd).once('error', reject);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await promise;
  } finally {
    socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', reject);
    socket.on('error', () => undefined);
    signal.removeEventListener('abort', onAbort);
  }
}

/** The system's code of an error, of the first where a connection was tried with several addresses. */
export function codeOf(error: unknown): string | undefined {
  const { code, errors, cause } = (error ?? {}) as { code?: unknown; errors?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0]);
  return cause === undefined ? undefined : codeOf(cause);
}

/** An error in words that follow a colon. */
export function wordsOf(error: unknown): string {
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : String(error);
  const words = text === '' && error instanceof AggregateError ? wordsOf(error.errors[0]) : text;
  return code === undefined || words.includes(code) ? words : `${words} (${code})`;
}
