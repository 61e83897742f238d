import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { withoutGo, writeProject } from '../support/go.ts';
import { runOk } from '../support/process.ts';
import type { TempDir } from '../support/temp.ts';

/** A module that only version control has; a path that ends in `.git` needs no server to say where it is. */
export const LIB = 'example.test/acme/lib.git';

/** A real repository whose author moves tags. */
export interface Repository {
  /** Variables that lead git to it. */
  readonly env: Readonly<Record<string, string>>;
  /** Commits another state and gives it a tag, which may be there already. */
  tag(tag: string, state: string): Promise<void>;
}

/** One with a library and a program, as yet without a tag. */
export async function repository(dir: TempDir): Promise<Repository> {
  const root = dir.join('git', 'acme');
  const at = path.join(root, 'lib');
  await mkdir(at, { recursive: true });
  const git = async (...args: string[]) =>
    await runOk('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.test', ...args], {
      cwd: at,
      env: withoutGo(process.env),
    });
  await writeProject(at, {
    'go.mod': `module ${LIB}\n\ngo 1.24\n`,
    'cmd/tool/main.go': `package main\n\nimport lib "${LIB}"\n\nfunc main() { println(lib.State) }\n`,
  });
  await git('init', '-q', '-b', 'main');
  return {
    env: {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.${pathToFileURL(root).href}/.insteadOf`,
      GIT_CONFIG_VALUE_0: 'https://example.test/acme/',
    },
    tag: async (tag, state) => {
      await writeFile(path.join(at, 'lib.go'), `package lib\n\nconst State = "${state}"\n`);
      await git('add', '.');
      await git('commit', '-qm', state);
      await git('tag', '-f', tag);
    },
  };
}
