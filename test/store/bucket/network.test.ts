import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBucketUrl } from '../../../src/config/bucket-url.ts';
import { createHttp } from '../../../src/platform/http.ts';
import { resolvePlace } from '../../../src/store/bucket/place.ts';
import type { SentRequest } from '../../../src/store/bucket/transport.ts';
import { type ForwardProxy, startForwardProxy } from '../../support/forward-proxy.ts';
import { type Faults, startFaults } from '../../support/s3/faults.ts';
import { type Gateway, startGateway } from '../../support/s3/gateway.ts';
import { openBucket, QUICK } from '../../support/s3/open.ts';
import { type Authority, makeAuthority } from '../../support/vcs/authority.ts';

let gateway: Gateway;
let authority: Authority;
let secure: Faults;
let proxy: ForwardProxy;

beforeAll(async () => {
  [gateway, authority] = await Promise.all([startGateway(), makeAuthority(['s3.example.test'])]);
  secure = await startFaults(gateway, { tls: authority });
  proxy = await startForwardProxy(Number(new URL(secure.endpoint).port));
});
afterAll(async () => {
  await Promise.all([proxy, secure, gateway, authority].map(one => one?.[Symbol.asyncDispose]()));
});

describe('a service inside a company', () => {
  const open = (trusted: boolean, endpoint = 'https://s3.example.test') => {
    const env = { ...gateway.env(), HTTPS_PROXY: proxy.url };
    const authorities = async () => (trusted ? [authority.ca] : []);
    return openBucket(gateway.url('p', endpoint), env, {
      send: createHttp(env, 'test', authorities, 256),
      limits: QUICK,
    });
  };

  it('is reached through its proxy and believed by its own authority', async () => {
    const bucket = open(true);
    await bucket.put('k', Buffer.from('through the proxy'));
    const got = await bucket.get('k');
    expect((await buffer(got?.body ?? Readable.from([]))).toString()).toBe('through the proxy');
    expect(new Set(proxy.asked)).toEqual(new Set(['s3.example.test:443']));
    expect(proxy.traffic.join('')).not.toContain('through the proxy');
    await bucket.close();
  });

  it('is not believed without it, and not asked again', async () => {
    const before = secure.asked.length;
    const bucket = open(false);
    await expect(bucket.head('k')).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(
        /nobody whom this machine trusts vouches for the certificate of s3\.example\.test \([A-Z_]+\); name the company's authority under proxy\.ca/,
      ),
    });
    expect(secure.asked.length).toBe(before);
    await bucket.close();
  });

  it('has to be the one that its certificate is for', async () => {
    const bucket = open(true, 'https://other.example.test');
    await expect(bucket.head('k')).rejects.toMatchObject({
      code: 'unreachable',
      reason: 'ERR_TLS_CERT_ALTNAME_INVALID',
      message: expect.stringContaining('the certificate of other.example.test does not hold for it'),
    });
    await bucket.close();
  });
});

describe('where requests go', () => {
  const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_EC2_METADATA_DISABLED: 'true' };

  async function asked(url: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
    const sent: SentRequest[] = [];
    const bucket = openBucket(
      url,
      { ...env, ...more },
      {
        send: async request => {
          sent.push(request);
          return { status: 404, headers: {}, body: Readable.from([]) };
        },
      },
    );
    expect(await bucket.head('a/!b+c.zip')).toBeUndefined();
    await bucket.close();
    const [request] = sent;
    if (request === undefined) throw new Error('nothing was sent');
    const [, region] =
      /^AWS4-HMAC-SHA256 Credential=a\/\d+\/([^/]+)/.exec(request.headers.authorization ?? '') ?? [];
    return `${request.url.href} ${region}`;
  }

  it.each([
    ['s3://bkt/p?region=eu-west-3', {}, 'https://bkt.s3.eu-west-3.amazonaws.com/p/a/%21b%2Bc.zip eu-west-3'],
    [
      's3://my.bkt/p?region=eu-west-3',
      {},
      'https://s3.eu-west-3.amazonaws.com/my.bkt/p/a/%21b%2Bc.zip eu-west-3',
    ],
    [
      's3://bkt',
      { AWS_REGION: 'cn-north-1' },
      'https://bkt.s3.cn-north-1.amazonaws.com.cn/a/%21b%2Bc.zip cn-north-1',
    ],
    [
      's3://bkt',
      { AWS_REGION: '', AWS_DEFAULT_REGION: 'sa-east-1' },
      'https://bkt.s3.sa-east-1.amazonaws.com/a/%21b%2Bc.zip sa-east-1',
    ],
    [
      's3://bkt/p?endpoint=https://s3.example.test:9000',
      {},
      'https://s3.example.test:9000/bkt/p/a/%21b%2Bc.zip us-east-1',
    ],
    [
      's3://bkt/p?endpoint=https://s3.example.test&path-style=0',
      {},
      'https://bkt.s3.example.test/p/a/%21b%2Bc.zip us-east-1',
    ],
    [
      's3://bkt/p?endpoint=https://s3.example.test/base',
      {},
      'https://s3.example.test/base/bkt/p/a/%21b%2Bc.zip us-east-1',
    ],
    [
      's3://bkt',
      { AWS_ENDPOINT_URL: 'http://s3.example.test', AWS_REGION: 'x' },
      'http://s3.example.test/bkt/a/%21b%2Bc.zip x',
    ],
    [
      's3://bkt',
      { AWS_ENDPOINT_URL: 'http://no.example.test', AWS_ENDPOINT_URL_S3: 'http://s3.example.test' },
      'http://s3.example.test/bkt/a/%21b%2Bc.zip us-east-1',
    ],
  ])('%s %j', async (url, more, to) => {
    expect(await asked(url, more as Record<string, string>)).toBe(to);
    const place = parseBucketUrl(url);
    if (typeof place === 'string') throw new Error(place);
    const { host } = resolvePlace(place, { ...env, ...(more as Record<string, string>) });
    expect(new URL(to.split(' ')[0] ?? '').host).toBe(host);
  });
});
