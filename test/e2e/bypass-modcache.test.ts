import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Inventory } from '../../src/audit/record.ts';
import { closingInventory } from '../../src/session/bypass/close.ts';
import { inventoryAtStart } from '../../src/session/bypass/lay.ts';
import { readSession } from '../../src/session/directory.ts';
import { makeZip } from '../gomod/make-zip.ts';
import { goEnv, writeProject } from '../support/go.ts';
import { gone, readSessionFile } from '../support/session.ts';
import { type BypassWorld, bypassWorld, LIB, LIB_ORIGIN, proxyTree } from './bypass-job.ts';
import { TINY } from './small-project.ts';

let world: BypassWorld;
/** URL of a proxy in a directory, which holds a module and a toolchain that nobody else has. */
let tree: string;
let toolchain: string;

beforeAll(async () => {
  world = await bypassWorld();
  const zipOf = (module: string, version: string, files: Readonly<Record<string, string>>) =>
    makeZip(
      Object.entries(files).map(([name, text]) => ({
        name: `${module}@${version}/${name}`,
        data: Buffer.from(text),
      })),
    );
  const dir = world.dir.join('tree');
  for (const name of ['one', 'two', 'three']) {
    const module = `example.test/tree/${name}`;
    const files = { 'go.mod': `module ${module}\n`, 'a.go': `package ${name}\n` };
    await proxyTree(dir, module, 'v1.0.0', zipOf(module, 'v1.0.0', files));
  }
  const { GOOS, GOARCH } = await goEnv();
  toolchain = `v0.0.1-go1.99.0.${GOOS}-${GOARCH}`;
  const zip = zipOf('golang.org/toolchain', toolchain, {
    'bin/go': '#!/bin/sh\necho the other go\n',
    'bin/gofmt': '#!/bin/sh\n',
    'pkg/tool/any/tool': '',
    'lib/any/file': '',
  });
  tree = await proxyTree(dir, 'golang.org/toolchain', toolchain, zip);
});
afterAll(() => world[Symbol.asyncDispose]());

/** The inventory that a session's directory gives, as its end makes it. */
async function inventoryOf(
  sessionDir: string,
  workspace: string,
  env: Readonly<Record<string, string>>,
): Promise<readonly Inventory[]> {
  const { records } = await closingInventory({
    sessionDir,
    session: await readSession(sessionDir),
    env,
    platform: { name: 'github', workspace },
    record: true,
    now: new Date(),
  });
  return records;
}

const UUID = 'github.com/google/uuid@v1.6.0 h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=';
const namesIn = ([first]: readonly Inventory[]) => first?.members.map(member => member.split(' ')[0]);

describe('what comes in through the proxy', () => {
  it('is no finding, and the whole of the inventory', async () => {
    await using my = await world.job();
    const env = await my.start();
    await my.go(['build', './...']);
    // Another file decides what is required, and the proxy still serves it.
    await writeFile(path.join(my.job.checkout, 'other.mod'), 'module example.com/tiny\n\ngo 1.24\n');
    await my.go([
      'get',
      '-modfile=other.mod',
      'github.com/google/uuid@v1.6.0',
      'github.com/pkg/errors@v0.9.1',
    ]);
    const { code, summary, findings } = await my.stop();
    expect(findings).toEqual([]);
    expect({ code, unverified: summary.unverifiedModcache }).toEqual({ code: 0, unverified: 0 });
    const records = await inventoryOf(env.MODGATE_SESSION ?? '', my.job.checkout, env);
    expect(records).toMatchObject([{ phase: 'end', vcs: [], modcache_preexisting: 0 }]);
    expect(namesIn(records)).toEqual(['github.com/google/uuid@v1.6.0', 'github.com/pkg/errors@v0.9.1']);
  });
});

