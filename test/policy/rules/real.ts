import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GoWorld, goWorld } from '../../support/go.ts';
import { startUpstream } from '../../support/upstream/upstream.ts';

const SCRIPTS = fileURLToPath(new URL('../../fixtures/go-scripts', import.meta.url));

/** The files of one of Go's own test scripts (txtar); the script itself is under the empty name. */
export async function goScript(name: string): Promise<Record<string, string>> {
  const text = await readFile(path.join(SCRIPTS, `${name}.txt`), 'utf8');
  const [script = '', ...parts] = text.split(/^-- (.+) --\n/m);
  const files: Record<string, string> = { '': script };
  for (let i = 0; i + 1 < parts.length; i += 2) files[parts[i] ?? ''] = parts[i + 1] ?? '';
  return files;
}

/** A go of its own behind the recorded mirror, which serves real modules. */
export async function realGo(): Promise<GoWorld> {
  const upstream = await startUpstream();
  const world = await goWorld(upstream.url);
  return {
    ...world,
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

/** The go.mod of a published module, as its author wrote it. Rejects when the mirror does not have it. */
export async function publishedGoMod(go: GoWorld, module: string, version: string): Promise<string> {
  const { stdout } = await go.goOk(['list', '-m', '-json', `${module}@${version}`], {
    cwd: go.dir.path,
    env: { GO111MODULE: 'on' },
  });
  const { GoMod } = JSON.parse(stdout) as { GoMod: string };
  return readFile(GoMod, 'utf8');
}

/** Files of a published module, of those that are there. */
export async function publishedFiles(
  go: GoWorld,
  module: string,
  version: string,
  names: readonly string[],
): Promise<Record<string, string>> {
  const { stdout } = await go.goOk(['mod', 'download', '-json', `${module}@${version}`], {
    cwd: go.dir.path,
  });
  const { Dir } = JSON.parse(stdout) as { Dir: string };
  const files: Record<string, string> = {};
  for (const name of names) {
    const text = await readFile(path.join(Dir, name), 'utf8').catch(() => undefined);
    if (text !== undefined) files[name] = text;
  }
  return files;
}
