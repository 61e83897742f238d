import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparePlaces, exportKey, MANIFEST_KEY, placeOf } from '../../../src/store/export/keys.ts';
import { formatFile, formatHead } from '../../../src/store/export/manifest.ts';
import { versionKeys } from '../../../src/store/layout.ts';
import { makeZip } from '../../gomod/make-zip.ts';
import { rawMember } from '../../support/tar.ts';
import { type ImportWorld, importWorld, shortly } from './world.ts';

let world: ImportWorld;
beforeAll(async () => {
  world = await importWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const UUID = { path: 'github.com/google/uuid', version: 'v1.6.0' };
const ZIP = 'github.com/google/uuid/@v/v1.6.0.zip';

/** Every file of the modules by its key. */
async function files(): Promise<Map<string, Buffer>> {
  const all = new Map<string, Buffer>();
  for (const module of world.modules) {
    const keys = versionKeys(module)?.files;
    if (keys === undefined) throw new Error('no module');
    all.set(keys.info, module.info);
    all.set(keys.mod, module.mod);
    all.set(keys.zip, await readFile(module.zip));
    all.set(`${keys.info.slice(0, keys.info.lastIndexOf('/'))}/list`, Buffer.from(`${module.version}\n`));
  }
  return all;
}

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** An archive by the format in docs/import-export.md; `change` alters bytes behind the back of the manifest. */
async function archive(
  name: string,
  content: ReadonlyMap<string, Buffer>,
  change: (tar: Buffer) => void = () => undefined,
): Promise<{ readonly file: string; readonly manifest: string }> {
  const sorted = [...content].sort(([a], [b]) => {
    const place = (key: string) => placeOf(key, exportKey(key) ?? { what: 'sumdb' });
    return comparePlaces(place(a), place(b));
  });
  const bytes = sorted.reduce((sum, [, { length }]) => sum + length, 0);
  const versions = sorted.filter(([key]) => key.endsWith('.zip')).length;
  const lines = sorted.map(([key, body]) => formatFile({ key, size: body.length, sha256: digest(body) }));
  const manifest = Buffer.from(
    `${[formatHead({ files: sorted.length, versions, bytes }), ...lines].join('\n')}\n`,
  );
  const tar = Buffer.concat([
    rawMember({ name: MANIFEST_KEY, body: manifest }),
    ...sorted.map(([key, body]) => rawMember({ name: key, body })),
    Buffer.alloc(1024),
  ]);
  change(tar);
  const file = world.dir.join(name);
  await writeFile(file, name.endsWith('.zst') ? zstdCompressSync(tar) : tar);
  return { file, manifest: digest(manifest) };
}

async function scratch(): Promise<string> {
  const dir = world.dir.join(`scratch-${Math.random().toString(36).slice(2)}`);
  await mkdir(dir);
  return dir;
}

describe('an archive of modgate cache export', () => {
  it.each(['whole.tar', 'whole.tar.zst'])('%s comes in, and again only what is missing', async name => {
    const { file, manifest } = await archive(name, await files());
    const dir = await scratch();
    const { report, store } = await world.import(file, { scratch: dir, manifest });
    expect(shortly(report)).toEqual([]);
    expect(report.imported).toMatchObject({
      versions: world.modules.length,
      files: 3 * world.modules.length,
    });
    for (const module of world.modules) {
      expect(await store.entry(module)).toMatchObject({
        h1: module.h1,
        zip: { ...module.facts, representation: 'original' },
      });
    }
    const again = await world.import(file, {
      into: store,
      scratch: dir,
      hasher: {
        ...world.hasher,
        hashZip: () => {
          throw new Error('hashed again');
        },
      },
    });
    expect(again.report).toMatchObject({
      imported: { files: 0 },
      present: { versions: world.modules.length, files: 3 * world.modules.length },
      findings: [],
    });
    expect(await readdir(path.join(store.location, 'modgate', 'tmp'))).toEqual([]);
    expect(await readdir(dir)).toEqual([]);
  });

  it('a dry run keeps nothing', async () => {
    const { file } = await archive('dry.tar', await files());
    const dir = await scratch();
    const store = await world.store();
    const { report } = await world.import(file, { into: store, scratch: dir, dryRun: true });
    expect(report.imported.files).toBe(3 * world.modules.length);
    expect(await readdir(store.location)).toEqual(['modgate']);
    expect(await readdir(path.join(store.location, 'modgate', 'tmp'))).toEqual([]);
    expect(await readdir(dir)).toEqual([]);
  });

  it('a changed byte is named with its file, and the rest comes in', async () => {
    const all = await files();
    const zip = all.get(ZIP) ?? Buffer.alloc(0);
    const { file } = await archive('changed.tar', all, tar => {
      const at = tar.indexOf(zip) + 300;
      tar.writeUInt8(tar.readUInt8(at) ^ 1, at);
    });
    const { report, store } = await world.import(file, { scratch: await scratch() });
    expect(shortly(report)).toEqual([`damaged ${ZIP}`]);
    expect(report.findings[0]?.what).toContain(`expected is ${digest(zip)}`);
    expect(report.imported.files).toBe(3 * world.modules.length - 1);
    expect((await store.entry(UUID))?.zip).toBeUndefined();
    expect(await readdir(path.join(store.location, 'modgate', 'tmp'))).toEqual([]);
  });

  it('content that fits its manifest and not its hash is refused all the same', async () => {
    const all = await files();
    all.set(ZIP, makeZip([{ name: `${UUID.path}@${UUID.version}/evil.go`, data: Buffer.from('x') }]));
    const { file, manifest } = await archive('evil.tar.zst', all);
    const { report, store } = await world.import(file, { scratch: await scratch(), manifest });
    expect(shortly(report)).toEqual([`wrong-hash ${ZIP}`]);
    expect((await store.entry(UUID))?.zip).toBeUndefined();
    expect(await readdir(path.join(store.location, 'modgate', 'tmp'))).toEqual([]);
  });

  it('one that breaks off is told, and what came before is in', async () => {
    const { file } = await archive('cut.tar', await files());
    await truncate(file, Math.floor((await readFile(file)).length / 2));
    const { report, store } = await world.import(file, { scratch: await scratch() });
    expect(report.counts.damaged).toBe(1);
    expect(report.findings[0]?.what).toMatch(/is damaged: .*Copy the archive again/);
    expect(report.imported.versions).toBeGreaterThan(0);
    expect(report.imported.versions).toBeLessThan(world.modules.length);
    expect(await readdir(path.join(store.location, 'modgate', 'tmp'))).toEqual([]);
  });

  it('another manifest than was told, and what is no export, bring nothing in', async () => {
    const { file } = await archive('other.tar.zst', await files());
    const store = await world.store();
    const dir = await scratch();
    await expect(
      world.import(file, { into: store, scratch: dir, manifest: '0'.repeat(64) }),
    ).rejects.toMatchObject({ name: 'ExportError', code: 'other-manifest' });
    const text = world.dir.join('text.tar');
    await writeFile(text, 'no archive');
    await expect(world.import(text, { into: store, scratch: dir })).rejects.toMatchObject({
      name: 'ExportError',
      code: 'not-an-export',
    });
    expect(await readdir(store.location)).toEqual(['modgate']);
    expect(await readdir(dir)).toEqual([]);
  });
});
