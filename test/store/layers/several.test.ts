import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BucketLayer } from '../../../src/store/bucket/layer.ts';
import { type DiskStore, openDiskStore } from '../../../src/store/disk.ts';
import { DiskLayer } from '../../../src/store/layers/disk-layer.ts';
import type { Layer } from '../../../src/store/layers/types.ts';
import { JobStores } from '../../support/layered.ts';
import { type Gateway, startGateway } from '../../support/s3/gateway.ts';
import { openBucket, QUICK } from '../../support/s3/open.ts';
import { commitModule, type RealModule, realModules } from '../../support/store-modules.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';
import { deadUrl } from '../../support/upstream/dead.ts';

const END_MS = 20_000;
let gateway: Gateway;
let jobs: JobStores;
let temp: TempDir;
let modules: RealModule[];
beforeAll(async () => {
  jobs = new JobStores();
  gateway = await startGateway();
  temp = await tempDir('layers');
  modules = (await realModules()).slice(0, 3);
});
afterAll(async () => {
  await jobs?.[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
  await temp?.[Symbol.asyncDispose]();
});

function at(index: number): RealModule {
  const module = modules[index];
  if (module === undefined) throw new Error(`no module ${index}`);
  return module;
}

const bucketLayer = (prefix: string, writable: boolean, endpoint?: string): Layer =>
  new BucketLayer(openBucket(gateway.url(prefix, endpoint), gateway.env(), { limits: QUICK }), { writable });

const directory = (name: string): Promise<DiskStore> =>
  openDiskStore(temp.join(name), { hasher: jobs.hasher });

it('local over a shared directory over a bucket to read over a bucket to write', async () => {
  const [seed, team] = [gateway.prefix('seed'), gateway.prefix('team')];
  const shared = await directory('shared');
  await commitModule(shared, at(0));
  const filler = await jobs.open({ url: gateway.url(seed), env: gateway.env() });
  await commitModule(filler.store, at(1));
  await filler.store.finish(END_MS, undefined);

  const first = [new DiskLayer(shared, false), bucketLayer(seed, false)];
  const { store, warnings } = await jobs.open({ url: gateway.url(team), env: gateway.env(), first });
  for (const index of [0, 1]) {
    const zip = await store.get(at(index), 'zip');
    expect(zip?.h1).toBe(at(index).h1);
    expect(zip && (await buffer(zip.stream())).length).toBe(at(index).facts.size);
  }
  await commitModule(store, at(2));
  expect([...(await store.list(at(0).path)), ...(await store.list(at(1).path))]).toEqual([
    at(0).version,
    at(1).version,
  ]);
  const { layers, written } = await store.finish(END_MS, undefined);
  expect(layers).toMatchObject([
    { location: shared.location, files: 1, bytes: at(0).facts.size },
    { location: `s3://${gateway.bucket}/${seed}`, files: 1, bytes: at(1).facts.size },
    { location: `s3://${gateway.bucket}/${team}`, files: 0 },
  ]);
  expect(written).toMatchObject({ location: `s3://${gateway.bucket}/${team}`, versions: 1, left: 0 });
  expect(warnings).toEqual([]);
  // Nothing came to those that are only read.
  expect(await shared.entry(at(2))).toBeUndefined();
  const looking = await jobs.open({ url: gateway.url(team), env: gateway.env() });
  expect((await looking.store.get(at(2), 'mod'))?.h1).toBe(at(2).goModH1);
  expect(await looking.store.get(at(1), 'mod')).toBeUndefined();
});

it('a shared directory takes what is new, in the form in which it was fetched', async () => {
  const shared = await directory('takes');
  const first = [new DiskLayer(shared, true)];
  const prefix = gateway.prefix();
  const { store } = await jobs.open({ url: gateway.url(prefix), env: gateway.env(), first });
  await commitModule(store, at(0));
  const { written } = await store.finish(END_MS, undefined);
  expect(written).toMatchObject({ location: shared.location, versions: 1, left: 0 });
  const again = await directory('takes');
  expect(await again.get(at(0), 'zip')).toMatchObject({
    h1: at(0).h1,
    representation: 'original',
    by: 'sumdb',
  });
  expect((await again.get(at(0), 'info'))?.bytes?.equals(at(0).info)).toBe(true);
});

it('one layer that is down costs one line, and the next one answers', async () => {
  const prefix = gateway.prefix();
  const filler = await jobs.open({ url: gateway.url(prefix), env: gateway.env() });
  for (const module of modules) await commitModule(filler.store, module);
  await filler.store.finish(END_MS, undefined);
  const first = [bucketLayer(gateway.prefix(), true, await deadUrl())];
  const { store, warnings } = await jobs.open({ url: gateway.url(prefix), env: gateway.env(), first });
  const found = await Promise.all(modules.map(module => store.get(module, 'zip')));
  expect(found.map(file => file?.h1)).toEqual(modules.map(module => module.h1));
  expect(warnings).toEqual([expect.stringContaining('cannot be reached')]);
});
