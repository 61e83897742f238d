import { randomBytes } from 'node:crypto';
import { WHOLE_MEMBER_BYTES } from '../../src/gomod/zip.ts';
import { makeZip, type ZipPart, type ZipShape } from './make-zip.ts';

/** The version whose zips the shapes are. */
export const MV = { path: 'example.com/m', version: 'v1.0.0' };

/** A file of that version. */
export const inModule = (name: string, text: string | Buffer, more: Partial<ZipPart> = {}): ZipPart => ({
  name: `example.com/m@v1.0.0/${name}`,
  data: Buffer.from(text as string),
  ...more,
});

const BIG = Buffer.alloc(WHOLE_MEMBER_BYTES + 100_000, 'a line of a large file\n');
const RANDOM = randomBytes(WHOLE_MEMBER_BYTES + 1);

const files: readonly ZipPart[] = [
  inModule('go.mod', 'module example.com/m\n'),
  inModule('a.go', 'package a\n'.repeat(50)),
];
const junk = randomBytes(3000);
const turns = Array.from({ length: 40 }, (_, at) =>
  inModule(`${at}.go`, `package p${at}\n`.repeat(at), { stored: at % 2 === 0 }),
);
const odd = turns.map(
  (part, at): ZipPart => ({
    ...part,
    ...(at % 3 === 0 ? { localExtra: Buffer.alloc(at, 7) } : {}),
    ...(at % 5 === 0 ? { zip64: true } : {}),
  }),
);

/** Zips made byte by byte, well- and ill-formed, each with what is odd about it. */
export const SHAPES: readonly (readonly [name: string, parts: readonly ZipPart[], shape?: ZipShape])[] = [
  ['plain', files],
  ['zip64 end record', files, { zip64: true }],
  ['zip64 members', files.map(part => ({ ...part, zip64: true }))],
  ['prefix', files, { prefix: randomBytes(3000) }],
  [
    'comment that holds an end signature',
    files,
    { comment: Buffer.from(`PK\x05\x06${'x'.repeat(30)}`, 'latin1') },
  ],
  ['comment of 64 KiB', files, { comment: Buffer.alloc(65535, 'c') }],
  ['signed descriptors', files.map(part => ({ ...part, descriptor: 'signed' as const }))],
  ['bare descriptors', files.map(part => ({ ...part, descriptor: 'bare' as const }))],
  ['wrong descriptors', files.map(part => ({ ...part, descriptor: 'wrong' as const }))],
  ['extra field in the local header only', files.map(part => ({ ...part, localExtra: Buffer.alloc(40) }))],
  ['garbage behind the deflated data', files.map(part => ({ ...part, trailing: Buffer.alloc(9, 1) }))],
  ['garbage behind large deflated data', [inModule('b', BIG, { trailing: Buffer.alloc(400_000, 1) })]],
  ['large deflated and stored members', [inModule('b', BIG), inModule('r', RANDOM, { stored: true })]],
  ['large member declared too small', [inModule('b', BIG, { size: WHOLE_MEMBER_BYTES + 5 })]],
  ['large member declared too large', [inModule('b', BIG, { size: BIG.length + 5 })]],
  ['large member with a wrong CRC', [inModule('b', BIG, { crc: 1 })]],
  ['CRC 0 is not compared', [inModule('a', 'text', { crc: 0 })]],
  ['CRC 0 with a descriptor is', [inModule('a', 'text', { crc: 0, descriptor: 'signed' })]],
  ['declared too small', [inModule('a', 'some text', { size: 3 })]],
  ['declared empty', [inModule('a', 'some text', { size: 0 })]],
  ['declared too large', [inModule('a', 'some text', { size: 30 })]],
  ['stored, declared too small', [inModule('a', 'some text', { stored: true, size: 3 })]],
  ['unknown method', [inModule('a', 'text', { method: 12 })]],
  ['directory entry', [...files, inModule('sub/', '', { stored: true })]],
  ['directory with data', [...files, inModule('sub/', 'x', { stored: true })]],
  ['the module directory itself', [...files, inModule('', '', { stored: true })]],
  ['file and directory of one name', [inModule('a', 'x'), inModule('a/b', 'x')]],
  ['directories that differ in case', [inModule('a/x', 'x'), inModule('A/y', 'x')]],
  ['letters that fold to one', [inModule('K', 'x'), inModule('\u212a', 'x')]],
  ['letters that do not fold to one', [inModule('i', 'x'), inModule('\u0131', 'x')]],
  [
    'name that is no UTF-8',
    [{ name: Buffer.from('example.com/m@v1.0.0/\xff', 'latin1'), data: Buffer.alloc(1) }],
  ],
  ['backslash', [inModule('a\\b', 'x')]],
  ['dots', [inModule('a/../b', 'x')]],
  ['double slash', [inModule('a//b', 'x')]],
  ['vendor', [inModule('vendor/x/y.go', 'x')]],
  ['empty name', [{ name: '', data: Buffer.alloc(0) }]],
  ['count too high', files, { records: 5 }],
  ['count too low', files, { records: 1 }],
  ['count off by 65536', files, { records: 65538, zip64: true }],
  ['no members', []],
  ['a file twice', [...files, inModule('a.go', 'package b\n')]],
  ['a file twice, the same', [...files, ...files]],
  ['unsorted', ['z.go', 'a.go', 'm/b.go', 'B.go', 'go.mod'].map(name => inModule(name, `// ${name}\n`))],
  ['stored and deflated in turns', turns],
  [
    'stored and deflated in turns, with everything that may stand around',
    odd,
    { prefix: junk, comment: junk, zip64: true },
  ],
  [
    'empty members of both methods',
    [inModule('a', ''), inModule('b', '', { stored: true }), inModule('c', '', { descriptor: 'bare' })],
  ],
  ['only empty members', [inModule('a', ''), inModule('b', '')]],
  ['another zip before it', files, { prefix: makeZip([inModule('other.go', 'package other\n')]) }],
  ['names in UTF-8', [inModule('größe/日本.go', 'package größe\n'), inModule('😀.txt', 'x')]],
  ['nothing but zeros, a thousandfold', [inModule('zeros', Buffer.alloc(8 << 20))]],
  ['content that is a zip itself', [inModule('inner.zip', makeZip(files), { stored: true }), ...files]],
  [
    'content that ends like a zip',
    [inModule('end', Buffer.from(`PK\x05\x06${'\0'.repeat(18)}`, 'latin1'), { stored: true })],
  ],
];
