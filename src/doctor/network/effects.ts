import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import type { Address, NetworkEffects } from '../types.ts';

/** The network of this machine. */
export function systemNetwork(): NetworkEffects {
  return {
    resolve: async host =>
      (await lookup(host, { all: true })).map(
        ({ address, family }): Address => ({ address, family: family === 6 ? 6 : 4 }),
      ),
    connect: (addresses, port, signal) =>
      new Promise((resolve, reject) => {
        const socket = connect({
          // The name was looked up: a connection goes to the addresses that were told, one after the other.
          host: 'resolved.invalid',
          port,
          lookup: (_host, _options, done) =>
            done(
              null,
              addresses.map(one => ({ ...one })),
            ),
          autoSelectFamily: true,
        });
        const onAbort = (): void => void socket.destroy(signal.reason as Error);
        signal.addEventListener('abort', onAbort, { once: true });
        socket.once('error', reject);
        socket.once('connect', () => {
          signal.removeEventListener('abort', onAbort);
          socket.off('error', reject).on('error', () => undefined);
          resolve(socket);
        });
      }),
    now: Date.now,
  };
}
