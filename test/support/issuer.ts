import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { createSend, type Send } from '../../src/audit/targets/http.ts';

/** How the issuer treats requests for its keys. */
export type Mood = 'well' | 'down' | 'silent' | 'half' | 'garbage' | 'away';

export interface FakeIssuer extends AsyncDisposable {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  mood: Mood;
  /** Takes another key; the old one is no longer published. */
  rotate(): Promise<void>;
  sign(claims: JWTPayload, header?: { readonly alg?: string; readonly kid?: string }): Promise<string>;
  /** What it publishes. */
  jwks(): { readonly keys: readonly object[] };
  /** Sends over the network, to this issuer in place of whatever host is named. */
  readonly send: Send;
}

/** An issuer of tokens: a real server, real keys. */
export async function fakeIssuer(): Promise<FakeIssuer> {
  const make = async (number: number) => {
    const rsa = await generateKeyPair('RS256', { extractable: true });
    const ec = await generateKeyPair('ES256', { extractable: true });
    const keys = [
      { ...(await exportJWK(rsa.publicKey)), kid: `rsa-${number}`, alg: 'RS256', use: 'sig' },
      { ...(await exportJWK(ec.publicKey)), kid: `ec-${number}`, alg: 'ES256', use: 'sig' },
    ];
    return { rsa, ec, keys, number };
  };
  let pair = await make(1);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const text = JSON.stringify({ keys: pair.keys });
    if (issuer.mood === 'down') response.writeHead(500).end('no');
    else if (issuer.mood === 'away') response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    else if (issuer.mood === 'garbage') response.end('{"keys": "none"}');
    else if (issuer.mood === 'half') response.writeHead(200).write(text.slice(0, 20));
    else if (issuer.mood === 'well') response.end(text);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const send = createSend({}, 'test');
  const issuer: FakeIssuer = {
    url,
    asked,
    mood: 'well',
    async rotate() {
      pair = await make(pair.number + 1);
    },
    async sign(claims, { alg = 'RS256', kid } = {}) {
      const ec = alg === 'ES256';
      return await new SignJWT(claims)
        .setProtectedHeader({ alg, kid: kid ?? `${ec ? 'ec' : 'rsa'}-${pair.number}` })
        .sign(ec ? pair.ec.privateKey : pair.rsa.privateKey);
    },
    jwks: () => ({ keys: pair.keys }),
    send: async wanted => await send({ ...wanted, url: new URL(wanted.url.pathname, url) }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
  return issuer;
}
