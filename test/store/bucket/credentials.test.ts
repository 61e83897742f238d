import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BucketError } from '../../../src/store/bucket/errors.ts';
import type { Bucket } from '../../../src/store/bucket/types.ts';
import { type Faults, startFaults } from '../../support/s3/faults.ts';
import { type Gateway, startGateway } from '../../support/s3/gateway.ts';
import { openBucket, QUICK } from '../../support/s3/open.ts';
import type { Keys } from '../../support/s3/signature.ts';
import { type Sts, startSts } from '../../support/s3/sts.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

const ROLE = 'arn:aws:iam::123456789012:role/ci';

let gateway: Gateway;
let faults: Faults;
let sts: Sts;
let dir: TempDir;
const opened: Bucket[] = [];

beforeAll(async () => {
  [gateway, sts, dir] = await Promise.all([startGateway(), startSts(), tempDir('aws')]);
  faults = await startFaults(gateway, { sessions: sts });
  await writeFile(dir.join('token'), 'header.claims.signature');
});
afterAll(async () => {
  for (const bucket of opened) await bucket.close();
  await Promise.all([faults, gateway, sts, dir].map(one => one?.[Symbol.asyncDispose]()));
});

function owner() {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = gateway.env();
  return { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
}

function open(env: Readonly<Record<string, string>>, options: Parameters<typeof openBucket>[2] = {}): Bucket {
  faults.set();
  faults.forget();
  sts.answer(() => ({ livesMs: 3_600_000 }));
  const quiet = { AWS_EC2_METADATA_DISABLED: 'true', HOME: dir.path, ...env };
  const bucket = openBucket(gateway.url('p', faults.endpoint), quiet, { limits: QUICK, ...options });
  opened.push(bucket);
  return bucket;
}

const webIdentity = () => ({
  AWS_WEB_IDENTITY_TOKEN_FILE: dir.join('token'),
  AWS_ROLE_ARN: ROLE,
  AWS_ENDPOINT_URL_STS: sts.endpoint,
});

async function failure(work: Promise<unknown>): Promise<BucketError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BucketError);
  return error as BucketError;
}

const sessions = () => faults.asked.map(({ headers }) => headers['x-amz-security-token']);

describe('a web identity', () => {
  it('is exchanged once for credentials, however many need them', async () => {
    const asked = sts.asked.length;
    const bucket = open({ ...webIdentity(), AWS_ROLE_SESSION_NAME: 'job-7' });
    await Promise.all(Array.from({ length: 20 }, (_, i) => bucket.put(`k${i}`, Buffer.from('x'))));
    expect(sts.asked.slice(asked)).toEqual([
      expect.objectContaining({
        RoleArn: ROLE,
        RoleSessionName: 'job-7',
        WebIdentityToken: 'header.claims.signature',
      }),
    ]);
    expect(new Set(sessions()).size).toBe(1);
  });

  it('is exchanged again before its credentials end', async () => {
    let now = Date.now();
    const bucket = open(webIdentity(), { now: () => now });
    await bucket.head('k');
    now += 3_000_000;
    await bucket.head('k');
    now += 400_000;
    await bucket.head('k');
    expect(new Set(sessions()).size).toBe(2);
    // STS is out of order for a moment while the credentials are still good.
    sts.answer(() => ({ status: 400, code: 'IDPCommunicationError' }));
    now = Date.now() + 3_500_000;
    await bucket.head('k');
    expect(new Set(sessions()).size).toBe(2);
  });

  it('is exchanged again when the service says that its credentials have ended', async () => {
    const bucket = open(webIdentity());
    await bucket.head('k');
    const last = sts.sessions.at(-1);
    if (last !== undefined) last.revoked = true;
    const asked = sts.asked.length;
    await Promise.all(Array.from({ length: 10 }, (_, i) => bucket.put(`k${i}`, Buffer.from('x'))));
    expect(sts.asked.length - asked).toBe(1);
    // An answer to HEAD cannot say so.
    const next = sts.sessions.at(-1);
    if (next !== undefined) next.revoked = true;
    expect(await bucket.head('k1')).toMatchObject({ size: 1 });
    expect(sts.asked.length - asked).toBe(2);
  });

  it('says what is wrong with it', async () => {
    const bucket = open(webIdentity());
    sts.answer(() => ({ status: 403, code: 'AccessDenied' }));
    const denied = await failure(bucket.head('k'));
    expect([denied.code, denied.reason]).toEqual(['credentials', 'AccessDenied']);
    expect(denied.message).toMatch(
      /STS does not give credentials for AWS_ROLE_ARN \(AccessDenied\); check that the role trusts/,
    );
    sts.answer(() => ({ status: 400, code: 'ExpiredTokenException' }));
    expect((await failure(bucket.head('k'))).code).toBe('expired');
    const none = await failure(
      open({ ...webIdentity(), AWS_WEB_IDENTITY_TOKEN_FILE: dir.join('no') }).head('k'),
    );
    expect(none.message).toMatch(/AWS_WEB_IDENTITY_TOKEN_FILE cannot be read \(ENOENT\); let the job write/);
    const gone = await startSts();
    await gone[Symbol.asyncDispose]();
    const unreachable = await failure(
      open({ ...webIdentity(), AWS_ENDPOINT_URL_STS: gone.endpoint }).head('k'),
    );
    expect([unreachable.code, unreachable.reason]).toEqual(['unreachable', 'ECONNREFUSED']);
    expect(faults.asked).toEqual([]);
  });
});

