import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { isLoopback } from '../config/loopback.ts';
import { type ListenAddress, listenOn, parseListenAddress } from '../platform/listen-address.ts';
import { SessionError } from './errors.ts';

/** Reads `--listen HOST:PORT`; a free loopback port without one. Throws SessionError `usage`. */
export function listenAt(value: string | undefined): ListenAddress {
  if (value === undefined) return { host: '127.0.0.1', port: 0 };
  const at = parseListenAddress(value);
  if (at === undefined) {
    throw new SessionError(
      'usage',
      `--listen wants HOST:PORT (like 127.0.0.1:8080 or 0.0.0.0:8080), not "${value}"`,
    );
  }
  return at;
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

/** Makes the server listen and returns its port. Throws SessionError `cannot-listen`. */
export async function listen(server: Server, at: ListenAddress): Promise<number> {
  return await listenOn(
    server,
    at,
    (problem, cause) =>
      new SessionError(
        'cannot-listen',
        `${problem}; leave --listen out to take any free loopback port, or name another`,
        { cause },
      ),
  );
}
