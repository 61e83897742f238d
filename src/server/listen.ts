import type { Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { CollectorError } from '../collector/errors.ts';
import { type ListenAddress, listenOn } from '../platform/listen-address.ts';
import { createServer } from '../platform/node-http.ts';
import type { Handler } from './handler.ts';

/** PEM texts of a certificate chain and its key. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}

/** Longest that a request line with its headers, and a whole request, may take to come in, ms. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 90_000;
const KEEP_ALIVE_MS = 30_000;
const MAX_CONNECTIONS = 1024;
const MAX_HEADER_BYTES = 16 * 1024;

const LIMITS = {
  headersTimeout: HEADERS_MS,
  requestTimeout: REQUEST_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: MAX_HEADER_BYTES,
};

/** A server that bounds what slow, many and malformed clients cost. Throws CollectorError `settings` for a bad certificate. */
export function makeServer(handler: Handler, tls: Tls | undefined): Server {
  const server = tls === undefined ? createServer(LIMITS) : tlsServer(tls);
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = 0;
  const onRequest = (...[request, response]: Parameters<Handler>): void => void handler(request, response);
  server.on('request', onRequest);
  // Whoever asks for leave to send a body learns first whether it may.
  server.on('checkContinue', onRequest);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuseRaw(error, socket));
  return server;
}

function tlsServer(tls: Tls): Server {
  try {
    return createTlsServer({ ...LIMITS, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: HEADERS_MS });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CollectorError(
      'settings',
      `the TLS certificate or its key cannot be used: ${why}; --tls-cert and --tls-key want PEM files that belong together`,
    );
  }
}

/** What is no HTTP, or came too slowly, never becomes a request. */
function refuseRaw(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, message] =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? ['408 Request Timeout', 'timeout', 'the request did not come in time']
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? ['431 Request Header Fields Too Large', 'too-large', 'the headers are too long']
        : ['400 Bad Request', 'malformed', 'this is no HTTP request'];
  const body = `${JSON.stringify({ error: { code, message } })}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

/** Makes the server listen and returns its port. Throws CollectorError `settings`. */
export async function listen(server: Server, at: ListenAddress): Promise<number> {
  return await listenOn(
    server,
    at,
    (problem, cause) =>
      new CollectorError('settings', `${problem}; name another address with --listen`, { cause }),
  );
}
