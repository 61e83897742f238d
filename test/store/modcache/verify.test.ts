import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashZip } from '../../../src/gomod/zip.ts';
import type { VerifyOptions } from '../../../src/store/modcache/verify.ts';
import { run } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';
import { evilZip, poisonTree, STEM, TREE, UUID, verdictsOn, type WarmWorld, warmWorld } from './cache.ts';

let world: WarmWorld;
beforeAll(async () => {
  world = await warmWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** What `go mod verify` says, which needs neither network nor checksum database. */
async function goModVerify(modcache: string): Promise<{ ok: boolean; said: string }> {
  const done = await world.go(['mod', 'verify'], {
    cwd: world.project,
    env: { GOMODCACHE: modcache, GOPROXY: 'off' },
  });
  return { ok: done.code === 0, said: done.stdout + done.stderr };
}

/** Parts of the one module that our verification complains of. */
async function complaints(modcache: string): Promise<string[]> {
  const verdicts = await verdictsOn(modcache, world.sums);
  expect(verdicts.filter(({ unread }) => unread !== undefined)).toEqual([]);
  return verdicts.flatMap(({ problems }) => problems.map(({ part, what }) => `${part} ${what}`));
}

const append = (file: string) => async (dir: string) =>
  await fsp.appendFile(path.join(dir, file), '\n// evil\n');
const remove =
  (...files: string[]) =>
  async (dir: string) => {
    for (const file of files) await fsp.rm(path.join(dir, file), { recursive: true });
  };

type Tampering = (dir: string) => Promise<void>;

describe('says what go mod verify says', () => {
  const cases: readonly (readonly [string, Tampering, readonly string[]])[] = [
    ['of a cache as go made it', async () => undefined, []],
    ['of a changed file in the tree', append(`${TREE}/uuid.go`), ['tree changed']],
    ['of a file more in the tree', poisonTree, ['tree changed']],
    ['of a file less in the tree', remove(`${TREE}/uuid.go`), ['tree changed']],
    [
      'of another zip',
      async dir => await fsp.writeFile(path.join(dir, `${STEM}.zip`), await evilZip(dir)),
      ['zip changed'],
    ],
    [
      'of a zip that is cut off',
      async dir => await fsp.truncate(path.join(dir, `${STEM}.zip`), 1000),
      ['zip changed'],
    ],
    [
      'of another .ziphash',
      async dir => await fsp.writeFile(path.join(dir, `${STEM}.ziphash`), `h1:${'A'.repeat(43)}=`),
      ['ziphash changed'],
    ],
    ['of a .ziphash that is gone', remove(`${STEM}.ziphash`), ['ziphash missing']],
    [
      'of an empty .ziphash',
      async dir => await fsp.truncate(path.join(dir, `${STEM}.ziphash`)),
      ['ziphash missing'],
    ],
    [
      'of a link instead of the tree',
      async dir => {
        await fsp.rename(path.join(dir, TREE), path.join(dir, 'elsewhere'));
        await fsp.symlink(path.join(dir, 'elsewhere'), path.join(dir, TREE));
      },
      ['tree changed'],
    ],
    ['of a tree that is gone', remove(TREE), []],
    ['of a zip that is gone', remove(`${STEM}.zip`), []],
    ['of a module that is gone', remove(TREE, `${STEM}.zip`, `${STEM}.ziphash`), []],
    [
      'of a tree that go has begun to unpack',
      async dir => {
        await remove(`${TREE}/uuid.go`)(dir);
        await fsp.writeFile(path.join(dir, `${STEM}.partial`), '');
      },
      [],
    ],
  ];
  it.each(cases)('%s', async (name, tamper, expected) => {
    const dir = await world.copy(name);
    await tamper(dir);
    expect(await complaints(dir)).toEqual(expected);
    const go = await goModVerify(dir);
    expect(go.ok, go.said).toBe(expected.length === 0);
  });
});

describe('sees what go mod verify is blind to', () => {
  const cases: readonly (readonly [string, Tampering, readonly string[]])[] = [
    [
      'zip, .ziphash and tree all changed together',
      async dir => {
        const zip = await evilZip(dir);
        await fsp.writeFile(path.join(dir, `${STEM}.zip`), zip);
        await fsp.appendFile(path.join(dir, TREE, 'version4.go'), '\nfunc init() { println("evil") }\n');
        const { h1 } = await hashZip(
          { size: zip.length, read: (at, length) => zip.subarray(at, at + length) },
          { path: UUID.module, version: UUID.version },
        );
        await fsp.writeFile(path.join(dir, `${STEM}.ziphash`), h1);
      },
      ['zip changed', 'tree changed', 'ziphash changed'],
    ],
    [
      'a changed tree whose zip and .ziphash are gone',
      async dir => {
        await poisonTree(dir);
        await remove(`${STEM}.zip`, `${STEM}.ziphash`)(dir);
      },
      ['tree changed', 'ziphash missing'],
    ],
    [
      'a link in the tree to a file with the same content',
      async dir => {
        const file = path.join(dir, TREE, 'uuid.go');
        await fsp.rename(file, path.join(dir, 'elsewhere.go'));
        await fsp.symlink(path.join(dir, 'elsewhere.go'), file);
      },
      ['tree changed'],
    ],
    [
      'a link above the tree',
      async dir => {
        await fsp.rename(path.join(dir, 'github.com'), path.join(dir, 'elsewhere'));
        await fsp.symlink('elsewhere', path.join(dir, 'github.com'));
      },
      ['tree changed'],
    ],
  ];
  it.each(cases)('%s', async (name, tamper, expected) => {
    const dir = await world.copy(name);
    await tamper(dir);
    expect(await complaints(dir)).toEqual(expected);
    const go = await goModVerify(dir);
    expect(go.ok, go.said).toBe(true);
  });
});

it('names what differs, and where', async () => {
  const dir = await world.copy('names');
  await poisonTree(dir);
  await append(`${TREE}/uuid.go`)(dir);
  await remove(`${TREE}/dce.go`, `${TREE}/doc.go`, `${TREE}/hash.go`, `${TREE}/null.go`)(dir);
  await append(`${STEM}.mod`)(dir);
  expect(await verdictsOn(dir, world.sums)).toEqual([
    {
      ...UUID,
      looked: ['mod', 'zip', 'tree', 'ziphash'],
      problems: [
        {
          part: 'mod',
          what: 'changed',
          kind: 'file',
          path: path.join(dir, `${STEM}.mod`),
          detail: expect.stringMatching(/^has the hash h1:\S{44}, but go\.sum has h1:TIyPZe4M\S+$/),
        },
        {
          part: 'tree',
          what: 'changed',
          kind: 'directory',
          path: path.join(dir, TREE),
          detail:
            'differs from the zip that go.sum vouches for: uuid.go changed; evil.go added; dce.go, doc.go, hash.go and 1 more removed',
        },
      ],
    },
  ]);
});

it('looks only at what go.sum names, and at a .mod without code for its own hash', async () => {
  const dir = await world.copy('named');
  await poisonTree(dir);
  const mods = world.sums.filter(({ goModH1 }) => goModH1 !== undefined);
  expect(await verdictsOn(dir, mods)).toEqual([{ ...UUID, looked: ['mod'], problems: [] }]);
  expect(await verdictsOn(dir, [{ ...UUID, version: 'v1.5.0', h1: `h1:${'A'.repeat(43)}=` }])).toEqual([]);
});

it('go.sum files that disagree satisfy nobody', async () => {
  const other = { ...UUID, h1: `h1:${'A'.repeat(43)}=` };
  const [verdict] = await verdictsOn(world.modcache, [other, ...world.sums]);
  expect(verdict?.problems.map(({ part }) => part)).toEqual(['zip', 'tree', 'ziphash']);
  expect(verdict?.problems[0]?.detail).toMatch(/the go\.sum files of this checkout disagree$/);
});

it('looks twice before it complains: go may be at work', async () => {
  const dir = await world.copy('twice');
  await append(`${TREE}/uuid.go`)(dir);
  let looks = 0;
  const pause = async () => {
    looks += 1;
    if (looks === 2)
      await fsp.copyFile(path.join(world.modcache, TREE, 'uuid.go'), path.join(dir, TREE, 'uuid.go'));
  };
  const [verdict] = await verdictsOn(dir, world.sums, { pause });
  expect(looks).toBe(2);
  expect(verdict?.problems).toEqual([]);
});

it('ended before the second look, it tells what the first one saw', async () => {
  const dir = await world.copy('ended');
  await poisonTree(dir);
  const ending = new AbortController();
  const other = { module: 'example.com/a', version: 'v1.0.0', h1: `h1:${'A'.repeat(43)}=` };
  await fsp.mkdir(path.join(dir, 'example.com', 'a@v1.0.0'), { recursive: true });
  let looks = 0;
  const totals: number[] = [];
  const verdicts = await verdictsOn(dir, [...world.sums, other], {
    signal: ending.signal,
    onTotal: total => totals.push(total),
    pause: async () => {
      looks += 1;
      if (looks === 2) ending.abort();
    },
  });
  expect(totals).toEqual([2]);
  expect(looks).toBe(2);
  expect(verdicts).toMatchObject([{ ...UUID, problems: [{ part: 'tree' }] }]);
});

/** Niceness of the threads of this process while the second of two versions is looked at. */
async function nicenessOf(options: VerifyOptions): Promise<number[]> {
  const dir = await world.copy('niceness');
  await fsp.mkdir(path.join(dir, 'example.com', 'a@v1.0.0'), { recursive: true });
  const other = { module: 'example.com/a', version: 'v1.0.0', h1: `h1:${'A'.repeat(43)}=` };
  const seen: number[][] = [];
  const pause = async () => {
    const tasks = await fsp.readdir('/proc/self/task');
    const stats = await Promise.all(tasks.map(task => fsp.readFile(`/proc/self/task/${task}/stat`, 'utf8')));
    // The name of a thread, in brackets, may hold spaces.
    seen.push(stats.map(stat => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])));
  };
  await verdictsOn(dir, [...world.sums, other], { ...options, pause });
  return seen[1] ?? [];
}

