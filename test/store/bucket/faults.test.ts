import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BucketError } from '../../../src/store/bucket/errors.ts';
import type { Bucket } from '../../../src/store/bucket/types.ts';
import { type Asked, type Fault, type Faults, firstly, startFaults } from '../../support/s3/faults.ts';
import { type Gateway, startGateway, type Who } from '../../support/s3/gateway.ts';
import { startListing } from '../../support/s3/listing.ts';
import { openBucket, QUICK } from '../../support/s3/open.ts';
import { tempDir } from '../../support/temp.ts';

let gateway: Gateway;
let faults: Faults;
const opened: Bucket[] = [];
const logged: string[] = [];

beforeAll(async () => {
  gateway = await startGateway();
  faults = await startFaults(gateway);
});
afterEach(() => {
  faults.set();
  faults.forget();
});
afterAll(async () => {
  for (const bucket of opened) await bucket.close();
  await faults?.[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
});

function open(options: Parameters<typeof openBucket>[2] = {}, who: Who = 'owner', prefix = gateway.prefix()) {
  const bucket = openBucket(gateway.url(prefix, faults.endpoint), gateway.env(who), {
    log: line => logged.push(line),
    ...options,
    limits: { ...QUICK, ...options.limits },
  });
  opened.push(bucket);
  return bucket;
}

const method = (name: string) => (asked: Asked) => asked.method === name;
const slowDown: Fault = { kind: 'error', status: 503, code: 'SlowDown' };

async function failure(work: Promise<unknown>): Promise<BucketError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BucketError);
  return error as BucketError;
}

async function read(bucket: Bucket, key: string): Promise<Buffer> {
  const got = await bucket.get(key);
  if (got === undefined) throw new Error(`${key} is absent`);
  return await buffer(got.body);
}

