import {
  appendFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeZip } from '../../gomod/make-zip.ts';
import { type ImportWorld, importWorld, shortly } from './world.ts';

let world: ImportWorld;
beforeAll(async () => {
  world = await importWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const UUID = { path: 'github.com/google/uuid', version: 'v1.6.0' };
const STEM = 'cache/download/github.com/google/uuid/@v/v1.6.0';
const EXP = 'cache/download/golang.org/x/exp/@v/v0.0.0-20240613232115-7f521ea00fb8';
/** All that go keeps of the first one. */
const ONE = ['cache/download/github.com/google/uuid', 'github.com/google'];
const NOTHING = {
  'wrong-hash': 0,
  damaged: 0,
  unreadable: 0,
  unasked: 0,
  unvouched: 0,
  'not-whole': 0,
  foreign: 0,
};

/** Another zip of the version, with a member more. */
async function evilZip(): Promise<Buffer> {
  return makeZip([{ name: `${UUID.path}@${UUID.version}/evil.go`, data: Buffer.from('package uuid\n') }]);
}

describe('a GOMODCACHE that go filled', () => {
  it('all of it comes in, with the hashes and bytes that go has, and the second time nothing is looked at', async () => {
    const { report, store } = await world.import(world.modcache);
    const { modules } = world;
    expect(report).toMatchObject({
      versions: modules.length,
      imported: { versions: modules.length, files: 3 * modules.length },
      present: { files: 0 },
      vouched: { gosum: 2 * modules.length, sumdb: 0, 'first-seen': 0 },
      counts: NOTHING,
      stopped: false,
    });
    for (const module of modules) {
      const entry = await store.entry(module);
      expect(entry).toMatchObject({
        h1: module.h1,
        goModH1: module.goModH1,
        zip: { ...module.facts, representation: 'original', original: module.facts },
        vouchedBy: { zip: 'gosum', mod: 'gosum' },
      });
      expect((await store.get(module, 'mod'))?.bytes).toEqual(module.mod);
      expect(JSON.parse(String((await store.get(module, 'info'))?.bytes))).toMatchObject({
        Version: module.version,
        Time: (JSON.parse(String(module.info)) as { Time: string }).Time,
      });
      expect((await store.get(module, 'zip', module.h1))?.size).toBe(module.facts.size);
    }
    const hashed = {
      ...world.hasher,
      hashZip: () => {
        throw new Error('hashed again');
      },
    };
    const again = await world.import(world.modcache, { into: store, hasher: hashed });
    expect(again.report).toMatchObject({
      imported: { versions: 0, files: 0, bytes: 0 },
      present: { versions: modules.length, files: 3 * modules.length },
      counts: NOTHING,
    });
    expect(await readdir(path.join(store.location, 'modgate', 'tmp'))).toEqual([]);
  });

  it('keeps the stored form where the store does, with the same h1', async () => {
    const { report, store } = await world.import(world.modcache, { representation: 'stored' });
    expect(report.counts).toEqual(NOTHING);
    for (const module of world.modules) {
      expect(await store.entry(module)).toMatchObject({
        h1: module.h1,
        zip: { representation: 'stored', original: module.facts },
      });
      expect(await store.get(module, 'zip', module.h1)).toMatchObject({ representation: 'stored' });
    }
    expect(await readdir(path.join(store.location, 'modgate', 'tmp'))).toEqual([]);
  });

  it('a dry run tells the same and writes nothing', async () => {
    const modcache = await world.copy('dry run');
    await writeFile(path.join(modcache, `${STEM}.zip`), await evilZip());
    const store = await world.store();
    const { report } = await world.import(modcache, { into: store, dryRun: true });
    expect(report).toMatchObject({
      imported: { versions: world.modules.length, files: 3 * world.modules.length - 2 },
      counts: { ...NOTHING, 'wrong-hash': 1 },
    });
    expect(await readdir(store.location)).toEqual(['modgate']);
    expect(await store.entry(UUID)).toBeUndefined();
  });
});

describe('a GOMODCACHE that somebody changed', () => {
  it.each([
    [
      'a zip with other content',
      async (dir: string) => await writeFile(path.join(dir, `${STEM}.zip`), await evilZip()),
      ['zip', 'info'],
      [`wrong-hash ${STEM}.zip`],
    ],
    [
      'a go.mod',
      async (dir: string) => await appendFile(path.join(dir, `${STEM}.mod`), '\n// evil\n'),
      ['mod', 'info'],
      [`wrong-hash ${STEM}.mod`],
    ],
    [
      'a zip that was cut',
      async (dir: string) => await truncate(path.join(dir, `${STEM}.zip`), 4000),
      ['zip', 'info'],
      [`damaged ${STEM}.zip`],
    ],
    [
      'a zip larger than go allows',
      async (dir: string) => await truncate(path.join(dir, `${STEM}.zip`), 501 << 20),
      ['zip', 'info'],
      [`damaged ${STEM}.zip`],
    ],
    [
      'an .info of another version',
      async (dir: string) => await writeFile(path.join(dir, `${STEM}.info`), '{"Version":"v1.5.0"}'),
      ['info'],
      [`damaged ${STEM}.info`],
    ],
    [
      'an .info that is no JSON',
      async (dir: string) => await writeFile(path.join(dir, `${STEM}.info`), '<html>'),
      ['info'],
      [`damaged ${STEM}.info`],
    ],
    [
      'a .ziphash',
      async (dir: string) =>
        await writeFile(path.join(dir, `${STEM}.ziphash`), 'h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='),
      [],
      [],
    ],
    [
      'an unpacked tree',
      async (dir: string) =>
        await writeFile(path.join(dir, 'github.com/google/uuid@v1.6.0/evil.go'), 'package uuid\n'),
      [],
      [],
    ],
    [
      'a zip that is gone',
      async (dir: string) => await rm(path.join(dir, `${STEM}.zip`)),
      ['zip'],
      [`not-whole ${STEM}`],
    ],
  ] as const)('%s: only what is right comes in', async (name, tamper, lost, told) => {
    const modcache = await world.copy(name, ONE);
    await tamper(modcache);
    const { report, store } = await world.import(modcache);
    expect(shortly(report)).toEqual(told);
    for (const kind of ['zip', 'mod', 'info'] as const) {
      const there = (await store.get(UUID, kind)) !== undefined;
      expect({ kind, there }).toEqual({ kind, there: !(lost as readonly string[]).includes(kind) });
    }
    expect(report.imported.files).toBe(3 - lost.length);
    expect(await readdir(path.join(store.location, 'modgate', 'tmp'))).toEqual([]);
  });

  it('a zip that was changed together with its .ziphash is told with both hashes, and who knows better', async () => {
    const modcache = await world.copy('both');
    const zip = await evilZip();
    await writeFile(path.join(modcache, `${STEM}.zip`), zip);
    const file = world.dir.join('evil.zip');
    await writeFile(file, zip);
    const { h1 } = await world.hasher.hashZip(file, UUID).result;
    await writeFile(path.join(modcache, `${STEM}.ziphash`), h1);
    const { report, store } = await world.import(modcache);
    const [finding] = report.findings;
    const want = world.modules.find(m => m.path === UUID.path)?.h1;
    expect(finding).toMatchObject({
      refusal: 'wrong-hash',
      mv: UUID,
      file: 'zip',
      what: `it has ${h1}, and go.sum has ${want}`,
      hashes: { have: h1, want: [want], by: 'go.sum' },
    });
    expect((await store.entry(UUID))?.h1).toBeUndefined();
  });

  it('a time that cannot be gives way to what the version tells', async () => {
    const modcache = await world.copy('times', [ONE[0] ?? '', 'cache/download/golang.org/x/exp']);
    const info = JSON.parse(await readFile(path.join(modcache, `${EXP}.info`), 'utf8')) as object;
    const origin = { VCS: 'git', URL: 'https://example.com/x' };
    await writeFile(
      path.join(modcache, `${EXP}.info`),
      JSON.stringify({ ...info, Time: '2024-06-13T23:21:16Z', Origin: origin, More: 1 }),
    );
    await writeFile(
      path.join(modcache, `${STEM}.info`),
      JSON.stringify({ Version: UUID.version, Time: '2999-01-01T00:00:00Z', Origin: origin }),
    );
    const { report, store } = await world.import(modcache);
    expect(shortly(report)).toEqual([]);
    const version = 'v0.0.0-20240613232115-7f521ea00fb8';
    expect(String((await store.get({ path: 'golang.org/x/exp', version }, 'info'))?.bytes)).toBe(
      `{"Version":"${version}","Time":"2024-06-13T23:21:15Z"}`,
    );
    expect(String((await store.get(UUID, 'info'))?.bytes)).toBe('{"Version":"v1.6.0"}');
  });

  it('what go keeps beside is passed over, what is foreign or left over is told, links are not followed', async () => {
    const modcache = await world.copy('beside');
    const at = (name: string) => path.join(modcache, 'cache', 'download', name);
    const outside = world.dir.join('outside');
    await cp(at('github.com/google'), path.join(outside, 'google'), { recursive: true });
    await rm(at('github.com/google'), { recursive: true });
    await symlink(path.join(outside, 'google'), at('github.com/google'));
    await symlink(world.modcache, at('gopkg.in/link'));
    await rename(at('github.com/pkg/errors/@v/v0.9.1.zip'), at('github.com/pkg/errors/@v/real.zip'));
    await symlink(at('github.com/pkg/errors/@v/real.zip'), at('github.com/pkg/errors/@v/v0.9.1.zip'));
    await rm(path.join(modcache, 'github.com/pkg'), { recursive: true });
    await writeFile(at('gopkg.in/yaml.v3/@v/v3.0.1.zip123456.tmp'), 'PK');
    await writeFile(at('gopkg.in/yaml.v3/@v/main.info'), '{}');
    await writeFile(at('gopkg.in/yaml.v3/@v/v3.0.2.info'), '{"Version":"v3.0.2"}');
    await writeFile(at('gopkg.in/yaml.v3/@v/v3.0.1.exe'), 'MZ');
    await writeFile(at('cache.db'), 'sqlite');
    await mkdir(at('Not A Module/@v'), { recursive: true });
    const { report, store } = await world.import(modcache);
    expect(shortly(report)).toEqual([
      'foreign cache/download/Not A Module/@v',
      'foreign cache/download/cache.db',
      'foreign cache/download/github.com/google',
      'foreign cache/download/github.com/pkg/errors/@v/real.zip',
      'foreign cache/download/github.com/pkg/errors/@v/v0.9.1.zip',
      'foreign cache/download/gopkg.in/link',
      'foreign cache/download/gopkg.in/yaml.v3/@v/v3.0.1.exe',
      'not-whole cache/download/gopkg.in/yaml.v3/@v/v3.0.1.zip123456.tmp',
    ]);
    expect(report.passedOver).toBeGreaterThan(3);
    expect(await store.entry(UUID)).toBeUndefined();
    expect((await store.entry({ path: 'github.com/pkg/errors', version: 'v0.9.1' }))?.zip).toBeUndefined();
  });
});
