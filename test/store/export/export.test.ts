import { rmSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DiskStore, openDiskStore } from '../../../src/store/disk.ts';
import { exportStore } from '../../../src/store/export/export.ts';
import type { ExportReport, ExportRequest } from '../../../src/store/export/types.ts';
import { type Need, Wanted } from '../../../src/store/export/wanted.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { tempName, versionKeys } from '../../../src/store/layout.ts';
import { Tree } from '../../../src/store/tree.ts';
import { auditExport, keysOf } from '../../support/exports.ts';
import { run, runOk } from '../../support/process.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { commitModule, type RealModule, realModules } from '../../support/store-modules.ts';
import { rawMembers } from '../../support/tar.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

const ERRORS = 'github.com/pkg/errors';
const NAMES = [
  `${ERRORS}@v0.9.0`,
  `${ERRORS}@v0.9.1`,
  'github.com/BurntSushi/toml@v1.3.2',
  'golang.org/x/exp@v0.0.0-20240613232115-7f521ea00fb8',
  // Larger than what is read into memory.
  'golang.org/x/text@v0.14.0',
];
const ONLY_ERRORS = { selection: new Wanted({ modules: name => name === ERRORS }) };

let modules: RealModule[];
let hasher: Hasher;
let temp: TempDir;
let store: DiskStore;
let count = 0;

beforeAll(async () => {
  modules = await realModules(NAMES);
  hasher = createHasher();
  temp = await tempDir('export');
  store = await filled('store');
});
afterAll(async () => {
  await hasher.close();
  await temp[Symbol.asyncDispose]();
});

async function filled(name: string): Promise<DiskStore> {
  const made = await openDiskStore(temp.join(name), { hasher });
  for (const module of modules) await commitModule(made, module);
  const [first] = modules;
  if (first === undefined) throw new Error('no module');
  // Only a requirement of a requirement: no more than its go.mod is there.
  const graph = { path: ERRORS, version: 'v0.8.0' };
  await made.commit(graph, { mod: { bytes: first.mod, h1: first.goModH1, by: 'gosum' } });
  await made.flush();
  return made;
}

/** A place that is not there yet, alone in its directory. */
function place(name = 'tree'): string {
  count += 1;
  return temp.join(`to-${count}`, name);
}

async function exported(dest: string, request: Partial<ExportRequest> = {}): Promise<ExportReport> {
  return await exportStore({ store, dest, selection: new Wanted({}), damage: new Map(), ...request });
}

/** Opens a store as the command does, with what it tells of damage. */
async function looked(dir: string): Promise<Pick<ExportRequest, 'store' | 'damage'>> {
  const damage = new Map<string, string>();
  const onDamage = (told: { readonly path: string; readonly what: string }) =>
    damage.set(told.path, told.what);
  return { store: await openDiskStore(dir, { hasher, purpose: 'look', onDamage }), damage };
}

function keyOf(name: string, kind: 'info' | 'mod' | 'zip' | 'index'): string {
  const at = name.lastIndexOf('@');
  const keys = versionKeys({ path: name.slice(0, at), version: name.slice(at + 1) });
  return (kind === 'index' ? keys?.index : keys?.files[kind]) ?? '';
}

