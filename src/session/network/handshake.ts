import { isIP, type Socket } from 'node:net';
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';

/** What a server showed of itself. Nothing but its head was read from a server that is not trusted. */
export interface Shaken {
  /** To be destroyed by whoever takes it. */
  readonly socket: TLSSocket;
  /** Undefined where the certificate is one to trust. */
  readonly error: string | undefined;
  readonly chain: readonly Shown[];
  readonly protocol: string;
}

/** A certificate of the chain, the server's own first. */
export interface Shown {
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  /** ms since 1970. */
  readonly from: number;
  readonly to: number;
}

/**
 * Shakes hands and lets the server show its certificates, whatever they are worth: `error` says what is wrong. Rejects
 * with the error of a handshake that fails altogether.
 * @param ca PEM certificates of the authorities to trust
 */
export async function shakeHands(
  socket: Socket,
  host: string,
  ca: readonly string[],
  signal: AbortSignal,
): Promise<Shaken> {
  const { promise, resolve, reject } = Promise.withResolvers<Shaken>();
  const secure = connect(
    {
      socket,
      host,
      ca: [...ca],
      // The verdict is ours, and nothing is said to a server before it: no credential, no name of a module.
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 ? { servername: host } : {}),
    },
    () => {
      const { authorized, authorizationError } = secure;
      resolve({
        socket: secure,
        error: authorized
          ? undefined
          : String((authorizationError as NodeJS.ErrnoException | null)?.code ?? authorizationError),
        chain: chainOf(secure.getPeerCertificate(true)),
        protocol: secure.getProtocol() ?? 'TLS',
      });
    },
  );
  secure.on('error', reject);
  secure.once('close', () =>
    reject(Object.assign(new Error('it closed the connection'), { code: 'ECONNRESET' })),
  );
  signal.addEventListener('abort', () => secure.destroy(), { once: true });
  return await promise;
}

const MAX_CHAIN = 10;

function chainOf(first: DetailedPeerCertificate): Shown[] {
  const chain: Shown[] = [];
  const seen = new Set<unknown>();
  for (
    let at: DetailedPeerCertificate | undefined = first;
    at?.raw !== undefined && !seen.has(at) && chain.length < MAX_CHAIN;
    at = at.issuerCertificate
  ) {
    seen.add(at);
    chain.push({
      subject: named(at.subject),
      issuer: named(at.issuer),
      names: (at.subjectaltname ?? '')
        .split(', ')
        .map(name => name.replace(/^(?:DNS|IP Address):/, ''))
        .filter(name => name !== ''),
      from: Date.parse(at.valid_from),
      to: Date.parse(at.valid_to),
    });
  }
  return chain;
}

/** A distinguished name, the parts that people know it by. */
function named(name: object | undefined): string {
  const parts = Object.entries((name ?? {}) as Readonly<Record<string, string | string[]>>)
    .filter(([key]) => ['CN', 'O', 'OU', 'C'].includes(key))
    .map(([key, value]) => `${key}=${[value].flat().join('+')}`);
  return parts.length === 0 ? 'an issuer without a name' : parts.join(', ');
}
