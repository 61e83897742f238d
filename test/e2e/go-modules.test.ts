import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { IndexEntry } from '../../src/store/types.ts';
import { goToolchain } from '../support/tools.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { asked, freshCaches, startJob, tableRow } from './go-job.ts';

/** One of each kind of path and version that proxies are known to get wrong. */
const MODULES = [
  'github.com/BurntSushi/toml@v1.5.0',
  'github.com/Masterminds/semver/v3@v3.4.0',
  // Upper case in the version.
  'github.com/nats-io/nats-server/v2@v2.10.19-RC.2',
  'github.com/dgrijalva/jwt-go@v3.2.0+incompatible',
  'github.com/dgrijalva/jwt-go@v3.2.1-0.20180719211823-0b96aaa70776+incompatible',
  'github.com/modern-go/reflect2@v1.0.3-0.20250322232337-35a7c28c31ee',
  'gopkg.in/check.v1@v0.0.0-20161208181325-20d25e280405',
  'gopkg.in/yaml.v3@v3.0.1',
  // Another path in its go.mod.
  'gopkg.in/russross/blackfriday.v2@v2.0.1',
  // In a directory of a repository, with prefixed tags.
  'go.opentelemetry.io/otel/trace@v1.28.0',
  'k8s.io/klog/v2@v2.130.1',
  // Retracted, and without a go.mod.
  'github.com/mattn/go-sqlite3@v2.0.3+incompatible',
  'github.com/davecgh/go-spew@v1.1.1',
  // Build metadata, which makes a query of a version; and a version that nobody has.
  'rsc.io/quote@v1.5.2+build5',
  'rsc.io/quote@v1.99.0',
] as const;

interface Downloaded {
  readonly Path: string;
  readonly Version: string;
  readonly Sum?: string;
  readonly GoModSum?: string;
  readonly Error?: string;
}

/** `go mod download -json` prints one object after another. */
function outcomes(stdout: string): Pick<Downloaded, 'Path' | 'Version' | 'Sum' | 'GoModSum'>[] {
  return stdout
    .split(/^}$/m)
    .filter(text => text.trim() !== '')
    .map(text => JSON.parse(`${text}}`) as Downloaded)
    .map(({ Path, Version, Sum, GoModSum, Error: why }) => ({
      Path,
      Version,
      ...(Sum === undefined ? {} : { Sum }),
      ...(GoModSum === undefined ? {} : { GoModSum }),
      failed: why !== undefined,
    }));
}

describe('modules that are hard to serve', () => {
  it('come out as without modgate, and again with the upstream gone', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, {});
    const args = ['mod', 'download', '-json', ...MODULES];
    const plain = await job.world.go(args, { cwd: job.project, env: freshCaches(job.world) });
    const cold = await job.run(['go', ...args], { env: freshCaches(job.world) });
    expect(outcomes(cold.stdout)).toEqual(outcomes(plain.stdout));
    expect(outcomes(plain.stdout).filter(one => one.Sum !== undefined)).toHaveLength(MODULES.length - 1);
    expect(await job.stored()).toContain('github.com/nats-io/nats-server/v2/@v/v2.10.19-!r!c.2.zip');

    const there = MODULES.slice(0, -1);
    const warm = await job.fresh(['mod', 'download', '-json', ...there], {
      env: { GOPROXY: await deadUrl() },
    });
    expect(outcomes(warm.stdout)).toEqual(outcomes(plain.stdout).slice(0, -1));
    expect(tableRow(warm, 'upstream').modules).toBe(0);
  });

  it('retractions are seen', async () => {
    await using upstream = await startUpstream();
    await using job = await startJob(upstream.url, {
      'go.mod':
        'module example.com/app\n\ngo 1.24\n\nrequire github.com/mattn/go-sqlite3 v2.0.3+incompatible\n',
    });
    const { stdout } = await job.fresh(['list', '-mod=mod', '-m', '-u', '-retracted', '-json', 'all']);
    expect(stdout).toContain('"Retracted"');
  });
});

