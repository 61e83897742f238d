import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { issuerAt } from '../../../src/session/network/issuer.ts';

it('the authority of a server behind a proxy that never answers is not waited for longer than asked', {
  timeout: 10_000,
}, async () => {
  const asked = Promise.withResolvers<Socket>();
  const proxy = createServer(socket => asked.resolve(socket));
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => void proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const env = { HTTPS_PROXY: `http://127.0.0.1:${port}` };
  const issuer = issuerAt(new URL('https://records.example.test/'), env, 500);
  const socket = (await asked.promise).resume();
  const closed = new Promise(resolve => socket.on('close', resolve).on('error', resolve));
  expect(await issuer).toBeUndefined();
  await closed;
});
