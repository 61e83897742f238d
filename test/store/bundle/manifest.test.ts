import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type BundledVersion,
  type BundleManifest,
  formatManifest,
  MAX_BUNDLED,
  MAX_MANIFEST_SIZE,
  MAX_PARENTS,
  MAX_PAST,
  parseManifest,
} from '../../../src/store/bundle/manifest.ts';
import { BundleError } from '../../../src/store/bundle/types.ts';
import { FILE_KINDS, MAX_SIZE } from '../../../src/store/layout.ts';

const sha256 = 'ab'.repeat(32);

const empty: BundleManifest = {
  v: 2,
  created: '2026-11-23T12:00:00Z',
  parents: [],
  past: [],
  versions: [],
};

const key = fc.stringMatching(/^modgate-v2-[a-z0-9-]{1,100}$/);
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytes => Buffer.from(bytes).toString('hex'));
const created = fc
  .date({ min: new Date(0), max: new Date('9999-01-01T00:00:00Z'), noInvalidDate: true })
  .map(date => date.toISOString());

function version(parents: number): fc.Arbitrary<BundledVersion> {
  const files = FILE_KINDS.map(kind =>
    fc.option(
      fc.record({
        kind: fc.constant(kind),
        size: fc.nat({ max: MAX_SIZE[kind] }),
        sha256: hex,
        bundle: fc.nat({ max: parents }),
      }),
      { nil: undefined },
    ),
  );
  return fc.record({
    path: fc
      .stringMatching(/^(?:[A-Za-z0-9_]{1,9}\/){0,3}[A-Za-z0-9_]{1,9}$/)
      .filter(path => !/(?:^|\/)(?:con|prn|aux|nul|com\d|lpt\d)(?:\/|$)/i.test(path))
      .filter(path => !/\/v\d+$/.test(path))
      .map(path => `example.com/${path}`),
    version: fc.tuple(fc.nat(9), fc.nat(99), fc.nat(99)).map(([a, b, c]) => `v${a}.${b}.${c}`),
    lastUse: count,
    files: fc.tuple(...files).map(all => all.filter(file => file !== undefined)),
  });
}

const manifests: fc.Arbitrary<BundleManifest> = fc
  .uniqueArray(fc.record({ key, bytes: count }), { maxLength: MAX_PARENTS, selector: ref => ref.key })
  .chain(parents =>
    fc.record({
      v: fc.constant(2 as const),
      created,
      parents: fc.constant(parents),
      past: fc
        .array(fc.record({ key, bytes: count, until: count }), { maxLength: 5 })
        .map(past => past.sort((a, b) => b.until - a.until)),
      versions: fc.uniqueArray(version(parents.length), {
        maxLength: 20,
        selector: v => `${v.path}@${v.version}`,
      }),
    }),
  );

test('what is written is read again, and is JSON', () => {
  fc.assert(
    fc.property(manifests, manifest => {
      const bytes = formatManifest(manifest);
      expect(parseManifest(bytes)).toEqual(manifest);
      expect((JSON.parse(bytes.toString()) as { versions: unknown[] }).versions).toHaveLength(
        manifest.versions.length,
      );
    }),
    { numRuns: 200 },
  );
});

test('one byte changed anywhere: it is read as another manifest or refused, with no other error', () => {
  fc.assert(
    fc.property(manifests, fc.nat(), fc.integer({ min: 1, max: 255 }), (manifest, at, flip) => {
      const bytes = formatManifest(manifest);
      bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ flip, at % bytes.length);
      try {
        const read = parseManifest(bytes);
        // A changed time may be out of the order that the past entries are written in.
        const past = [...read.past].sort((a, b) => b.until - a.until);
        expect(parseManifest(formatManifest(read))).toEqual({ ...read, past });
      } catch (error) {
        expect(error).toBeInstanceOf(BundleError);
        expect((error as BundleError).code).toBe('not-a-bundle');
        expect((error as BundleError).message).toMatch(/^[\x20-\x7e]+$/);
      }
    }),
    { numRuns: 500 },
  );
});

test('ten thousand versions take less than three megabytes', () => {
  const files = FILE_KINDS.map(kind => ({ kind, size: MAX_SIZE[kind], sha256, bundle: 12 }));
  const versions = Array.from({ length: 10_000 }, (_, i) => ({
    path: `github.com/some-organisation/repository-${i}`,
    version: 'v0.0.0-20240613232115-7f521ea00fb8',
    lastUse: 1_790_000_000_000,
    files,
  }));
  expect(formatManifest({ ...empty, versions }).length).toBeLessThan(3_000_000);
});

test('fractions of milliseconds and the oldest past entries are dropped', () => {
  const past = Array.from({ length: MAX_PAST + 1 }, (_, i) => ({
    key: `modgate-v2-${i}`,
    bytes: 1,
    until: i + 0.5,
  }));
  const versions = [{ path: 'example.com/a', version: 'v1.0.0', lastUse: 1.75, files: [] }];
  const read = parseManifest(formatManifest({ ...empty, past, versions }));
  expect(read.past).toHaveLength(MAX_PAST);
  expect(read.past[0]).toEqual({ key: `modgate-v2-${MAX_PAST}`, bytes: 1, until: MAX_PAST });
  expect(read.past.some(p => p.key === 'modgate-v2-0')).toBe(false);
  expect(read.versions[0]?.lastUse).toBe(1);
});

const digest = Buffer.from(sha256, 'hex').toString('base64url');

/** A manifest as text, with lines of the test's own. */
function text(lines: readonly string[], head: Readonly<Record<string, unknown>> = {}): Buffer {
  const first = JSON.stringify({ v: 2, created: empty.created, parents: [], past: [], ...head }).slice(0, -1);
  return Buffer.from(`${first},"versions":[\n${lines.map(line => `${line}\n`).join(',')}]}\n`);
}

