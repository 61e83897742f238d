import * as fsp from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { escapePath, escapeVersion } from '../../src/gomod/module-path.ts';
import { createHasher, type Hasher } from '../../src/store/hasher.ts';
import { copyProject, type GoWorld, goWorld, realUpstream } from '../support/go.ts';

/** A module that is taken for a project: its own go.mod and go.sum name hundreds of others. */
const LARGE = 'github.com/prometheus/prometheus@v0.307.3';
/** One with tests that need nothing but its modules. */
const TESTED = 'github.com/spf13/viper@v1.21.0';

/** Everything is compiled once; what the second form gives the compiler is found in the build cache. */
const BUILD_MS = 1_800_000;

interface Download {
  readonly Path: string;
  readonly Version: string;
  readonly Info: string;
  readonly GoMod: string;
  readonly Zip: string;
  readonly Sum: string;
  readonly Dir: string;
}

let hasher: Hasher;
let world: GoWorld;
beforeAll(async () => {
  hasher = createHasher();
  world = await goWorld(await realUpstream());
});
afterAll(async () => {
  await hasher.close();
  await world[Symbol.asyncDispose]();
}, 600_000);

async function downloads(cwd: string, args: readonly string[], env = {}): Promise<Download[]> {
  const { stdout } = await world.goOk(['mod', 'download', '-json', ...args], {
    cwd,
    env,
    timeoutMs: BUILD_MS,
  });
  return stdout
    .split(/^}$/m)
    .filter(text => text.trim() !== '')
    .map(text => JSON.parse(`${text}}`) as Download);
}

/** A project in a directory of its own. */
async function project(name: string): Promise<string> {
  const dir = world.dir.join(name.replace(/\W+/g, '-'));
  if (!name.includes('@')) {
    await copyProject(name, dir);
    return dir;
  }
  const [module] = await downloads(world.dir.path, [name]);
  if (module === undefined) throw new Error(`go mod download did not tell of ${name}`);
  await fsp.cp(module.Dir, dir, { recursive: true });
  await fsp.chmod(path.join(dir, 'go.mod'), 0o644);
  await fsp.chmod(path.join(dir, 'go.sum'), 0o644);
  return dir;
}

/** Everything that go has downloaded so far as a GOPROXY tree, its zips in stored form. */
async function storedTree(name: string, modules: readonly Download[]): Promise<string> {
  const tree = world.dir.join(name);
  await fsp.cp(path.join(world.modcache, 'cache', 'download'), tree, {
    recursive: true,
    filter: from => !from.endsWith('.zip') && !from.endsWith('.ziphash') && !from.endsWith('.lock'),
  });
  for (const { Path, Version, Zip, Sum } of modules) {
    const mv = { path: Path, version: Version };
    const to = path.join(tree, escapePath(Path), '@v', `${escapeVersion(Version)}.zip`);
    const { h1, stored, uncompressed } = await hasher.hashZip(Zip, mv, 'now', to).result;
    expect(h1, Path).toBe(Sum);
    expect(stored?.size, Path).toBeGreaterThan(uncompressed);
    expect((await hasher.hashZip(to, mv).result).h1, Path).toBe(Sum);
  }
  return pathToFileURL(tree).href;
}

const fresh = (name: string) => ({ GOMODCACHE: world.dir.join(name), GOSUMDB: 'off' });

describe.each([
  ['test/fixtures/bench-project', 'bench'],
  [LARGE, 'large'],
])('every module of %s', (name, place) => {
  test('has the same h1 in stored form, to us and to go', async () => {
    const cwd = await project(name);
    const modules = await downloads(cwd, []);
    expect(modules.length).toBeGreaterThan(200);
    const env = { ...fresh(`modcache-${place}`), GOPROXY: await storedTree(`tree-${place}`, modules) };
    const again = new Map((await downloads(cwd, [], env)).map(m => [`${m.Path}@${m.Version}`, m.Sum]));
    for (const { Path, Version, Sum } of modules) expect(again.get(`${Path}@${Version}`)).toBe(Sum);
    const verified = await world.goOk(['mod', 'verify'], { cwd, env });
    expect(verified.stdout).toContain('all modules verified');
    await fsp.rm(env.GOMODCACHE, { recursive: true });
  });
});

test('go builds the same program and passes the same tests from either form', async () => {
  const bench = await project('test/fixtures/bench-project');
  const tested = await project(TESTED);
  const modules = [...(await downloads(bench, [])), ...(await downloads(tested, []))];
  const unique = new Map(modules.map(m => [m.Zip, m]));
  const stored = await storedTree('tree-both', [...unique.values()]);
  const programs: Buffer[] = [];
  for (const [form, GOPROXY] of [
    ['original', pathToFileURL(path.join(world.modcache, 'cache', 'download')).href],
    ['stored', stored],
  ] as const) {
    const env = { ...fresh(form), GOPROXY };
    const out = world.dir.join(`program-${form}`);
    await world.goOk(['build', '-o', out, '.'], { cwd: bench, env, timeoutMs: BUILD_MS });
    programs.push(await fsp.readFile(out));
    const { stdout } = await world.goOk(['test', '-count=1', './...'], {
      cwd: tested,
      env,
      timeoutMs: BUILD_MS,
    });
    expect(stdout).toMatch(/^ok\s+github\.com\/spf13\/viper\s/m);
    expect((await world.goOk(['mod', 'verify'], { cwd: tested, env })).stdout).toContain('verified');
  }
  expect(programs[0]?.equals(programs[1] ?? Buffer.alloc(0))).toBe(true);
});
