import { realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Git, GitError, gitIn } from './command.ts';
import { type GitEntry, parseIndex, parsePaths, parseTree } from './listing.ts';

/** A repository that can be read. */
export interface Repository {
  readonly git: Git;
  /** Root of the checkout, absolute; the repository itself when it is bare. */
  readonly root: string;
  /** Where the checked directory is in it: empty for the root, else with `/` and without one at the end. */
  readonly prefix: string;
  readonly bare: boolean;
  readonly shallow: boolean;
  readonly hash: 'sha1' | 'sha256';
  /** Commit of HEAD; undefined before the first commit. */
  readonly head: string | undefined;
  /** Its files belong to another user: nothing of its configuration may run a program. */
  readonly foreign: boolean;
}

export type Opened =
  | { readonly state: 'open'; readonly repository: Repository }
  | { readonly state: 'none' }
  /** There is a repository, and git cannot read it; `why` in words. */
  | { readonly state: 'unreadable'; readonly why: string };

type Env = Readonly<Record<string, string | undefined>>;

/** Opens the repository that a directory lies in. Throws nothing. */
export async function openRepository(dir: string, env: Env): Promise<Opened> {
  const place = await gitDirAbove(dir);
  try {
    return await open(gitIn(dir, env), dir, false);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    if (/dubious ownership/.test(error.detail)) return await openForeign(dir, place ?? dir, env);
    if (/not a git repository/.test(error.detail) && place === undefined) return { state: 'none' };
    if (error.code === 'missing' && place === undefined) return { state: 'none' };
    return { state: 'unreadable', why: error.message };
  }
}

/**
 * In a container the checkout often belongs to another user than the job. Reading it is safe: hooks, monitors
 * and filters of its configuration are switched off for all our commands.
 */
async function openForeign(dir: string, place: string, env: Env): Promise<Opened> {
  const names = new Set([place, await realpath(place).catch(() => place)]);
  const config = [...names].map(name => ['safe.directory', name.replaceAll('\\', '/')] as const);
  try {
    return await open(gitIn(dir, env).with(config), dir, true);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    return { state: 'unreadable', why: error.message };
  }
}

async function open(git: Git, dir: string, foreign: boolean): Promise<Opened> {
  const about = ['--is-bare-repository', '--is-inside-work-tree', '--is-shallow-repository'];
  const [facts, hash, head] = await Promise.all([
    git.run(['rev-parse', ...about]),
    git.ask(['rev-parse', '--show-object-format']),
    git.ask(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']),
  ]);
  const [bare, inside, shallow] = facts.toString('utf8').trim().split('\n');
  const common = {
    git,
    shallow: shallow === 'true',
    hash: hash === 'sha256' ? ('sha256' as const) : ('sha1' as const),
    head: head === '' ? undefined : head,
    foreign,
  };
  if (inside !== 'true') {
    if (bare !== 'true') return { state: 'none' };
    return { state: 'open', repository: { ...common, root: dir, prefix: '', bare: true } };
  }
  const [root, prefix] = await Promise.all([
    git.ask(['rev-parse', '--show-toplevel']),
    git.ask(['rev-parse', '--show-prefix']),
  ]);
  if (root === undefined || root === '') return { state: 'unreadable', why: 'git does not tell its root' };
  return {
    state: 'open',
    repository: { ...common, root: resolve(root), prefix: (prefix ?? '').replace(/\/$/, ''), bare: false },
  };
}

/** The nearest directory at or above that has a `.git`; undefined when there is none. */
async function gitDirAbove(dir: string): Promise<string | undefined> {
  for (let at = dir; ; at = dirname(at)) {
    const found = await stat(join(at, '.git')).catch(() => undefined);
    if (found !== undefined) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** Every path of the index. Throws GitError. */
export async function indexOf(repository: Repository): Promise<GitEntry[]> {
  // From the root, whatever the directory that is checked: paths that leave it must be known too.
  return parseIndex(await repository.git.run(['-C', repository.root, 'ls-files', '-s', '-t', '-z']));
}

/** Every path of a commit. Throws GitError, also when the commit is not in the repository. */
export async function treeOfCommit(git: Git, commit: string): Promise<GitEntry[]> {
  return parseTree(await git.run(['ls-tree', '-r', '-z', '--full-tree', commit]));
}

/** go.mod and go.work files that git neither tracks nor ignores; empty when git cannot tell. */
export async function untrackedModuleFiles(repository: Repository): Promise<string[]> {
  const names = [':(top,glob)**/go.mod', ':(top,glob)**/go.work'];
  const options = ['-o', '-z', '--exclude-standard', '--full-name'];
  try {
    const output = await repository.git.run(['-C', repository.root, 'ls-files', ...options, '--', ...names], {
      timeoutMs: 10_000,
      maxBytes: 2 ** 20,
    });
    return parsePaths(output);
  } catch (error) {
    if (error instanceof GitError) return [];
    throw error;
  }
}

/** Parents as the commit itself names them, which a shallow clone hides from `rev-parse`. */
export async function parentsOf(git: Git, commit: string): Promise<string[]> {
  const text = (await git.run(['cat-file', 'commit', commit], { maxBytes: 16 * 2 ** 20 })).toString('latin1');
  const end = text.indexOf('\n\n');
  return [...text.slice(0, end < 0 ? undefined : end).matchAll(/^parent ([0-9a-f]{40,64})$/gm)].map(
    ([, sha = '']) => sha,
  );
}

/** Whether a commit with its tree is in the repository. */
export async function hasCommit(git: Git, commit: string): Promise<boolean> {
  return (await git.ask(['cat-file', '-e', `${commit}^{tree}`])) !== undefined;
}

/** The best common ancestor that the repository knows; undefined when it knows none. */
export async function mergeBase(git: Git, a: string, b: string): Promise<string | undefined> {
  return (await git.ask(['merge-base', a, b])) || undefined;
}
