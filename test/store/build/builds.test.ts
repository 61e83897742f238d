import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adoptBuilds } from '../../../src/store/build/adopt.ts';
import { ACTION_BYTES, entryPath, parseAction } from '../../../src/store/build/layout.ts';
import { formatManifest } from '../../../src/store/build/manifest.ts';
import { packBuilds } from '../../../src/store/build/pack.ts';
import { changeOf, isWorthSaving } from '../../../src/store/build/plan.ts';
import { readBuildManifest, unpackBuilds } from '../../../src/store/build/unpack.ts';
import { usedBuilds } from '../../../src/store/build/used.ts';
import { BundleError } from '../../../src/store/bundle/types.ts';
import { type GoWorld, goWorld, writeProject } from '../../support/go.ts';
import { rawMember, TAR_END } from '../../support/tar.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

const HOUR = 3_600_000;
const NEVER = new AbortController().signal;
/** A compiler that go runs, as `-x` prints it. */
const COMPILES = /[/\\]compile(?:\.exe)?"? -o /;

let world: GoWorld;
let dir: TempDir;
let cache: string;
/** Packages that import nothing need no standard library, so that compiling them takes no time. */
const PACKAGES = {
  'go.mod': 'module example.com/p\n\ngo 1.24\n',
  'a/a.go': 'package a\n\nfunc A() int { return 1 }\n',
  'b/b.go': 'package b\n\nimport "example.com/p/a"\n\nfunc B() int { return a.A() }\n',
  'c/c.go': 'package c\n\nfunc C() string { return "c" }\n',
};

beforeAll(async () => {
  dir = await tempDir('builds');
  cache = dir.join('cache');
  world = await goWorld('off', { GOCACHE: cache });
  await writeProject(dir.join('p'), PACKAGES);
  await build('./...');
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
});

/** What go compiled, one line each. */
async function build(what: string, GOCACHE = cache): Promise<string[]> {
  const { stderr } = await world.goOk(['build', '-x', what], { cwd: dir.join('p'), env: { GOCACHE } });
  return stderr.split('\n').filter(line => COMPILES.test(line));
}

function agedCopy(name: string): string {
  const copy = dir.join(name);
  fs.cpSync(cache, copy, { recursive: true });
  const old = (Date.now() - 2 * HOUR) / 1000;
  for (const file of filesIn(copy)) fs.utimesSync(join(copy, file), old, old);
  return copy;
}

function filesIn(of: string): string[] {
  return fs
    .readdirSync(of, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /-[ad]$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name).slice(of.length + 1))
    .sort();
}

async function packed(name: string, from = cache, since = 0): Promise<Buffer> {
  const file = dir.join(name);
  const used = usedBuilds(from, since);
  await packBuilds({ dir: from, used, file, manifest: { v: 1, created: 1, bytes: used.bytes, others: [] } });
  return fs.readFileSync(file);
}

function unpacked(archive: Buffer, name: string, maxBytes = 1e9) {
  const request = { dir: dir.join(name), usedMs: Date.now() - 2 * HOUR, maxBytes, signal: NEVER };
  return unpackBuilds({ ...request, stream: Readable.from([archive]) });
}

