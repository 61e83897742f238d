import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { storedZip } from '../../src/gomod/stored-zip.ts';
import { StoredZipStream } from '../../src/gomod/stored-zip-stream.ts';
import { type ByteSource, hashZip, type ZipMember } from '../../src/gomod/zip.ts';
import { realModules } from '../support/store-modules.ts';
import { makeZip, type ZipPart, type ZipShape } from './make-zip.ts';

const MV = { path: 'example.com/m', version: 'v1.0.0' };
const PREFIX = 'example.com/m@v1.0.0/';

const sourceOf = (zip: Buffer): ByteSource => ({
  size: zip.length,
  read: (offset, length) => zip.subarray(offset, offset + length),
});

type File = readonly [name: string, data: Buffer];

function memberOf([name, data]: File): ZipMember {
  return {
    name,
    utf8: true,
    method: 0,
    crc32: crc32(data),
    compressedSize: data.length,
    uncompressedSize: data.length,
    hasDescriptor: false,
    headerOffset: 0,
  };
}

/** The stored form of a zip with these files; `before` is put before each local header. */
function formOf(files: readonly File[], before: (index: number) => Buffer = () => Buffer.alloc(0)): Buffer {
  const form = storedZip(files.map(memberOf));
  if (form === undefined) throw new Error('these files have no stored form');
  const parts = files.flatMap(([, data], at) => [before(at), form.header(at), data]);
  return Buffer.concat([...parts, form.directory()]);
}

/** The h1 of a zip that comes in parts of these sizes, again and again. */
function streamed(zip: Buffer, sizes: readonly number[] = [zip.length], mv = MV): string | undefined {
  const stream = new StoredZipStream();
  for (let at = 0, turn = 0; at < zip.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    stream.update(Buffer.from(zip.subarray(at, at + size)));
    at += size;
  }
  return stream.finish(mv);
}

const read = async (zip: Buffer, mv = MV) => (await hashZip(sourceOf(zip), mv)).h1;

const FILES: readonly File[] = [
  [`${PREFIX}go.mod`, Buffer.from('module example.com/m\n')],
  [`${PREFIX}empty.txt`, Buffer.alloc(0)],
  [`${PREFIX}dir/`, Buffer.alloc(0)],
  [`${PREFIX}größe/日本.go`, Buffer.from('package größe\n')],
  [`${PREFIX}a.bin`, Buffer.from('0123456789abcdef'.repeat(300))],
];

describe('the h1 of a stored zip as it comes', () => {
  test('is that of the zip, in parts of any size', async () => {
    const zip = formOf(FILES);
    const h1 = await read(zip);
    for (const size of [1, 2, 3, 29, 30, 31, 64, 1000]) expect(streamed(zip, [size])).toBe(h1);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 }), sizes => {
        expect(streamed(zip, sizes)).toBe(h1);
      }),
      { numRuns: 100 },
    );
  });

  test('of real modules is what go says, and there is none for the zips that they were', async () => {
    for (const m of await realModules()) {
      const bytes = await readFile(m.zip);
      expect(streamed(bytes, [512 * 1024], m)).toBeUndefined();
      const parts: Buffer[] = [];
      let form: ReturnType<typeof storedZip>;
      let at = 0;
      const begin = (members: readonly ZipMember[]) => {
        form = storedZip(members);
      };
      const member = () => void parts.push(form?.header(at++) ?? Buffer.alloc(0));
      const content = (part: Uint8Array) => void parts.push(Buffer.from(part));
      await hashZip(sourceOf(bytes), m, {}, { begin, member, content });
      const zip = Buffer.concat([...parts, form?.directory() ?? Buffer.alloc(0)]);
      expect(streamed(zip, [512 * 1024], m)).toBe(m.h1);
      expect(streamed(zip, [4099], m)).toBe(m.h1);
      expect(streamed(zip, [512 * 1024], { ...m, version: 'v9.9.9' })).toBeUndefined();
    }
  });

  test('is that of any files', async () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}(?:\/[a-z]{1,8}){0,2}\.go$/), {
      maxLength: 12,
      selector: name => name.split('/')[0],
    });
    const contents = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 12, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(names, contents, fc.integer({ min: 1, max: 300 }), async (all, data, size) => {
        const files = all.map((name, at): File => [`${PREFIX}${name}`, Buffer.from(data[at] ?? [])]);
        const zip = formOf(files);
        // Without any member there is nothing that a local header could tell.
        expect(streamed(zip, [size])).toBe(files.length === 0 ? streamed(zip) : await read(zip));
      }),
      { numRuns: 100 },
    );
  });
});