describe('other credentials', () => {
  it('profiles, from the files that the environment names or in its home', async () => {
    const lines = ({ accessKeyId, secretAccessKey }: Keys) =>
      `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
    await mkdir(dir.join('.aws'));
    await writeFile(dir.join('.aws', 'credentials'), `[default]\n${lines(owner())}`);
    expect(await open({}).head('absent')).toBeUndefined();
    const nobody = { accessKeyId: 'x', secretAccessKey: 'y' };
    await writeFile(dir.join('credentials'), `[default]\n${lines(nobody)}[other]\n${lines(owner())}`);
    const AWS_SHARED_CREDENTIALS_FILE = dir.join('credentials');
    expect((await failure(open({ AWS_SHARED_CREDENTIALS_FILE }).head('absent'))).code).toBe('credentials');
    const keys = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' };
    const other = open({ AWS_SHARED_CREDENTIALS_FILE, AWS_PROFILE: 'other', ...keys });
    expect(await other.head('absent')).toBeUndefined();
    await rm(dir.join('.aws'), { recursive: true });
    await writeFile(
      dir.join('config'),
      `[profile ci]\nrole_arn = ${ROLE}\nweb_identity_token_file = ${dir.join('token')}\n`,
    );
    const role = open({
      AWS_CONFIG_FILE: dir.join('config'),
      AWS_PROFILE: 'ci',
      AWS_ENDPOINT_URL_STS: sts.endpoint,
    });
    const asked = sts.sessions.length;
    await role.head('absent');
    expect(sessions()).toEqual([sts.sessions[asked]?.sessionToken]);
  });

  it('the role of a container', async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((req, res) => {
      asked.push(req.headers.authorization);
      const session = sts.sessions[0];
      if (session === undefined) throw new Error('no session was given');
      const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token } = session;
      const Expiration = session.expiration.toISOString();
      res.end(JSON.stringify({ AccessKeyId, SecretAccessKey, Token, Expiration }));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const bucket = open({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${(server.address() as AddressInfo).port}/role`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'pod-token',
    });
    await bucket.head('absent');
    await bucket.head('absent');
    server.close();
    server.closeAllConnections();
    const token = sts.sessions[0]?.sessionToken;
    expect(sessions()).toEqual([token, token]);
    expect(asked).toEqual(['pod-token']);
  });

  it('none at all', async () => {
    const bucket = open({});
    for (const _ of [1, 2]) {
      const { code, message } = await failure(bucket.head('k'));
      expect(code).toBe('credentials');
      expect(message).toMatch(
        /there are no AWS credentials in the environment of the job; set AWS_ACCESS_KEY_ID/,
      );
    }
    expect(faults.asked).toEqual([]);
  });

  it('of the process are not taken for those of the job', async () => {
    const { accessKeyId, secretAccessKey } = owner();
    const own = {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: 'eu-west-1',
    };
    const before = Object.keys(own).map(name => [name, process.env[name]] as const);
    Object.assign(process.env, own);
    try {
      expect((await failure(open({}).head('k'))).code).toBe('credentials');
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });

  it('that end by themselves are told apart', async () => {
    const bucket = open({ ...gateway.env(), AWS_SESSION_TOKEN: 'old' });
    faults.set(() => ({ kind: 'error', status: 400, code: 'ExpiredToken' }));
    expect((await failure(bucket.head('k'))).code).toBe('expired');
    expect((await failure(bucket.get('k'))).code).toBe('expired');
  });
});

describe('where the bucket is', () => {
  it('comes from the URL, then from the environment', async () => {
    const env = { ...gateway.env(), AWS_ENDPOINT_URL_S3: gateway.endpoint };
    const bucket = openBucket(`s3://${gateway.bucket}/p`, env);
    opened.push(bucket);
    expect(await bucket.head('absent')).toBeUndefined();
    expect(() => openBucket('s3://some-bucket/p', {})).toThrow(
      'bucket s3://some-bucket/p: no region is known; write ?region=… into the URL, or set AWS_REGION',
    );
    expect(() => openBucket('s3://some-bucket/p', { AWS_REGION: 'evil.example.com/' })).toThrow(
      'is no region',
    );
    expect(() => openBucket('s3://some-bucket/p', { AWS_ENDPOINT_URL: 'nonsense://x' })).toThrow(
      'AWS_ENDPOINT_URL has',
    );
  });
});
