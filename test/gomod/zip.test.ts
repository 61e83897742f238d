import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DirhashError, hash1, hashGoMod } from '../../src/gomod/dirhash.ts';
import {
  type ByteSource,
  checkModuleZip,
  hashZip,
  hashZipMembers,
  readZipDirectory,
  ZipError,
  type ZipLimits,
} from '../../src/gomod/zip.ts';
import { goWorld, realUpstream } from '../support/go.ts';
import { makeZip } from './make-zip.ts';
import { jsonFile, jsonLines } from './vectors.ts';
import { ZipOracle } from './zip-oracle.ts';
import { inModule, MV, SHAPES } from './zip-shapes.ts';

/** Reads into one buffer again and again, as the contract allows, and refuses what lies outside. */
function sourceOf(zip: Buffer): ByteSource {
  let shared = Buffer.alloc(0);
  return {
    size: zip.length,
    read(offset, length) {
      if (offset < 0 || offset + length > zip.length) throw new RangeError(`read ${offset} +${length}`);
      shared.fill(0xaa);
      if (shared.length < length) shared = Buffer.alloc(length);
      zip.copy(shared, 0, offset, offset + length);
      return shared.subarray(0, length);
    },
  };
}

/** The h1, or the code of the ZipError. */
async function outcome(zip: Buffer, limits: Partial<ZipLimits> = {}): Promise<string> {
  try {
    return (await hashZip(sourceOf(zip), MV, limits)).h1;
  } catch (error) {
    if (error instanceof ZipError) return error.code;
    throw error;
  }
}

interface DirhashRow {
  readonly id: string;
  readonly kind: 'zip' | 'gomod';
  readonly module?: string;
  readonly version?: string;
  readonly zip_b64: string;
  readonly zip_valid?: boolean;
  readonly zip_error?: string | null;
  readonly gomod_b64: string;
  readonly h1?: string;
  readonly error?: string | null;
}

describe('the given vectors', () => {
  const rows = jsonLines<DirhashRow>('gomod/dirhash.jsonl');
  const codes: Readonly<Record<string, string>> = {
    'zip: not a valid zip file': 'not-a-zip',
    'zip: checksum error': 'bad-crc',
    'dirhash: filenames with newlines are not supported': 'bad-name',
  };

  test.each(rows.filter(row => row.kind === 'zip'))('$id', async row => {
    const source = sourceOf(Buffer.from(row.zip_b64, 'base64'));
    let hashed: string | undefined;
    let hashCode: string | undefined;
    try {
      hashed = await hashZipMembers(source, readZipDirectory(source));
    } catch (error) {
      hashCode = error instanceof ZipError ? error.code : String(error);
    }
    expect(hashed).toBe(row.h1);
    expect(hashCode).toBe(row.error ? codes[row.error] : undefined);
    if (row.module === undefined || row.version === undefined) return;

    const mv = { path: row.module, version: row.version };
    let refused: string | null = null;
    try {
      checkModuleZip(readZipDirectory(source), source.size, mv);
    } catch (error) {
      refused = error instanceof ZipError ? error.message : String(error);
    }
    if (row.zip_error === null) expect(refused).toBeNull();
    // Go's list of errors begins with the bare name, ours with the quoted one; the reason is Go's.
    else expect(refused).toContain(row.zip_error?.replace(/^[^:]*?\.(?:go|mod|MOD): |^\/etc\/x: /s, ''));
  });

  test.each(rows.filter(row => row.kind === 'gomod'))('go.mod $h1', row => {
    expect(hashGoMod(Buffer.from(row.gomod_b64, 'base64'))).toBe(row.h1);
  });

  test('h1.json: contents to hashes', async () => {
    const vector = jsonFile<{
      files: Record<string, string>;
      gomod: string;
      gomod_h1: string;
      zip_h1: string;
    }>('goproxy/h1.json');
    const zip = makeZip(
      Object.entries(vector.files).map(([name, text]) => ({ name, data: Buffer.from(text) })),
    );
    expect(await outcome(zip)).toBe(vector.zip_h1);
    expect(hashGoMod(Buffer.from(vector.gomod))).toBe(vector.gomod_h1);
  });
});

describe('hash1', () => {
  const line = (name: string) => ({ name, sha256hex: '0'.repeat(64) });
  test('sorts by bytes, where UTF-16 would sort otherwise', () => {
    const names = ['a/\uff5e', 'a/\u{1f600}', 'a/b', 'A'];
    expect(hash1(names.map(line))).toBe(hash1([...names].reverse().map(line)));
    expect(hash1(['\uff5e', '\u{1f600}'].map(line))).not.toBe(hash1(['\uff5e', '\u{1f601}'].map(line)));
  });
  test('refuses a newline in a name', () => {
    expect(() => hash1([line('a\nb')])).toThrow(DirhashError);
  });
});

