import type { Socket } from 'node:net';
import type { Target } from './host-name.ts';

/** SOCKS protocol version 5 (RFC 1928) as a client, with user name and password (RFC 1929). */

/** Reads exactly so many bytes of what the other side says next. Rejects when it says less. */
export type Take = (bytes: number) => Promise<Buffer>;

const VERSION = 5;
const NO_LOGIN = 0;
const LOGIN = 2;
const CONNECT = 1;
const NAME = 3;
/** Lengths of the address that an answer has, by its type; a name says its own. */
const ADDRESS_BYTES: Readonly<Record<number, number>> = { 1: 4, 4: 16 };

/** Words of RFC 1928 for an answer that is not 0. */
const REFUSALS: Readonly<Record<number, string>> = {
  2: 'its rules do not allow it',
  3: 'network is unreachable',
  4: 'no route to host',
  5: 'connection refused',
  6: 'i/o timeout',
};

/**
 * Asks a proxy to connect to a target by its name, which the proxy looks up. Rejects with an Error that says why not.
 * @param login user name and password; undefined without any
 */
export async function askSocks(
  socket: Pick<Socket, 'write'>,
  take: Take,
  { host, port }: Target,
  login: { readonly username: string; readonly password: string } | undefined,
): Promise<void> {
  socket.write(Buffer.from(login === undefined ? [VERSION, 1, NO_LOGIN] : [VERSION, 2, NO_LOGIN, LOGIN]));
  const [version, method] = await take(2);
  if (version !== VERSION) throw new Error('does not speak SOCKS 5');
  if (method === LOGIN && login !== undefined) {
    socket.write(Buffer.concat([Buffer.from([1]), short(login.username), short(login.password)]));
    const [, refused] = await take(2);
    if (refused !== 0) throw new Error('does not accept the login');
  } else if (method !== NO_LOGIN) throw new Error('wants a login that is not there');
  const places = Buffer.alloc(2);
  places.writeUInt16BE(port);
  socket.write(Buffer.concat([Buffer.from([VERSION, CONNECT, 0, NAME]), short(host), places]));
  const [, state = 1, , kind = 0] = await take(4);
  if (state !== 0) throw new Error(`does not connect: ${REFUSALS[state] ?? `SOCKS error ${state}`}`);
  const length = kind === NAME ? ((await take(1))[0] ?? 0) : ADDRESS_BYTES[kind];
  if (length === undefined) throw new Error('sent no SOCKS answer');
  await take(length + 2);
}

/** Text of at most 255 bytes with its length before it. */
function short(text: string): Buffer {
  const bytes = Buffer.from(text).subarray(0, 255);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
