import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkedOut } from '../../src/platform/local-git.ts';
import type { Probe } from '../../src/platform/types.ts';
import { TestRepository } from '../check/repository.ts';
import { tempDir } from '../support/temp.ts';

const probe = (top: string): Probe => ({
  cwd: top,
  tmpdir: '/tmp',
  homedir: '/home/dev',
  uid: 1000,
  readFile: file => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
  },
});
const files = (all: Readonly<Record<string, string>>): Probe => ({
  ...probe('/src'),
  readFile: file => all[file],
});

describe('what is checked out', () => {
  it('is read from a repository of git, its packed refs, a worktree and a detached head', async () => {
    await using dir = await tempDir('local-git');
    const main = dir.join('main');
    const repo = new TestRepository(main);
    const sha = repo.commit({ 'go.mod': 'module example.com/m\n' });
    repo.git('branch', '-M', 'topic/one');
    repo.git('remote', 'add', 'other', 'https://git.example.com/not/this.git');
    repo.git('remote', 'add', 'origin', 'https://robot:hunter2@git.example.com/acme/tools/demo.git');
    const found = { repository: 'acme/tools/demo', ref: 'refs/heads/topic/one', sha };
    expect(checkedOut(probe(main), path, main)).toEqual(found);
    repo.git('pack-refs', '--all');
    expect(checkedOut(probe(main), path, main)).toEqual(found);
    repo.git('worktree', 'add', '-q', '-b', 'side', dir.join('side'));
    expect(checkedOut(probe(main), path, dir.join('side'))).toEqual({ ...found, ref: 'refs/heads/side' });
    repo.git('checkout', '-q', '--detach');
    expect(checkedOut(probe(main), path, main)).toEqual({ repository: 'acme/tools/demo', sha });
  });

  it.each([
    ['git@git.example.com:acme/demo.git', 'acme/demo'],
    ['ssh://git@git.example.com:2222/acme/demo', 'acme/demo'],
    ['https://git.example.com/acme/demo/', 'acme/demo'],
    ['/srv/git/acme/demo.git', undefined],
    ['file:///srv/git/acme/demo.git', undefined],
    ['C:\\git\\acme', undefined],
    ['https://git.example.com/', undefined],
  ])('the remote %s is the repository %s', (url, repository) => {
    const all = { '/src/.git/config': `[core]\n\tbare = false\n[remote "origin"]\n\turl = ${url}\n` };
    expect(checkedOut(files(all), path.posix, '/src').repository).toBe(repository);
  });

  it.each([['ref: refs/heads/../../../etc/passwd\n'], ['ref: /etc/passwd\n'], ['nonsense'], ['']])(
    'a HEAD of %j says nothing',
    head => {
      const all = { '/src/.git/HEAD': head, '/etc/passwd': 'a'.repeat(40) };
      expect(checkedOut(files(all), path.posix, '/src')).toEqual({});
    },
  );
});