describe('against golang.org/x/mod', () => {
  let oracle: ZipOracle;
  beforeAll(async () => {
    oracle = await ZipOracle.build();
  });
  afterAll(() => oracle[Symbol.asyncDispose]());

  test('says the same of every well- and ill-formed shape', async () => {
    const zips = SHAPES.map(([, parts, shape]) => makeZip(parts, shape));
    const answers = await oracle.ask(MV.path, MV.version, zips);
    expect(answers).toHaveLength(SHAPES.length);
    for (const [i, [name]] of SHAPES.entries()) {
      const { h1, zipError } = answers[i] ?? {};
      const ours = await outcome(zips[i] ?? Buffer.alloc(0));
      if (h1 !== undefined && zipError === undefined) expect(ours, name).toBe(h1);
      else
        expect(ours, `${name}: ${JSON.stringify(answers[i])}`).toMatch(/^(?:not-a-zip|bad-\w+|too-large)$/);
    }
  });

  test('accepts no damaged zip that Go refuses, and agrees on the hash of those it accepts', async () => {
    const good = makeZip([
      inModule('go.mod', 'module example.com/m\n', { descriptor: 'signed' }),
      inModule('a.go', 'package a\n'),
      inModule('s', 'stored', { stored: true }),
    ]);
    const cut = fc.nat(good.length - 1).map(at => good.subarray(0, at));
    const flip = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
      .map(edits => {
        const bytes = Buffer.from(good);
        for (const [at, value] of edits) bytes.writeUInt8(value, at);
        return bytes;
      });
    const damaged = fc.sample(fc.oneof({ weight: 1, arbitrary: cut }, { weight: 9, arbitrary: flip }), 1500);
    const answers = await oracle.ask(MV.path, MV.version, damaged);
    let agreed = 0;
    for (const [i, zip] of damaged.entries()) {
      const { h1, zipError } = answers[i] ?? {};
      const ours = await outcome(zip);
      const theirs = zipError === undefined ? h1 : undefined;
      const at = `${i}: ${zip.toString('base64')}`;
      if (ours.startsWith('h1:')) expect(theirs, at).toBe(ours);
      // Stricter than Go in one thing: members whose data overlap or reach beyond the file.
      else if (theirs !== undefined) expect(ours, at).toBe('bad-member');
      if (ours === theirs) agreed++;
    }
    expect(agreed).toBeGreaterThan(50);
  });
});

describe('limits', () => {
  const zip = makeZip([inModule('go.mod', 'module example.com/m\n'), inModule('a', 'x'.repeat(1000))]);

  test('hold for the zip, its content, its directory, go.mod and LICENSE', async () => {
    expect(await outcome(zip)).toMatch(/^h1:/);
    expect(await outcome(zip, { maxZipBytes: zip.length - 1 })).toBe('too-large');
    expect(await outcome(zip, { maxContentBytes: 1020 })).toBe('too-large');
    expect(await outcome(zip, { maxContentBytes: 1021 })).toMatch(/^h1:/);
    expect(await outcome(zip, { maxMembers: 1 })).toBe('too-large');
    expect(await outcome(zip, { maxDirectoryBytes: 100 })).toBe('too-large');
    expect(await outcome(zip, { maxGoModBytes: 20 })).toBe('too-large');
    const license = makeZip([inModule('LICENSE', 'y'.repeat(20))]);
    expect(await outcome(license, { maxLicenseBytes: 19 })).toBe('too-large');
  });

  test('hold for names: one that is too long, and many that are deep', async () => {
    expect(await outcome(makeZip([inModule(`${'a/'.repeat(2047)}bb`, 'x')]))).toMatch(/^h1:/);
    expect(await outcome(makeZip([inModule(`${'a/'.repeat(30_000)}b`, 'x')]))).toBe('bad-name');
    const deep = Array.from({ length: 20 }, (_, i) => inModule(`${i}/${'a/'.repeat(1500)}b`, 'x'));
    expect(await outcome(makeZip(deep), { maxTreeBytes: 20 << 20 })).toBe('too-large');
  });

  test('a declared size beyond the limit is refused before anything is inflated', async () => {
    const bomb = makeZip([inModule('a', 'x', { size: 600 << 20 })]);
    expect(await outcome(bomb)).toBe('too-large');
  });

  test('members that share their bytes are refused', async () => {
    const data = randomBytes(2000);
    const parts = Array.from({ length: 50 }, (_, i) =>
      inModule(`f${i}`, data, { compressedSize: 80_000, size: 0 }),
    );
    expect(await outcome(makeZip(parts))).toBe('bad-member');
  });

  test('path and version must be canonical and belong together', async () => {
    const source = sourceOf(zip);
    await expect(hashZip(source, { path: 'example.com/m', version: 'v1.0' })).rejects.toMatchObject({
      code: 'bad-module',
    });
    await expect(hashZip(source, { path: 'example.com/m/v2', version: 'v1.0.0' })).rejects.toMatchObject({
      code: 'bad-module',
    });
  });

  test('what the source throws is passed on', async () => {
    const failing: ByteSource = {
      size: 100,
      read() {
        throw new Error('EIO');
      },
    };
    await expect(hashZip(failing, MV)).rejects.toThrow('EIO');
  });
});

test('the h1 of real modules is what go computes', async () => {
  await using world = await goWorld(await realUpstream());
  const wanted = [
    'github.com/BurntSushi/toml@v1.4.0',
    'golang.org/x/sync@v0.10.0',
    'github.com/google/uuid@v1.6.0',
  ];
  const { stdout } = await world.goOk(['mod', 'download', '-json', ...wanted]);
  const downloads = JSON.parse(`[${stdout.replaceAll(/^\}\n(?=\{)/gm, '},')}]`) as Record<string, string>[];
  expect(downloads).toHaveLength(3);
  for (const { Path = '', Version = '', Zip = '', GoMod = '', Sum, GoModSum } of downloads) {
    const result = await hashZip(sourceOf(await readFile(Zip)), { path: Path, version: Version });
    expect(result.h1).toBe(Sum);
    expect(result.members).toBeGreaterThan(3);
    expect(hashGoMod(await readFile(GoMod))).toBe(GoModSum);
  }
});