describe('what a job used of its GOCACHE', () => {
  it('is what go read or wrote since then, and nothing else', async () => {
    const copy = agedCopy('aged');
    const since = Date.now() - HOUR;
    expect(usedBuilds(copy, since).actions).toEqual([]);
    expect(await build('./b', copy)).toEqual([]);
    const used = usedBuilds(copy, since);
    expect(used.actions.length).toBeGreaterThan(0);
    expect(used.actions.length).toBeLessThan(usedBuilds(copy, 0).actions.length);
    // It is enough for the same build, and holds nothing of c.
    const archive = await packed('used.tzst', copy, since);
    await unpacked(archive, 'of-b');
    expect(await build('./b', dir.join('of-b'))).toEqual([]);
    expect(await build('./c', dir.join('of-b'))).toHaveLength(1);
  });

  it('are no actions whose output is gone or torn, no links, no directories and no names of others', () => {
    const copy = agedCopy('torn');
    const all = usedBuilds(copy, 0).actions;
    const [gone, torn, link, folder] = [...new Map(all.map(a => [a.out, a])).values()];
    if (!gone || !torn || !link || !folder) throw new Error('too few actions to test with');
    fs.rmSync(join(copy, entryPath(gone.out, 'output')));
    fs.appendFileSync(join(copy, entryPath(torn.out, 'output')), 'x');
    const linked = join(copy, entryPath(link.out, 'output'));
    fs.renameSync(linked, `${linked}.other`);
    fs.symlinkSync(`${linked}.other`, linked);
    const executable = join(copy, entryPath(folder.out, 'output'));
    fs.rmSync(executable);
    fs.mkdirSync(executable);
    fs.writeFileSync(join(executable, 'tool'), '');
    const lost = new Set([gone, torn, link, folder].map(({ out }) => out));
    const kept = usedBuilds(copy, 0);
    expect(kept.actions).toEqual(all.filter(({ out }) => !lost.has(out)));
    expect([...kept.outputs.keys()].filter(out => lost.has(out))).toEqual([]);
  });

  it('are no results of tests: a later job runs them again', async () => {
    const since = Date.now() - 1000;
    // The machine's own cache has the standard library, which a test needs.
    const { GOCACHE = '' } = JSON.parse(
      (await world.goOk(['env', '-json'], { env: { GOCACHE: undefined } })).stdout,
    );
    await writeProject(dir.join('t'), {
      'go.mod': 'module example.com/t\n\ngo 1.24\n',
      't_test.go': `package t\n\nimport "testing"\n\nfunc TestT(t *testing.T) { t.Log("${Date.now()}") }\n`,
    });
    const test = () => world.goOk(['test', '-x', '.'], { cwd: dir.join('t'), env: { GOCACHE } });
    await test();
    expect((await test()).stdout).toContain('(cached)');
    const { actions } = usedBuilds(GOCACHE, since);
    expect(actions.length).toBeGreaterThan(0);
    const copy = dir.join('tested');
    for (const { id, out } of actions) {
      for (const path of [entryPath(id, 'action'), entryPath(out, 'output')]) {
        fs.cpSync(join(GOCACHE, path), join(copy, path));
      }
    }
    const heads = filesIn(copy).map(file => fs.readFileSync(join(copy, file)).subarray(0, 10).toString());
    expect(heads).not.toContain('# test log');
  });
});

describe('why it is off', () => {
  it('is that a build under -toolexec leaves objects which one without it takes for its own', async () => {
    const altered = dir.join('altered');
    const tool = dir.join('tool.mjs');
    // Compiles another source than the one that go has hashed.
    fs.writeFileSync(
      tool,
      `import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
const [tool, ...args] = process.argv.slice(2);
const at = args.findIndex(arg => arg.endsWith('c.go'));
if (tool.endsWith('compile') && at > 0) {
  writeFileSync(${JSON.stringify(dir.join('c.go'))}, 'package c\\n\\nfunc C() string { return "altered" }\\n');
  args[at] = ${JSON.stringify(dir.join('c.go'))};
}
execFileSync(tool, args, { stdio: 'inherit' });
`,
    );
    const flag = `-toolexec=${process.execPath} ${tool}`;
    const env = { GOCACHE: altered };
    await world.goOk(['build', flag, './c'], { cwd: dir.join('p'), env });
    expect(await build('./c', altered)).toEqual([]);
    await unpacked(await packed('altered.tzst', altered), 'of-others');
    expect(await build('./c', dir.join('of-others'))).toEqual([]);
    const objects = filesIn(dir.join('of-others')).map(file =>
      fs.readFileSync(join(dir.join('of-others'), file)),
    );
    expect(objects.some(bytes => bytes.includes('altered'))).toBe(true);
  });
});

