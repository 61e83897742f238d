import { appendFile, chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDiskStore } from '../../src/store/disk.ts';
import { createHasher } from '../../src/store/hasher.ts';
import { versionKeys } from '../../src/store/layout.ts';
import { writeProject } from '../support/go.ts';
import { CLI } from '../support/modgate.ts';
import { runAsNobody } from '../support/other-user.ts';
import { type Job, makeJob } from '../support/session.ts';
import { commitModule, type RealModule, realModules } from '../support/store-modules.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';

let modules: RealModule[];
let upstream: Upstream;

beforeAll(async () => {
  modules = (await realModules()).slice(0, 3);
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

/** A checkout with a go.sum for three real modules that a program uses, and a store that has them. */
async function filledJob(
  proxy = upstream.url,
): Promise<Job & { file(at: number, kind: 'zip' | 'mod'): string }> {
  const job = await makeJob(proxy, { CI: '' });
  const hasher = createHasher();
  const store = await openDiskStore(job.store, { hasher });
  for (const m of modules) await commitModule(store, m);
  await store.flush();
  await hasher.close();
  const sums = modules.flatMap(m => [
    `${m.path} ${m.version} ${m.h1}`,
    `${m.path} ${m.version}/go.mod ${m.goModH1}`,
  ]);
  await writeProject(job.checkout, {
    'go.mod': `module example.com/app\n\ngo 1.22\n\nrequire (\n${modules
      .slice(0, 2)
      .map(m => `\t${m.path} ${m.version}\n`)
      .join('')})\n`,
    'go.sum': `${sums.join('\n')}\n`,
    'main.go':
      'package main\n\nimport (\n\t_ "github.com/BurntSushi/toml"\n\t"github.com/pkg/errors"\n)\n\nfunc main() { println(errors.New("x").Error()) }\n',
  });
  return Object.assign(job, {
    file: (at: number, kind: 'zip' | 'mod') => {
      const found = modules[at];
      const keys = found && versionKeys(found);
      if (keys === undefined) throw new Error('no module');
      return path.join(job.store, keys.files[kind]);
    },
  });
}

async function flip(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
  await writeFile(file, bytes);
}

describe('modgate cache verify', () => {
  it('0 for a sound store, in 80 columns, and by whom it is vouched for', async () => {
    await using job = await filledJob();
    const done = await job.modgate(['cache', 'verify', '--store', job.store]);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toContain('Looked at 3 versions, 9 files,');
    expect(done.stdout.replaceAll(/\s+/g, ' ')).toContain(
      '6 hashes: 0 by the checksum database, 6 by go.sum',
    );
    const lines = done.stdout.split('\n').filter(line => !line.startsWith('Store'));
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(80);
  });

  it('1 for damage; a repair moves it, and go builds with what is fetched anew', async () => {
    await using job = await filledJob();
    await flip(job.file(0, 'zip'));
    await appendFile(job.file(1, 'mod'), '// more');
    const found = await job.modgate(['cache', 'verify', job.store, '--jobs', '1']);
    expect(found.code).toBe(1);
    expect(found.stdout).toContain('Damaged (2)');
    expect(found.stdout).toContain(
      '2 files are not what they should be. Next: modgate cache verify --repair',
    );
    const json = await job.modgate(['cache', 'verify', job.store, '--format', 'json', '--output', 'v.json']);
    expect(json).toMatchObject({ code: 1, stdout: '' });
    const said = JSON.parse(await readFile(path.join(job.checkout, 'v.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(said).toMatchObject({
      schema: 1,
      exitCode: 1,
      versions: 3,
      counts: { damaged: 2 },
      repair: false,
    });
    const [first] = modules;
    expect(said.findings).toContainEqual(
      expect.objectContaining({
        kind: 'damaged',
        module: first?.path,
        version: first?.version,
        file: 'zip',
        outcome: 'left',
      }),
    );
    const repaired = await job.modgate(['cache', 'verify', job.store, '--repair']);
    expect(repaired.code).toBe(0);
    expect(repaired.stdout.match(/→ moved to modgate\/quarantine\//g)).toHaveLength(2);
    expect(await readdir(path.join(job.store, 'modgate', 'quarantine'))).toHaveLength(2);
    expect((await job.modgate(['cache', 'verify', job.store])).code).toBe(0);

    const env = { GOPROXY: `${pathToFileURL(job.store).href},${upstream.url}` };
    expect(await job.run('go', ['build', '-o', path.join(job.dir.path, 'app'), '.'], { env })).toMatchObject({
      code: 0,
    });
  });

  it('2 for what cannot be asked, with the reason, and nothing is written', async () => {
    await using job = await filledJob();
    const cases = [
      [['nowhere'], /there is no directory .*nowhere; name/],
      [['.'], /is no store of modgate/],
      [['--format', 'yaml'], /--format wants text or json/],
      [['--jobs', '0'], /--jobs wants a number from 1 to 256/],
      [['--repiar'], /did you mean --repair/],
      [['--modcache', '--repair'], /--modcache goes with none of/],
      [['STORE', '--go-sum', 'nothing'], /--go-sum: .*nothing cannot be read/],
    ] as const;
    await Promise.all(
      cases.map(async ([args, why]) => {
        const real = args.map(arg => (arg === 'STORE' ? job.store : arg));
        const done = await job.modgate(['cache', 'verify', ...real]);
        expect(done.stderr).toMatch(why);
        expect(done).toMatchObject({ code: 2, stdout: '' });
      }),
    );
    expect((await readdir(job.checkout)).sort()).toEqual(['go.mod', 'go.sum', 'main.go']);
  });

  it('a go.sum that knows another hash is a finding; one that is named counts too', async () => {
    await using job = await filledJob();
    await rm(path.join(job.checkout, 'go.sum'));
    const [first, second] = modules;
    const other = job.dir.join('other.sum');
    await writeFile(other, `${first?.path} ${first?.version} ${second?.h1}\n`);
    expect((await job.modgate(['cache', 'verify', job.store])).code).toBe(0);
    const done = await job.modgate(['cache', 'verify', job.store, '--go-sum', other]);
    expect(done.code).toBe(1);
    expect(done.stdout).toContain('Not the hash that others know (1)');
    expect(done.stdout).toContain(second?.h1);
  });

  it('asks the checksum database about what it may know, with the key of the Go installation', async () => {
    await using job = await filledJob();
    await rm(path.join(job.checkout, 'go.sum'));
    const env = { GONOSUMDB: modules[2]?.path };
    const before = upstream.requests.length;
    const done = await job.modgate(['cache', 'verify', job.store, '--sumdb', '--format', 'json'], { env });
    expect(done.stderr).toBe('');
    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({
      vouched: { sumdb: 4, index: 2 },
      unasked: { versions: 0 },
    });
    const asked = upstream.requests.slice(before).map(request => request.path);
    expect(asked.filter(each => each.includes('/lookup/'))).toHaveLength(2);
    expect(asked.join('\n')).not.toContain(modules[2]?.path);
  });

  it('4 when the database is to be asked and cannot be, with the reason', async () => {
    await using job = await filledJob();
    const off = await job.modgate(['cache', 'verify', job.store, '--sumdb'], { env: { GOSUMDB: 'off' } });
    expect(off.code).toBe(4);
    expect(off.stdout).toContain('The checksum database was not asked: GOSUMDB is off.');
  });

  it('a store of somebody else: looked at as far as it can be read, and not repaired', async () => {
    await using job = await filledJob();
    await chmod(job.dir.path, 0o755);
    await chmod(path.dirname(job.file(1, 'zip')), 0o700);
    const asNobody = async (...more: string[]) =>
      await runAsNobody(process.execPath, [CLI, 'cache', 'verify', job.store, ...more], {
        cwd: '/',
        env: { PATH: job.env.PATH, HOME: '/nonexistent', CI: '' },
      });
    const done = await asNobody('--format', 'json');
    expect(done.code).toBe(3);
    const said = JSON.parse(done.stdout) as Record<string, unknown>;
    expect(said).toMatchObject({ versions: 2, counts: { damaged: 0, unreadable: 1, missing: 0 } });
    const repair = await asNobody('--repair');
    expect(repair).toMatchObject({ code: 3, stdout: '' });
    expect(repair.stderr).toContain('cannot be written, so that nothing can be repaired');
  });

  it('text from a store acts on no terminal and no log', async () => {
    await using job = await filledJob();
    const name = '\u001b[31mx\u202e\n::error::y\r##[error]z';
    await mkdir(path.join(job.store, 'example.com', name), { recursive: true });
    await writeFile(path.join(job.store, 'example.com', name, 'junk\u0007'), '');
    const index = versionKeys(modules[0] ?? { path: '', version: '' })?.index ?? '';
    await writeFile(path.join(job.store, index), name);
    for (const format of ['text', 'json']) {
      const env = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: job.checkout };
      const done = await job.modgate(['cache', 'verify', job.store, '--format', format], { env });
      expect(done.code).toBe(1);
      expect(done.stdout).toContain('junk');
      expect(done.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(done.stdout).not.toMatch(/^::|##\[/m);
    }
  });

  it('a GOMODCACHE is verified instead: a changed tree is found', async () => {
    await using job = await filledJob();
    await job.run('go', ['mod', 'download', modules[0]?.path ?? ''], { env: { GOPROXY: upstream.url } });
    expect(await job.modgate(['cache', 'verify', '--modcache'])).toMatchObject({ code: 0, stderr: '' });
    const tree = path.join(job.modcache, `${modules[0]?.path}@${modules[0]?.version}`);
    await chmod(path.join(tree, 'errors.go'), 0o644);
    await appendFile(path.join(tree, 'errors.go'), '\nfunc init() { panic("evil") }\n');
    const done = await job.modgate(['cache', 'verify', '--modcache']);
    expect(done.code).toBe(1);
    expect(done.stdout).toContain(`${modules[0]?.path}@${modules[0]?.version}`);
    expect(done.stdout).toContain('go clean -modcache');
    const json = await job.modgate(['cache', 'verify', '--modcache', job.modcache, '--format', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ schema: 1, exitCode: 1, changed: 1, unread: 0 });
  });
});
