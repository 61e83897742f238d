import type { LookupAddress } from 'node:dns';
import { connect, isIP, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { basicLogin, loginOf } from '../../platform/url-login.ts';
import { authority, plainHost, type Target } from './host-name.ts';
import { fixedLookup } from './resolve.ts';
import { askSocks } from './socks.ts';

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

/**
 * Connects to a target through a network proxy, which looks the name up itself. Rejects with an Error that says why.
 * @param signal ends the connection, also later on
 */
export async function connectThrough(
  proxy: URL,
  target: Target,
  ca: () => Promise<readonly string[]>,
  signal?: AbortSignal,
): Promise<Socket> {
  const socket = await connectToProxy(proxy, ca, signal);
  try {
    if (isSocks(proxy)) {
      const take = (bytes: number) =>
        readAnswer(socket, seen =>
          seen.length < bytes ? undefined : { value: seen.subarray(0, bytes), length: bytes },
        );
      await askSocks(socket, take, target, loginOf(proxy));
    } else await askHttp(socket, proxy, target);
    return socket;
  } catch (error) {
    socket.destroy();
    throw new Error(`the network proxy ${proxy.host} ${(error as Error).message}`, { cause: error });
  }
}

/** Whether a proxy only makes connections, whatever is spoken over them. */
export function isSocks({ protocol }: URL): boolean {
  return protocol === 'socks5:' || protocol === 'socks5h:';
}

async function askHttp(socket: Socket, proxy: URL, target: Target): Promise<void> {
  const credentials = basicLogin(proxy);
  const name = authority(target);
  const auth = credentials === undefined ? '' : `Proxy-Authorization: ${credentials}\r\n`;
  socket.write(`CONNECT ${name} HTTP/1.1\r\nHost: ${name}\r\n${auth}\r\n`, 'latin1');
  const status = await readAnswer(socket, statusOf);
  if (status < 200 || status >= 300) throw new Error(`answered ${status} for ${name}`);
}

/** A connection to the network proxy itself, with TLS where its URL says https. */
export async function connectToProxy(
  proxy: URL,
  ca: () => Promise<readonly string[]>,
  signal?: AbortSignal,
): Promise<Socket> {
  const host = plainHost(proxy.hostname) ?? proxy.hostname;
  if (proxy.protocol === 'http:' || isSocks(proxy)) {
    const at = { host, port: Number(proxy.port || (isSocks(proxy) ? 1080 : 80)) };
    return await opened(connect({ ...at, allowHalfOpen: true, noDelay: true }), 'connect', at, signal);
  }
  if (proxy.protocol === 'https:') {
    const at = { host, port: Number(proxy.port || 443) };
    const socket = tlsConnect({
      ...at,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ca: [...(await ca())],
      ALPNProtocols: ['http/1.1'],
    });
    return await opened(socket, 'secureConnect', at, signal);
  }
  throw new Error(
    `a network proxy of the kind ${proxy.protocol}// cannot be used, only http, https and socks5 ones`,
  );
}

async function opened(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  at: Target,
  signal?: AbortSignal,
): Promise<Socket> {
  return await new Promise((done, failed) => {
    signal?.addEventListener('abort', () => socket.destroy(signal.reason as Error), { once: true });
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

/** What is read of an answer, and how many bytes of it that was; undefined when more is needed. */
type Read<T> = { readonly value: T; readonly length: number } | undefined;

/** Reads the beginning of what a network proxy says; what follows is put back. `parse` throws what is wrong with it. */
async function readAnswer<T>(socket: Socket, parse: (seen: Buffer) => Read<T>): Promise<T> {
  return await new Promise((done, failed) => {
    let seen: Buffer = Buffer.alloc(0);
    const stop = () => {
      clearTimeout(timer);
      socket.off('data', onData).off('error', fail).off('close', onClose).off('end', onClose);
      socket.pause();
    };
    const fail = (error: Error) => {
      stop();
      failed(error);
    };
    const onClose = () => fail(new Error('closed the connection without an answer'));
    const onData = (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      try {
        const read = parse(seen);
        if (read === undefined) {
          if (seen.length > MAX_HEAD) throw new Error('sent an endless answer');
          return;
        }
        stop();
        const rest = seen.subarray(read.length);
        if (rest.length > 0) socket.unshift(rest);
        done(read.value);
      } catch (error) {
        fail(error as Error);
      }
    };
    const timer = setTimeout(
      () => fail(new Error(`did not answer within ${CONNECT_MS / 1000} s (i/o timeout)`)),
      CONNECT_MS,
    );
    socket.on('data', onData).on('error', fail).on('close', onClose).on('end', onClose).resume();
  });
}

function statusOf(seen: Buffer): Read<number> {
  const end = seen.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const status = /^HTTP\/1\.[01] (\d{3})(?: |\r)/.exec(seen.toString('latin1', 0, end + 2))?.[1];
  if (status === undefined) throw new Error('sent no HTTP answer');
  return { value: Number(status), length: end + 4 };
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
