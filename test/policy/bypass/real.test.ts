import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { isSurface } from '../../../src/policy/bypass/surfaces.ts';
import { runOk } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';
import { type BypassOptions, bypasses } from './marked.ts';

/** Real repositories: what each of their surfaces makes the rule say, by default and when all is asked for. */
const REPOSITORIES = [
  {
    module: 'github.com/goccy/go-yaml@v1.19.2',
    quiet: ['Makefile:11 -modfile', 'Makefile:16 -modfile', 'Makefile:24 -modfile'],
    all: [],
  },
  {
    module: 'github.com/go-logr/logr@v1.4.2',
    quiet: [],
    all: ['.github/workflows/apidiff.yaml:20 GO111MODULE', '_tools/apidiff.sh:69 GO111MODULE'],
  },
  {
    module: 'github.com/docker/docker-credential-helpers@v0.9.5',
    quiet: [],
    all: ['deb/Dockerfile:14 GOPROXY', 'deb/Dockerfile:15 GO111MODULE'],
  },
  { module: 'gitlab.com/tozd/go/errors@v0.10.0', quiet: [], all: ['.gitlab-ci.yml:116 GOPROXY'] },
  { module: 'go.mongodb.org/mongo-driver/v2@v2.5.0', quiet: [], all: ['Taskfile.yml:26 GOTOOLCHAIN'] },
  { module: 'golang.org/x/mod@v0.26.0', quiet: [], all: ['gosumcheck/test.bash:5 GONOSUMDB'] },
  // Workflows, Taskfiles, dev containers and editor settings that set nothing of the kind.
  { module: 'github.com/stretchr/objx@v0.5.3', quiet: [], all: [] },
  { module: 'github.com/jackc/puddle/v2@v2.2.3', quiet: [], all: [] },
  { module: 'dario.cat/mergo@v1.0.2', quiet: [], all: [] },
] as const;

interface Downloaded {
  readonly Path: string;
  readonly Version: string;
  readonly Dir: string;
}

const dirs = new Map<string, string>();

beforeAll(async () => {
  await using dir = await tempDir('real');
  const names = REPOSITORIES.map(({ module }) => module);
  const { stdout } = await runOk('go', ['mod', 'download', '-json', ...names], { cwd: dir.path });
  for (const one of stdout.split(/^\}$/m)) {
    if (one.trim() === '') continue;
    const { Path, Version, Dir } = JSON.parse(`${one}}`) as Downloaded;
    dirs.set(`${Path}@${Version}`, Dir);
  }
});

async function surfaces(module: string): Promise<Record<string, Uint8Array>> {
  const dir = dirs.get(module);
  if (dir === undefined) throw new Error(`go mod download did not tell of ${module}`);
  const out: Record<string, Uint8Array> = {};
  for (const file of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const name = path.relative(dir, path.join(file.parentPath, file.name)).replaceAll(path.sep, '/');
    if (file.isFile() && isSurface(name)) out[name] = await readFile(path.join(dir, name));
  }
  return out;
}

async function summary(files: Record<string, Uint8Array>, options: BypassOptions): Promise<string[]> {
  const found = await bypasses(files, options);
  return found.map(({ place, key = '' }) => {
    const name = /(?:GO[A-Z0-9]+|-[a-z]+)/.exec(key)?.[0];
    return `${place.file}:${place.line} ${name}`;
  });
}

describe('real repositories', () => {
  it.each(REPOSITORIES)('$module', async ({ module, quiet, all }) => {
    const files = await surfaces(module);
    expect(Object.keys(files).length).toBeGreaterThan(0);
    expect(await summary(files, {})).toEqual(quiet);
    expect(
      (await summary(files, { all: true })).filter(line => !(quiet as readonly string[]).includes(line)),
    ).toEqual(all);
  });

  it('have each kind of surface but two', async () => {
    const kinds = new Set<string | undefined>();
    for (const { module } of REPOSITORIES)
      for (const name of Object.keys(await surfaces(module))) kinds.add(isSurface(name));
    expect([...kinds].toSorted()).toEqual(
      [
        'devcontainer',
        'dockerfile',
        'gitlab',
        'makefile',
        'shell',
        'taskfile',
        'vscode',
        'workflow',
      ].toSorted(),
    );
  });
});
