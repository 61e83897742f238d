import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { hideFromGit } from '../../src/session/checkout-dir.ts';
import { runOk } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

it('makes a directory that git does not see', async () => {
  await using dir = await tempDir('checkout');
  await runOk('git', ['init', '-q'], { cwd: dir.path });
  await hideFromGit(dir.join('.modgate', 'store'), dir.path);
  await mkdir(dir.join('.modgate', 'store'));
  await writeFile(dir.join('.modgate', 'store', 'x.zip'), 'x');
  const status = await runOk('git', ['status', '--porcelain', '--untracked-files=all'], { cwd: dir.path });
  expect(status.stdout).toBe('');
});

it('makes nothing for what lies elsewhere', async () => {
  await using dir = await tempDir('checkout');
  for (const target of ['store', '.modgate-store', '../.modgate/store']) {
    await hideFromGit(dir.join(target), dir.path);
  }
  await hideFromGit('/somewhere/else', dir.path);
  expect(await readdir(dir.path)).toEqual([]);
});

it('leaves a file that is there, and follows no link that a repository put in its place', async () => {
  await using dir = await tempDir('checkout');
  await mkdir(dir.join('.modgate'));
  await symlink(dir.join('victim'), dir.join('.modgate', '.gitignore'));
  await hideFromGit(dir.join('.modgate', 'store'), dir.path);
  expect(await readdir(dir.path)).toEqual(['.modgate']);
  await writeFile(dir.join('victim'), 'mine\n');
  await hideFromGit(dir.join('.modgate', 'store'), dir.path);
  expect(await readFile(dir.join('victim'), 'utf8')).toBe('mine\n');
});

it('does not fail where nothing can be written', async () => {
  await using dir = await tempDir('checkout');
  await writeFile(dir.join('.modgate'), 'a file');
  await hideFromGit(dir.join('.modgate', 'store'), dir.path);
  expect(await readFile(dir.join('.modgate'), 'utf8')).toBe('a file');
});
