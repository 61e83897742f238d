import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDiskStore } from '../../../src/store/disk.ts';
import { StoreError } from '../../../src/store/errors.ts';
import { openExport } from '../../../src/store/export/archive-reader.ts';
import { ExportError } from '../../../src/store/export/errors.ts';
import { exportStore } from '../../../src/store/export/export.ts';
import { formatFile, formatHead } from '../../../src/store/export/manifest.ts';
import type { ExportReport } from '../../../src/store/export/types.ts';
import { Wanted } from '../../../src/store/export/wanted.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { parseLines } from '../../support/exports.ts';
import { commitModule, realModules } from '../../support/store-modules.ts';
import { paxHeader, type RawMember, rawMember, rawMembers, TAR_END } from '../../support/tar.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

const MANIFEST = 'modgate/export.jsonl';
const ZIP = 'golang.org/x/text/@v/v0.14.0.zip';
const MOD = 'github.com/pkg/errors/@v/v0.9.1.mod';

let hasher: Hasher;
let temp: TempDir;
let report: ExportReport;
/** The archive as it was written. */
let packed: Buffer;
/** Its members, the manifest first. */
let good: { name: string; type: string; body: Buffer }[];
let count = 0;

beforeAll(async () => {
  hasher = createHasher();
  temp = await tempDir('archive');
  const store = await openDiskStore(temp.join('store'), { hasher });
  for (const module of await realModules(['github.com/pkg/errors@v0.9.1', 'golang.org/x/text@v0.14.0'])) {
    await commitModule(store, module);
  }
  const dest = temp.join('good.tar.zst');
  report = await exportStore({ store, dest, selection: new Wanted({}), damage: new Map() });
  packed = await readFile(dest);
  good = rawMembers(zstdDecompressSync(packed));
});
afterAll(async () => {
  await hasher.close();
  await temp[Symbol.asyncDispose]();
});

interface Outcome {
  /** Keys of files that were given with the content of the manifest. */
  readonly whole: readonly string[];
  /** Errors about single files. */
  readonly changed: readonly ExportError[];
  /** What ended it. */
  readonly error: ExportError | undefined;
}

/** Reads all of an archive, and looks that nothing is left but what was asked for. */
async function read(bytes: Uint8Array, options: { manifest?: string } = {}): Promise<Outcome> {
  count += 1;
  const dir = temp.join(`around-${count}`);
  await mkdir(`${dir}/temp`, { recursive: true });
  await mkdir(`${dir}/out`);
  await writeFile(`${dir}/file`, bytes);
  const whole: string[] = [];
  const changed: ExportError[] = [];
  let error: ExportError | undefined;
  try {
    const archive = await openExport(`${dir}/file`, { tempDir: `${dir}/temp`, ...options });
    try {
      for (;;) {
        try {
          const member = await archive.next();
          if (member === undefined) break;
          const { key, sha256 } = member.file;
          const to = `${dir}/out/${whole.length}`;
          // Both ways by turns.
          if (whole.length % 2 === 0) await member.writeTo(to);
          const content = whole.length % 2 === 0 ? await readFile(to) : await member.bytes();
          expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
          whole.push(key);
        } catch (thrown) {
          if (!(thrown instanceof ExportError) || thrown.code !== 'changed') throw thrown;
          changed.push(thrown);
        }
      }
    } finally {
      await archive.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof ExportError)) throw thrown;
    error = thrown;
  }
  expect(await readdir(`${dir}/temp`)).toEqual([]);
  expect((await readdir(`${dir}/out`)).length).toBe(Math.ceil(whole.length / 2));
  expect(await readdir(dir)).toEqual(['file', 'out', 'temp']);
  return { whole, changed, error };
}

function tarOf(members: readonly RawMember[]): Buffer {
  return Buffer.concat([...members.map(rawMember), TAR_END]);
}

/** The good archive with members put in place of one, plain. */
function instead(name: string, ...members: readonly RawMember[]): Buffer {
  return tarOf(good.flatMap(member => (member.name === name ? members : [member])));
}