describe('a tree', () => {
  it('is what the store has, byte for byte, with lists of what is whole', async () => {
    const dest = place();
    const report = await exported(dest);
    expect(report).toMatchObject({
      kind: 'tree',
      written: true,
      modules: 4,
      versions: 5,
      stored: 0,
      missing: [],
    });
    const files = await auditExport(dest);
    expect(report.files).toBe(files.length);
    for (const { info, mod, zip, ...mv } of modules) {
      const keys = versionKeys(mv);
      expect(await readFile(path.join(dest, keys?.files.info ?? ''))).toEqual(info);
      expect(await readFile(path.join(dest, keys?.files.mod ?? ''))).toEqual(mod);
      expect((await readFile(path.join(dest, keys?.files.zip ?? ''))).equals(await readFile(zip))).toBe(true);
      expect(files.find(file => file.key === keys?.files.zip)).toMatchObject({ h1: mv.h1, by: 'sumdb' });
    }
    const errors = path.join(dest, 'github.com', 'pkg', 'errors');
    expect(await readFile(path.join(errors, '@v', 'list'), 'utf8')).toBe('v0.9.0\nv0.9.1\n');
    expect(JSON.parse(await readFile(path.join(errors, '@latest'), 'utf8'))).toMatchObject({
      Version: 'v0.9.1',
    });
    expect(await keysOf(errors)).toContain('@v/v0.8.0.mod');
    const exp = path.join(dest, 'golang.org', 'x', 'exp');
    expect(await readFile(path.join(exp, '@v', 'list'), 'utf8')).toBe('');
    expect(JSON.parse(await readFile(path.join(exp, '@latest'), 'utf8'))).toMatchObject({
      Version: 'v0.0.0-20240613232115-7f521ea00fb8',
    });
  });

  it('can be read by others whatever the umask of its maker', async () => {
    const before = process.umask(0o077);
    const dest = place();
    try {
      await exported(dest);
    } finally {
      process.umask(before);
    }
    for (const entry of await readdir(dest, { recursive: true, withFileTypes: true })) {
      const { mode } = await stat(path.join(entry.parentPath, entry.name));
      expect(mode & 0o777).toBe(entry.isDirectory() ? 0o755 : 0o644);
    }
    expect((await stat(dest)).mode & 0o777).toBe(0o755);
  });

  it('replaces an earlier export as a whole, and an empty directory', async () => {
    const dest = place();
    await mkdir(dest, { recursive: true });
    await exported(dest);
    const before = (await auditExport(dest)).length;
    await exported(dest, ONLY_ERRORS);
    const after = await auditExport(dest);
    expect(after.length).toBeLessThan(before);
    expect(after.every(file => file.key.startsWith(`${ERRORS}/`))).toBe(true);
    expect(await readdir(path.dirname(dest))).toEqual(['tree']);
  });

  const ofSomebodyElse: readonly (readonly [string, (dest: string) => Promise<void>])[] = [
    [
      'a directory of somebody else',
      async dest => {
        await mkdir(dest, { recursive: true });
        await writeFile(path.join(dest, 'precious'), 'x');
      },
    ],
    [
      'a file',
      async dest => {
        await mkdir(path.dirname(dest), { recursive: true });
        await writeFile(dest, 'x');
      },
    ],
    ['a store', async dest => await (await openDiskStore(dest, { hasher })).flush()],
  ];
  it.each(ofSomebodyElse)('is not written over %s', async (_, make) => {
    const dest = place();
    await make(dest);
    const there = await readdir(path.dirname(dest), { recursive: true });
    await expect(exported(dest)).rejects.toMatchObject({ name: 'ExportError', code: 'in-the-way' });
    expect(await readdir(path.dirname(dest), { recursive: true })).toEqual(there);
  });
});

describe('an archive', () => {
  it('is the same bytes each time, from whatever store of the same files', async () => {
    const [a, b] = [place('a.tar.zst'), place('b.tar.zst')];
    const first = await exported(a);
    const second = await exported(b, { store: await filled('other') });
    expect(second.manifest).toEqual(first.manifest);
    expect(second.archive).toEqual(first.archive);
    expect((await readFile(a)).equals(await readFile(b))).toBe(true);
    expect((await stat(a)).mode & 0o777).toBe(0o644);
    expect(await readdir(path.dirname(a))).toEqual(['a.tar.zst']);
  });

  it.each(['x.tar', 'x.tar.zst'])('%s unpacks by tar to the tree of the same store', async name => {
    const [tree, file] = [place(), place(name)];
    const report = await exported(tree);
    expect((await exported(file)).manifest).toEqual(report.manifest);
    const bytes = await readFile(file);
    const tar = name.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes;
    expect(rawMembers(tar)[0]?.name).toBe('modgate/export.jsonl');
    const unpacked = place();
    await mkdir(unpacked, { recursive: true });
    await writeFile(`${unpacked}.tar`, tar);
    await runOk('tar', ['-xf', `${unpacked}.tar`, '-C', unpacked]);
    expect(await auditExport(unpacked)).toEqual(await auditExport(tree));
    const manifest = path.join('modgate', 'export.jsonl');
    expect(await readFile(path.join(unpacked, manifest))).toEqual(await readFile(path.join(tree, manifest)));
  });

  it('replaces an earlier archive, and nothing else', async () => {
    const dest = place('x.tar.zst');
    await exported(dest);
    const before = await stat(dest);
    await exported(dest, ONLY_ERRORS);
    expect((await stat(dest)).size).toBeLessThan(before.size);
    await writeFile(dest, 'something else');
    await expect(exported(dest)).rejects.toMatchObject({ code: 'in-the-way' });
    expect(await readFile(dest, 'utf8')).toBe('something else');
  });
});