describe('reading through a bad network', () => {
  const large = randomBytes(3_000_000);
  const resetBody: Fault = { kind: 'reset-body', after: 1_000_000 };
  /** What is done to the requests for the object, one after another; how many of them are for a rest. */
  const breaks: readonly (readonly [string, readonly Fault[], number])[] = [
    ['resets in the middle', [resetBody, resetBody], 2],
    ['a rest that ends early', [resetBody, { kind: 'short', bytes: 700_001 }], 2],
    ['a body that stands still', [{ kind: 'stall', after: 1_200_000 }], 1],
    ['an answer that never comes', [{ kind: 'stall', after: 0 }], 0],
    ['a reset before the answer', [{ kind: 'reset', when: 'before' }], 0],
    ['a service that is overloaded', [slowDown, slowDown], 0],
    ['a service that fails', [{ kind: 'error', status: 500, code: 'InternalError' }], 0],
    ['all of that', [slowDown, resetBody, slowDown, { kind: 'stall', after: 10_000 }, resetBody], 4],
  ];
  const prefix = 'breaks';

  beforeAll(async () => {
    await open({}, 'owner', prefix).put('large', large);
  });

  it.concurrent.each(breaks)('goes on after %s', async (_, inTurn, resumed) => {
    await using broken = await startFaults(gateway);
    broken.set(({ index }) => inTurn[index - 1]);
    const bucket = openBucket(gateway.url(prefix, broken.endpoint), gateway.env(), { limits: QUICK });
    opened.push(bucket);
    expect((await read(bucket, 'large')).equals(large)).toBe(true);
    const rest = broken.asked.filter(({ headers }) => headers.range !== undefined);
    // What had come once is not asked for again, and only of the same object.
    for (const { headers } of rest) expect(headers['if-match']).toMatch(/^"/);
    const starts = rest.map(({ headers }) => Number(/^bytes=(\d+)-2999999$/.exec(headers.range ?? '')?.[1]));
    expect(starts).toHaveLength(resumed);
    expect(starts).toEqual(starts.toSorted((x, y) => x - y));
    expect(starts).not.toContain(0);
    expect(broken.asked).toHaveLength(inTurn.length + 1);
  });

  it('small bodies come whole or not at all', async () => {
    const bucket = open();
    const small = randomBytes(20_000);
    await bucket.put('small', small);
    for (const fault of [
      { kind: 'reset-body', after: 100 },
      { kind: 'stall', after: 100 },
    ] as const) {
      faults.set(firstly(2, method('GET'), fault));
      expect((await read(bucket, 'small')).equals(small)).toBe(true);
    }
  });

  it('gives up on one that breaks for ever, and says so', async () => {
    const bucket = open();
    await bucket.put('large', large);
    faults.set(asked => (asked.method === 'GET' ? { kind: 'reset-body', after: 0 } : undefined));
    const { code, message } = await failure(read(bucket, 'large'));
    expect(code).toBe('unreachable');
    expect(message).toMatch(
      /cannot read large: 127\.0\.0\.1:\d+: the connection broke again and again; check the network/,
    );
    expect(faults.asked.length).toBeLessThan(40);
  });

  it('does not mix two objects that had the same key', async () => {
    const prefix = gateway.prefix();
    const bucket = open({}, 'owner', prefix);
    await bucket.put('k', large);
    let reads = 0;
    faults.set(asked => {
      if (asked.method !== 'GET') return undefined;
      return ++reads === 1 ? { kind: 'reset-body', after: 1_000_000 } : undefined;
    });
    const got = await bucket.get('k');
    const beside = openBucket(gateway.url(prefix), gateway.env());
    opened.push(beside);
    await beside.put('k', randomBytes(3_000_000));
    const { code } = await failure(buffer(got?.body ?? neverRead()));
    expect(code).toBe('changed');
  });

  it('ends at once when its reader leaves or its caller says so', async () => {
    const bucket = open({ limits: { stallMs: 60_000 } });
    await bucket.put('large', large);
    faults.set(asked => (asked.method === 'GET' ? { kind: 'stall', after: 500_000 } : undefined));
    const first = await bucket.get('large');
    first?.body.destroy();
    const leave = new AbortController();
    const second = await bucket.get('large', { signal: leave.signal });
    const ended = buffer(second?.body ?? neverRead()).catch((error: unknown) => error);
    leave.abort(new Error('the session ends'));
    expect(await ended).toMatchObject({ message: 'the session ends' });
    await expect(bucket.get('large', { signal: leave.signal })).rejects.toThrow('the session ends');
  });
});

describe('writing through a bad network', () => {
  it.each([
    ['a reset before', { kind: 'reset', when: 'before' }, 'written'],
    ['a reset after it was carried out', { kind: 'reset', when: 'carried-out' }, 'written'],
    ['an error of the service', { kind: 'error', status: 500, code: 'InternalError' }, 'written'],
    ['an answer that never comes', { kind: 'stall', after: 0 }, 'written'],
    ['a race of conditions', { kind: 'error', status: 409, code: 'ConditionalRequestConflict' }, 'written'],
  ] as const)('puts on a condition after %s', async (_, fault, state) => {
    const bucket = open();
    faults.set(firstly(1, method('PUT'), fault));
    const content = randomBytes(5_000);
    expect((await bucket.put('k', content, { condition: { absent: true } })).state).toBe(state);
    expect((await read(bucket, 'k')).equals(content)).toBe(true);
    expect(faults.asked.filter(method('PUT')).length).toBe(2);
  });

  it('knows a large file for its own after a lost answer, though the service hangs up on a second one', async () => {
    await using dir = await tempDir('large');
    const size = 9_000_000;
    const bytes = randomBytes(size);
    await writeFile(dir.join('f'), bytes);
    const bucket = open();
    for (const content of [{ file: dir.join('f'), size }, bytes]) {
      faults.set(firstly(1, method('PUT'), { kind: 'reset', when: 'carried-out' }));
      const key = Buffer.isBuffer(content) ? 'buffer' : 'file';
      const put = await bucket.put(key, content, { condition: { absent: true } });
      expect(put).toEqual({ state: 'written', etag: (await bucket.head(key))?.etag });
    }
    await writeFile(dir.join('f'), randomBytes(size));
    for (const condition of [{ absent: true }, { etag: '"0123"' }] as const) {
      const put = await bucket.put('file', { file: dir.join('f'), size }, { condition });
      expect(put).toEqual({ state: 'exists' });
    }
    expect((await read(bucket, 'file')).equals(bytes)).toBe(true);
  });

  it('does not take the object of another for its own', async () => {
    const prefix = gateway.prefix();
    const bucket = open({}, 'owner', prefix);
    const beside = openBucket(gateway.url(prefix), gateway.env());
    opened.push(beside);
    await beside.put('k', Buffer.from('theirs'));
    faults.set(firstly(1, method('PUT'), { kind: 'reset', when: 'before' }));
    expect(await bucket.put('k', Buffer.from('ours!!'), { condition: { absent: true } })).toEqual({
      state: 'exists',
    });
    expect((await read(bucket, 'k')).toString()).toBe('theirs');
  });

  it('repeats parts of a large file, and completes once', async () => {
    await using dir = await tempDir('parts');
    const size = 11_000_000;
    const bytes = randomBytes(size);
    await writeFile(dir.join('f'), bytes);
    const bucket = open({ limits: { partSize: 5 * 1024 * 1024 } });
    const broken = new Set<string>();
    faults.set(({ method: verb, query }) => {
      const what = `${verb} ${query.get('partNumber') ?? (query.has('uploadId') ? 'complete' : '')}`;
      if (!query.has('uploadId') || broken.has(what)) return undefined;
      broken.add(what);
      return verb === 'POST' ? { kind: 'reset', when: 'carried-out' } : slowDown;
    });
    const put = await bucket.put('f', { file: dir.join('f'), size }, { condition: { absent: true } });
    expect(put.state).toBe('written');
    expect(broken.size).toBe(4);
    expect((await read(bucket, 'f')).equals(bytes)).toBe(true);
  });

  it('leaves no parts behind of a large file that fails, is refused or given up', async () => {
    await using dir = await tempDir('parts');
    const size = 6_000_000;
    await writeFile(dir.join('f'), randomBytes(size));
    const content = { file: dir.join('f'), size };
    const bucket = open({ limits: { partSize: 5 * 1024 * 1024, attempts: 2 } });
    faults.set(({ query }) => (query.get('partNumber') === '2' ? slowDown : undefined));
    expect((await failure(bucket.put('f', content))).code).toBe('slow-down');
    faults.set(({ query }) => (query.get('partNumber') === '2' ? { kind: 'stall', after: 0 } : undefined));
    const leave = new AbortController();
    const left = bucket.put('f', content, { signal: leave.signal });
    await expect.poll(() => faults.asked.some(({ query }) => query.has('partNumber'))).toBe(true);
    leave.abort(new Error('the session ends'));
    await expect(left).rejects.toThrow('the session ends');
    faults.set();
    expect((await failure(bucket.put('f', { file: dir.join('f'), size: size + 1 }))).code).toBe('file');
    expect((await failure(bucket.put('f', { file: dir.join('none'), size }))).code).toBe('file');
    expect(await bucket.head('f')).toBeUndefined();
    expect(await bucket.dropUploads(Date.now() + 60_000)).toBe(0);
  });

  it('finds and drops the parts that a killed job left', async () => {
    await using dir = await tempDir('parts');
    const size = 6_000_000;
    await writeFile(dir.join('f'), randomBytes(size));
    const bucket = open({ limits: { partSize: 5 * 1024 * 1024, attempts: 1 } });
    // Neither the object nor the clean-up comes about, as when the machine is gone.
    faults.set(({ method: verb, query }) =>
      query.get('partNumber') === '2' || verb === 'DELETE' ? { kind: 'reset', when: 'before' } : undefined,
    );
    await failure(bucket.put('f', { file: dir.join('f'), size }));
    faults.set();
    expect(await bucket.dropUploads(Date.now() - 3_600_000)).toBe(0);
    expect(await bucket.dropUploads(Date.now() + 60_000)).toBe(1);
    expect(await bucket.dropUploads(Date.now() + 60_000)).toBe(0);
  });
});

describe('asking too much', () => {
  it('waits as long as the service asks for', async () => {
    const waits: number[] = [];
    const bucket = open({ pause: async ms => void waits.push(ms) });
    const inAMinute = new Date(Date.now() + 15_000).toUTCString();
    const asked = ['7', inAMinute, undefined];
    faults.set(({ index }) => {
      const after = asked[index - 1];
      if (index > asked.length) return undefined;
      return { ...slowDown, headers: after === undefined ? {} : { 'retry-after': after } };
    });
    expect(await bucket.head('k')).toBeUndefined();
    expect(waits[0]).toBeGreaterThanOrEqual(7_000);
    expect(waits[1]).toBeGreaterThan(10_000);
    expect(waits[2]).toBeLessThan(1_000);
  });

  it('does not wait for longer than anybody would', async () => {
    const bucket = open();
    faults.set(() => ({ ...slowDown, headers: { 'retry-after': '3600' } }));
    const { code, status } = await failure(bucket.put('k', Buffer.from('x')));
    expect([code, status]).toEqual(['slow-down', 503]);
    expect(faults.asked).toHaveLength(1);
  });

  it('asks a bounded number of times', async () => {
    const bucket = open({ limits: { attempts: 3 } });
    faults.set(() => slowDown);
    const { message } = await failure(bucket.put('k', Buffer.from('x')));
    expect(message).toMatch(/asks for fewer requests, again and again \(SlowDown\); let fewer jobs run/);
    expect(faults.asked).toHaveLength(3);
  });

  it('has a bounded number of calls under way', async () => {
    const bucket = open({ limits: { parallel: 4 } });
    faults.set(() => ({ kind: 'latency', ms: 5 }));
    const found = await Promise.all(Array.from({ length: 40 }, (_, i) => bucket.head(`k${i}`)));
    expect(found).toEqual(Array(40).fill(undefined));
    expect(faults.busiest).toBe(4);
    const leave = new AbortController();
    const queued = Promise.allSettled(
      Array.from({ length: 12 }, (_, i) => bucket.head(`k${i}`, leave.signal)),
    );
    leave.abort(new Error('the session ends'));
    expect(new Set((await queued).map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(await bucket.head('k')).toBeUndefined();
  });
});

describe('a long list', () => {
  it('passes by page by page, and breaks neither on faults nor when its reader leaves', async () => {
    const count = 100_000;
    const name = (index: number) => `p/${String(index).padStart(6, '0')} <&>.json`;
    await using listing = await startListing(count, name);
    const bucket = openBucket(`s3://some-bucket/p?endpoint=${listing.endpoint}`, gateway.env());
    opened.push(bucket);
    let seen = 0;
    for await (const { key, size } of bucket.list('')) {
      if (size !== seen || `p/${key}` !== name(seen)) throw new Error(`${key} at ${seen}`);
      seen++;
    }
    expect(seen).toBe(count);
    expect(listing.pages).toBe(100);
    for await (const { size } of bucket.list('', { after: name(99_998).slice(2) })) {
      expect(size).toBe(99_999);
      seen++;
    }
    expect(seen).toBe(count + 1);
    const before = listing.pages;
    for await (const { size } of bucket.list('')) if (size === 10) break;
    expect(listing.pages - before).toBeLessThanOrEqual(2);
  });

  it('is repeated page by page', async () => {
    const bucket = open();
    for (const key of ['a', 'b']) await bucket.put(key, Buffer.from(key));
    faults.set(firstly(2, ({ query }) => query.has('list-type'), { kind: 'reset-body', after: 30 }));
    const found: string[] = [];
    for await (const { key } of bucket.list('')) found.push(key);
    expect(found).toEqual(['a', 'b']);
    faults.set(({ query }) => (query.has('list-type') ? slowDown : undefined));
    const endless = bucket.list('')[Symbol.asyncIterator]().next();
    expect((await failure(endless)).code).toBe('slow-down');
  });
});

describe('what goes wrong is said', () => {
  const words: readonly (readonly [
    string,
    (bucket: Bucket) => Promise<unknown>,
    Fault | Who,
    string,
    RegExp,
  ])[] = [
    [
      'no right to write',
      b => b.put('k', Buffer.from('x')),
      'reader',
      'denied',
      /cannot write k: access denied \(AccessDenied\); give the credentials s3:PutObject on arn:aws:s3:::modgate-test\/p-\d+\/\*$/,
    ],
    [
      'no right to read',
      b => b.get('k'),
      'stranger',
      'denied',
      /cannot read k: .*s3:GetObject on .*s3:ListBucket on arn:aws:s3:::modgate-test/,
    ],
    [
      'no right to list',
      b => b.list('')[Symbol.asyncIterator]().next(),
      'stranger',
      'denied',
      /cannot list: .*s3:ListBucket on/,
    ],
    [
      'ended credentials',
      b => b.get('k'),
      { kind: 'error', status: 400, code: 'ExpiredToken' },
      'expired',
      /have ended \(ExpiredToken\); let them live as long as the job/,
    ],
    [
      'a wrong secret',
      b => b.get('k'),
      { kind: 'error', status: 403, code: 'SignatureDoesNotMatch' },
      'credentials',
      /check AWS_SECRET_ACCESS_KEY/,
    ],
    [
      'an unknown key',
      b => b.get('k'),
      { kind: 'error', status: 403, code: 'InvalidAccessKeyId' },
      'credentials',
      /check AWS_ACCESS_KEY_ID/,
    ],
    [
      'a wrong clock',
      b => b.get('k'),
      { kind: 'error', status: 403, code: 'RequestTimeTooSkewed' },
      'credentials',
      /set the clock of this machine/,
    ],
    [
      'no bucket',
      b => b.get('k'),
      { kind: 'error', status: 404, code: 'NoSuchBucket' },
      'no-bucket',
      /has no bucket modgate-test \(NoSuchBucket\); check the name/,
    ],
    [
      'another region',
      b => b.get('k'),
      {
        kind: 'error',
        status: 301,
        code: 'PermanentRedirect',
        headers: { 'x-amz-bucket-region': 'eu-west-3' },
      },
      'wrong-region',
      /is in the region eu-west-3, not in us-east-1 \(PermanentRedirect\); write \?region=eu-west-3/,
    ],
    [
      'another region without words',
      b => b.head('k'),
      { kind: 'error', status: 301, code: 'PermanentRedirect' },
      'wrong-region',
      /is not in the region us-east-1/,
    ],
    [
      'a broken service',
      b => b.get('k'),
      { kind: 'error', status: 501, code: 'NotImplemented' },
      'service',
      /failed \(NotImplemented\)/,
    ],
    [
      'hostile names',
      b => b.get('k'),
      { kind: 'error', status: 418, code: '::error::\u001b[31mx' },
      'service',
      /failed \(418\)/,
    ],
  ];

  it.each(words)('%s', async (_, act, how, code, message) => {
    const bucket = open({}, typeof how === 'string' ? how : 'owner');
    if (typeof how !== 'string') faults.set(() => how);
    const error = await failure(act(bucket));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^bucket s3:\/\/modgate-test\/p-\d+: /);
    expect(error.message).not.toContain('hostile');
  });

  it('a service that cannot be reached, a name that there is not', async () => {
    await using gone = await startListing(1, () => 'x');
    await gone[Symbol.asyncDispose]();
    const refused = openBucket(`s3://some-bucket/p?endpoint=${gone.endpoint}`, gateway.env(), {
      limits: QUICK,
    });
    const unnamed = openBucket('s3://some-bucket/p?endpoint=https://s3.example.test', gateway.env(), {
      limits: QUICK,
    });
    opened.push(refused, unnamed);
    for (const bucket of [refused, unnamed]) {
      const { code, message } = await failure(bucket.get('k'));
      expect(code).toBe('unreachable');
      expect(message).toMatch(/cannot be reached \((ECONNREFUSED|ENOTFOUND|EAI_AGAIN)\); check the endpoint/);
    }
  });

  it('no text has anything of the credentials', async () => {
    const env = { ...gateway.env(), AWS_SESSION_TOKEN: 'a-session-token' };
    const lines: string[] = [];
    const bucket = openBucket(gateway.url('p'), env, { limits: QUICK, log: line => lines.push(line) });
    opened.push(bucket);
    const error = await failure(bucket.get('k'));
    const wrong = openBucket(gateway.url('p'), { ...gateway.env(), AWS_SECRET_ACCESS_KEY: 'a-wrong-secret' });
    opened.push(wrong);
    const second = await failure(wrong.put('k', Buffer.from('x')));
    expect(second.reason).toBe('SignatureDoesNotMatch');
    const { inspect } = await import('node:util');
    const told = [
      ...lines,
      ...logged,
      ...[error, second].map(one => inspect(one, { depth: 9, showHidden: true })),
    ];
    const secrets = [
      gateway.env().AWS_SECRET_ACCESS_KEY,
      'a-session-token',
      'a-wrong-secret',
      'AWS4-HMAC-SHA256',
      'Signature=',
    ];
    for (const secret of secrets) expect(told.join('\n')).not.toContain(secret ?? 'unset');
  });
});

function neverRead(): never {
  throw new Error('there is no body');
}