/** An archive of these files with a manifest that fits them. */
function archiveOf(files: readonly { key: string; body: Buffer }[], lines?: readonly string[]): Buffer {
  const facts = files.map(({ key, body }) => ({
    key,
    size: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
  }));
  const head = formatHead({
    files: files.length,
    versions: files.filter(({ key }) => key.endsWith('.zip')).length,
    bytes: facts.reduce((sum, { size }) => sum + size, 0),
  });
  const body = Buffer.from(`${(lines ?? [head, ...facts.map(formatFile)]).join('\n')}\n`);
  return tarOf([
    { name: MANIFEST, body },
    ...files.map(({ key, body: content }) => ({ name: key, body: content })),
  ]);
}

const keys = () => good.slice(1).map(member => member.name);

it('what was exported is read in the order of its manifest', async () => {
  const files = parseLines(good[0]?.body.toString() ?? '');
  expect(keys()).toEqual(files.map(file => file.key));
  const sha256 = report.manifest?.sha256 ?? '';
  expect(await read(packed, { manifest: sha256 })).toEqual({ whole: keys(), changed: [], error: undefined });
  expect((await read(tarOf(good))).whole).toEqual(keys());
});

it('content that nobody asked for is compared all the same', async () => {
  const body = Buffer.from(good.find(member => member.name === MOD)?.body ?? '');
  body[0] = 0x4d;
  await writeFile(temp.join('skipped'), instead(MOD, { name: MOD, body }));
  const archive = await openExport(temp.join('skipped'), { tempDir: temp.path });
  const seen: string[] = [];
  const wrong: string[] = [];
  for (;;) {
    try {
      const member = await archive.next();
      if (member === undefined) break;
      seen.push(member.file.key);
    } catch (error) {
      wrong.push(error instanceof ExportError ? `${error.code} ${error.message}` : String(error));
    }
  }
  await archive.close();
  expect(seen).toEqual(keys());
  expect(wrong).toEqual([expect.stringMatching(new RegExp(`^changed ${MOD} in .* has SHA-256`))]);
});

describe('a changed byte', () => {
  it('of a file names the file, what was expected and what was found', async () => {
    const zip = good.find(member => member.name === ZIP)?.body ?? Buffer.alloc(0);
    const body = Buffer.from(zip);
    body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 0x10;
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    const { whole, changed, error } = await read(instead(ZIP, { name: ZIP, body }));
    expect(error).toBeUndefined();
    expect(whole).toEqual(keys().filter(key => key !== ZIP));
    expect(changed.map(({ message }) => message)).toEqual([expect.stringContaining(`${ZIP} in `)]);
    expect(changed[0]?.message).toContain(`has SHA-256 ${digest(body)}, expected is ${digest(zip)}`);
  });

  it('of the manifest is found by its digest, else by the files', async () => {
    const manifest = good[0]?.body.toString() ?? '';
    const line = manifest.split('\n').find(text => text.includes(MOD)) ?? '';
    const other = line.replace(
      /"sha256":"(.)/,
      (_, digit: string) => `"sha256":"${digit === '0' ? '1' : '0'}`,
    );
    // A go.mod's h1 is that of its digest.
    const body = Buffer.from(manifest.replace(line, other));
    expect((await read(instead(MANIFEST, { name: MANIFEST, body }))).error?.code).toBe('not-an-export');
    const without = Buffer.from(manifest.replace(line, other.replace(/,"h1".*}/, '}')));
    const tampered = instead(MANIFEST, { name: MANIFEST, body: without });
    expect((await read(tampered)).changed[0]?.message).toContain(MOD);
    const told = report.manifest?.sha256 ?? '';
    expect((await read(tampered, { manifest: told })).error).toMatchObject({
      code: 'other-manifest',
      message: expect.stringContaining(told) as unknown,
    });
  });

  it('anywhere in the packed archive is never overlooked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const bytes = Buffer.from(packed);
        bytes[at] = (bytes[at] ?? 0) ^ mask;
        const { whole, changed, error } = await read(bytes);
        // The header of a frame has bits that mean nothing.
        if (changed.length === 0 && error === undefined) expect(whole).toEqual(keys());
        else expect(whole.length).toBeLessThan(keys().length);
        if (at > 64) expect(changed.length > 0 || error !== undefined).toBe(true);
      }),
      { numRuns: 25 },
    );
  });
});

