import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModcache } from '../../../src/store/modcache/contents.ts';
import { readClones } from '../../../src/store/modcache/vcs.ts';
import { runOk } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';
import { STEM, UUID, type WarmWorld, warmWorld } from './cache.ts';

let world: WarmWorld;
beforeAll(async () => {
  world = await warmWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const KEY = `${UUID.module}@${UUID.version}`;
const HASH = 'h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';

describe('the contents of a module cache', () => {
  it('are what the real go put there', async () => {
    const { versions, odd, cut } = await readModcache(world.modcache);
    const [{ h1 } = {}] = world.sums.filter(sum => sum.h1 !== undefined);
    expect([...versions.keys()]).toEqual([KEY]);
    expect(versions.get(KEY)).toMatchObject({ ...UUID, h1, zip: true });
    expect({ odd, cut }).toEqual({ odd: { count: 0 }, cut: false });
  });

  it('tell a zip that was deleted', async () => {
    const dir = await world.copy('no zip');
    await rm(path.join(dir, `${STEM}.zip`));
    expect((await readModcache(dir)).versions.get(KEY)).toMatchObject({ zip: false });
  });

  it('have times by which an unpacked archive is told from a download', async () => {
    const dir = await world.copy('old');
    const old = new Date('2020-01-01T00:00:00Z');
    await utimes(path.join(dir, `${STEM}.ziphash`), old, old);
    const found = (await readModcache(dir)).versions.get(KEY);
    expect(found?.writtenMs).toBe(old.getTime());
    expect(found?.changedMs).toBeGreaterThan(old.getTime());
  });

  it('are nothing where there is no cache', async () => {
    const { versions, odd } = await readModcache(world.dir.join('none'));
    expect([versions.size, odd.count]).toEqual([0, 0]);
  });

  it.each([
    ['no hash', async (file: string) => await writeFile(file, 'h1:short'), 'not a hash'],
    ['too long', async (file: string) => await writeFile(file, `${HASH}${' '.repeat(200)}`), 'too long'],
    ['empty', async (file: string) => await writeFile(file, ''), 'not a hash'],
    ['a directory', async (file: string) => void (await mkdir(file)), 'not a file'],
    ['a link', async (file: string) => await symlink('/dev/zero', file), 'not a file'],
    ['a pipe', async (file: string) => void (await runOk('mkfifo', [file])), 'not a file'],
  ])('name a .ziphash that is %s, and read the others', async (name, make, why) => {
    const dir = await world.copy(`odd ${name}`);
    const file = path.join(dir, path.dirname(STEM), 'v9.9.9.ziphash');
    await make(file);
    const { versions, odd } = await readModcache(dir);
    expect([...versions.keys()]).toEqual([KEY]);
    expect(odd).toEqual({ count: 1, first: expect.stringContaining(why) });
    expect(odd.first).toContain('v9.9.9.ziphash');
  });

  it.each(['v1', 'V1.0.0', 'x@y', 'v1.0.0 x'])('name a version that go would not write: %s', async name => {
    const dir = await world.copy(`name ${Buffer.from(name).toString('hex')}`);
    await writeFile(path.join(dir, path.dirname(STEM), `${name}.ziphash`), HASH);
    const { versions, odd } = await readModcache(dir);
    expect([...versions.keys()]).toEqual([KEY]);
    expect(odd).toEqual({ count: 1, first: expect.stringContaining(`${name}.ziphash: go would not use`) });
  });

  it('name a directory that cannot be read', async () => {
    await using dir = await tempDir('unreadable');
    await mkdir(dir.join('cache'));
    await writeFile(dir.join('cache', 'download'), '');
    const { odd } = await readModcache(dir.path);
    expect(odd).toEqual({ count: 1, first: expect.stringContaining('ENOTDIR') });
  });
});

describe('the clones of a module cache', () => {
  it('are told without credentials, wherever git really went', async () => {
    await using dir = await tempDir('clones');
    const vcs = dir.join('cache', 'vcs');
    const clone = async (name: string, info: string, fetched?: string) => {
      await mkdir(path.join(vcs, name), { recursive: true });
      await writeFile(path.join(vcs, `${name}.info`), info);
      if (fetched !== undefined) await writeFile(path.join(vcs, name, 'FETCH_HEAD'), fetched);
    };
    await clone(
      'a',
      'git3:https://user:pw@example.com/a?token=t\n',
      "0123\t\ttag 'v1' of https://tok@mirror.example.com/a\n",
    );
    await clone('b', 'git3:git@example.com:b', "0123\tnot-for-merge\tbranch 'main' of git@example.com:b");
    await clone('c', 'hg:https://example.com/c');
    await clone('d', 'what is this');
    expect(await readClones(dir.path)).toMatchObject([
      { url: 'https://example.com/a', fetchedFrom: 'https://mirror.example.com/a' },
      { url: '***@example.com:b', fetchedFrom: '***@example.com:b' },
      { url: 'https://example.com/c', fetchedFrom: undefined },
      { url: '', fetchedFrom: undefined },
    ]);
    const old = new Date('2020-01-01T00:00:00Z');
    await utimes(path.join(vcs, 'c.info'), old, old);
    const [first, , third] = await readClones(dir.path);
    expect(first?.fetchedMs).toBeGreaterThan(old.getTime());
    expect(third?.fetchedMs).toBe(old.getTime());
    expect(await readClones(dir.join('none'))).toEqual([]);
  });
});
