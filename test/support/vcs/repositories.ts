import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { withoutGo } from '../go.ts';
import { runOk } from '../process.ts';

/** One state of a repository; files of the states before it stay. */
export interface Commit {
  /** Names with `/` to contents; null removes a file. */
  readonly files: Readonly<Record<string, string | null>>;
  /** Tags that point here from now on, also those that pointed elsewhere. */
  readonly tags?: readonly string[];
  /** Default: main. A new one starts at main. */
  readonly branch?: string;
}

/** Every commit has this date and the next one is a minute later, so that pseudo-versions are known beforehand. */
const FIRST = Date.parse('2026-03-01T12:00:00Z') / 1000;

/** Bare repositories below one directory, written by git itself. */
export class Repositories {
  readonly root: string;
  #commits = 0;

  constructor(root: string) {
    this.root = root;
  }

  /** Where `group/sub/lib` lies. */
  dir(name: string): string {
    return path.join(this.root, ...`${name}.git`.split('/'));
  }

  /** Adds commits, and the repository when it is new. */
  async publish(name: string, commits: readonly Commit[]): Promise<void> {
    const dir = this.dir(name);
    await mkdir(dir, { recursive: true });
    await this.#git(dir, ['init', '-q', '--bare', '-b', 'main']);
    const before = new Set((await this.#git(dir, ['for-each-ref', '--format=%(refname)'])).split('\n'));
    const inThisRun = new Set<string>();
    const tip = (ref: string) => (inThisRun.has(ref) ? ref : before.has(ref) ? `${ref}^0` : undefined);
    let script = '';
    for (const [i, { files, tags = [], branch = 'main' }] of commits.entries()) {
      const ref = `refs/heads/${branch}`;
      const when = `T <t@example.com> ${FIRST + 60 * this.#commits++} +0000`;
      script += `commit ${ref}\nmark :${i + 1}\ncommitter ${when}\n${data(`state ${i + 1}`)}`;
      // fast-import goes on by itself from a branch that it has written.
      const parent = inThisRun.has(ref) ? undefined : (tip(ref) ?? tip('refs/heads/main'));
      if (parent !== undefined) script += `from ${parent}\n`;
      inThisRun.add(ref);
      for (const [file, text] of Object.entries(files)) {
        script += text === null ? `D ${file}\n` : `M 100644 inline ${file}\n${data(text)}`;
      }
      for (const tag of tags) script += `reset refs/tags/${tag}\nfrom :${i + 1}\n\n`;
    }
    await this.#git(dir, ['fast-import', '--quiet', '--force', '--date-format=raw'], script);
  }

  /** The commit that a ref names. */
  async sha(name: string, ref: string): Promise<string> {
    return (await this.#git(this.dir(name), ['rev-parse', `${ref}^{commit}`])).trim();
  }

  async #git(cwd: string, args: readonly string[], input?: string): Promise<string> {
    const env = { ...withoutGo(process.env), GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
    const done = await runOk('git', args, { cwd, env, ...(input === undefined ? {} : { input }) });
    return done.stdout;
  }
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

/** Files of a Go module with one package. */
export function goModule(module: string, state: string, at = ''): Record<string, string> {
  const name = module.replace(/\/v\d+$/, '').replace(/^.*\//, '');
  const below = at === '' ? '' : `${at}/`;
  return {
    [`${below}go.mod`]: `module ${module}\n\ngo 1.24\n`,
    [`${below}${name}.go`]: `package ${name.replace(/[^a-z0-9]/g, '')}\n\nconst State = ${JSON.stringify(state)}\n`,
  };
}