describe('refused is', () => {
  it('an archive that broke off, after what was whole', async () => {
    const tar = tarOf(good);
    for (const part of [0.3, 0.6, 0.99]) {
      const { whole, error } = await read(tar.subarray(0, Math.floor(tar.length * part)));
      expect(error?.code).toBe('damaged');
      expect(error?.message).toMatch(/is damaged: it broke off.*; what follows is not used/);
      expect(whole).toEqual(keys().slice(0, whole.length));
    }
    const { error } = await read(packed.subarray(0, packed.length - 10));
    expect(error?.code).toBe('damaged');
    const last = good.slice(0, -1);
    expect((await read(tarOf(last))).error?.message).toContain(`it ends before ${keys().at(-1)}`);
  });

  const NOT_IN_PLACE: readonly (readonly [string, () => Buffer, RegExp])[] = [
    [
      'a name that leaves the tree',
      () => instead(MOD, { name: '../../etc/passwd', body: Buffer.from('x') }),
      /"\.\.\/\.\.\/etc\/passwd"/,
    ],
    [
      'a symbolic link',
      () => instead(MOD, { name: MOD, type: '2', link: '/etc/passwd' }),
      /a link or something else/,
    ],
    ['a hard link', () => instead(MOD, { name: MOD, type: '1', link: ZIP }), /a link or something else/],
    ['a device', () => instead(MOD, { name: MOD, type: '3' }), /a link or something else/],
    ['a directory', () => instead(MOD, { name: `${MOD}/`, type: '5' }, { name: MOD }), /a directory/],
    [
      'another size',
      () => instead(MOD, { name: MOD, body: Buffer.from('module x\n') }),
      /of 9 bytes where its manifest has/,
    ],
    [
      'a file for the second time',
      () => tarOf([...good, ...good.slice(-1)]),
      /it goes on with a file "golang\.org\/x\/text\/@v\/v0\.14\.0\.zip"/,
    ],
    [
      'a file that the manifest does not tell of',
      () => instead(MOD, { name: 'extra', body: Buffer.from('x') }, { name: MOD }),
      /"extra"/,
    ],
    [
      'another order',
      () => tarOf([...good.slice(0, 1), ...good.slice(1).reverse()]),
      /where its manifest has the file github\.com\/pkg\/errors\/@latest/,
    ],
  ];
  it.each(NOT_IN_PLACE)('%s', async (_, make, words) => {
    const { error } = await read(make());
    expect(error?.code).toBe('damaged');
    expect(error?.message).toMatch(words);
    expect(error?.message).not.toMatch(/[^\x20-\x7e]/);
  });

  it('a long name that is another one', async () => {
    const tar = Buffer.concat([
      ...good.flatMap(member => [
        ...(member.name === MOD ? [paxHeader({ path: 'evil' })] : []),
        rawMember(member),
      ]),
      TAR_END,
    ]);
    expect((await read(tar)).error?.message).toMatch(/it has a file "evil"/);
  });

  it.each([
    ['nothing', () => Buffer.alloc(0)],
    ['text', () => Buffer.from('hello\n'.repeat(500))],
    ['a tar of something else', () => tarOf([{ name: 'README', body: Buffer.from('x') }])],
    ['an empty tar', () => TAR_END],
    ['a zip', () => good.find(member => member.name === ZIP)?.body ?? Buffer.alloc(0)],
    ['a manifest that is a link', () => tarOf([{ name: MANIFEST, type: '2', link: '/etc/passwd' }])],
    ['zstd of something else', () => zstdCompressSync(Buffer.alloc(5000))],
  ])('%s', async (_, make) => {
    const { whole, error } = await read(make());
    expect(error?.code).toBe('not-an-export');
    expect(error?.message).toMatch(/is no archive of modgate cache export/);
    expect(whole).toEqual([]);
  });

  const file = (key: string) => ({ key, body: Buffer.from('x') });
  it.each([
    ['a key that leaves the tree', '../@v/v1.0.0.mod'],
    ['an absolute key', '/etc/@v/v1.0.0.mod'],
    ['a key of our own', 'modgate/index/example.com/a/@v/v1.0.0.json'],
    ['a key with a backslash', 'example.com/a\\b/@v/v1.0.0.mod'],
    ['a key that go would not ask for', 'example.com/A/@v/v1.0.0.mod'],
    ['a version that is none', 'example.com/a/@v/main.mod'],
    ['a .ziphash', 'example.com/a/@v/v1.0.0.ziphash'],
    ['another file of sumdb/', 'sumdb/sum.example.com/evil'],
    ['a device of Windows', 'example.com/aux/@v/v1.0.0.mod'],
  ])('a manifest with %s', async (_, key) => {
    const { error } = await read(archiveOf([file(key)]));
    expect(error).toMatchObject({
      code: 'not-an-export',
      message: expect.stringContaining('its line 2 tells of no file that an export has') as unknown,
    });
  });

  it('a manifest that is not as it would be written', async () => {
    const a = file('example.com/a/@v/v1.0.0.mod');
    const b = file('example.com/b/@v/v1.0.0.mod');
    const facts = ({ key }: { key: string }) =>
      formatFile({ key, size: 1, sha256: createHash('sha256').update('x').digest('hex') });
    const head = (files: number, bytes = files, versions = 0) => formatHead({ files, bytes, versions });
    const bad: readonly (readonly string[])[] = [
      [head(2), facts(b), facts(a)],
      [head(2), facts(a), facts(a)],
      [head(1), facts(a), facts(b)],
      [head(3), facts(a), facts(b)],
      [head(2, 3), facts(a), facts(b)],
      [head(2, 2, 1), facts(a), facts(b)],
      [head(2).replace(':1,', ':2,'), facts(a), facts(b)],
      [head(2), facts(a), `${facts(b)} `],
      [head(2), facts(a), facts(b).replace('"size":1', '"size":1,"size":1')],
      [head(2), facts(a), `${facts(b).slice(0, -1)},"by":"sumdb"}`],
      [head(2), facts(a), ''],
      [`${head(2)}${' '.repeat(9000)}`, facts(a), facts(b)],
      ['{}'],
    ];
    for (const lines of bad) expect((await read(archiveOf([a, b], lines))).error?.code).toBe('not-an-export');
    expect((await read(archiveOf([a, b], [head(2), facts(a), facts(b)]))).whole).toHaveLength(2);
  });

  it('a bomb, before it takes up what it unpacks to', async () => {
    const zeros = 256 * 1024 * 1024;
    const compress = (bytes: Buffer) =>
      zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    const body = Buffer.from(good[0]?.body ?? '');
    const tail = Buffer.concat([rawMember({ name: MANIFEST, body }), Buffer.alloc(zeros)]);
    const after = await read(compress(tail));
    expect(after.error?.code).toMatch(/^(?:too-large|damaged)$/);
    // One that is said to be as large as a manifest may be, and is one line.
    const line = rawMember({
      name: MANIFEST,
      size: `${(400 * 1024 * 1024).toString(8).padStart(11, '0')}\0`,
    });
    const { error } = await read(compress(Buffer.concat([line, Buffer.alloc(zeros, 0x20)])));
    expect(error?.message).toMatch(/a line of it is too long/);
    expect((await stat(temp.join(`around-${count}`, 'file'))).size).toBeLessThan(1024 * 1024);
  });
});

it('an archive that cannot be opened is an error of the store, and none that ends the process', async () => {
  await using temp = await tempDir('export-absent');
  const opened = openExport(temp.join('absent.tar.zst'), { tempDir: temp.path });
  await expect(opened).rejects.toBeInstanceOf(StoreError);
});
