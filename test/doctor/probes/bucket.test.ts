import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Bounds } from '../../../src/doctor/limits.ts';
import { probeBucket } from '../../../src/doctor/probes/bucket.ts';
import { type Gateway, startGateway, type Who } from '../../support/s3/gateway.ts';
import { openBucket, QUICK } from '../../support/s3/open.ts';
import { deadUrl } from '../../support/upstream/dead.ts';

const bounds = new Bounds({ probeMs: 10_000, runMs: 60_000, parallel: 4 });
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(async () => {
  bounds.close();
  await gateway?.[Symbol.asyncDispose]();
});

async function ask(prefix: string, env: Readonly<Record<string, string>>, readsOnly?: string, at?: string) {
  const open = () => openBucket(gateway.url(prefix, at), env, { limits: QUICK });
  const verdict = await probeBucket({ open, readsOnly, bounds });
  for (const who of ['owner', 'reader', 'stranger'] as const satisfies readonly Who[]) {
    expect(JSON.stringify(verdict)).not.toContain(gateway.env(who).AWS_SECRET_ACCESS_KEY);
  }
  return verdict;
}

it('tells what may be done in a bucket, and does nothing there', async () => {
  const prefix = gateway.prefix();
  expect(await ask(prefix, gateway.env())).toMatchObject({
    state: 'ok',
    what: 'answers, there is no store yet; it can be read and written',
  });
  expect(await ask(prefix, gateway.env('reader'))).toMatchObject({
    state: 'warning',
    what: expect.stringContaining('not written'),
    why: expect.stringContaining('s3:PutObject'),
  });
  expect(await ask(prefix, gateway.env('reader'), 'this is a pull request')).toMatchObject({
    state: 'ok',
    what: expect.stringContaining('only reads it: this is a pull request'),
  });
  expect(await readdir(join(gateway.dir, prefix)).catch(() => [])).toEqual([]);
  await openBucket(gateway.url(prefix), gateway.env()).put('modgate/index/x', Buffer.from('x'));
  expect(await ask(prefix, gateway.env())).toMatchObject({ what: expect.stringContaining('holds a store') });
});

it('says why a bucket is of no use', async () => {
  const prefix = gateway.prefix();
  const cannot = { state: 'failed', what: 'cannot be used' };
  expect(await ask(prefix, gateway.env('stranger'))).toMatchObject({
    ...cannot,
    why: expect.stringMatching(/s3:(?:GetObject|ListBucket)/),
  });
  const { AWS_ACCESS_KEY_ID: _, ...without } = gateway.env();
  expect(await ask(prefix, without)).toMatchObject({
    ...cannot,
    why: expect.stringContaining('no AWS credentials'),
  });
  expect(await ask(prefix, gateway.env(), undefined, await deadUrl())).toMatchObject({
    ...cannot,
    why: expect.stringContaining('cannot be reached'),
  });
});