describe('what comes in past the proxy', () => {
  it('is told of: direct after a 404, GOPRIVATE, a proxy in a directory, a toolchain, a deleted zip', async () => {
    await using my = await world.job();
    const env = await my.start();
    const goproxy = env.GOPROXY ?? '';
    await my.go(['build', './...']);
    await my.go(['mod', 'download', `${LIB}@v1.0.0`], { env: { GOPROXY: `${goproxy},direct` } });
    await my.go(['mod', 'download', `${LIB}@v1.1.0`], { env: { GOPRIVATE: 'example.test/acme' } });
    const off = await my.job.go(['mod', 'download', `${LIB}@v1.2.0`], {
      env: { ...env, GOPRIVATE: 'example.test/acme', GOVCS: '*:off' },
    });
    expect(off.stderr).toContain('GOVCS disallows using git');
    await my.go(['mod', 'download', 'example.test/tree/one@v1.0.0'], { env: { GOPROXY: tree } });
    const other = await my.go(['version'], {
      env: { GOPROXY: tree, GOTOOLCHAIN: 'go1.99.0', GOSUMDB: 'off' },
    });
    expect(other.stdout).toBe('the other go\n');
    await rm(path.join(my.job.modcache, 'cache/download/github.com/google/uuid/@v/v1.6.0.zip'));
    await my.go(['build', './...']);
    await my.go(['mod', 'verify']);
    const { code, findings } = await my.stop();
    const unserved = (module: string, message: string) => ({
      rule: 'bypass/unserved',
      level: 'warning',
      module,
      message,
    });
    const past = 'came into GOMODCACHE while the session ran, and the proxy did not serve it';
    expect(findings).toEqual([
      unserved(LIB, `${LIB}@v1.0.0 ${past}`),
      unserved(LIB, `${LIB}@v1.1.0 ${past}`),
      unserved('example.test/tree/one', `example.test/tree/one@v1.0.0 ${past}`),
      unserved(
        'github.com/google/uuid',
        'the zip of github.com/google/uuid@v1.6.0 was deleted from GOMODCACHE while the session ran',
      ),
      unserved('golang.org/toolchain', `golang.org/toolchain@${toolchain} ${past}`),
      {
        rule: 'bypass/vcs',
        level: 'warning',
        message: `go fetched ${LIB_ORIGIN} from version control by itself (in truth from ${world.repository}) while the session ran`,
      },
    ]);
    expect(code).toBe(0);
    const [record] = await inventoryOf(env.MODGATE_SESSION ?? '', my.job.checkout, env);
    expect(record?.vcs).toEqual([world.repository, LIB_ORIGIN].sort());
    expect(record?.members).toContain(UUID);
    expect(record?.members).toHaveLength(5);
  });

  it('fails the session where the policy says so, but for what it allows and waives; with the daemon dead, too', async () => {
    const day = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const policy = `version: 1
rules: {bypass/unserved: {level: error, allow: [example.test/tree/one]}, bypass/vcs: off}
waivers: [{rule: bypass/unserved, module: example.test/tree/two, owner: me, reason: known, expires: "${day}"}]
`;
    await using my = await world.job({ files: { ...TINY, '.modgate.yaml': policy } });
    const env = await my.start();
    // The last records of a killed daemon are lost; its store still knows what it served.
    await my.go(['mod', 'download']);
    // go has the zip a moment before the store does, and what is in neither store nor journal nobody can know.
    const stored = path.join(my.job.store, 'modgate/index/github.com/google/uuid/@v/v1.6.0.json');
    await expect
      .poll(async () => JSON.parse(await readFile(stored, 'utf8').catch(() => '{}')), { timeout: 20_000 })
      .toMatchObject({ zip: {} });
    const { pid } = await readSessionFile(env.MODGATE_SESSION ?? '');
    process.kill(pid, 'SIGKILL');
    await gone(pid);
    await writeFile(path.join(env.MODGATE_SESSION ?? '', 'journal'), '');
    for (const name of ['one', 'two', 'three']) {
      await my.go(['mod', 'download', `example.test/tree/${name}@v1.0.0`], { env: { GOPROXY: tree } });
    }
    await my.go(['mod', 'download', `${LIB}@v1.0.0`], { env: { GOPROXY: 'direct' } });
    const { code, findings } = await my.stop();
    expect(findings).toMatchObject([
      { rule: 'bypass/unserved', level: 'error', module: LIB },
      { rule: 'bypass/unserved', level: 'error', module: 'example.test/tree/three' },
    ]);
    expect(code).toBe(1);
  });

  it('is one finding when a step unpacked an archive', async () => {
    await using my = await world.job();
    const warm = { GOMODCACHE: my.job.dir.join('warm') };
    await my.go(['mod', 'download'], { env: warm });
    await my.go(['mod', 'download', 'github.com/pkg/errors@v0.9.1'], { env: warm });
    const archive = my.job.dir.join('cache.tar');
    await my.job.run('tar', ['-cf', archive, '-C', warm.GOMODCACHE, '.']);
    await my.start();
    await mkdir(my.job.modcache, { recursive: true });
    await my.job.run('tar', ['-xf', archive, '-C', my.job.modcache]);
    await my.go(['build', './...']);
    const { summary, findings } = await my.stop();
    expect(findings).toEqual([
      {
        rule: 'bypass/unserved',
        level: 'warning',
        message:
          '2 module versions were put into GOMODCACHE from an archive while the session ran: github.com/google/uuid@v1.6.0, github.com/pkg/errors@v0.9.1',
      },
    ]);
    expect(summary.findings[0]?.fix).toContain('set cache: false');
    expect(summary.unverifiedModcache).toBe(0);
  });
});

