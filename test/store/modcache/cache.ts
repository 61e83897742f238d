import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseGoSum } from '../../../src/gomod/sum.ts';
import {
  type ModuleVerdict,
  type VerifyOptions,
  type VersionSums,
  verifyModcache,
} from '../../../src/store/modcache/verify.ts';
import { tinyProject } from '../../e2e/small-project.ts';
import { makeZip } from '../../gomod/make-zip.ts';
import { type GoWorld, goWorld } from '../../support/go.ts';
import { startUpstream } from '../../support/upstream/upstream.ts';

/** The one module of the project, and where go keeps it. */
export const UUID = { module: 'github.com/google/uuid', version: 'v1.6.0' } as const;
export const TREE = 'github.com/google/uuid@v1.6.0';
export const STEM = 'cache/download/github.com/google/uuid/@v/v1.6.0';

/** A GOMODCACHE that the real go filled, with the project that it is for. */
export interface WarmWorld extends GoWorld {
  readonly project: string;
  readonly sums: readonly VersionSums[];
  /** A copy of the cache, to be tampered with. */
  copy(name: string): Promise<string>;
}

export async function warmWorld(): Promise<WarmWorld> {
  await using upstream = await startUpstream();
  const world = await goWorld(upstream.url);
  const project = world.dir.join('project');
  await tinyProject(project);
  await world.goOk(['mod', 'download'], { cwd: project });
  const text = await readFile(path.join(project, 'go.sum'));
  return {
    ...world,
    project,
    sums: sumsOf(text),
    copy: async name => {
      const dir = world.dir.join('copies', name.replaceAll(/[^a-z0-9]/g, '-'));
      await cp(world.modcache, dir, { recursive: true, verbatimSymlinks: true });
      return dir;
    },
  };
}

export function sumsOf(goSum: Uint8Array): VersionSums[] {
  return parseGoSum(goSum, 'go.sum').entries.map(({ module, version, file, h1 }) => ({
    module,
    version,
    ...(file === 'zip' ? { h1 } : { goModH1: h1 }),
  }));
}

export async function verdictsOn(
  dir: string,
  sums: Iterable<VersionSums>,
  options: VerifyOptions = {},
): Promise<ModuleVerdict[]> {
  const verdicts: ModuleVerdict[] = [];
  for await (const verdict of verifyModcache(dir, sums, options)) verdicts.push(verdict);
  return verdicts;
}

/** A zip of the module with other content, which go itself would take if no go.sum said otherwise. */
export async function evilZip(modcache: string): Promise<Buffer> {
  const root = path.join(modcache, TREE);
  const parts = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(root, file).split(path.sep).join('/');
    const text = await readFile(file);
    parts.push({
      name: `${UUID.module}@${UUID.version}/${name}`,
      data:
        name === 'version4.go'
          ? Buffer.concat([text, Buffer.from('\nfunc init() { println("evil") }\n')])
          : text,
    });
  }
  return makeZip(parts);
}

/** Makes the module's code run something of an attacker's. */
export async function poisonTree(modcache: string): Promise<void> {
  await writeFile(
    path.join(modcache, TREE, 'evil.go'),
    'package uuid\n\nfunc init() { println("evil code runs") }\n',
  );
}
