import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { escapePath, escapeVersion } from '../../src/gomod/module-path.ts';
import { storedZip } from '../../src/gomod/stored-zip.ts';
import { type ByteSource, hashZip, readZipDirectory, type ZipMember } from '../../src/gomod/zip.ts';
import { goWorld, realUpstream } from '../support/go.ts';
import { type RealModule, realModules } from '../support/store-modules.ts';
import { makeZip, type ZipPart } from './make-zip.ts';

const BENCH_SUM = path.join(import.meta.dirname, '../fixtures/bench-project/go.sum');
/** Of the bench project: many modules that are small together. */
const SOME =
  /^(?:gopkg\.in|go\.uber\.org|github\.com\/(?:hashicorp|mattn|mitchellh|spf13|pkg|beorn7|go-logr|felixge|[bce-g][a-np-z-]*))\//;

const sourceOf = (zip: Buffer): ByteSource => ({
  size: zip.length,
  read: (offset, length) => zip.subarray(offset, offset + length),
});

/** The stored form as the worker writes it, in memory. */
async function stored(
  zip: Buffer,
  mv: { path: string; version: string },
): Promise<{ bytes: Buffer | undefined; h1: string }> {
  const parts: Buffer[] = [];
  let form: ReturnType<typeof storedZip>;
  let index = 0;
  const { h1 } = await hashZip(
    sourceOf(zip),
    mv,
    {},
    {
      begin: members => {
        form = storedZip(members);
      },
      member: () => {
        if (form !== undefined) parts.push(form.header(index++));
      },
      content: part => parts.push(Buffer.from(part)),
    },
  );
  if (form === undefined) return { bytes: undefined, h1 };
  const bytes = Buffer.concat([...parts, form.directory()]);
  expect(bytes.length).toBe(form.size);
  return { bytes, h1 };
}

const MV = { path: 'example.com/m', version: 'v1.0.0' };
const part = (name: string, data: Buffer | string, more: Partial<ZipPart> = {}): ZipPart => ({
  name: `example.com/m@v1.0.0/${name}`,
  data: Buffer.from(data as string),
  ...more,
});

describe('the stored form of real modules', () => {
  let modules: RealModule[];
  let forms: Buffer[];
  beforeAll(async () => {
    const lines = (await readFile(BENCH_SUM, 'utf8')).split('\n').map(line => line.split(' '));
    const names = lines.flatMap(([name = '', version = '']) =>
      SOME.test(name) && !version.endsWith('/go.mod') ? [`${name}@${version}`] : [],
    );
    modules = await realModules(names);
    forms = await Promise.all(
      modules.map(async m => {
        const { bytes, h1 } = await stored(await readFile(m.zip), m);
        expect(h1).toBe(m.h1);
        return bytes ?? Buffer.alloc(0);
      }),
    );
  }, 120_000);

  test('has the same h1, the same members in the same order, and nothing deflated', async () => {
    expect(modules.length).toBeGreaterThan(50);
    for (const [at, m] of modules.entries()) {
      const form = forms[at] ?? Buffer.alloc(0);
      expect((await hashZip(sourceOf(form), m)).h1).toBe(m.h1);
      const before = readZipDirectory(sourceOf(await readFile(m.zip)));
      const after = readZipDirectory(sourceOf(form));
      expect(after.map(({ name }) => name)).toEqual(before.map(({ name }) => name));
      expect(after.every(member => member.method === 0 && !member.hasDescriptor)).toBe(true);
    }
  });

  test('of a stored form is itself, to the byte', async () => {
    for (const [at, m] of modules.entries()) {
      const form = forms[at] ?? Buffer.alloc(0);
      expect((await stored(form, m)).bytes?.equals(form)).toBe(true);
    }
  });

  test('is what go downloads, unpacks and verifies', async () => {
    await using world = await goWorld('off');
    const tree = world.dir.join('proxy');
    for (const [at, m] of modules.entries()) {
      const base = path.join(tree, escapePath(m.path), '@v', escapeVersion(m.version));
      await mkdir(path.dirname(base), { recursive: true });
      await writeFile(`${base}.zip`, forms[at] ?? Buffer.alloc(0));
      await writeFile(`${base}.mod`, m.mod);
      await writeFile(`${base}.info`, m.info);
    }
    const project = world.dir.join('project');
    await mkdir(project);
    const requires = modules.map(m => `\t${m.path} ${m.version} // indirect\n`).join('');
    await writeFile(
      path.join(project, 'go.mod'),
      `module example.com/p\n\ngo 1.24\n\nrequire (\n${requires})\n`,
    );
    await copyFile(BENCH_SUM, path.join(project, 'go.sum'));
    // What the tree lacks is go.mod files of dependencies of theirs; the zips are all there.
    const proxies = `${pathToFileURL(tree).href},${await realUpstream()}`;
    const env = { GOPROXY: proxies, GOSUMDB: 'off', GOFLAGS: '-mod=mod' };
    const names = modules.map(m => `${m.path}@${m.version}`);
    const { stdout } = await world.goOk(['mod', 'download', '-json', ...names], { cwd: project, env });
    const told = new Map(
      stdout
        .split(/^}$/m)
        .filter(text => text.trim() !== '')
        .map(text => JSON.parse(`${text}}`) as Record<string, string>)
        .map(({ Path, Version, Sum }) => [`${Path}@${Version}`, Sum]),
    );
    for (const m of modules) expect(told.get(`${m.path}@${m.version}`)).toBe(m.h1);
    const verified = await world.goOk(['mod', 'verify'], { cwd: project, env });
    expect(verified.stdout).toContain('verified');
  }, 120_000);
});

