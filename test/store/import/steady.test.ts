import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDiskStore } from '../../../src/store/disk.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { tempDir } from '../../support/temp.ts';
import { type ImportWorld, importWorld, shortly } from './world.ts';

let world: ImportWorld;
beforeAll(async () => {
  world = await importWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const UUID = { path: 'github.com/google/uuid', version: 'v1.6.0' };
const ONE = 'cache/download/github.com/google/uuid';
const ZIP = `${ONE}/@v/v1.6.0.zip`;

describe('an import beside others', () => {
  it('keeps the bytes that it hashed, whoever writes to the source meanwhile and afterwards', async () => {
    const source = await world.copy('changing', [ONE]);
    const zip = path.join(source, ZIP);
    const hasher = {
      ...world.hasher,
      hashZip: (...args: Parameters<typeof world.hasher.hashZip>) => {
        const job = world.hasher.hashZip(...args);
        return { ...job, result: writeFile(zip, 'changed meanwhile').then(() => job.result) };
      },
    };
    const { report, store } = await world.import(source, { hasher });
    expect(shortly(report)).toEqual([]);
    await writeFile(zip, 'changed afterwards');
    const good = world.modules.find(m => m.path === UUID.path);
    const kept = path.join(store.location, 'github.com/google/uuid/@v/v1.6.0.zip');
    expect(await readFile(kept)).toEqual(await readFile(good?.zip ?? ''));
    expect((await stat(kept)).nlink).toBe(1);
    expect((await stat(kept)).mode & 0o777).toBe(0o644);
  });

  it('takes a file that is gone by the time it is wanted for no more than that', async () => {
    const source = await world.copy('going', [ONE, 'cache/download/gopkg.in']);
    const { report } = await world.import(source, {
      isThere: async () => {
        await rm(path.join(source, ZIP), { force: true });
        return false;
      },
      authorities: {
        ...world.authorities,
        goSum: (module, version, file) => {
          void rm(path.join(source, ZIP), { force: true });
          return world.authorities.goSum(module, version, file);
        },
      },
    });
    expect(shortly(report).filter(line => !line.endsWith(ZIP))).toEqual([]);
    expect(report.counts['wrong-hash'] + report.counts.damaged).toBe(0);
  });

  it('ends between versions when it is told to, and goes on the next time', async () => {
    const ending = new AbortController();
    const { report, store } = await world.import(world.modcache, {
      atOnce: 1,
      signal: ending.signal,
      onProgress: () => ending.abort(),
    });
    expect(report).toMatchObject({ stopped: true, imported: { versions: 1, files: 3 } });
    expect(report.versions).toBeLessThan(world.modules.length);
    const next = await world.import(world.modcache, { into: store });
    expect(next.report).toMatchObject({
      stopped: false,
      present: { files: 3 },
      imported: { versions: world.modules.length - 1 },
    });
  });

  it('two at once fill one store', async () => {
    const into = await world.store();
    const other = await openDiskStore(into.location, { hasher: world.hasher });
    const both = await Promise.all([
      world.import(world.modcache, { into }),
      world.import(world.modcache, { into: other }),
    ]);
    for (const { report } of both) expect(shortly(report)).toEqual([]);
    for (const module of world.modules) expect((await into.entry(module))?.h1).toBe(module.h1);
    expect(await readdir(path.join(into.location, 'modgate', 'tmp'))).toEqual([]);
  });
});

describe('a store that fails', () => {
  it('a full disk ends the import with a reason; what came in is whole', async () => {
    await using dir = await tempDir('full');
    await using _ = await smallDisk(dir.join('disk'), '250k');
    const into = await openDiskStore(dir.join('disk', 'store'), { hasher: world.hasher });
    await expect(world.import(world.modcache, { into })).rejects.toMatchObject({
      name: 'StoreError',
      code: 'store-full',
    });
    expect(await readdir(path.join(into.location, 'modgate', 'tmp'))).toEqual([]);
    const again = await openDiskStore(into.location, { hasher: world.hasher });
    for (const module of world.modules) {
      const entry = await again.entry(module);
      if (entry?.zip !== undefined) expect(await again.get(module, 'zip')).toBeDefined();
    }
  });
});

describe('who knows better', () => {
  it('a hash that the store pinned stands above another one of the source, and above a new pin', async () => {
    const source = await world.copy('pinned', [ONE]);
    const pinning = { ...world.authorities, goSum: () => [], pins: () => true };
    const first = await world.import(source, { authorities: pinning });
    expect(first.report).toMatchObject({ vouched: { 'first-seen': 2 }, imported: { files: 3 } });
    const { store } = first;
    await rm(path.join(store.location, 'github.com'), { recursive: true });
    const errors = 'cache/download/github.com/pkg/errors/@v/v0.9.1.mod';
    await cp(path.join(world.modcache, errors), path.join(source, `${ONE}/@v/v1.6.0.mod`));
    const next = await world.import(source, {
      into: await openDiskStore(store.location, { hasher: world.hasher }),
      authorities: pinning,
      isThere: async () => false,
    });
    expect(shortly(next.report)).toEqual([`wrong-hash ${ONE}/@v/v1.6.0.mod`]);
    expect(next.report.findings[0]?.what).toContain('and the index of the store (as first seen) has h1:TIy');
    expect(next.report.imported.files).toBe(1);
  });

  it('the database is asked once a version, and not about what go.sum has', async () => {
    const asked: string[] = [];
    const authorities = {
      ...world.authorities,
      goSum: (module: string, version: string, file: 'zip' | 'mod') =>
        module === UUID.path ? world.authorities.goSum(module, version, file) : [],
      sumdb: async ({ path: module, version }: { path: string; version: string }) => {
        asked.push(module);
        const [zip] = world.authorities.goSum(module, version, 'zip');
        const [mod] = world.authorities.goSum(module, version, 'mod');
        if (module === 'gopkg.in/yaml.v3') return { state: 'unknown' as const };
        if (module === 'github.com/pkg/errors') return { state: 'unavailable' as const, why: 'it is down' };
        return { state: 'known' as const, zip: zip ?? '', mod: mod ?? '' };
      },
      isPrivate: (module: string) => module.startsWith('golang.org/'),
    };
    const { report } = await world.import(world.modcache, { authorities });
    const rest = world.modules.filter(m => m.path !== UUID.path && !m.path.startsWith('golang.org/'));
    expect(asked.sort()).toEqual(rest.map(m => m.path).sort());
    expect(shortly(report).map(line => line.replace(/ .*\/(?=[^/]+\/@v)/, ' '))).toEqual([
      'unasked errors/@v/v0.9.1',
      'unvouched exp/@v/v0.0.0-20240613232115-7f521ea00fb8',
      'unvouched yaml.v3/@v/v3.0.1',
    ]);
    expect(report.vouched).toEqual({ gosum: 2, sumdb: 2, 'first-seen': 0 });
  });
});
