import * as fsp from 'node:fs/promises';
import { Readable } from 'node:stream';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BundleManifest, formatManifest, parseManifest } from '../../../src/store/bundle/manifest.ts';
import { pack } from '../../../src/store/bundle/pack.ts';
import { BundleError, type UnpackReport, type UnpackRequest } from '../../../src/store/bundle/types.ts';
import { unpack } from '../../../src/store/bundle/unpack.ts';
import { type DiskStore, openDiskStore } from '../../../src/store/disk.ts';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { auditStore, manifestOf, wantAll } from '../../support/bundles.ts';
import { commitModule, type RealModule, realModules } from '../../support/store-modules.ts';
import { paxHeader, type RawMember, rawMember, rawMembers, TAR_END } from '../../support/tar.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

const NAMES = ['golang.org/x/sync@v0.7.0', 'github.com/pkg/errors@v0.9.1'];
const ERRORS = 'store/github.com/pkg/errors/@v/v0.9.1';
const ERRORS_INDEX = 'store/modgate/index/github.com/pkg/errors/@v/v0.9.1.json';
const SYNC = 'store/golang.org/x/sync/@v/v0.7.0';

let modules: RealModule[];
let hasher: Hasher;
let temp: TempDir;
let manifest: BundleManifest;
/** Members of a good archive, the manifest first. */
let good: { name: string; type: string; body: Buffer }[];
let count = 0;

beforeAll(async () => {
  modules = await realModules(NAMES);
  hasher = createHasher();
  temp = await tempDir('hostile');
  const source = await openDiskStore(temp.join('source'), { hasher });
  for (const m of modules) await commitModule(source, m);
  manifest = await manifestOf(source);
  await pack({ storeDir: source.location, manifest, file: temp.join('bundle') });
  good = rawMembers(zstdDecompressSync(await fsp.readFile(temp.join('bundle'))));
});
afterAll(async () => {
  await hasher.close();
  await temp[Symbol.asyncDispose]();
});

/** What an unpack of raw bytes came to, after a look at all that it could have touched. */
interface Outcome {
  readonly report: UnpackReport | undefined;
  readonly error: BundleError | undefined;
  readonly files: readonly string[];
  readonly told: readonly string[];
  readonly store: DiskStore;
}

async function outcome(bytes: Buffer | Readable, request: Partial<UnpackRequest> = {}): Promise<Outcome> {
  count += 1;
  const around = temp.join(`around-${count}`);
  await fsp.mkdir(around);
  const store = await openDiskStore(temp.join(`around-${count}`, 'store'), { hasher });
  const told: string[] = [];
  let report: UnpackReport | undefined;
  let error: BundleError | undefined;
  try {
    report = await unpack({
      stream: Buffer.isBuffer(bytes) ? Readable.from([bytes], { objectMode: false }) : bytes,
      store,
      wants: () => wantAll(manifest),
      onFile: (mv, kind, result) => told.push(`${mv.path} ${kind} ${result}`),
      ...request,
    });
  } catch (thrown) {
    if (!(thrown instanceof BundleError)) throw thrown;
    error = thrown;
    expect(thrown.message).toMatch(/^[\x20-\x7e]+$/);
  }
  for (const { path, why } of report?.refused ?? []) expect(path + why).toMatch(/^[\x20-\x7e]*$/);
  expect(await fsp.readdir(around)).toEqual(['store']);
  const files = await auditStore(store.location, modules);
  return { report, error, files, told, store };
}

/** As a network brings them: what a broken end takes with it is the chunk that it lies in. */
function chunked(bytes: Buffer): Readable {
  const parts = Array.from({ length: Math.ceil(bytes.length / 1024) }, (_, i) =>
    bytes.subarray(i * 1024, (i + 1) * 1024),
  );
  return Readable.from(parts, { objectMode: false });
}

function tarOf(members: readonly (RawMember | Buffer)[], end: Buffer = TAR_END): Buffer {
  return Buffer.concat([...members.map(m => (Buffer.isBuffer(m) ? m : rawMember(m))), end]);
}

function archive(members: readonly (RawMember | Buffer)[], end?: Buffer): Buffer {
  return zstdCompressSync(tarOf(members, end));
}

