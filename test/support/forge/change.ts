import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runOk } from '../process.ts';
import { type TempDir, tempDir } from '../temp.ts';

/** Files by path; null deletes, `{link}` is a symbolic link. */
export type Files = Readonly<Record<string, string | null | { readonly link: string }>>;

/**
 * A repository on a server with a change that waits for its review: `main`, a branch `feature`, and the merge of
 * both that the platform makes (`refs/pull/7/merge`).
 */
export interface Change extends AsyncDisposable {
  readonly dir: TempDir;
  /** URL of the repository on the server. */
  readonly origin: string;
  readonly base: string;
  readonly head: string;
  readonly merge: string;
  /** A checkout as the platform makes it: one commit and nothing else, in a directory of its own. */
  checkout(commit: string, options?: { readonly depth?: number }): Promise<string>;
}

export async function proposeChange(base: Files, head: Files): Promise<Change> {
  const dir = await tempDir('change');
  const work = dir.join('work');
  const origin = `file://${dir.join('origin.git')}`;
  const git = async (...args: string[]): Promise<string> =>
    (await runOk('git', args, { cwd: work, env: gitEnv(dir) })).stdout.trim();
  const commit = async (files: Files, message: string): Promise<string> => {
    await writeFiles(work, files);
    await git('add', '-A');
    await git('commit', '-q', '--allow-empty', '-m', message);
    return git('rev-parse', 'HEAD');
  };
  await mkdir(work, { recursive: true });
  await git('init', '-q', '-b', 'main');
  await commit({ 'README.md': 'hello\n' }, 'first');
  const baseSha = await commit(base, 'base');
  await git('checkout', '-q', '-b', 'feature');
  const headSha = await commit(head, 'change');
  await git('checkout', '-q', '--detach', 'main');
  await git('merge', '-q', '--no-ff', '-m', 'merge', 'feature');
  const merge = await git('rev-parse', 'HEAD');
  await git('update-ref', 'refs/pull/7/merge', merge);
  await runOk('git', ['clone', '-q', '--bare', work, dir.join('origin.git')], { env: gitEnv(dir) });
  await git('push', '-q', dir.join('origin.git'), 'refs/pull/7/merge');
  // As the forges' servers do.
  for (const key of ['uploadpack.allowAnySHA1InWant', 'uploadpack.allowFilter']) {
    await runOk('git', ['-C', dir.join('origin.git'), 'config', key, 'true']);
  }
  let checkouts = 0;
  return {
    dir,
    origin,
    base: baseSha,
    head: headSha,
    merge,
    async checkout(sha, { depth = 1 } = {}) {
      const target = dir.join(`checkout-${++checkouts}`);
      await mkdir(target);
      const here = (...args: string[]) => runOk('git', args, { cwd: target, env: gitEnv(dir) });
      await here('init', '-q', '-b', 'main');
      await here('remote', 'add', 'origin', origin);
      const depths = depth > 0 ? [`--depth=${depth}`] : [];
      await here('fetch', '-q', '--no-tags', ...depths, 'origin', sha);
      await here('checkout', '-q', '--detach', sha);
      return target;
    },
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}

/** An environment for git in which nothing of this machine counts. */
export function gitEnv(dir: TempDir): Record<string, string | undefined> {
  return {
    PATH: process.env.PATH,
    HOME: dir.path,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Dev',
    GIT_AUTHOR_EMAIL: 'dev@example.test',
    GIT_COMMITTER_NAME: 'Dev',
    GIT_COMMITTER_EMAIL: 'dev@example.test',
    GIT_ALLOW_PROTOCOL: 'file',
  };
}

async function writeFiles(root: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    await rm(file, { recursive: true, force: true });
    if (content === null) continue;
    await mkdir(path.dirname(file), { recursive: true });
    if (typeof content === 'string') await writeFile(file, content);
    else await symlink(content.link, file);
  }
}
