import { describe, expect, it } from 'vitest';
import type { CacheErrorCode } from '../../../src/platform/cache/types.ts';
import {
  type CacheFault,
  type CacheService,
  type CacheStep,
  startCacheService,
} from '../../support/github/cache-service.ts';
import { tempDir } from '../../support/temp.ts';
import { clientOf, errorOf, PREFIX, randomBytes, read, save } from './tools.ts';

/** For each step what a fault that stays becomes, and how many requests the step is worth. */
type Outcome = readonly [code: CacheErrorCode, requests: number];
type Expected = Readonly<Record<Exclude<CacheFault, 'redirect'>, Outcome | 'unnoticed'>>;

const SAME = {
  'rate-limited': ['limited', 1],
  'rate-limited-short': ['limited', 2],
  unavailable: ['unavailable', 2],
  denied: ['denied', 1],
  'quota-full': ['quota', 1],
  reset: ['unavailable', 2],
  hang: ['unavailable', 1],
} as const;

const API: Expected = {
  ...SAME,
  'denied-200': ['denied', 1],
  missing: ['bad-answer', 1],
  'not-json': ['bad-answer', 1],
  huge: ['bad-answer', 1],
  'redirect-loop': ['bad-answer', 1],
  cut: ['unavailable', 2],
  stall: ['unavailable', 2],
  garbage: ['unavailable', 2],
  'wrong-range': ['unavailable', 2],
};

// A store that swallows an upload and says 200 is found out when the entry is finished.
const UPLOAD: Expected = {
  ...API,
  'denied-200': ['bad-answer', 1],
  missing: ['gone', 1],
};

const DOWNLOAD: Expected = {
  ...SAME,
  // A URL that may have expired is asked for anew.
  denied: ['denied', 2],
  'quota-full': ['denied', 2],
  hang: ['unavailable', 2],
  missing: ['gone', 1],
  'redirect-loop': ['bad-answer', 4],
  cut: ['unavailable', 4],
  stall: ['unavailable', 4],
  // Bytes are bytes; whether they are the right ones is for whoever unpacks them.
  'denied-200': 'unnoticed',
  'not-json': 'unnoticed',
  huge: 'unnoticed',
  garbage: 'unnoticed',
  'wrong-range': 'unnoticed',
};

const STEPS: Readonly<Record<CacheStep, Expected>> = {
  lookup: API,
  reserve: API,
  upload: UPLOAD,
  finalize: { ...API, missing: ['gone', 1] },
  download: DOWNLOAD,
};

const cases = Object.entries(STEPS).flatMap(([step, expected]) =>
  Object.entries(expected).flatMap(([fault, outcome]) =>
    outcome === 'unnoticed'
      ? []
      : [{ step: step as CacheStep, fault: fault as CacheFault, outcome: outcome as Outcome }],
  ),
);

type Case = (typeof cases)[number];

async function perform(protocol: 'v1' | 'v2', { step, fault, outcome }: Case): Promise<void> {
  await using service = await startCacheService();
  await using dir = await tempDir('cache');
  // Large enough that half of what is missing is some bytes for four times.
  await save(clientOf(service, { protocol }), dir, { key: `${PREFIX}old`, bytes: randomBytes(200_000) });
  service.asked.length = 0;
  service.faults[step] = fault;

  const patient = fault !== 'hang' && !(fault === 'stall' && step === 'download');
  expect(await useAll(service, protocol, patient)).toMatchObject({ code: outcome[0] });
  // Look-ups of v1 are GETs, which may be led elsewhere.
  const followed = protocol === 'v1' && step === 'lookup' && fault === 'redirect-loop';
  expect(service.asked.filter(asked => asked === step)).toHaveLength(followed ? 4 : outcome[1]);
  expect(service.leaked).toEqual([]);
}

/** Everything the client can do, until the first error. */
async function useAll(service: CacheService, protocol: 'v1' | 'v2', patient: boolean): Promise<Error> {
  await using dir = await tempDir('cache');
  const limits = patient ? {} : { callMs: 1_000, stallMs: 700, uploadStallMs: 700 };
  // act's way: a token in the path, which a message may not hold either.
  const env = protocol === 'v1' ? { ACTIONS_CACHE_URL: `${service.url}0123456789abcdef0123/` } : {};
  const client = clientOf(service, { protocol, env, limits });
  const error = await errorOf(
    (async () => {
      await save(client, dir, { key: `${PREFIX}new`, bytes: randomBytes(1000) });
      const hit = await client.lookup([`${PREFIX}old`]);
      if (hit !== undefined) await read(client, hit);
    })(),
  );
  for (const text of [error.message, ...client.lines]) {
    expect(text).not.toMatch(/\n|s3cret|\/blob\/|0123456789abcdef/);
    expect(text).not.toContain(service.token);
  }
  return error;
}

describe('a fault of the service', () => {
  it.concurrent.each(cases)('$fault at $step is $outcome', async which => {
    await Promise.all([perform('v1', which), perform('v2', which)]);
  });

  it.concurrent.each(
    (['v1', 'v2'] as const).flatMap(protocol =>
      (['unavailable', 'reset'] as const).map(fault => ({ protocol, fault })),
    ),
  )('$protocol: $fault that passes costs one request more', async ({ protocol, fault }) => {
    await using service = await startCacheService();
    await using dir = await tempDir('cache');
    for (const step of ['lookup', 'reserve', 'upload', 'finalize', 'download'] as const) {
      service.next[step] = [fault];
    }
    const client = clientOf(service, { protocol });
    const bytes = randomBytes(10_000);
    await save(client, dir, { key: `${PREFIX}a`, bytes });
    const hit = await client.lookup([PREFIX]);
    expect(hit && (await read(client, hit)).equals(bytes)).toBe(true);
    expect(service.asked).toEqual(
      ['reserve', 'upload', 'finalize', 'lookup', 'download'].flatMap(step => [step, step]),
    );
  });
});
