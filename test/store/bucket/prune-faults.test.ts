import * as fs from 'node:fs';
import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pruneBucket } from '../../../src/store/bucket/prune/prune.ts';
import type { Bucket } from '../../../src/store/bucket/types.ts';
import { decodeUseNote, encodeUseNote, useNoteKey } from '../../../src/store/bucket/use-notes.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { type Faults, startFaults } from '../../support/s3/faults.ts';
import { openBucket, QUICK } from '../../support/s3/open.ts';
import { type Buckets, buckets } from '../places.ts';
import { DAY, filesOf, type MadeVersion, namesIn, treeDigest } from '../prune/made-store.ts';

const NOW = Date.now();
const RULES = { now: NOW, keepSinceMs: 30 * DAY, maxBytes: 1e12, dryRun: false } as const;

let hasher: Hasher;
let place: Buckets;
let faults: Faults;
beforeAll(async () => {
  hasher = createHasher();
  place = await buckets(hasher);
  faults = await startFaults(place.gateway);
});
afterAll(async () => {
  await faults[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
  await hasher.close();
});

/** The bucket of a prefix through the faults. */
function throughFaults(prefix: string): Bucket {
  faults.set();
  faults.forget();
  const { gateway } = place;
  return openBucket(gateway.url(prefix, faults.endpoint), gateway.env(), { limits: QUICK });
}

/** Two of three modules go; the others were used yesterday. One of those that go has a pin. */
const MANY: readonly MadeVersion[] = Array.from({ length: 9 }, (_, i) => ({
  path: `example.com/m${i % 3}`,
  version: `v1.${Math.floor(i / 3)}.0`,
  usedAgo: i % 3 === 1 ? DAY : 40 * DAY,
  ...(i === 0 ? { by: 'first-seen' as const } : {}),
}));

const PIN = 'modgate/index/example.com/m0/@v/v1.0.0.json';

/** All names that there may be after a prune of `MANY`. */
const LEFT = [
  'example.com/m1/@latest',
  'example.com/m1/@v/list',
  ...['v1.0.0', 'v1.1.0', 'v1.2.0'].flatMap(version => [
    ...['info', 'mod', 'zip'].map(kind => `example.com/m1/@v/${version}.${kind}`),
    `modgate/index/example.com/m1/@v/${version}.json`,
  ]),
  PIN,
  'modgate/pruned.json',
].toSorted();

describe('credentials', () => {
  it('that may only read are refused before anything is removed, and may try', async () => {
    await using store = await place.fresh();
    await store.fill(NOW, MANY);
    const before = treeDigest(store.dir);
    const reader = openBucket(place.gateway.url(store.prefix), place.gateway.env('reader'));
    const refused = await pruneBucket(reader, RULES).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'StoreError', code: 'store-read-only' });
    expect(String(refused)).toContain('nothing was removed');
    expect(String(refused)).toContain('s3:PutObject');
    expect(await pruneBucket(reader, { ...RULES, dryRun: true })).toMatchObject({ deleted: { versions: 6 } });
    expect(treeDigest(store.dir)).toBe(before);
    await reader.close();
  });

  it('that may write and not delete are refused, too', async () => {
    await using store = await place.fresh();
    await store.fill(NOW, MANY);
    const bucket = throughFaults(store.prefix);
    faults.set(({ query }) =>
      query.has('delete') ? { kind: 'error', status: 403, code: 'AccessDenied' } : undefined,
    );
    await expect(pruneBucket(bucket, RULES)).rejects.toMatchObject({ code: 'store-read-only' });
    expect(namesIn(store.dir).filter(name => name.endsWith('.zip'))).toHaveLength(9);
    await bucket.close();
  });

  it('that end at any request: what was done is told, what stays is whole, and the next prune does the rest', async () => {
    await using whole = await place.fresh();
    await whole.fill(NOW, MANY);
    const counting = throughFaults(whole.prefix);
    await pruneBucket(counting, RULES);
    const requests = faults.asked.length;
    await counting.close();
    expect(namesIn(whole.dir)).toEqual(LEFT);
    let resumed = 0;
    for (let last = 1; last < requests; last += 3) {
      await using store = await place.fresh();
      await store.fill(NOW, MANY);
      const bucket = throughFaults(store.prefix);
      faults.set(({ index }) =>
        index > last ? { kind: 'error', status: 400, code: 'ExpiredToken' } : undefined,
      );
      const ended = await pruneBucket(bucket, RULES).catch((error: unknown) => error);
      if (ended instanceof Error) expect(ended).toMatchObject({ code: 'expired' });
      else {
        expect(ended).toMatchObject({ finished: false, failed: { count: 1 } });
        expect(JSON.stringify(ended)).toContain('role-duration-seconds');
      }
      await bucket.close();
      // Whoever has an entry has its files, as long as nobody committed in between.
      for (const name of namesIn(store.dir).filter(found => found.startsWith('modgate/index/'))) {
        const stem = name.slice('modgate/index/'.length, -'.json'.length);
        if (name === PIN) continue;
        for (const kind of ['info', 'mod', 'zip']) {
          expect(fs.existsSync(path.join(store.dir, `${stem}.${kind}`)), `${last}: ${stem}.${kind}`).toBe(
            true,
          );
        }
      }
      const report = await store.prune(RULES);
      resumed += report.deleted.reasons.resumed.versions;
      expect(report).toMatchObject({ finished: true, failed: { count: 0 }, after: { versions: 3 } });
      expect(namesIn(store.dir), `ended after ${last}`).toEqual(LEFT);
    }
    expect(resumed).toBeGreaterThan(0);
  }, 60_000);
});

