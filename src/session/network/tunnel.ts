import type { LookupAddress } from 'node:dns';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { authority, plainHost, type Target } from './host-name.ts';
import { fixedLookup } from './resolve.ts';

/** Longest wait for a connection, and for the answer of a network proxy, ms. */
const CONNECT_MS = 20_000;
/** A tunnel without a byte for this long is closed: a forge that packs a big repository says something each minute. */
const IDLE_MS = 15 * 60_000;
/** The same once one side has said all that it wants to say. */
const HALF_CLOSED_MS = 2 * 60_000;
/** Longest head of a network proxy's answer, bytes. */
const MAX_HEAD = 16 * 1024;

/** Connects to one of the addresses, trying both families. Rejects with the error of the last one. */
export async function connectTo(target: Target, addresses: readonly LookupAddress[]): Promise<Socket> {
  const socket = connect({
    host: target.host,
    port: target.port,
    lookup: fixedLookup(addresses),
    autoSelectFamily: true,
    // Node's own 250 ms give up a server on another continent.
    autoSelectFamilyAttemptTimeout: 2_000,
    allowHalfOpen: true,
    noDelay: true,
  });
  return await opened(socket, 'connect', target);
}

/** Connects to a target through a network proxy, which looks the name up itself. Rejects with an Error that says why. */
export async function connectThrough(
  proxy: URL,
  target: Target,
  ca: () => Promise<readonly string[]>,
): Promise<Socket> {
  const socket = await connectToProxy(proxy, ca);
  const credentials = proxyCredentials(proxy);
  const name = authority(target);
  const auth = credentials === undefined ? '' : `Proxy-Authorization: ${credentials}\r\n`;
  socket.write(`CONNECT ${name} HTTP/1.1\r\nHost: ${name}\r\n${auth}\r\n`, 'latin1');
  const status = await answerOf(socket, proxy);
  if (status >= 200 && status < 300) return socket;
  socket.destroy();
  throw new Error(`the network proxy ${proxy.host} answered ${status} for ${name}`);
}

/** A connection to the network proxy itself, with TLS where its URL says https. */
export async function connectToProxy(proxy: URL, ca: () => Promise<readonly string[]>): Promise<Socket> {
  const host = plainHost(proxy.hostname) ?? proxy.hostname;
  if (proxy.protocol === 'http:') {
    const at = { host, port: Number(proxy.port || 80) };
    return await opened(connect({ ...at, allowHalfOpen: true, noDelay: true }), 'connect', at);
  }
  if (proxy.protocol === 'https:') {
    const at = { host, port: Number(proxy.port || 443) };
    const socket = tlsConnect({
      ...at,
      servername: host,
      ca: [...(await ca())],
      ALPNProtocols: ['http/1.1'],
    });
    return await opened(socket, 'secureConnect', at);
  }
  throw new Error(`a network proxy of the kind ${proxy.protocol}// cannot be used, only http and https ones`);
}

/** What stands in the user information of a proxy's URL, as a header; undefined without any. */
export function proxyCredentials({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const text = `${unescaped(username)}:${unescaped(password)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function opened(socket: Socket, event: 'connect' | 'secureConnect', at: Target): Promise<Socket> {
  return await new Promise((done, failed) => {
    const timer = setTimeout(() => {
      socket.destroy(
        new Error(`no connection to ${authority(at)} within ${CONNECT_MS / 1000} s (i/o timeout)`),
      );
    }, CONNECT_MS);
    socket.once('error', error => {
      clearTimeout(timer);
      failed(error);
    });
    socket.once(event, () => {
      clearTimeout(timer);
      done(socket);
    });
  });
}

/** Status of a network proxy's answer; what follows its head is put back. */
async function answerOf(socket: Socket, proxy: URL): Promise<number> {
  return await new Promise((done, failed) => {
    let head = Buffer.alloc(0);
    const end = (error?: Error, status = 0) => {
      clearTimeout(timer);
      socket.off('data', onData).off('error', end).off('close', onClose);
      socket.pause();
      if (error === undefined) done(status);
      else {
        socket.destroy();
        failed(error);
      }
    };
    const fail = (what: string) => end(new Error(`the network proxy ${proxy.host} ${what}`));
    const onClose = () => fail('closed the connection without an answer');
    const onData = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const at = head.indexOf('\r\n\r\n');
      if (at < 0) {
        if (head.length > MAX_HEAD) fail('sent an endless answer');
        return;
      }
      const status = /^HTTP\/1\.[01] (\d{3})(?: |\r)/.exec(head.toString('latin1', 0, at + 2))?.[1];
      if (status === undefined) return fail('sent no HTTP answer');
      const rest = head.subarray(at + 4);
      end(undefined, Number(status));
      if (rest.length > 0) socket.unshift(rest);
    };
    const timer = setTimeout(() => fail(`did not answer within ${CONNECT_MS / 1000} s`), CONNECT_MS);
    socket.on('data', onData).on('error', end).on('close', onClose);
  });
}

/**
 * Lets two sockets talk until both have said all. Each side may end before the other; an error of the one, or a long
 * silence, ends both.
 */
export function join(a: Socket, b: Socket): void {
  if (a.destroyed || b.destroyed) {
    a.destroy();
    b.destroy();
    return;
  }
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.setNoDelay(true);
    from.setTimeout(IDLE_MS, () => from.destroy());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      // After an orderly end the other side may still be reading what is on its way.
      if (from.errored !== null || !from.readableEnded) to.destroy();
    });
    from.on('end', () => {
      from.setTimeout(HALF_CLOSED_MS);
      to.setTimeout(HALF_CLOSED_MS);
    });
    from.pipe(to);
  }
}