describe('there is none', () => {
  const parts = FILES.map(([name, data]): ZipPart => ({ name, data, stored: true }));
  const other = (shape: ZipShape = {}, more: Partial<ZipPart> = {}) =>
    makeZip(
      parts.map(part => ({ ...part, ...more })),
      shape,
    );
  const zip = formOf(FILES);
  const [first, ...rest] = FILES;
  const form = storedZip(FILES.map(memberOf));
  const directory = form?.directory() ?? Buffer.alloc(0);
  const locals = zip.subarray(0, zip.length - directory.length);
  const end = directory.subarray(-22);
  /** The directory of other files behind these ones. */
  const behind = (files: readonly File[]) =>
    Buffer.concat([locals, storedZip(files.map(memberOf))?.directory() ?? Buffer.alloc(0)]);

  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['deflated members', makeZip(parts.map(part => ({ ...part, stored: false })))],
    ['stored members as others write them', other()],
    ['descriptors', other({}, { descriptor: 'signed' })],
    ['extra fields', other({}, { localExtra: Buffer.from('xx\0\0') })],
    ['something before it', Buffer.concat([Buffer.from('#!'), zip])],
    ['another zip before it', Buffer.concat([zip, zip])],
    ['something behind it', Buffer.concat([zip, Buffer.from([0])])],
    ['a comment', Buffer.concat([zip.subarray(0, -2), Buffer.from([2, 0, 1, 1])])],
    ['a gap between members', formOf(FILES, at => Buffer.alloc(at === 2 ? 4 : 0))],
    ['a gap before the directory', Buffer.concat([locals, Buffer.alloc(46), directory])],
    ['no directory', locals],
    ['half a directory', zip.subarray(0, -22)],
    ['a directory of fewer members', behind(FILES.slice(1))],
    ['a directory of more members', behind([...FILES, [`${PREFIX}more.go`, Buffer.alloc(0)]])],
    ['a directory in another order', behind([...rest, ...(first === undefined ? [] : [first])])],
    [
      'a directory of another name',
      behind(FILES.map(([name, data]): File => [name.replace('a.bin', 'b.bin'), data])),
    ],
    [
      'a directory of another content',
      behind(FILES.map(([name, data]): File => [name, Buffer.from(data.toString('latin1').toUpperCase())])),
    ],
    ['a directory twice', Buffer.concat([zip.subarray(0, -22), directory])],
    ['an end twice', Buffer.concat([zip, end])],
    ['a directory with data', formOf([...FILES, [`${PREFIX}d/`, Buffer.from('x')]])],
    ['a file twice', formOf([...FILES, ...FILES.slice(0, 1)])],
    ['names that differ in case', formOf([...FILES, [`${PREFIX}A.bin`, Buffer.alloc(0)]])],
    ['a name that leaves', formOf([...FILES, [`${PREFIX}../x`, Buffer.alloc(0)]])],
    ['a name of another module', formOf([...FILES, ['example.com/n@v1.0.0/x', Buffer.alloc(0)]])],
    ['a name with a newline', formOf([...FILES, [`${PREFIX}a\nb`, Buffer.alloc(0)]])],
  ])('of %s', (_, bytes) => {
    expect(streamed(bytes)).toBeUndefined();
    expect(streamed(bytes, [7])).toBeUndefined();
  });

  test('when any byte is another one', () => {
    for (let at = 0; at < zip.length; at++) {
      const changed = Buffer.from(zip);
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at);
      expect(streamed(changed)).toBeUndefined();
    }
  });

  test('when it breaks off, wherever that is', () => {
    for (let length = 0; length < zip.length; length++)
      expect(streamed(zip.subarray(0, length))).toBeUndefined();
  });

  test('that hashZip would not give, whatever was cut out, put in or moved', async () => {
    const edit = fc.record({
      from: fc.nat({ max: zip.length }),
      to: fc.nat({ max: zip.length }),
      length: fc.nat({ max: 120 }),
      remove: fc.nat({ max: 120 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async edits => {
        let bytes = zip;
        for (const { from, to, length, remove } of edits)
          bytes = Buffer.concat([
            bytes.subarray(0, to),
            zip.subarray(from, from + length),
            bytes.subarray(to + remove),
          ]);
        const h1 = streamed(bytes, [97]);
        if (h1 !== undefined) expect(h1).toBe(await read(bytes));
      }),
      { numRuns: 500 },
    );
  });

  test('of a directory so long that go looks for another one', () => {
    const HEAD = 46 + PREFIX.length;
    const make = (bytes: number) => {
      const files: File[] = [];
      for (let left = bytes; left > 0; ) {
        // What is left must be enough for one more, or nothing.
        const take = left > 4000 + HEAD ? 3000 : left - HEAD;
        files.push([PREFIX + String.fromCharCode(97 + files.length).repeat(take), Buffer.alloc(0)]);
        left -= HEAD + take;
      }
      const bytesOf = formOf(files);
      expect(bytesOf.readUInt32LE(bytesOf.length - 10)).toBe(bytes);
      return bytesOf;
    };
    expect(streamed(make(0xfffe))).toMatch(/^h1:/);
    expect(streamed(make(0xffff))).toBeUndefined();
    expect(streamed(make(0x10000))).toMatch(/^h1:/);
  });
});
