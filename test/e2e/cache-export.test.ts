import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { versionKeys } from '../../src/store/layout.ts';
import { type ClosedNetwork, closedNetwork } from '../support/closed-network.ts';
import { auditExport } from '../support/exports.ts';
import { sumdbName } from '../support/go.ts';
import { CLI } from '../support/modgate.ts';
import { type Finished, run } from '../support/process.ts';
import { objectFile, startGateway } from '../support/s3/gateway.ts';
import { type Job, makeJob } from '../support/session.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { freshCaches } from './go-job.ts';
import { smallProject } from './small-project.ts';

let upstream: Upstream;
let job: Job;
let network: ClosedNetwork;

beforeAll(async () => {
  network = await closedNetwork();
  upstream = await startUpstream();
  job = await makeJob(upstream.url, { GOFLAGS: '-mod=mod -modcacherw -trimpath' });
  await smallProject(job.checkout);
  const filled = await job.modgate(['run', '--store', job.store, '--', 'go', 'build', '-o', 'app', '.']);
  expect(filled.code, filled.stderr).toBe(0);
});
afterAll(async () => {
  await upstream.close();
  await job[Symbol.asyncDispose]();
});

interface Report {
  readonly written: boolean;
  readonly manifest: { readonly sha256: string };
  readonly sumdb: { readonly name: string; readonly records: number; readonly without: number };
  readonly missing: readonly { readonly module: string; readonly version: string; readonly file: string }[];
  readonly leftOut: { readonly count: number; readonly files: readonly { readonly key: string }[] };
}

async function exported(...args: string[]): Promise<Finished & { readonly report: Report }> {
  const done = await job.modgate(['cache', 'export', ...args, '--store', job.store, '--format', 'json']);
  const report = done.stdout === '' ? undefined : JSON.parse(done.stdout);
  return { ...done, report: report as Report };
}