it('in the background everything else goes first, until somebody waits', async () => {
  expect(await nicenessOf({ background: true })).toContain(19);
  expect(await nicenessOf({ background: true, hurry: AbortSignal.abort() })).not.toContain(19);
  expect(await nicenessOf({})).not.toContain(19);
});

it('what a hurry interrupts is looked at all the same', async () => {
  const hurry = new AbortController();
  const verdicts = await verdictsOn(world.modcache, world.sums, {
    background: true,
    hurry: hurry.signal,
    // A thread takes longer than this to start.
    pause: async () => void setImmediate(() => hurry.abort()),
  });
  expect(verdicts).toEqual([{ ...UUID, looked: ['mod', 'zip', 'tree', 'ziphash'], problems: [] }]);
});

describe('a hostile tree', () => {
  const hostile: readonly (readonly [string, Tampering, RegExp])[] = [
    ['a link out', dir => fsp.symlink('/', path.join(dir, TREE, 'root')), /root is a symbolic link/],
    [
      'a pipe',
      async dir => {
        await run('mkfifo', [path.join(dir, TREE, 'pipe.go')]);
      },
      /pipe\.go is no regular file/,
    ],
    [
      'more bytes than a module may have',
      async dir => {
        await fsp.writeFile(path.join(dir, TREE, 'big'), '');
        await fsp.truncate(path.join(dir, TREE, 'big'), 2 ** 40);
      },
      /larger together than go lets a module be/,
    ],
    [
      'a directory in a directory, and so on',
      async dir => {
        await fsp.mkdir(path.join(dir, TREE, ...Array.from({ length: 300 }, () => 'd')), { recursive: true });
      },
      /\.\.\. lies in more than 256 directories/,
    ],
    [
      'a name with a line break and an escape sequence',
      async dir => await fsp.writeFile(path.join(dir, TREE, 'a\n::error::\u001b[31m'), ''),
      /^is not as go unpacked it: a\?::error::\?\[31m has a line break in its name$/,
    ],
    [
      'a name that is no UTF-8',
      async dir => {
        const name = Buffer.concat([Buffer.from(`${path.join(dir, TREE)}/`), Buffer.from([0xff, 0xfe])]);
        await fsp.writeFile(name, '');
      },
      /cannot be read \(ENOENT\)/,
    ],
  ];
  it.each(hostile)('%s', async (name, tamper, expected) => {
    const dir = await world.copy(name);
    await tamper(dir);
    const [verdict] = await verdictsOn(dir, world.sums);
    expect(verdict?.problems.map(({ part }) => part)).toEqual(['tree']);
    expect(verdict?.problems[0]?.detail).toMatch(expected);
  });
});

it('writes nothing', async () => {
  const dir = await world.copy('read-only');
  await poisonTree(dir);
  const list = async () => {
    const names = await fsp.readdir(dir, { recursive: true });
    return await Promise.all(
      names.sort().map(async name => [name, (await fsp.lstat(path.join(dir, name))).mtimeMs]),
    );
  };
  const before = await list();
  await verdictsOn(dir, world.sums);
  expect(await list()).toEqual(before);
});

it('a cache that is not there has nothing to look at; one that cannot be read is an error', async () => {
  await using dir = await tempDir('modcache');
  expect(await verdictsOn(dir.join('none'), world.sums)).toEqual([]);
  await fsp.writeFile(dir.join('file'), '');
  await expect(verdictsOn(dir.join('file'), world.sums)).rejects.toMatchObject({
    code: 'store-not-a-directory',
  });
});