describe('the stored form', () => {
  const PARTS = [
    part('go.mod', 'module example.com/m\n'),
    part('empty.txt', ''),
    part('größe/日本.go', 'package größe\n'),
    part('large.bin', createHash('sha512').digest().subarray(0, 64).toString('hex').repeat(20_000)),
    part('stored.txt', 'as it is', { stored: true }),
  ];

  test('depends on names and contents alone, not on who deflated them', async () => {
    const once = await stored(makeZip(PARTS), MV);
    const others = [
      makeZip(PARTS.map(p => ({ ...p, stored: true }))),
      makeZip(PARTS.map(p => ({ ...p, descriptor: 'signed' }))),
      makeZip(
        PARTS.map(p => ({ ...p, localExtra: Buffer.from('xx\0\0') })),
        { comment: Buffer.from('hello') },
      ),
    ];
    for (const zip of others) {
      const again = await stored(zip, MV);
      expect(again.h1).toBe(once.h1);
      expect(again.bytes?.equals(once.bytes ?? Buffer.alloc(0))).toBe(true);
    }
    expect(once.bytes).toBeDefined();
  });

  test('has directories, empty files and names in UTF-8 as they were', async () => {
    const zip = makeZip([...PARTS, part('dir/', '', { stored: true })]);
    const { bytes = Buffer.alloc(0), h1 } = await stored(zip, MV);
    expect((await hashZip(sourceOf(bytes), MV)).h1).toBe(h1);
    const names = readZipDirectory(sourceOf(bytes)).map(member => member.name);
    expect(names).toContain('example.com/m@v1.0.0/größe/日本.go');
    expect(names).toContain('example.com/m@v1.0.0/dir/');
  });

  const member = (more: Partial<ZipMember>): ZipMember => ({
    name: 'a',
    utf8: true,
    method: 8,
    crc32: 1,
    compressedSize: 1,
    uncompressedSize: 1,
    hasDescriptor: false,
    headerOffset: 0,
    ...more,
  });
  test.each<[string, readonly ZipMember[]]>([
    ['content that no sum protects', [member({ crc32: 0 })]],
    ['a sum of nothing that is not 0', [member({ uncompressedSize: 0, crc32: 7 })]],
    ['names that are no UTF-8', [member({ utf8: false })]],
    ['names too long for a header', [member({ name: 'a'.repeat(0x10000) })]],
    ['more than go unpacks', [member({ uncompressedSize: 500 << 20 })]],
    ['more members than fit', Array.from({ length: 0xffff }, (_, at) => member({ name: `${at}` }))],
  ])('is not made of %s', (_, members) => {
    expect(storedZip([member({}), ...members])).toBeUndefined();
  });

  test('of a zip whose content is not what its sum says does not come to an end', async () => {
    const data = Buffer.from('text');
    const zip = makeZip([part('go.mod', data, { crc: 5 })]);
    await expect(stored(zip, MV)).rejects.toMatchObject({ code: 'bad-crc' });
  });
});