/** The good members after a change of those of one name. */
function changed(name: string, change: (member: RawMember) => readonly (RawMember | Buffer)[]): Buffer {
  if (!good.some(m => m.name === name)) throw new Error(`no member ${name}`);
  return archive(good.flatMap(m => (m.name === name ? change(m) : [m])));
}

/** The good members with others behind the manifest. */
function added(...members: readonly (RawMember | Buffer)[]): Buffer {
  const [first, ...rest] = good;
  if (first === undefined) throw new Error('no manifest');
  return archive([first, ...members, ...rest]);
}

test('the good members make a good archive', async () => {
  const { report, files } = await outcome(archive(good));
  expect(report).toMatchObject({ taken: 6, versions: 2, refusedCount: 0 });
  expect(files).toHaveLength(6);
});

const body = Buffer.from('evil');
const file = (name: string): RawMember => ({ name, body });

/** Members that nobody may believe; each is refused once and changes nothing for the others. */
const strangers: readonly (readonly [string, readonly (RawMember | Buffer)[]])[] = [
  ['an absolute name', [file('/tmp/evil')]],
  ['a name that leaves', [file('store/../../evil')]],
  ['a name that leaves and comes back', [file('store/../store/modgate/x')]],
  ['a name beside the store', [file('other/evil')]],
  ['the directory itself as a file', [file('store')]],
  ['no name', [file('')]],
  ['a backslash', [file('store\\..\\..\\evil')]],
  ['a drive', [file('C:/evil')]],
  ['a name in capitals', [file(`${ERRORS}.ZIP`)]],
  ['another spelling of a directory', [file(ERRORS.replace('store/', 'store//'))]],
  ['a dot in the way', [file(ERRORS.replace('store/', 'store/./'))]],
  ['control characters', [file('store/\x1b[2J\n::error::x')]],
  ['bytes that are no text', [file('store/\xff\xfe')]],
  ['a ziphash', [file(`${ERRORS}.ziphash`)]],
  ['an extracted tree', [file('store/github.com/pkg/errors@v0.9.1/errors.go')]],
  ['a list', [file('store/github.com/pkg/errors/@v/list')]],
  ['a latest', [file('store/github.com/pkg/errors/@latest')]],
  ['a soft file', [file('store/modgate/soft/github.com/pkg/errors/@v/list')]],
  ['a quarantined file', [file('store/modgate/quarantine/x')]],
  ['a temp file', [file('store/modgate/tmp/0123456789ab-1-x.tmp')]],
  ['a tree head', [file('store/sumdb/sum.example.com/latest')]],
  ['a mark of support', [file('store/sumdb/sum.example.com/supported')]],
  ['a tile of another height', [file('store/sumdb/sum.example.com/tile/2/0/000')]],
  ['a record that leaves', [file('store/sumdb/sum.example.com/lookup/../../x@v1')]],
  ['a version that the manifest does not name', [file('store/example.com/a/@v/v1.0.0.zip')]],
  ['its index entry', [file('store/modgate/index/example.com/a/@v/v1.0.0.json')]],
  ['a second manifest', [file('store/modgate/bundle.json')]],
  ['a symbolic link', [{ name: 'store/link', type: '2', link: '/etc' }]],
  ['a symbolic link where a directory will be', [{ name: 'store/github.com', type: '2', link: '/tmp' }]],
  ['a hard link', [{ name: `${SYNC}.zip.2`, type: '1', link: '/etc/passwd' }]],
  ['a character device', [{ name: 'store/null', type: '3' }]],
  ['a block device', [{ name: 'store/sda', type: '4' }]],
  ['a pipe', [{ name: 'store/pipe', type: '6' }]],
  ['a type that nobody knows', [{ name: 'store/z', type: 'Z', body }]],
  ['a volume name', [{ name: 'store', type: 'V' }]],
  ['a pax name that leaves', [paxHeader({ path: 'store/../evil' }), file('store/modgate/x')]],
  ['a pax name with a NUL', [paxHeader({ path: `${ERRORS}.zip\0x` }), file('store/modgate/x')]],
  ['a pax name for a good one', [paxHeader({ path: '/tmp/evil' }), file(`${ERRORS}.zip`)]],
  ['a GNU name that leaves', [{ name: 'x', type: 'L', body: Buffer.from('store/../evil\0') }, file('x')]],
  ['a prefix that leaves', [{ ...file('evil'), prefix: 'store/..' }]],
];

