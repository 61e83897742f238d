import { spawn } from 'node:child_process';
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeProject } from '../support/go.ts';
import { CLI } from '../support/modgate.ts';
import { giveToNobody, runAsNobody } from '../support/other-user.ts';
import type { Finished } from '../support/process.ts';
import { type Job, makeJob } from '../support/session.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { smallProject } from './small-project.ts';

let upstream: Upstream;
/** Where go has filled a GOMODCACHE with the small project, and asked the checksum database. */
let filled: Job;

beforeAll(async () => {
  upstream = await startUpstream();
  filled = await makeJob(upstream.url, { CI: '' });
  await smallProject(filled.checkout);
  await filled.goOk(['mod', 'download', 'all'], { cwd: filled.checkout });
});
afterAll(async () => {
  await filled[Symbol.asyncDispose]();
  await upstream.close();
});

const UUID = 'github.com/google/uuid';
const STEM = `cache/download/${UUID}/@v/v1.6.0`;

/** A job that has nothing, and the filled GOMODCACHE as a copy. */
async function emptyJob(
  proxy = upstream.url,
  env: Record<string, string> = {},
): Promise<Job & { source: string }> {
  const job = await makeJob(proxy, { CI: '', ...env });
  const source = job.dir.join('source');
  await cp(path.join(filled.modcache, 'cache'), path.join(source, 'cache'), { recursive: true });
  return Object.assign(job, { source });
}

async function json(done: Finished): Promise<Record<string, unknown>> {
  return JSON.parse(done.stdout) as Record<string, unknown>;
}

/** What was asked of the checksum database since `from`. */
function lookups(from: number): string[] {
  return upstream.requests
    .slice(from)
    .map(request => request.path)
    .filter(name => name.includes('/lookup/'));
}