describe('a service in trouble', () => {
  it('that asks for fewer requests, resets and fails for a while gets its time', async () => {
    await using store = await place.fresh();
    await store.fill(NOW, MANY);
    const bucket = throughFaults(store.prefix);
    faults.set(({ index }) => {
      if (index % 5 === 1) return { kind: 'error', status: 503, code: 'SlowDown' };
      if (index % 7 === 2) return { kind: 'reset', when: 'carried-out' };
      return index % 11 === 3 ? { kind: 'error', status: 500, code: 'InternalError' } : undefined;
    });
    expect(await pruneBucket(bucket, RULES)).toMatchObject({ finished: true, failed: { count: 0 } });
    expect(namesIn(store.dir).filter(name => name !== PIN)).toEqual(LEFT.filter(name => name !== PIN));
    await bucket.close();
  });

  it('that refuses to delete some objects: they are told by their keys, and tried again', async () => {
    await using store = await place.fresh();
    await store.fill(NOW, MANY);
    const bucket: Bucket = {
      ...store.bucket,
      remove: async (keys, signal) => {
        const locked = keys.filter(key => key.endsWith('m2/@v/v1.1.0.zip'));
        await store.bucket.remove(
          keys.filter(key => !locked.includes(key)),
          signal,
        );
        return locked.map(key => ({ key, why: 'AccessDenied' }));
      },
    };
    expect(await pruneBucket(bucket, RULES)).toMatchObject({
      finished: true,
      deleted: { versions: 5 },
      failed: { count: 1, first: [{ path: 'example.com/m2/@v/v1.1.0.zip', why: 'AccessDenied' }] },
    });
    expect(await store.prune(RULES)).toMatchObject({ deleted: { versions: 1 }, failed: { count: 0 } });
    expect(namesIn(store.dir)).toEqual(LEFT);
  });
});

