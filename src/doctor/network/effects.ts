import { connect } from 'node:net';
import { fixedLookup, systemResolve } from '../../session/network/resolve.ts';
import type { Address, NetworkEffects } from '../types.ts';

/** The network of this machine. */
export function systemNetwork(): NetworkEffects {
  return {
    resolve: async host =>
      (await systemResolve(host)).map(
        ({ address, family }): Address => ({ address, family: family === 6 ? 6 : 4 }),
      ),
    connect: (addresses, port, signal) =>
      new Promise((resolve, reject) => {
        const socket = connect({
          // The name was looked up: a connection goes to the addresses that were told, one after the other.
          host: 'resolved.invalid',
          port,
          lookup: fixedLookup(addresses),
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