describe('modgate cache import of a GOMODCACHE', () => {
  it('brings in what the database vouches for, in 80 columns; go builds from the store alone', async () => {
    await using job = await emptyJob();
    await cp(filled.checkout, job.checkout, { recursive: true });
    const done = await job.modgate(['cache', 'import', job.source, '--store', job.store]);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /: GOMODCACHE, it has cache\/download in it .* Imported 7 versions, 21 files, .* Vouched 14 by the checksum database, 0 by go\.sum and 0 pinned/,
    );
    const lines = done.stdout.split('\n').filter(line => !/^(?:Source|Store)/.test(line));
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(80);
    expect((await job.modgate(['cache', 'verify', job.store])).code).toBe(0);

    const again = await job.modgate([
      'cache',
      'import',
      job.source,
      '--store',
      job.store,
      '--format',
      'json',
    ]);
    expect(await json(again)).toMatchObject({
      schema: 1,
      source: { path: job.source, kind: 'gomodcache' },
      store: job.store,
      dryRun: false,
      exitCode: 0,
      imported: { versions: 0 },
      counts: { 'wrong-hash': 0 },
      findings: [],
    });

    const dead = await deadUrl();
    const built = await job.modgate(
      ['run', '--store', job.store, '--', 'go', 'build', '-o', job.dir.join('app'), '.'],
      { env: { GOPROXY: dead } },
    );
    expect(built).toMatchObject({ code: 0 });
    const env = { GOPROXY: pathToFileURL(job.store).href, GOMODCACHE: job.dir.join('other'), GONOSUMDB: '*' };
    expect(await job.run('go', ['build', '-o', job.dir.join('app2'), '.'], { env })).toMatchObject({
      code: 0,
    });
  });

  it('1 for a zip with another hash: both are told, and who knows the right one; nothing of it comes in', async () => {
    await using job = await emptyJob();
    const zip = path.join(job.source, `${STEM}.zip`);
    await cp(
      path.join(job.source, 'cache/download/github.com/pkg/errors/@v/v0.9.1.mod'),
      path.join(job.source, `${STEM}.mod`),
    );
    const bytes = await readFile(zip);
    bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
    await chmod(zip, 0o644);
    await writeFile(zip, bytes);
    const done = await job.modgate(['cache', 'import', job.source, '--store', job.store, '--format', 'json']);
    expect(done.code).toBe(1);
    const said = await json(done);
    expect(said).toMatchObject({
      exitCode: 1,
      counts: { 'wrong-hash': 1, damaged: 1 },
      imported: { versions: 6 },
    });
    expect(said.findings).toContainEqual(
      expect.objectContaining({
        refusal: 'wrong-hash',
        module: UUID,
        version: 'v1.6.0',
        file: 'mod',
        path: `${STEM}.mod`,
        by: 'the checksum database',
        want: ['h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo='],
        have: expect.stringMatching(/^h1:/) as string,
      }),
    );
    expect(await readdir(path.join(job.store, UUID)).catch(() => [])).toEqual([]);
    const text = await job.modgate(['cache', 'import', job.source, '--store', job.store]);
    expect(text.code).toBe(1);
    expect(text.stdout).toContain('Refused: not the hash that others know (1)');
    expect(text.stdout).toContain('2 files of the source are not what they should be, and were not taken.');
  });

  it('a private name is never shown to the database; it comes in pinned where that is said, or by go.sum', async () => {
    await using job = await emptyJob(upstream.url, { GOPRIVATE: UUID });
    const from = upstream.requests.length;
    const left = await job.modgate(['cache', 'import', job.source, '--store', job.store, '--format', 'json']);
    expect(left.code).toBe(0);
    const said = await json(left);
    expect(said).toMatchObject({ counts: { unvouched: 1 }, imported: { versions: 6 } });
    expect(said.findings).toMatchObject([
      { refusal: 'unvouched', module: UUID, what: expect.stringContaining('GOPRIVATE') as string },
    ]);
    const pinning = [
      'cache',
      'import',
      job.source,
      '--store',
      job.store,
      '--pin-private',
      '--format',
      'json',
    ];
    expect(await json(await job.modgate(pinning))).toMatchObject({
      exitCode: 0,
      imported: { versions: 1, files: 3 },
      vouched: { 'first-seen': 2, sumdb: 0 },
    });
    const other = job.dir.join('other-store');
    const bySum = await job.modgate([
      'cache',
      'import',
      job.source,
      '--store',
      other,
      '--go-sum',
      path.join(filled.checkout, 'go.sum'),
      '--format',
      'json',
    ]);
    expect(await json(bySum)).toMatchObject({ exitCode: 0, imported: { versions: 7 }, findings: [] });
    expect(lookups(from).filter(name => name.includes('uuid'))).toEqual([]);
    expect(upstream.requests.slice(from).filter(({ path: name }) => name.includes('uuid'))).toEqual([]);
  });

  it('--offline asks nobody: the answers that go kept are enough, and 4 where they are not', async () => {
    await using job = await emptyJob();
    const from = upstream.requests.length;
    const args = ['cache', 'import', job.source, '--store', job.store, '--offline', '--format', 'json'];
    const first = await json(await job.modgate(args));
    expect(first).toMatchObject({ counts: { 'wrong-hash': 0, damaged: 0 } });
    const vouched = (first.vouched as { sumdb: number }).sumdb;
    expect(vouched).toBeGreaterThan(0);
    expect(first.exitCode).toBe((first.counts as { unasked: number }).unasked === 0 ? 0 : 4);
    const bare = await emptyJob();
    await using _ = bare;
    const sumdb = path.join(bare.source, 'cache/download/sumdb');
    await rm(sumdb, { recursive: true });
    const none = await bare.modgate(['cache', 'import', bare.source, '--store', bare.store, '--offline']);
    expect(none.code).toBe(4);
    expect(none.stdout).toContain('Left out: the checksum database did not answer (7)');
    expect(none.stdout.replaceAll(/\s+/g, ' ')).toContain('or name go.sum files with --go-sum');
    expect(upstream.requests.slice(from).map(request => request.path)).toEqual([]);
  });

  it('4 when the database refuses to answer, and when there is no go to know it by', async () => {
    await using refusing = await startUpstream({
      faults: ({ path: name }) => (name.startsWith('/sumdb/') ? { kind: 'status', status: 403 } : undefined),
    });
    await using job = await emptyJob(refusing.url);
    await rm(path.join(job.source, 'cache/download/sumdb'), { recursive: true });
    const refused = await job.modgate([
      'cache',
      'import',
      job.source,
      '--store',
      job.store,
      '--format',
      'json',
    ]);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('warning: The checksum database did not answer for 7 versions');
    expect(await json(refused)).toMatchObject({ counts: { unasked: 7 }, imported: { versions: 0 } });
    const noGo = await job.modgate(['cache', 'import', job.source, '--store', job.store], {
      env: { PATH: path.dirname(process.execPath) },
    });
    expect(noGo.code).toBe(4);
    expect(noGo.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'The checksum database was not asked: "go env" failed',
    );
  });

  it('a dry run makes no store', async () => {
    await using job = await emptyJob();
    const done = await job.modgate(['cache', 'import', job.source, '--store', job.store, '--dry-run']);
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/Would take\s+7 versions/);
    await expect(readdir(job.store)).rejects.toThrow('ENOENT');
  });

  it('a kill in the middle leaves whole versions only, and the next one goes on', async () => {
    await using job = await emptyJob();
    const args = ['cache', 'import', job.source, '--store', job.store, '--jobs', '1'];
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: job.checkout,
      env: job.env,
      stdio: 'ignore',
    });
    const ended = new Promise(resolve => child.once('exit', resolve));
    const index = path.join(job.store, 'modgate/index');
    while (
      child.exitCode === null &&
      (await readdir(index, { recursive: true }).catch(() => [])).length === 0
    ) {
      await new Promise(resolve => setTimeout(resolve, 1));
    }
    child.kill('SIGKILL');
    await ended;
    expect(await job.modgate(['cache', 'verify', job.store, '--format', 'json'])).toMatchObject({ code: 0 });
    const next = await job.modgate(args);
    expect(next.code).toBe(0);
    const done = await json(await job.modgate(['cache', 'verify', job.store, '--format', 'json']));
    expect(done).toMatchObject({ versions: 7, counts: { damaged: 0, unindexed: 0, missing: 0 } });
  });

  it('3 for files that it may not read, which are told one by one', async () => {
    await using job = await emptyJob();
    await giveToNobody(job.store).catch(async () => {
      await mkdir(job.store);
      await giveToNobody(job.store);
    });
    await chmod(job.dir.path, 0o755);
    await chmod(path.join(job.source, `${STEM}.zip`), 0o600);
    const tmp = job.dir.join('nobody');
    await mkdir(tmp);
    await giveToNobody(tmp);
    const env = { ...job.env, HOME: tmp, TMPDIR: tmp, GOPATH: tmp, GOCACHE: tmp, GOMODCACHE: tmp };
    const args = [
      CLI,
      'cache',
      'import',
      job.source,
      '--store',
      job.store,
      '--offline',
      '--go-sum',
      path.join(job.dir.path, 'go.sum'),
    ];
    await cp(path.join(filled.checkout, 'go.sum'), job.dir.join('go.sum'));
    const done = await runAsNobody(process.execPath, args, { cwd: tmp, env });
    expect(done.stdout).toContain('Could not be read (1)');
    expect(done.stdout.replaceAll(/\s+/g, ' ')).toContain('v1.6.0.zip it cannot be read: permission denied');
    expect(done.code).toBe(3);
  });

  it('2 for what cannot be asked, with what to do instead', async () => {
    await using job = await emptyJob();
    await mkdir(job.dir.join('notes'), { recursive: true });
    await writeFile(job.dir.join('notes/todo.txt'), 'x');
    await writeProject(job.checkout, { 'go.mod': 'module example.com/app\n\ngo 1.24\n' });
    const store = ['--store', job.store];
    const cases = [
      [[], /cache import wants one source/],
      [['a', 'b'], /cache import wants one source/],
      [['nowhere', ...store], /there is no nowhere; name a GOMODCACHE/],
      [['.', ...store], /is a source checkout \(it has go.mod in it\)/],
      [[path.join(job.source, 'cache'), ...store], /did you mean .*source\?/],
      [[job.source, '--from', 'gomodcach', ...store], /--from wants one of .*; did you mean gomodcache\?/],
      [[job.source, '--offlin', ...store], /did you mean --offline/],
      [[job.source, '--jobs', '0', ...store], /--jobs wants a number/],
      [[job.source, '--manifest', 'sha256:12', ...store], /--manifest wants a SHA-256/],
      [[job.source, '--manifest', 'a'.repeat(64), ...store], /--manifest goes with an archive/],
      [[job.source, '--store', path.join(job.source, 'store')], /are one in the other/],
      [[job.source, '--store', job.dir.join('notes')], /is no store of modgate/],
      [[job.source, '--go-sum', 'nothing', ...store], /--go-sum: .*nothing cannot be read/],
    ] as const;
    await Promise.all(
      cases.map(async ([args, why]) => {
        const done = await job.modgate(['cache', 'import', ...args]);
        expect(done.stderr).toMatch(why);
        expect(done).toMatchObject({ code: 2, stdout: '' });
      }),
    );
    expect(await readdir(job.dir.join('notes'))).toEqual(['todo.txt']);
    expect((await readdir(job.source)).sort()).toEqual(['cache']);
  });
});