describe('an archive of a GOCACHE', () => {
  it('comes back as it was, with times at which go notes a use', async () => {
    const archive = await packed('all.tzst');
    const { manifest, actions } = await unpacked(archive, 'back');
    expect(manifest).toEqual({ v: 1, created: 1, bytes: usedBuilds(cache, 0).bytes, others: [] });
    const back = dir.join('back');
    expect(actions).toBe(usedBuilds(cache, 0).actions.length);
    for (const file of filesIn(back)) {
      expect(fs.readFileSync(join(back, file)).equals(fs.readFileSync(join(cache, file)))).toBe(true);
    }
    expect(usedBuilds(back, Date.now() - HOUR).actions).toEqual([]);
    expect(await build('./...', back)).toEqual([]);
    expect(usedBuilds(back, Date.now() - HOUR).actions.length).toBeGreaterThan(0);
    expect(await readBuildManifest(Readable.from([archive]), NEVER)).toEqual(manifest);
  });

  it('has the same bytes whenever it is packed', async () => {
    expect((await packed('once.tzst')).equals(await packed('twice.tzst'))).toBe(true);
  });

  it('is not packed from an output that is not what its name says', async () => {
    const copy = agedCopy('forged');
    const action = usedBuilds(copy, 0).actions.find(({ size }) => size > 0);
    const path = join(copy, entryPath(action?.out ?? '', 'output'));
    fs.writeFileSync(path, Buffer.alloc(fs.statSync(path).size, 'x'));
    await expect(packed('forged.tzst', copy)).rejects.toThrow(
      /is not what it was, or not what its name says/,
    );
    expect(fs.existsSync(dir.join('forged.tzst'))).toBe(false);
  });

  it('is refused when it was cut, anywhere, or a byte of it changed', async () => {
    const archive = await packed('whole.tzst');
    for (const part of [0, 0.1, 0.5, 0.9, 0.999]) {
      const cut = archive.subarray(0, Math.floor(archive.length * part));
      await expect(unpacked(cut, `cut-${part}`)).rejects.toBeInstanceOf(BundleError);
    }
    for (const at of [0.2, 0.6, 0.95]) {
      const changed = Buffer.from(archive);
      const index = Math.floor(changed.length * at);
      changed[index] = (changed[index] ?? 0) ^ 1;
      await expect(unpacked(changed, `changed-${at}`)).rejects.toBeInstanceOf(BundleError);
    }
  });

  it('is refused when it has more than there is room for', async () => {
    await expect(unpacked(await packed('big.tzst'), 'small', 100)).rejects.toMatchObject({
      code: 'too-large',
    });
  });

  const BODY = Buffer.from('object');
  const OUT = createHash('sha256').update(BODY).digest('hex');
  const MANIFEST = formatManifest({ v: 1, created: 1, bytes: 6, others: [] });
  const action = (id: string, out = OUT, size = BODY.length) =>
    Buffer.from(`v1 ${id} ${out} ${String(size).padStart(20)} ${'1'.padStart(20)}\n`);
  const ACTION = action('a'.repeat(64));
  const head = (actions: Buffer) => [
    rawMember({ name: 'build/manifest.json', body: MANIFEST }),
    rawMember({ name: 'build/actions', body: actions }),
  ];
  const output = (name = OUT, body = BODY) => rawMember({ name: `build/outputs/${name}`, body });
  const archiveOf = (...members: Buffer[]) => zstdCompressSync(Buffer.concat([...members, TAR_END]));

  it('may be made by anybody who keeps to the form', async () => {
    await unpacked(archiveOf(...head(ACTION), output()), 'right');
    expect(filesIn(dir.join('right'))).toEqual(
      [entryPath('a'.repeat(64), 'action'), entryPath(OUT, 'output')].sort(),
    );
    expect(parseAction(ACTION)).toEqual({ id: 'a'.repeat(64), out: OUT, size: 6, madeMs: 1e-6 });
  });

  it.each([
    ['no archive', () => Buffer.from('no archive')],
    ['no manifest', () => archiveOf(rawMember({ name: 'build/actions', body: ACTION }), output())],
    [
      'another manifest',
      () => archiveOf(rawMember({ name: 'build/manifest.json', body: Buffer.from('{"v":2}') })),
    ],
    ['half an action', () => archiveOf(...head(ACTION.subarray(0, ACTION_BYTES - 1)), output())],
    ['an action twice', () => archiveOf(...head(Buffer.concat([ACTION, ACTION])), output())],
    ['an action of no form', () => archiveOf(...head(Buffer.alloc(ACTION_BYTES, 'v')), output())],
    [
      'sizes that differ',
      () => archiveOf(...head(Buffer.concat([ACTION, action('b'.repeat(64), OUT, 7)])), output()),
    ],
    ['a size that is not so', () => archiveOf(...head(action('a'.repeat(64), OUT, 7)), output())],
    ['an output that is missing', () => archiveOf(...head(ACTION))],
    ['an output twice', () => archiveOf(...head(ACTION), output(), output())],
    ['an output that nobody names', () => archiveOf(...head(ACTION), output(), output('b'.repeat(64)))],
    ['an output with other bytes', () => archiveOf(...head(ACTION), output(OUT, Buffer.from('tcejbo')))],
    ['a path that leads outside', () => archiveOf(...head(ACTION), output(), output('../../../x'))],
    [
      'a file of another place',
      () => archiveOf(...head(ACTION), output(), rawMember({ name: 'build/fuzz/x' })),
    ],
    [
      'a link',
      () =>
        archiveOf(
          ...head(ACTION),
          rawMember({ name: `build/outputs/${OUT}`, type: '2', link: '/etc/passwd' }),
        ),
    ],
    ['a directory', () => archiveOf(...head(ACTION), rawMember({ name: `build/outputs/${OUT}`, type: '5' }))],
    ['an object of ten terabytes', () => archiveOf(...head(action('a'.repeat(64), OUT, 1e13)), output())],
  ])('with %s is refused', async (name, made) => {
    await expect(unpacked(made(), `bad ${name}`)).rejects.toBeInstanceOf(BundleError);
    // Nothing but objects under their own digests was written, and no action.
    if (fs.existsSync(dir.join(`bad ${name}`))) {
      expect(filesIn(dir.join(`bad ${name}`)).filter(file => file.endsWith('-a'))).toEqual([]);
    }
  });
});