describe('what is chosen', () => {
  const need = (version: string, kind: Need['kind'], required = true): Need => {
    return { path: ERRORS, version, kind, required, from: 'go.mod' };
  };

  it('is what is needed, of which the missing is told and nothing written', async () => {
    const needs = [
      need('v0.9.1', 'zip'),
      need('v0.9.1', 'mod'),
      need('v0.8.0', 'zip'),
      need('v0.8.0', 'mod'),
      need('v0.7.0', 'mod'),
      need('v0.7.0', 'info', false),
    ];
    const dest = place();
    const report = await exported(dest, { selection: new Wanted({ needs }) });
    expect(report.written).toBe(false);
    const missing = report.missing.map(({ version, kind }) => `${version} ${kind}`);
    expect(missing).toEqual(['v0.8.0 zip', 'v0.7.0 mod']);
    expect(await readdir(path.dirname(dest))).toEqual([]);
    const partial = await exported(dest, { selection: new Wanted({ needs }), partial: true });
    expect(partial.written).toBe(true);
    expect((await auditExport(dest)).map(file => file.key)).toEqual([
      `${ERRORS}/@v/v0.8.0.mod`,
      `${ERRORS}/@v/v0.9.1.mod`,
      `${ERRORS}/@v/v0.9.1.zip`,
    ]);
  });

  it('is what was used of late', async () => {
    const old = await filled('old');
    const longAgo = new Date('2020-01-01');
    await utimes(path.join(old.location, keyOf(`${ERRORS}@v0.9.0`, 'index')), longAgo, longAgo);
    const dest = place();
    await exported(dest, { store: old, selection: new Wanted({ usedSince: Date.now() - 86_400_000 }) });
    expect(await readFile(path.join(dest, ERRORS, '@v', 'list'), 'utf8')).toBe('v0.9.1\n');
  });
});

describe('a damaged store', () => {
  it('is exported without what is damaged, which is named', async () => {
    const dir = (await filled('damaged')).location;
    const zip = keyOf('golang.org/x/text@v0.14.0', 'zip');
    const bytes = await readFile(path.join(dir, zip));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(path.join(dir, zip), bytes);
    const mod = keyOf('github.com/BurntSushi/toml@v1.3.2', 'mod');
    await writeFile(path.join(dir, mod), 'module example.com/evil\n');
    await writeFile(path.join(dir, keyOf(`${ERRORS}@v0.9.0`, 'index')), '{');
    const dest = place();
    const report = await exported(dest, await looked(dir));
    expect(report.leftOut).toMatchObject({ count: 5, damaged: 5 });
    const told = new Map(report.leftOut.first.map(file => [file.key, file.why]));
    expect(told.get(zip)).toMatch(/has SHA-256 [0-9a-f]{64} where the index has [0-9a-f]{64}/);
    expect(told.get(mod)).toMatch(/bytes long where the index has/);
    expect(told.get(keyOf(`${ERRORS}@v0.9.0`, 'zip'))).toMatch(/index entry is not readable/);
    const keys = (await auditExport(dest)).map(file => file.key);
    for (const key of told.keys()) expect(keys).not.toContain(key);
    expect(keys).not.toContain('golang.org/x/text/@v/list');
    expect(await readFile(path.join(dest, ERRORS, '@v', 'list'), 'utf8')).toBe('v0.9.1\n');
    // Looked at, and not touched.
    expect(await readFile(path.join(dir, mod), 'utf8')).toBe('module example.com/evil\n');
  });

  it('that never indexed a file does not export it', async () => {
    const dir = (await filled('unindexed')).location;
    await rm(path.join(dir, keyOf('golang.org/x/text@v0.14.0', 'index')));
    const report = await exported(place(), await looked(dir));
    expect(report.leftOut).toMatchObject({ count: 3, damaged: 0 });
    expect(report.leftOut.first[0]?.why).toMatch(/the index of the store does not tell/);
  });
});

