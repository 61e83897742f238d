import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A SOCKS 5 proxy on loopback that wants a login (RFC 1928 and 1929). */
export interface SocksProxy extends AsyncDisposable {
  readonly port: number;
}

/**
 * Starts one.
 * @param login `USER:PASSWORD`
 * @param route loopback port of a `HOST:PORT`; undefined: there is no way to it
 */
export async function startSocksProxy(
  login: string,
  route: (target: string) => number | undefined,
): Promise<SocksProxy> {
  const sockets = new Set<Socket>();
  const server = createServer(client => {
    sockets.add(client);
    client.on('error', () => {});
    let seen = Buffer.alloc(0);
    let step = 0;
    const onData = (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      if (step === 0 && seen.length >= 2 && seen.length >= 2 + (seen[1] ?? 0)) {
        const methods = seen.subarray(2, 2 + (seen[1] ?? 0));
        seen = seen.subarray(2 + methods.length);
        step = 1;
        client.write(Buffer.from([5, methods.includes(2) ? 2 : 255]));
      }
      if (step === 1 && seen.length >= 2) {
        const name = seen[1] ?? 0;
        const password = seen[2 + name] ?? 0;
        if (seen.length < 3 + name + password) return;
        const given = `${seen.toString('utf8', 2, 2 + name)}:${seen.toString('utf8', 3 + name, 3 + name + password)}`;
        seen = seen.subarray(3 + name + password);
        step = 2;
        client.write(Buffer.from([1, given === login ? 0 : 1]));
      }
      if (step === 2 && seen.length >= 5) {
        const length = seen[4] ?? 0;
        if (seen.length < 7 + length) return;
        client.off('data', onData);
        const target = `${seen.toString('utf8', 5, 5 + length)}:${seen.readUInt16BE(5 + length)}`;
        const port = route(target);
        if (port === undefined) {
          client.end(Buffer.from([5, 4, 0, 1, 0, 0, 0, 0, 0, 0]));
          return;
        }
        const onward = connect(port, '127.0.0.1', () => {
          client.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
          onward.pipe(client).pipe(onward);
        });
        sockets.add(onward);
        onward.on('error', () => client.destroy());
      }
    };
    client.on('data', onData);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
