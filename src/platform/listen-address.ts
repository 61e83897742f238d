import type { Server } from 'node:http';

/** An address to listen on; IPv6 without brackets. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads `HOST:PORT`, an IPv6 host in brackets; undefined when it is none. */
export function parseListenAddress(value: string): ListenAddress | undefined {
  const match = /^(\[[0-9a-f:]+\]|[^:\s]+):(\d{1,5})$/i.exec(value);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535) return undefined;
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
}

/** Why a server cannot listen, in words that follow a colon. */
function listenProblem(error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return 'another program listens there';
  if (error.code === 'EACCES') return 'this user may not use that port';
  if (error.code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  return error.message;
}

/**
 * Makes the server listen and returns its port; rejects with what `refuse` makes of the reason, which stands behind
 * the address already.
 */
export async function listenOn(
  server: Server,
  { host, port }: ListenAddress,
  refuse: (problem: string, cause: Error) => Error,
): Promise<number> {
  return await new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(refuse(`cannot listen on ${host}:${port}: ${listenProblem(error)}`, error));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