describe('a toolchain', () => {
  it('comes through modgate whatever the policy allows, verified by the database, also without upstream', async () => {
    const toolchain = await goToolchain('1.27');
    await using upstream = await startUpstream();
    const files = {
      'go.mod': 'module example.com/app\n\ngo 1.24\n\nrequire github.com/google/uuid v1.6.0\n',
      // Neither the host nor the path of the toolchain is in it.
      '.modgate.yaml': 'version: 1\nhosts: {allow: [github.com]}\nmodules: {allow: [github.com/google/*]}\n',
    };
    await using job = await startJob(upstream.url, files, { GOTOOLCHAIN: toolchain });
    const cold = await job.fresh(['mod', 'download', '-json', 'github.com/google/uuid']);
    expect(cold.stdout).toContain('"Version": "v1.6.0"');
    const zips = asked(upstream).filter(name => name.endsWith('.zip'));
    expect(zips).toHaveLength(2);
    const [zip = ''] = zips.filter(name => name.startsWith('golang.org/toolchain/'));
    expect(zip).toContain(`v0.0.1-${toolchain}.`);
    expect(asked(upstream).some(name => name.includes('/lookup/golang.org/toolchain@'))).toBe(true);
    const index = await readFile(
      path.join(job.store, 'modgate', 'index', ...zip.replace(/zip$/, 'json').split('/')),
      'utf8',
    );
    expect(JSON.parse(index)).toMatchObject({ vouchedBy: { zip: 'sumdb' } });

    const warm = await job.fresh(['version'], { env: { GOPROXY: await deadUrl() } });
    expect(warm.stdout).toContain(toolchain);
    expect(tableRow(warm, 'upstream')).toEqual({ modules: 0, bytes: '0 B' });
  });
});

describe('a client that leaves', () => {
  it('does not stop the flight: the next one has the file from the store', async () => {
    const zip = 'github.com/nats-io/nats-server/v2/@v/v2.10.19-%21r%21c.2.zip';
    await using upstream = await startUpstream({ bytesPerSecond: 4_000_000 });
    await using job = await startJob(upstream.url, {});
    await using session = await job.start();
    const leave = new AbortController();
    const gone = fetch(`${session.url}/${zip}`, { signal: leave.signal });
    while (!upstream.requests.some(request => request.path.endsWith('.zip'))) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    leave.abort();
    await expect(gone).rejects.toThrow();
    const answer = await fetch(`${session.url}/${zip}`);
    expect(answer.status).toBe(200);
    const { byteLength } = await answer.arrayBuffer();
    const [request] = upstream.requests.filter(one => one.path.endsWith('.zip'));
    const index = path.join(job.store, 'modgate', 'index', decodeURIComponent(zip).replace(/zip$/, 'json'));
    const entry = JSON.parse(await readFile(index, 'utf8')) as IndexEntry;
    expect(entry.zip).toMatchObject({ size: byteLength, original: { size: request?.bytes } });
    await session.stop();
    expect(upstream.requests.filter(one => one.path.endsWith('.zip'))).toHaveLength(1);
    expect(request?.left).toBe(false);
    expect(await readdir(path.join(job.store, 'modgate', 'tmp')).catch(() => [])).toEqual([]);
  });
});

it('without the secret nothing is served, and nothing tells what is behind it', async () => {
  await using upstream = await startUpstream();
  await using job = await startJob(upstream.url, {});
  await using session = await job.start();
  const { origin, pathname } = new URL(session.url);
  const secret = pathname.slice(1);
  const wrong = [...secret].reverse().join('');
  for (const prefix of [
    '',
    '/',
    `/${wrong}`,
    `/${secret.slice(0, -1)}`,
    `/${secret}0`,
    `/${secret.toUpperCase()}x`,
  ]) {
    const answer = await fetch(`${origin}${prefix}/rsc.io/quote/@v/list`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain(secret);
  }
  const control = await fetch(`${origin}/-/stop`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}` },
  });
  expect(control.status).toBe(403);
  expect(upstream.requests).toEqual([]);
  expect((await fetch(`${session.url}/rsc.io/quote/@v/v1.5.2.info`)).status).toBe(200);
  expect((await fetch(`${session.url}/rsc.io/quote/@v/v1.5.2.info`, { method: 'HEAD' })).status).toBe(405);
});
