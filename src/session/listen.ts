import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { isIP } from 'node:net';
import { SessionError } from './errors.ts';

/** An address to listen on. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads `--listen HOST:PORT`; a free loopback port without one. Throws SessionError `usage`. */
export function listenAt(value: string | undefined): ListenAddress {
  if (value === undefined) return { host: '127.0.0.1', port: 0 };
  const match = /^(\[[0-9a-f:]+\]|[^:\s]+):(\d{1,5})$/i.exec(value);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535) {
    throw new SessionError(
      'usage',
      `--listen wants HOST:PORT (like 127.0.0.1:8080 or 0.0.0.0:8080), not "${value}"`,
    );
  }
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
}

/**
 * The secret part of the proxy's URL. A caller who names the address may name the secret too, to know the whole
 * URL beforehand; where other machines can connect he must, for nobody could guess ours, and none at all would
 * let everybody in. Throws SessionError `usage`.
 */
export function secretFor(at: ListenAddress, named: boolean, given: string | undefined): string {
  const how = 'set MODGATE_SECRET to 32 lower-case hex digits, for instance from: openssl rand -hex 16';
  if (!named || given === undefined || given === '') {
    if (!isLoopback(at.host)) {
      throw new SessionError(
        'usage',
        `--listen ${at.host}:${at.port} can be reached from other machines, and no secret is set; ${how}`,
      );
    }
    return randomBytes(16).toString('hex');
  }
  if (!/^[0-9a-f]{32}$/.test(given)) {
    throw new SessionError('usage', `MODGATE_SECRET is not of the right form; ${how}`);
  }
  return given;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Makes the server listen and returns its port. Throws SessionError `cannot-listen`. */
export async function listen(
  server: Server,
  at: { readonly host: string; readonly port: number },
): Promise<number> {
  return await new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? 'another program listens there'
          : error.code === 'EACCES'
            ? 'this user may not use that port'
            : error.code === 'EADDRNOTAVAIL'
              ? 'this machine has no such address'
              : error.message;
      reject(
        new SessionError(
          'cannot-listen',
          `cannot listen on ${at.host}:${at.port}: ${why}; leave --listen out to take any free loopback port, or name another`,
          { cause: error },
        ),
      );
    });
    server.listen(at.port, at.host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : at.port);
    });
  });
}