test.each(strangers)('refused, and the rest comes in: %s', async (_, members) => {
  const { report, files } = await outcome(added(...members));
  expect(report).toMatchObject({ taken: 6, refusedCount: 1 });
  expect(report?.refused).toHaveLength(1);
  expect(files).toHaveLength(6);
});

test('directories of any mode and name are passed over; none is made', async () => {
  const dirs = ['store/', 'store/evil/', '/', '../', 'store/modgate/tmp/'].map(name => ({
    name,
    type: '5',
    mode: 0o7000,
  }));
  const { report, files, store } = await outcome(archive([...dirs.slice(0, 1), ...good, ...dirs]));
  expect(report).toMatchObject({ taken: 6, refusedCount: 0 });
  expect(files).toHaveLength(6);
  expect((await fsp.readdir(store.location)).sort()).toEqual(['github.com', 'golang.org', 'modgate']);
});

/** Changes of one file's members: that file is refused, its neighbours come in. */
const lies: readonly (readonly [
  string,
  string,
  (m: RawMember) => readonly (RawMember | Buffer)[],
  RegExp,
])[] = [
  [
    'other bytes of the same length',
    `${ERRORS}.zip`,
    m => [{ ...m, body: Buffer.from(m.body ?? []).fill(0, 100, 101) }],
    /it has SHA-256/,
  ],
  [
    'a longer file',
    `${ERRORS}.zip`,
    m => [{ ...m, body: Buffer.concat([m.body ?? body, body]) }],
    /bytes long/,
  ],
  ['an empty file', `${ERRORS}.zip`, m => [{ ...m, body: Buffer.alloc(0) }], /0 bytes long/],
  ['another .mod', `${ERRORS}.mod`, m => [{ ...m, body: Buffer.alloc(m.body?.length ?? 0, 32) }], /SHA-256/],
  [
    'another .info',
    `${ERRORS}.info`,
    m => [{ ...m, body: Buffer.alloc(m.body?.length ?? 0, 32) }],
    /SHA-256/,
  ],
  ['a link for a zip', `${ERRORS}.zip`, m => [{ name: m.name, type: '2', link: '/etc/passwd' }], /regular/],
  ['a directory for a zip', `${ERRORS}.zip`, m => [{ name: m.name, type: '5' }], /does not hold/],
  ['no zip', `${ERRORS}.zip`, () => [], /does not hold/],
];

test.each(lies)('one file is refused: %s', async (_, name, change, why) => {
  const { report, files, told } = await outcome(changed(name, change));
  expect(report?.taken).toBe(5);
  expect(report?.refused.some(r => why.test(r.why))).toBe(true);
  expect(files).toHaveLength(5);
  expect(files).not.toContain(name.slice('store/'.length));
  expect(told.filter(t => t.endsWith('refused'))).toHaveLength(1);
});

test('a file before its index entry, without one, or with a broken or foreign one is refused', async () => {
  const isIndex = (m: RawMember) => m.name === ERRORS_INDEX;
  const index = good.find(isIndex);
  const other = good.find(m => m.name.startsWith('store/modgate/index/golang.org'));
  if (index === undefined || other === undefined) throw new Error('no index entry');
  const without = good.filter(m => !isIndex(m));
  for (const members of [
    [...without, index],
    without,
    good.map(m => (isIndex(m) ? { ...m, body: m.body.subarray(1) } : m)),
    good.map(m => (isIndex(m) ? { ...m, body: other.body } : m)),
    good.map(m => (isIndex(m) ? { ...m, body: Buffer.concat([m.body, Buffer.alloc(70_000, 32)]) } : m)),
    good.map(m => (isIndex(m) ? { ...m, name: m.name.replace('.json', '.JSON') } : m)),
  ]) {
    const { report, files, told } = await outcome(archive(members));
    expect(report?.taken).toBe(3);
    expect(report?.refused.filter(r => r.why === 'no index entry came before it')).toHaveLength(3);
    expect(files.every(key => key.startsWith('golang.org/'))).toBe(true);
    expect(told.filter(t => t.endsWith('refused'))).toHaveLength(3);
  }
});