/** Runs a shell script in a copy of the checkout, with empty caches and no network. */
async function closed(
  name: string,
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<Finished> {
  const dir = job.dir.join(name);
  await cp(job.checkout, dir, { recursive: true });
  const [command, args] = network.wrap('sh', ['-c', script]);
  return await run(command, args, {
    cwd: dir,
    env: { ...job.env, ...freshCaches(job), ...network.env, ...env },
  });
}

describe('without a network and with the default checksum database', () => {
  const NO_SUMS = 'set -e; : > go.sum; ';

  it('go builds and chooses versions from the exported tree', async () => {
    const dest = job.dir.join('tree');
    const { code, report, stderr } = await exported(dest, '--for', '.', '--sumdb');
    expect(code, stderr).toBe(0);
    expect(report).toMatchObject({
      written: true,
      missing: [],
      sumdb: { name: await sumdbName(), without: 0 },
    });
    await auditExport(dest);
    const script = `${NO_SUMS} go build -o app . && ./app && go list -m -versions github.com/pkg/errors && go get github.com/google/uuid@latest && go mod verify`;
    const done = await closed('from-tree', script, { GOPROXY: pathToFileURL(dest).href });
    expect(done, done.stderr).toMatchObject({ code: 0 });
    expect(done.stdout).toMatch(
      /^a 1\.2\.3 [\s\S]*github\.com\/pkg\/errors v0\.9\.1\nall modules verified\n$/,
    );
    const unknown = await closed('unknown', 'go get example.com/not/there@v1.0.0', {
      GOPROXY: pathToFileURL(dest).href,
    });
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toMatch(/example\.com\/not\/there\/@v\/v1\.0\.0\.info: .*no such file/);
  });

  it('an exported archive is imported, and modgate serves it', async () => {
    const dest = job.dir.join('x.tar.zst');
    const { code, report, stderr } = await exported(dest, '--for', job.checkout, '--sumdb');
    expect(code, stderr).toBe(0);
    const store = job.dir.join('there');
    const modgate = `"${process.execPath}" "${CLI}"`;
    const script = `${NO_SUMS} ${modgate} cache import "${dest}" --store "${store}" --offline && ${modgate} run --store "${store}" --on-failure fail -- go build -o app . && ./app`;
    const done = await closed('from-archive', script, { GOPROXY: 'off' });
    expect(done, done.stderr).toMatchObject({ code: 0 });
    expect(done.stdout).toMatch(/^a 1\.2\.3 /m);
    expect(report.manifest.sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('what is missing', () => {
  it('is told with the way to get it, which works', async () => {
    const dest = job.dir.join('later');
    const mod = path.join(job.checkout, 'later', 'go.mod');
    await mkdir(path.dirname(mod));
    await writeFile(mod, 'module example.com/later\n\ngo 1.24\n\nrequire golang.org/x/text v0.14.0\n');
    await writeFile(
      path.join(path.dirname(mod), 'go.sum'),
      'golang.org/x/text v0.14.0 h1:ScX5w1eTa3QqT8oi6+ziP7dTV1S2+ALU0bI+0zXKWiQ=\ngolang.org/x/text v0.14.0/go.mod h1:18ZOQIKpY8NJVqYksKHtTdi31H5itFRjB5/qKTNYzSU=\n',
    );
    const { code, report } = await exported(dest, '--for', 'later');
    expect(code).toBe(4);
    expect(report.written).toBe(false);
    expect(report.missing.map(({ module, file }) => `${module} ${file}`).sort()).toEqual([
      'golang.org/x/text info',
      'golang.org/x/text mod',
      'golang.org/x/text zip',
    ]);
    const said = await job.modgate(['cache', 'export', dest, '--store', job.store, '--for', 'later']);
    const recipe = /^ {2}modgate (run --store .* -- go mod download)$/m.exec(said.stdout)?.[1]?.split(' ');
    const done = await job.modgate(recipe ?? [], { cwd: path.dirname(mod) });
    expect(done.code, done.stderr).toBe(0);
    expect(await exported(dest, '--for', 'later')).toMatchObject({ code: 0, report: { missing: [] } });
    await rm(path.dirname(mod), { recursive: true });
  });

  it('because it is damaged is named, and exit 1', async () => {
    const store = job.dir.join('damaged');
    await cp(job.store, store, { recursive: true });
    const key = versionKeys({ path: 'github.com/google/uuid', version: 'v1.6.0' })?.files.zip ?? '';
    await writeFile(path.join(store, key), 'no zip');
    const args = ['cache', 'export', job.dir.join('rest.tar'), '--store', store];
    const done = await job.modgate(args);
    expect(done.code).toBe(1);
    expect(done.stdout).toMatch(/^Left out \(1\)\n {2}github\.com\/google\/uuid\/@v\/v1\.6\.0\.zip\n/);
    expect(done.stdout).toMatch(/Manifest +sha256:[0-9a-f]{64}/);
  });
});

describe('a bucket', () => {
  it('is exported as a directory is, with the bytes that it has, and what is damaged named', async () => {
    await using gateway = await startGateway();
    const prefix = gateway.prefix();
    const env = gateway.env('reader');
    const tree = job.dir.join('tree-for-bucket');
    expect((await exported(tree, '--for', '.', '--sumdb')).code).toBe(0);
    const url = gateway.url(prefix);
    const filled = await job.modgate(['cache', 'import', tree, '--store', url, '--offline'], {
      env: gateway.env(),
    });
    expect(filled.code, filled.stderr).toBe(0);
    const dest = job.dir.join('from-bucket');
    const args = ['cache', 'export', dest, '--for', '.', '--store', url];
    const done = await job.modgate(args, { env });
    expect(done.code, done.stderr).toBe(0);
    const versions = (files: Awaited<ReturnType<typeof auditExport>>) =>
      files.filter(file => 'path' in file.means).map(({ key, h1 }) => ({ key, h1 }));
    expect(versions(await auditExport(dest))).toEqual(versions(await auditExport(tree)));
    const key = versionKeys({ path: 'github.com/google/uuid', version: 'v1.6.0' })?.files.zip ?? '';
    const object = objectFile(gateway, prefix, key);
    const bytes = await readFile(object);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(object, bytes);
    const damaged = await job.modgate([...args, '--partial'], { env });
    expect(damaged.code, damaged.stderr).toBe(1);
    expect(damaged.stdout).toContain(key);
    expect((await auditExport(dest)).map(file => file.key)).not.toContain(key);
  });
});

it('an export that is killed leaves nothing at its place, and the next one cleans up', async () => {
  const parent = job.dir.join('killed');
  await mkdir(parent);
  const seen = Promise.withResolvers<void>();
  const beside = async () => (await readdir(parent)).filter(name => name.startsWith('.modgate-export-'));
  const done = await job.modgate(['cache', 'export', path.join(parent, 'x.tar.zst'), '--store', job.store], {
    onSpawn: child => {
      const look = async () => {
        // As soon as it has begun, however far it comes until it is hit.
        while (child.exitCode === null && (await beside()).length === 0) {
          await new Promise(resolve => setImmediate(resolve));
        }
        child.kill('SIGKILL');
        seen.resolve();
      };
      look().catch(seen.reject);
    },
  });
  await seen.promise;
  expect(done).toMatchObject({ code: null, signal: 'SIGKILL' });
  expect((await readdir(parent)).filter(name => !name.startsWith('.'))).toEqual([]);
  expect((await beside()).length).toBeGreaterThan(0);
  expect((await exported(path.join(parent, 'x.tar.zst'))).code).toBe(0);
  expect(await readdir(parent)).toEqual(['x.tar.zst']);
});

it.each([
  ['no place', [], /wants one place to write to/],
  ['a place that is taken', ['.'], /nothing was exported to .*neither empty nor an export/],
  ['a checkout that is none', ['x', '--for', 'nowhere'], /--for: .*nowhere is no directory/],
  ['a time that is none', ['x', '--keep-since', 'soon'], /--keep-since wants a number and a unit/],
])('%s: exit 2', async (_, args, words) => {
  const done = await job.modgate(['cache', 'export', ...args, '--store', job.store]);
  expect(done).toMatchObject({ code: 2, stdout: '' });
  expect(done.stderr).toMatch(words);
  expect(await readFile(path.join(job.checkout, 'main.go'), 'utf8')).toMatch(/package main/);
});