const line = (path: string, version = 'v1.0.0', zip: unknown = null) =>
  JSON.stringify([path, version, 1, null, null, zip]);

test('the form that the hostile cases start from is accepted', () => {
  const read = parseManifest(text([line('example.com/a', 'v1.0.0', [0, 7, digest])]));
  expect(read.versions).toEqual([
    {
      path: 'example.com/a',
      version: 'v1.0.0',
      lastUse: 1,
      files: [{ kind: 'zip', size: 7, sha256, bundle: 0 }],
    },
  ]);
});

const parent = (name: string) => [`modgate-v2-${name}`, 1];

const hostile: readonly (readonly [string, Buffer, RegExp])[] = [
  ['nothing', Buffer.alloc(0), /begin/],
  ['no JSON', Buffer.from('PK\x03\x04\n'), /begin/],
  ['another version', text([], { v: 1 }), /another version/],
  ['a time that is none', text([], { created: '2026-99-99T00:00:00Z' }), /when it was made/],
  ['a time with more', text([], { created: `${empty.created}\n::error::` }), /when it was made/],
  ['a long first line', text([], { more: 'x'.repeat(70_000) }), /begin/],
  ['parents that are no list', text([], { parents: { length: 0 } }), /parents/],
  [
    'too many parents',
    text([], { parents: Array.from({ length: MAX_PARENTS + 1 }, (_, i) => parent(String(i))) }),
    /parents/,
  ],
  ['a parent twice', text([], { parents: [parent('a'), parent('a')] }), /twice/],
  ['a parent of another prefix', text([], { parents: [['setup-go-1', 1]] }), /none of the shared cache/],
  ['a parent with a comma', text([], { parents: [parent('a,b')] }), /none of the shared cache/],
  ['a parent in capitals', text([], { parents: [parent('A')] }), /none of the shared cache/],
  ['a parent that is too long', text([], { parents: [parent('a'.repeat(101))] }), /none of the shared cache/],
  ['a negative size', text([], { parents: [['modgate-v2-a', -1]] }), /none of the shared cache/],
  ['a past entry without time', text([], { past: [parent('a')] }), /past/],
  [
    'too many past entries',
    text([], { past: Array.from({ length: MAX_PAST + 1 }, () => [...parent('a'), 1]) }),
    /past/,
  ],
  ['prototype names', text([line('__proto__'), line('constructor')]), /line 2/],
  ['an object for a version', text(['{"path":"example.com/a"}']), /line 2/],
  ['a path that leaves', text([line('../../etc')]), /line 2/],
  ['an absolute path', text([line('/example.com/a')]), /line 2/],
  ['a backslash', text([line('example.com\\a')]), /line 2/],
  ['our own directory', text([line('modgate/index')]), /line 2/],
  ['an escaped path', text([line('example.com/!a/..')]), /line 2/],
  ['a version that is none', text([line('example.com/a', 'latest')]), /line 2/],
  ['a version with a slash', text([line('example.com/a', 'v1.0.0/../x')]), /line 2/],
  ['a version twice', text([line('example.com/a'), line('example.com/a')]), /line 3.*second time/],
  [
    'a bundle that is none',
    text([line('example.com/a', 'v1.0.0', [2, 1, digest])], { parents: [parent('a')] }),
    /line 2/,
  ],
  ['a negative bundle', text([line('example.com/a', 'v1.0.0', [-1, 1, digest])]), /line 2/],
  ['half a bundle', text([line('example.com/a', 'v1.0.0', [0.5, 1, digest])]), /line 2/],
  ['a zip over the limit', text([line('example.com/a', 'v1.0.0', [0, MAX_SIZE.zip + 1, digest])]), /line 2/],
  ['a size as text', text([line('example.com/a', 'v1.0.0', [0, '1', digest])]), /line 2/],
  ['a short digest', text([line('example.com/a', 'v1.0.0', [0, 1, digest.slice(1)])]), /line 2/],
  [
    'a digest of bits too many',
    text([line('example.com/a', 'v1.0.0', [0, 1, `${digest.slice(1)}_`])]),
    /line 2/,
  ],
  ['more fields', text([line('example.com/a').replace(/]$/, ',1]')]), /line 2/],
  ['a long line', text([line('example.com/a', 'v1.0.0', ' '.repeat(9000))]), /line 2/],
  ['deep nesting', text(['['.repeat(8000)]), /line 2/],
  ['no end', text([line('example.com/a')]).subarray(0, -3), /line 3/],
  ['more after the end', Buffer.concat([text([]), Buffer.from('x')]), /follows/],
  ['two manifests', Buffer.concat([text([]), text([])]), /follows/],
];

test.each(hostile)('refused: %s', (_, bytes, why) => {
  expect(() => parseManifest(bytes)).toThrow(BundleError);
  expect(() => parseManifest(bytes)).toThrow(why);
});

test('more versions and more bytes than a set may have', () => {
  const lines = Array.from({ length: MAX_BUNDLED + 1 }, (_, i) => line(`example.com/${i}`));
  expect(() => parseManifest(text(lines))).toThrow(/more than 100000 versions/);
  expect(() => parseManifest(Buffer.alloc(MAX_MANIFEST_SIZE + 1))).toThrow(/larger/);
});

test('thirty megabytes of small values are refused before they are values', () => {
  const bytes = text([`[${'[],'.repeat(10_000_000)}[]]`]);
  const before = process.memoryUsage().heapUsed;
  expect(() => parseManifest(bytes)).toThrow(/line 2/);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(16 * 1024 * 1024);
});