describe('an export that does not come to its end', () => {
  it('on a full disk leaves what was there', async () => {
    const dir = temp.join('small');
    await using _disk = await smallDisk(dir, '768k');
    const parent = path.join(dir, 'in');
    await mkdir(parent);
    for (const name of ['x.tar.zst', 'x.tar', 'tree']) {
      const failed = exported(path.join(parent, name));
      await expect(failed).rejects.toMatchObject({ name: 'StoreError', code: 'store-full' });
      expect(await readdir(parent)).toEqual([]);
    }
    const tree = path.join(parent, 'tree');
    await exported(tree, ONLY_ERRORS);
    await expect(exported(tree)).rejects.toMatchObject({ code: 'store-full' });
    expect((await auditExport(tree)).length).toBeGreaterThan(0);
    expect(await readdir(parent)).toEqual(['tree']);
  });

  it('because it was ended leaves nothing', async () => {
    const dest = place();
    const ending = new AbortController();
    const request = exported(dest, {
      signal: ending.signal,
      onProgress: ({ doing }) => {
        if (doing === 'write') ending.abort();
      },
    });
    await expect(request).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readdir(path.dirname(dest))).toEqual([]);
  });

  it('because it was killed leaves nothing that the next one does not remove', async () => {
    const dest = place();
    const parent = path.dirname(dest);
    await mkdir(parent, { recursive: true });
    const dead = await run(process.execPath, ['-e', 'process.stdout.write(String(process.pid))']);
    const { host } = new Tree(parent);
    const left = `.modgate-export-${tempName(host, Number(dead.stdout), 'ab-dir')}`;
    const others = `.modgate-export-${tempName(host, process.pid, 'ab-dir')}`;
    for (const name of [left, others]) {
      await mkdir(path.join(parent, name, 'github.com'), { recursive: true });
      await writeFile(path.join(parent, name, 'github.com', 'x'), 'x');
    }
    await exported(dest);
    expect((await readdir(parent)).sort()).toEqual([others, 'tree'].sort());
  });

  it.each(['tree', 'x.tar.zst'])('because the store changed says so (%s)', async name => {
    const other = await filled(`unsteady-${name}`);
    const zip = path.join(other.location, keyOf('golang.org/x/text@v0.14.0', 'zip'));
    const dest = place(name);
    const request = exported(dest, {
      store: other,
      onProgress: ({ doing }) => {
        if (doing === 'write') rmSync(zip, { force: true });
      },
    });
    const message: unknown = expect.stringContaining('golang.org/x/text');
    await expect(request).rejects.toMatchObject({ code: 'unsteady', message });
    expect(await readdir(path.dirname(dest))).toEqual([]);
  });

  it('because its place cannot be written says so', async () => {
    const dir = temp.join('read-only');
    await using disk = await smallDisk(dir, '256k');
    await disk.readOnly();
    await expect(exported(path.join(dir, 'x'))).rejects.toMatchObject({ code: 'store-read-only' });
  });
});

it('zips that are there in their stored form only are exported as that', async () => {
  const other = await openDiskStore(temp.join('stored'), { hasher });
  const [module] = modules;
  if (module === undefined) throw new Error('no module');
  const [file, original] = [other.tempFile(), other.tempFile()];
  await copyFile(module.zip, original);
  const { stored } = await hasher.hashZip(original, module, 'now', file).result;
  if (stored === undefined) throw new Error('no stored form');
  const by = 'first-seen';
  const zip = { file, h1: module.h1, by, facts: stored, original: module.facts } as const;
  await other.commit(module, {
    info: module.info,
    mod: { bytes: module.mod, h1: module.goModH1, by },
    zip: { ...zip, representation: 'stored' },
  });
  const dest = place();
  expect(await exported(dest, { store: other })).toMatchObject({ stored: 1, versions: 1 });
  const told = (await auditExport(dest)).find(({ means }) => means.what === 'zip');
  expect(told).toMatchObject({ ...stored, h1: module.h1, by, representation: 'stored' });
});