test('the first index entry and the first file of a name win', async () => {
  const evilIndex = (text: string) => text.replace(/"h1":"h1:....../, '"h1":"h1:AAAAAA');
  const twice = changed(ERRORS_INDEX, m => [
    m,
    { ...m, body: Buffer.from(evilIndex(Buffer.from(m.body ?? []).toString())) },
  ]);
  const first = await outcome(twice);
  expect(first.report).toMatchObject({ taken: 6, refusedCount: 1 });
  expect((await first.store.entry(modules[1] ?? { path: '', version: '' }))?.h1).toBe(modules[1]?.h1);
  const zips = changed(`${ERRORS}.zip`, m => [{ ...m, body: Buffer.alloc(m.body?.length ?? 0) }, m]);
  const second = await outcome(zips);
  expect(second.report).toMatchObject({ taken: 5, refusedCount: 2 });
  expect(second.told.filter(t => t === 'github.com/pkg/errors zip refused')).toHaveLength(1);
  expect(second.told.filter(t => t.startsWith('github.com/pkg/errors zip'))).toHaveLength(1);
});

test('index entry and manifest must agree: neither alone can change what comes in', async () => {
  const zeros = (size: number) => Buffer.alloc(size);
  const evilZip = zeros(1000);
  const digest = 'ffa8e0eb2d7c2e6bd5ff4d8e5a1d6d4f3f3ee2f4a0f2c1b5a7c8d9e0f1a2b3c4';
  const lie = { size: evilZip.length, sha256: digest };
  const wantsLie = {
    wants: (m: BundleManifest) => ({
      ...wantAll(m),
      file: (mv: { path: string; version: string }, kind: 'info' | 'mod' | 'zip') =>
        kind === 'zip' ? lie : wantAll(m).file(mv, kind),
    }),
  };
  const { report } = await outcome(archive(good), wantsLie);
  expect(report).toMatchObject({ taken: 4, refusedCount: 2 });
  expect(report?.refused.every(r => /different files/.test(r.why))).toBe(true);
});

test('a manifest that lies about a digest brings nothing of that file in', async () => {
  const versions = manifest.versions.map(v => ({
    ...v,
    files: v.files.map(f => (f.kind === 'zip' ? { ...f, sha256: 'ab'.repeat(32) } : f)),
  }));
  const [first, ...rest] = good;
  if (first === undefined) throw new Error('no manifest');
  const lying = { ...first, body: formatManifest({ ...manifest, versions }) };
  const { report } = await outcome(archive([lying, ...rest]), { wants: wantAll });
  expect(report).toMatchObject({ taken: 4, refusedCount: 2 });
});

test('files that the manifest puts into another bundle are not taken from this one', async () => {
  const versions = manifest.versions.map(v => ({
    ...v,
    files: v.files.map(f => (f.kind === 'zip' ? { ...f, bundle: 1 } : f)),
  }));
  const parents = [{ key: 'modgate-v2-1', bytes: 1 }];
  const [first, ...rest] = good;
  if (first === undefined) throw new Error('no manifest');
  const other = { ...first, body: formatManifest({ ...manifest, versions, parents }) };
  const { report, files } = await outcome(archive([other, ...rest]));
  expect(report).toMatchObject({ taken: 4, refusedCount: 2 });
  expect(files.some(key => key.endsWith('.zip'))).toBe(false);
});

/** Archives that end badly; of at least so many files it is sure that they came before. */
const broken: readonly (readonly [string, () => Buffer, number])[] = [
  ['no end', () => archive(good, Buffer.alloc(0)), 6],
  ['half an end', () => archive(good, Buffer.alloc(512)), 6],
  ['something behind the end', () => archive(good, Buffer.concat([TAR_END, body])), 6],
  ['an archive behind the end', () => archive([tarOf(good), ...good]), 6],
  [
    'a block of zeros in the middle',
    () => archive([...good.slice(0, -1), Buffer.alloc(512), ...good.slice(-1)]),
    5,
  ],
  ['two frames', () => Buffer.concat([archive(good), archive(good)]), 6],
  ['something behind the frame', () => Buffer.concat([archive(good), body]), 6],
  ['a frame cut in its only block', () => cut(0.6), 0],
  ['a frame without its last byte', () => archive(good).subarray(0, -1), 0],
  ['a wrong checksum', () => archive([...good.slice(0, -1), { ...file('x'), checksum: '0000000' }]), 5],
  ['an old tar', () => archive([...good.slice(0, -1), { ...file('x'), magic: '\0\0\0\0\0\0\0\0' }]), 5],
  [
    'a size that is no number',
    () => archive([...good.slice(0, -1), { ...file('x'), size: '0000000000x' }]),
    5,
  ],
  [
    'a size in binary',
    () => archive([...good.slice(0, -1), { ...file('x'), size: '\x80\0\0\0\0\0\0\0\0\0\0\x04' }]),
    5,
  ],
  [
    'a size beyond the end',
    () => archive([...good.slice(0, -1), { ...file('x'), size: '00000100000\0' }]),
    5,
  ],
  ['a link with a body', () => archive([...good.slice(0, -1), { ...file('x'), type: '2', link: 'y' }]), 5],
  ['a pax size', () => archive([...good.slice(0, -1), paxHeader({ size: '1' }), file('x')]), 5],
  [
    'a sparse file',
    () => archive([...good.slice(0, -1), paxHeader({ 'GNU.sparse.major': '1' }), file('x')]),
    5,
  ],
  ['a name for all', () => archive([...good.slice(0, -1), paxHeader({ path: 'x' }, 'g'), file('x')]), 5],
  [
    'a pax record too long',
    () => archive([...good.slice(0, -1), { ...file('x'), type: 'x', body: Buffer.from('99 path=x\n') }]),
    5,
  ],
  [
    'a pax record of negative length',
    () => archive([...good.slice(0, -1), { ...file('x'), type: 'x', body: Buffer.from('-5 path=x\n') }]),
    5,
  ],
  [
    'a long pax header',
    () => archive([...good.slice(0, -1), paxHeader({ comment: 'x'.repeat(70_000) }), file('x')]),
    5,
  ],
  [
    'a long GNU name',
    () => archive([...good.slice(0, -1), { name: 'x', type: 'L', body: Buffer.alloc(5000, 97) }, file('x')]),
    5,
  ],
  ['a name and then nothing', () => archive([...good, { name: 'x', type: 'L', body: Buffer.from('y') }]), 6],
];

function cut(share: number): Buffer {
  const bytes = archive(good);
  return bytes.subarray(0, Math.floor(bytes.length * share));
}

test.each(broken)('damaged, and what came whole stays: %s', async (_, bytes, least) => {
  const { error, files } = await outcome(chunked(bytes()));
  expect(error?.code).toBe('damaged');
  expect(files.length).toBeGreaterThanOrEqual(least);
});

test('a bomb ends at the limit, before it is written anywhere', async () => {
  const bomb = { name: 'store/zeros', body: Buffer.alloc(64 * 1024 * 1024) };
  const plain = tarOf(good).length;
  const wants = (m: BundleManifest) => ({ ...wantAll(m), maxBytes: plain + 1024 * 1024 });
  const first = await outcome(added(bomb), { wants });
  expect(first.error?.code).toBe('too-large');
  expect(first.files).toEqual([]);
  const last = await outcome(archive([...good, bomb]), { wants });
  expect(last.error?.code).toBe('too-large');
  expect(last.files).toHaveLength(6);
  const whole = await outcome(added(bomb));
  expect(whole.report).toMatchObject({ taken: 6, refusedCount: 1 });
});

test('a manifest too large to be one is not read', async () => {
  const { error } = await outcome(
    archive([{ name: 'store/modgate/bundle.json', body: Buffer.alloc(33 * 1024 * 1024) }]),
  );
  expect(error?.code).toBe('not-a-bundle');
});

test('members without end are given up', async () => {
  const member = rawMember({ name: 'store/x' });
  const { error, files } = await outcome(added(Buffer.concat(Array.from({ length: 40_000 }, () => member))));
  expect(error?.code).toBe('too-large');
  expect(files).toEqual([]);
});

test('more refusals than anybody reads are counted', async () => {
  const { report } = await outcome(added(...Array.from({ length: 150 }, (_, i) => file(`store/${i}`))));
  expect(report?.refused).toHaveLength(100);
  expect(report?.refusedCount).toBe(150);
});

test('frames that unpack to nothing are given up', async () => {
  const skippable = Buffer.alloc(64 * 1024);
  skippable.writeUInt32LE(0x184d2a50, 0);
  skippable.writeUInt32LE(skippable.length - 8, 4);
  let sent = 0;
  const endless = Readable.from(
    (function* () {
      for (;;) {
        sent += skippable.length;
        yield skippable;
      }
    })(),
    { objectMode: false },
  );
  const { error } = await outcome(endless);
  expect(error?.code).toBe('too-large');
  expect(sent).toBeLessThan(64 * 1024 * 1024);
});

test('a window larger than any of ours is refused', async () => {
  const big = Buffer.concat([tarOf(good), Buffer.alloc(20 * 1024 * 1024)]);
  const bytes = zstdCompressSync(big, { params: { [constants.ZSTD_c_windowLog]: 26 } });
  const { error } = await outcome(bytes);
  expect(error?.code).toBe('damaged');
});

test("files of the checksum database: bounded in number and in bytes, in no other one's way", async () => {
  const tile = (n: number, size: number): RawMember => ({
    name: `store/sumdb/sum.example.com/tile/8/0/x${String(Math.floor(n / 1000)).padStart(3, '0')}/${String(n % 1000).padStart(3, '0')}`,
    body: Buffer.alloc(size, n),
  });
  const large = await outcome(added(...Array.from({ length: 6 }, (_, i) => tile(i, 7 * 1024 * 1024))));
  expect(large.report).toMatchObject({ taken: 6, refusedCount: 2 });
  expect(await fsp.readdir(large.store.parts.tree.path('sumdb/sum.example.com/tile/8/0/x000'))).toEqual([
    '000',
    '001',
    '002',
    '003',
  ]);
  const db = 'store/sumdb/sum.example.com';
  const crossed = await outcome(
    added(tile(1, 10), file(`${db}/tile/8/0/x000/001/tile/8/0/002`), tile(1, 20), tile(2, 30)),
  );
  expect(crossed.report).toMatchObject({ taken: 6, refusedCount: 2 });
  const size = async (n: number) => (await crossed.store.getSoft(tile(n, 0).name.slice(6)))?.bytes.length;
  expect(await size(1)).toBe(10);
  expect(await size(2)).toBe(30);
  const { mtimeMs } = await fsp.stat(crossed.store.parts.tree.path(tile(1, 0).name.slice(6)));
  expect(mtimeMs).toBe(Date.parse(manifest.created));
});

test('one bit changed anywhere, packed or unpacked: nothing wrong comes in, and it ends', async () => {
  const plain = tarOf(good);
  const packed = zstdCompressSync(plain, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const flip = (bytes: Buffer, at: number, bit: number) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(at % copy.length) ^ (1 << bit), at % copy.length);
    return copy;
  };
  // Headers and index entries are a small part of all bytes and the more telling one.
  const anywhere = fc.oneof(fc.nat(plain.length - 1), fc.nat(12 * 1024));
  await fc.assert(
    fc.asyncProperty(anywhere, fc.nat(7), fc.boolean(), async (at, bit, before) => {
      const bytes = before ? zstdCompressSync(flip(plain, at, bit)) : flip(packed, at, bit);
      const { files, report } = await outcome(bytes);
      if (report !== undefined) expect(report.taken).toBe(files.length);
    }),
    { numRuns: 150 },
  );
});

test('members in any order, some missing, some twice: nothing wrong comes in', async () => {
  const [first, ...rest] = good;
  if (first === undefined) throw new Error('no manifest');
  const members = fc.array(fc.constantFrom(...rest), { maxLength: 16 });
  await fc.assert(
    fc.asyncProperty(members, async order => {
      const { report, files, told } = await outcome(archive([first, ...order]));
      expect(report?.taken).toBe(files.length);
      // Each wanted file is told of exactly once, come or not.
      expect(told).toHaveLength(6);
      expect(new Set(told.map(t => t.replace(/ \w+$/, ''))).size).toBe(6);
    }),
    { numRuns: 50 },
  );
});

test('the manifest in an archive is what it tells', () => {
  expect(parseManifest(good[0]?.body ?? Buffer.alloc(0))).toEqual(manifest);
});
