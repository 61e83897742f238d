import { cp, mkdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModcacheCheck } from '../../../src/session/modcache/check.ts';
import { modcacheFinding } from '../../../src/session/modcache/findings.ts';
import {
  incompleteness,
  keptModcacheReport,
  type ModcacheReport,
  modcacheInWords,
} from '../../../src/session/modcache/report.ts';
import { poisonTree, TREE, UUID, type WarmWorld, warmWorld } from '../../store/modcache/cache.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

let world: WarmWorld;
beforeAll(async () => {
  world = await warmWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const UUID_AT = `${UUID.module}@${UUID.version}`;

function checkOf(dir: TempDir, workspace: string, modcache: string | undefined, busy = false): ModcacheCheck {
  return new ModcacheCheck({
    workspace,
    sessionDir: dir.path,
    dir: async () => modcache,
    busy: () => busy,
    log: () => undefined,
  });
}

async function reportOf(dir: TempDir): Promise<ModcacheReport> {
  const report = await keptModcacheReport(dir.path);
  if (report === undefined) throw new Error('there is no report');
  return report;
}

describe('the check of a session', () => {
  it('tells what is as go.sum says, also while requests are answered', async () => {
    await using dir = await tempDir('check');
    const check = checkOf(dir, world.project, world.modcache, true);
    await check.start();
    await check.finish(60_000);
    expect(await reportOf(dir)).toMatchObject({
      state: 'done',
      dir: world.modcache,
      verified: [UUID_AT],
      changed: 0,
      left: 0,
      unnamed: 0,
      findings: [],
    });
  });

  it('looks again at the end, for a checkout and a cache that came after the start', async () => {
    await using dir = await tempDir('check');
    const [workspace, modcache] = [dir.join('checkout'), dir.join('modcache')];
    await mkdir(workspace);
    const check = checkOf(dir, workspace, modcache);
    await check.start();
    await cp(world.project, workspace, { recursive: true });
    await cp(world.modcache, modcache, { recursive: true });
    await poisonTree(modcache);
    await check.finish(60_000);
    const { findings, ...report } = await reportOf(dir);
    expect(report).toMatchObject({ state: 'done', verified: [], changed: 1, left: 0 });
    expect(findings).toMatchObject([{ rule: 'modcache/changed', level: 'error', ...UUID }]);
  });

  it('says what there was no time for', async () => {
    await using dir = await tempDir('check');
    const check = checkOf(dir, world.project, world.modcache);
    await check.start();
    // As a killed daemon leaves it.
    expect(incompleteness(await reportOf(dir))).toMatch(/the proxy died meanwhile/);
    await check.finish(0);
    const report = await reportOf(dir);
    expect(report.state).toBe('cut');
    expect(incompleteness(report)).toMatch(
      /^GOMODCACHE was not wholly compared with go\.sum: the session ended/,
    );
  });

  it('counts what no go.sum names', async () => {
    await using dir = await tempDir('check');
    const empty = dir.join('empty');
    await mkdir(empty);
    const check = checkOf(dir, empty, world.modcache);
    await check.start();
    await check.finish(60_000);
    const report = await reportOf(dir);
    expect(report).toMatchObject({ state: 'done', verified: [], unnamed: 1 });
    expect(modcacheInWords(report)).toMatch(
      /: 0 module versions are what go\.sum says, 1 stands in no go\.sum of the checkout$/,
    );
  });

  it('has nothing to say where no go is known', async () => {
    await using dir = await tempDir('check');
    const check = checkOf(dir, world.project, undefined);
    await check.start();
    await check.finish(60_000);
    expect(incompleteness(await reportOf(dir))).toMatch(/no go command/);
  });
});

describe('a finding', () => {
  const tree = { part: 'tree', what: 'changed', detail: 'differs' } as const;
  const path = `/home/o'neil/mod/${TREE}`;

  it('names the exact directory to delete, quoted for the shell', () => {
    const { message, fix } = modcacheFinding(UUID, { ...tree, path, kind: 'directory' }, 'linux');
    expect(message).toBe(`GOMODCACHE: ${UUID_AT}: ${path} differs`);
    const quoted = `'/home/o'\\''neil/mod/${TREE}'`;
    expect(fix).toContain(`chmod -R u+w ${quoted} && rm -rf ${quoted} (or everything: go clean -modcache)`);
  });

  it('leaves alone what a link points to', () => {
    const { fix } = modcacheFinding(UUID, { ...tree, path: '/mod/link', kind: 'file' }, 'darwin');
    expect(fix).toContain(" rm -f '/mod/link' (or");
  });

  it('takes the .ziphash with its zip', () => {
    const problem = { part: 'zip', what: 'changed', kind: 'file', path: '/m/v1.zip', detail: 'x' } as const;
    expect(modcacheFinding(UUID, problem, 'linux').fix).toContain("rm -f '/m/v1.zip' '/m/v1.ziphash'");
  });

  it('speaks PowerShell on Windows', () => {
    const { fix } = modcacheFinding(UUID, { ...tree, path: "C:\\o'neil\\mod", kind: 'directory' }, 'win32');
    expect(fix).toContain("Remove-Item -Recurse -Force 'C:\\o''neil\\mod'");
  });

  it('is a warning for a .ziphash that go makes anew', () => {
    const problem = {
      part: 'ziphash',
      what: 'missing',
      kind: 'file',
      path: '/m/v1.ziphash',
      detail: 'is empty',
    } as const;
    expect(modcacheFinding(UUID, problem, 'linux').level).toBe('warning');
  });
});