describe('others at work', () => {
  /** A prune that does something else before its `nth` request to delete. */
  async function during(
    store: Awaited<ReturnType<Buckets['fresh']>>,
    nth: number,
    meanwhile: () => Promise<void>,
  ) {
    let deletes = 0;
    const held: Bucket = {
      ...store.bucket,
      remove: async (keys, signal) => {
        deletes += 1;
        if (deletes === nth) await meanwhile();
        return await store.bucket.remove(keys, signal);
      },
    };
    const report = await pruneBucket(held, RULES);
    expect(deletes).toBeGreaterThanOrEqual(nth);
    return report;
  }

  const a = { path: 'example.com/a', version: 'v1.0.0', usedAgo: 40 * DAY } as const;

  /** The objects of a version as a session writes them: files first, and the entry last. */
  async function commitAgain(
    { bucket, dir }: Awaited<ReturnType<Buckets['fresh']>>,
    files: readonly Buffer[],
    names: readonly string[],
  ) {
    for (const [at, name] of [3, 2, 1, 0].map(i => [i, names[i]] as const)) {
      await bucket.put(
        path
          .relative(dir, name ?? '')
          .split(path.sep)
          .join('/'),
        files[at] ?? Buffer.alloc(0),
      );
    }
  }

  // The first request to delete is the probe of the rights, the second takes the index entries, the third the .info.
  it.each([
    [2, 'survives whole'],
    [3, 'keeps its entry, and the next commit puts its files there again'],
  ])('a version that is committed anew before delete request %i %s', async nth => {
    await using store = await place.fresh();
    await store.fill(NOW, [a, { ...a, path: 'example.com/b' }]);
    const names = filesOf(store.dir, a);
    const files = await Promise.all(names.map(name => fsp.readFile(name)));
    const report = await during(store, nth, () => commitAgain(store, files, names));
    if (nth === 2) {
      expect(report).toMatchObject({ deleted: { versions: 1 }, kept: { meanwhile: { versions: 1 } } });
      for (const [at, name] of names.entries()) expect(await fsp.readFile(name)).toEqual(files[at]);
    } else {
      // After the last look it may lose its files; the next commit finds that and puts them there again.
      expect(report.deleted.versions).toBe(2);
      expect(fs.existsSync(names[0])).toBe(true);
      await commitAgain(store, files, names);
    }
    expect(await store.prune(RULES)).toMatchObject({ deleted: { versions: 0 }, failed: { count: 0 } });
    for (const name of names) expect(fs.existsSync(name)).toBe(true);
  });

  it('two prunes at once do no harm, and leave what one leaves', async () => {
    await using store = await place.fresh();
    await store.fill(NOW, MANY);
    const reports = await Promise.all([store.prune(RULES), store.prune(RULES), store.prune(RULES)]);
    for (const report of reports) expect(report.failed).toMatchObject({ count: 0 });
    await store.prune(RULES);
    expect(namesIn(store.dir)).toEqual(LEFT);
  });
});