describe('a warm module cache', () => {
  it('asks for nothing, and the job still has what its go.sum lists; other repositories own the rest', async () => {
    await using my = await world.job();
    await my.go(['mod', 'download']);
    await my.go(['mod', 'download', 'github.com/pkg/errors@v0.9.1', 'github.com/pkg/errors@v0.9.0']);
    const env = await my.start();
    const dir = env.MODGATE_SESSION ?? '';
    const { start } = await readSessionFile(dir);
    const began = Date.parse(start);
    await inventoryAtStart({ sessionDir: dir, goModCache: my.job.modcache, began, now: new Date() });
    await my.go(['build', './...'], { env: { GOPROXY: 'off' } });
    const errors = path.join(my.job.modcache, 'cache/download/github.com/pkg/errors/@v');
    await writeFile(path.join(errors, 'v0.9.1.ziphash'), 'h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
    await rm(path.join(errors, 'v0.9.0.zip'));
    const { summary, findings } = await my.stop();
    expect(summary).toMatchObject({ requests: 0, modules: 0, unverifiedModcache: 2 });
    expect(findings.map(({ message }) => message)).toEqual([
      'the zip of github.com/pkg/errors@v0.9.0 was deleted from GOMODCACHE while the session ran',
      expect.stringMatching(
        /^github\.com\/pkg\/errors@v0\.9\.1 in GOMODCACHE was h1:F.* when the session began and is h1:47D.* now/,
      ),
    ]);
    const records = await inventoryOf(dir, my.job.checkout, env);
    expect(records).toMatchObject([
      { phase: 'start', modcache_preexisting: 3 },
      { phase: 'end', modcache_preexisting: 2 },
    ]);
    expect(records[0]?.members).toHaveLength(3);
    expect(namesIn(records.slice(1))).toEqual([
      'github.com/google/uuid@v1.6.0',
      'github.com/pkg/errors@v0.9.1',
    ]);
  });
});

describe('builds that need no module cache', () => {
  it('vendored ones are in the inventory; a workspace and a local replace bring nothing in', async () => {
    await using my = await world.job({ env: { GOFLAGS: '-modcacherw -trimpath' } });
    const { checkout } = my.job;
    await writeProject(checkout, {
      'work/go.work': 'go 1.24\n\nuse (\n\t./a\n\t./b\n)\n',
      'work/a/go.mod':
        'module example.test/a\n\ngo 1.24\n\nrequire example.test/c v0.0.0\n\nreplace example.test/c => ../c\n',
      'work/a/a.go': 'package a\n\nimport (\n\t_ "example.test/b"\n\t_ "example.test/c"\n)\n',
      'work/b/go.mod': 'module example.test/b\n\ngo 1.24\n',
      'work/b/b.go': 'package b\n',
      'work/c/go.mod': 'module example.test/c\n\ngo 1.24\n',
      'work/c/c.go': 'package c\n',
    });
    await my.go(['mod', 'vendor'], { env: { GOMODCACHE: my.job.dir.join('elsewhere') } });
    const env = await my.start();
    await my.go(['build', './...'], { env: { GOPROXY: 'off' } });
    await my.go(['build', './...'], { cwd: path.join(checkout, 'work', 'a') });
    const { summary, findings } = await my.stop();
    expect(findings).toEqual([]);
    expect(summary).toMatchObject({ modules: 0, unverifiedModcache: 0 });
    const records = await inventoryOf(env.MODGATE_SESSION ?? '', checkout, env);
    expect(records).toMatchObject([{ members: [UUID], vendored: ['github.com/google/uuid@v1.6.0'] }]);
  });
});

describe("a machine of somebody's own", () => {
  it('hears of modules that came another way only at a level that the policy names', async () => {
    await using my = await world.job();
    const run = async (args: readonly string[]) =>
      await my.job.modgate(['run', '--store', my.job.store, '--', 'go', 'mod', 'download', ...args], {
        env: { GOPRIVATE: 'example.test' },
      });
    const quiet = await run([`${LIB}@v1.0.0`]);
    expect(quiet.code, quiet.stderr).toBe(0);
    expect(quiet.stderr).not.toContain('bypass/');
    await writeFile(
      path.join(my.job.checkout, '.modgate.yaml'),
      'version: 1\nrules: {bypass/unserved: error}\n',
    );
    const told = await run([`${LIB}@v1.1.0`]);
    expect(told.stderr).toContain(`error: ${LIB}@v1.1.0 came into GOMODCACHE`);
    expect(told.stderr).not.toMatch(/v1\.0\.0 came|bypass\/vcs/);
    expect(told.code).toBe(1);
  });
});