describe('a directory that a runner unpacked', () => {
  it('keeps what go would have written, and loses the rest', async () => {
    const copy = agedCopy('archive');
    const files = filesIn(copy);
    const [first = ''] = files.filter(file => file.endsWith('-a'));
    fs.writeFileSync(join(copy, 'testexpire.txt'), '1');
    fs.mkdirSync(join(copy, 'fuzz', 'x'), { recursive: true });
    fs.writeFileSync(join(copy, 'fuzz', 'x', 'seed'), '');
    fs.symlinkSync('/etc', join(copy, '00', 'etc'));
    fs.symlinkSync('/etc/passwd', join(copy, '00', `${'0'.repeat(64)}-d`));
    fs.mkdirSync(join(copy, '01', `${'01'.repeat(32)}-d`));
    fs.writeFileSync(dir.join('elsewhere'), '');
    fs.linkSync(dir.join('elsewhere'), join(copy, '02', `${'02'.repeat(32)}-d`));
    fs.writeFileSync(join(copy, first), 'torn');
    const adopted = adoptBuilds(copy, Date.now() - 2 * HOUR);
    // Trim file, README, fuzz, two links, a directory, a second name of a file, a torn action.
    expect(adopted?.removed).toBeGreaterThanOrEqual(8);
    expect(filesIn(copy)).toEqual(files.filter(file => file !== first));
    expect(fs.readFileSync('/etc/passwd').length).toBeGreaterThan(0);
    expect(usedBuilds(copy, Date.now() - HOUR).actions).toEqual([]);
    expect((await build('./...', copy)).length).toBeLessThan(3);
  });

  it('is nothing when it is a link, a file, empty, or not there', () => {
    fs.mkdirSync(dir.join('empty'));
    fs.symlinkSync(cache, dir.join('link'));
    fs.writeFileSync(dir.join('file'), '');
    for (const name of ['empty', 'link', 'file', 'absent']) {
      expect(adoptBuilds(dir.join(name), 0)).toBeUndefined();
    }
  });
});

describe('whether a new entry is worth it', () => {
  const DAY = 24 * HOUR;
  it.each([
    ['without one', { fresh: 0, unused: 0 }, undefined, true],
    ['with the same', { fresh: 0, unused: 0 }, 30 * DAY, false],
    ['with a line changed', { fresh: 0.01, unused: 0.01 }, DAY, false],
    ['with a line changed, after a week', { fresh: 0.01, unused: 0.01 }, 7 * DAY, true],
    ['with a package changed', { fresh: 0.1, unused: 0 }, HOUR, false],
    ['with a package changed, after a day', { fresh: 0.1, unused: 0 }, DAY, true],
    ['with a large dependency', { fresh: 0.4, unused: 0 }, HOUR, true],
    ['with much that is of no use', { fresh: 0, unused: 0.3 }, HOUR, true],
  ] as const)('%s', (_, change, age, worth) => {
    const now = 100 * DAY;
    expect(isWorthSaving(change, age === undefined ? undefined : { created: now - age }, now)).toBe(worth);
  });

  it('tells what the job compiled from what it restored', async () => {
    const copy = agedCopy('change');
    const since = Date.now();
    await writeProject(dir.join('p'), { 'c/c.go': 'package c\n\nfunc C() string { return "changed" }\n' });
    expect(await build('./c', copy)).toHaveLength(1);
    await writeProject(dir.join('p'), PACKAGES);
    const used = usedBuilds(copy, Date.now() - HOUR);
    const { fresh, unused } = changeOf(used, usedBuilds(copy, 0).bytes, since);
    expect(fresh).toBeGreaterThan(0);
    expect(unused).toBeGreaterThan(0);
    expect(changeOf(used, undefined, since).unused).toBe(0);
    expect(changeOf(used, used.bytes, 0)).toEqual({ fresh: 1, unused: 1 });
  });
});