describe('notes of use', () => {
  const version = (name: string, usedAgo: number): MadeVersion => ({
    path: `example.com/${name}`,
    version: 'v1.0.0',
    usedAgo,
  });
  const use = {
    requests: 1,
    fromStore: 1,
    fromUpstream: 0,
    bytesFromStore: 1,
    bytesFromUpstream: 0,
    added: 0,
  };

  /** A note that a session left some days ago. */
  async function note(
    { bucket, dir }: Awaited<ReturnType<Buckets['fresh']>>,
    daysAgo: number,
    name: string,
    versions: readonly MadeVersion[],
  ): Promise<string> {
    const at = NOW - daysAgo * DAY;
    const key = useNoteKey(at, name);
    const uses = [{ t: new Date(at).toISOString(), ...use }];
    await bucket.put(key, encodeUseNote({ uses, versions }));
    fs.utimesSync(path.join(dir, key), at / 1000, at / 1000);
    return key;
  }

  it('keep what they name, decide who was used last, and become one a day', async () => {
    await using store = await place.fresh();
    const [x, y, z, w] = [
      version('x', 60 * DAY),
      version('y', 60 * DAY),
      version('z', 60 * DAY),
      version('w', 35 * DAY),
    ];
    await store.fill(NOW, [x, y, z, w]);
    const gone = { path: 'example.com/gone', version: 'v1.0.0' };
    await note(store, 45, 'old', [z]);
    await note(store, 45, 'old2', [z]);
    await note(store, 10, 'a', [x, y]);
    await note(store, 10, 'b', [x]);
    await note(store, 3, 'c', [y, gone]);
    const today = await note(store, 0, 'd', []);
    // A day that is over a year ago tells nobody anything.
    await note(store, 800, 'e', [x]);
    const dry = await store.prune({ ...RULES, dryRun: true });
    expect(dry).toMatchObject({ deleted: { versions: 2 } });
    expect(await store.prune(RULES)).toMatchObject({ deleted: { versions: 2 }, failed: { count: 0 } });
    const left = () => namesIn(store.dir).filter(name => name.startsWith('modgate/uses/'));
    const contents = () =>
      left()
        .map(name => decodeUseNote(fs.readFileSync(path.join(store.dir, name))))
        .map(told => ({
          uses: told.uses.length,
          versions: told.versions.map(mv => mv.path),
        }));
    expect(left()).toHaveLength(4);
    expect(left()).toContain(today);
    // Of day 45 the counts only; of day 10 what was not used later.
    expect(contents()).toEqual([
      { uses: 1, versions: [] },
      { uses: 1, versions: ['example.com/x'] },
      { uses: 1, versions: ['example.com/y', 'example.com/gone'].toSorted() },
      { uses: 1, versions: [] },
    ]);
    const names = left();
    await store.prune(RULES);
    expect(left()).toEqual(names);
    // x is the least recently used by what the notes say.
    const { after } = await store.prune({ ...RULES, dryRun: true });
    const report = await store.prune({ ...RULES, maxBytes: after.bytes - 1 });
    expect(report.deleted.reasons.size.versions).toBe(1);
    expect(fs.existsSync(filesOf(store.dir, x)[3])).toBe(false);
    expect(fs.existsSync(filesOf(store.dir, y)[3])).toBe(true);
  });

  it('tell stats what sessions took, before and after they are joined', async () => {
    await using store = await place.fresh();
    await store.fill(NOW, [version('x', 60 * DAY)]);
    for (const name of ['a', 'b', 'c']) await note(store, 4, name, [version('x', 0)]);
    const rate = async () => (await store.stats({ now: NOW, top: 5 })).hitRates[0];
    const before = await rate();
    // All three ended in one moment with the same counts, which is one session as far as anybody can tell.
    expect(before).toMatchObject({ sessions: 3 });
    await store.prune(RULES);
    expect(await rate()).toMatchObject({ days: 30, sessions: 1, requests: 1 });
    expect((await store.stats({ now: NOW, top: 5 })).lastUse[1]).toMatchObject({
      withinDays: 7,
      versions: 1,
    });
  });

  it('that anybody wrote harm nothing', async () => {
    await using store = await place.fresh();
    await store.fill(NOW, [version('x', 60 * DAY)]);
    const at = (name: string) => `modgate/uses/2026-01-01/${name}`;
    await store.bucket.put(at('binary'), Buffer.from([0, 255, 10, 64, 10, 123, 10]));
    await store.bucket.put(at('names'), Buffer.from('../../etc@v1\n@@@\n\u001b[31m@v1.0.0\n'));
    await store.bucket.put('modgate/uses/not-a-day/x', Buffer.from('x'));
    const report = await store.prune(RULES);
    expect(report).toMatchObject({ deleted: { versions: 1 }, failed: { count: 0 }, foreign: { count: 1 } });
  });
});

it('more objects than a page of a listing and a request to delete have', async () => {
  await using store = await place.fresh();
  await store.fill(NOW, [{ path: 'example.com/a', version: 'v1.0.0', usedAgo: DAY }]);
  const dir = path.join(store.dir, 'example.com/many/@v');
  fs.mkdirSync(dir, { recursive: true });
  for (let i = 0; i < 1300; i++) {
    for (const kind of ['info', 'mod']) {
      fs.writeFileSync(path.join(dir, `v1.${i}.0.${kind}`), kind);
      fs.utimesSync(path.join(dir, `v1.${i}.0.${kind}`), 1, 1);
    }
  }
  const report = await store.prune(RULES);
  expect(report).toMatchObject({ before: { versions: 1301 }, deleted: { versions: 1300 }, finished: true });
  expect(namesIn(store.dir).filter(name => name.includes('many'))).toEqual([]);
});
