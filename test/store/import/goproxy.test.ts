import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recognise } from '../../../src/store/import/recognise.ts';
import { goWorld } from '../../support/go.ts';
import { startPeer } from '../../support/peers.ts';
import { startUpstream } from '../../support/upstream/upstream.ts';
import { type ImportWorld, importWorld, shortly } from './world.ts';

let world: ImportWorld;
/** What the real goproxy keeps of what go asked it for. */
let cache: string;

beforeAll(async () => {
  world = await importWorld();
  await using upstream = await startUpstream();
  await using goproxy = await startPeer('goproxy', {
    upstream: upstream.url,
    dir: world.dir.join('goproxy'),
  });
  await using go = await goWorld(goproxy.url, { GOSUMDB: 'off' });
  await go.goOk(['mod', 'download', ...world.modules.map(m => `${m.path}@${m.version}`)], {
    cwd: go.dir.path,
  });
  await go.goOk(['list', '-m', '-versions', 'github.com/google/uuid'], { cwd: go.dir.path });
  await go.goOk(['list', '-m', 'github.com/google/uuid@latest'], { cwd: go.dir.path });
  cache = goproxy.dir;
});
afterAll(() => world[Symbol.asyncDispose]());

describe('the cache directory of goproxy', () => {
  it('is recognised, and all of it comes in', async () => {
    expect(await recognise(cache)).toMatchObject({ kind: 'tree' });
    expect(await recognise(cache, 'goproxy')).toMatchObject({ kind: 'goproxy' });
    const { report, store } = await world.import(cache);
    expect(shortly(report)).toEqual([]);
    expect(report.imported.files).toBeGreaterThanOrEqual(3 * world.modules.length);
    for (const module of world.modules) {
      expect(await store.entry(module)).toMatchObject({ h1: module.h1, goModH1: module.goModH1 });
    }
  });

  it('wrong hashes are refused, each with its file, and what a killed writer left is told', async () => {
    const dir = world.dir.join('wrong');
    await cp(cache, dir, { recursive: true });
    const at = (name: string) => path.join(dir, name);
    const uuid = 'github.com/google/uuid/@v';
    const yaml = 'gopkg.in/yaml.v3/@v/v3.0.1';
    const errors = 'github.com/pkg/errors/@v/v0.9.1';
    const before = await readdir(at(uuid));
    await cp(at(`${errors}.zip`), at(`${uuid}/v1.6.0.zip`));
    await writeFile(at(`${yaml}.mod`), `${await readFile(at(`${yaml}.mod`), 'utf8')}\n`);
    await rm(at(`${errors}.mod`));
    await writeFile(at(`${uuid}/.v1.6.0.zip.tmp.4019221453`), 'PK');
    expect(before).toContain('v1.6.0.zip');
    const { report, store } = await world.import(dir);
    expect(shortly(report)).toEqual([
      `damaged ${uuid}/v1.6.0.zip`,
      `not-whole ${uuid}/.v1.6.0.zip.tmp.4019221453`,
      `wrong-hash ${yaml}.mod`,
    ]);
    expect((await store.entry({ path: 'gopkg.in/yaml.v3', version: 'v3.0.1' }))?.zip).toBeDefined();
    const missing = await store.entry({ path: 'github.com/pkg/errors', version: 'v0.9.1' });
    expect(missing).toMatchObject({ vouchedBy: { zip: 'gosum' } });
    expect(missing?.mod).toBeUndefined();
  });
});
