import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closedNetwork } from '../support/closed-network.ts';
import { CLI } from '../support/modgate.ts';
import { run } from '../support/process.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { freshCaches, type Job, startJob } from './go-job.ts';

const UUID = 'github.com/google/uuid';
const ID = 'GO-2099-0001';
const MODIFIED = '2026-01-02T03:04:05Z';
const FILES = {
  'go.mod': `module example.com/app\n\ngo 1.24\n\nrequire ${UUID} v1.6.0\n`,
  'go.sum': `${UUID} v1.6.0 h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=
${UUID} v1.6.0/go.mod h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo=
`,
  'main.go': `package main\n\nimport "${UUID}"\n\nfunc main() { println(uuid.NewString()) }\n`,
  '.modgate.yaml': '',
};

/** A database with one vulnerability, as its own server answers. */
const DATABASE: Readonly<Record<string, unknown>> = {
  'index/db': { modified: MODIFIED },
  'index/modules': [{ path: UUID, vulns: [{ id: ID, modified: MODIFIED }] }],
  [`ID/${ID}`]: {
    schema_version: '1.3.1',
    id: ID,
    modified: MODIFIED,
    published: MODIFIED,
    details: 'Numbers that a test says are bad.',
    affected: [
      {
        package: { name: UUID, ecosystem: 'Go' },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }],
        ecosystem_specific: { imports: [{ path: UUID, symbols: ['NewString'] }] },
      },
    ],
    database_specific: { url: 'https://example.com/GO-2099-0001' },
  },
};

async function startDatabase() {
  const asked: { readonly path: string; readonly status: number }[] = [];
  const server = createServer((req, res) => {
    const path = (req.url ?? '').slice(1);
    const value = DATABASE[path.replace(/\.json\.gz$/, '')];
    const body = value === undefined ? Buffer.from('no such file\n') : gzipSync(JSON.stringify(value));
    const etag = `"${createHash('sha256').update(body).digest('hex')}"`;
    const status = value === undefined ? 404 : req.headers['if-none-match'] === etag ? 304 : 200;
    asked.push({ path, status });
    res.writeHead(status, { ETag: etag });
    res.end(status === 304 ? undefined : body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

let upstream: Upstream;
let database: Awaited<ReturnType<typeof startDatabase>>;
let job: Job;
beforeAll(async () => {
  upstream = await startUpstream();
  database = await startDatabase();
  job = await startJob(upstream.url, { ...FILES, '.modgate.yaml': `proxy: {vulndb: ${database.url}}\n` });
});
afterAll(async () => {
  await job[Symbol.asyncDispose]();
  await upstream.close();
  await database.close();
});

it('govulncheck asks the mirror: what has not changed is not sent again, and in no network it is what it was', async () => {
  const bin = job.world.dir.join('bin');
  // By modules: what govulncheck then does with the syntax of a program takes ten seconds and asks nobody.
  const scan = ['sh', '-c', `"${bin}/govulncheck" -db "$GOVULNDB" -scan module`];
  const install = 'go install golang.org/x/vuln/cmd/govulncheck@v1.1.4';
  const caches = { ...freshCaches(job.world), GOBIN: bin };
  const first = await job.run(['sh', '-c', `${install} && ${scan[2]}`], { env: caches });
  // What govulncheck says by its exit code is that it found something.
  expect(first.code, first.stderr).toBe(3);
  expect(first.stdout).toContain(`Vulnerability #1: ${ID}`);
  expect(first.stdout).toContain(`${UUID}@v1.6.0`);
  expect(database.asked.map(({ path }) => path).toSorted()).toEqual(
    Object.keys(DATABASE)
      .map(name => `${name}.json.gz`)
      .toSorted(),
  );

  const from = database.asked.length;
  const second = await job.run(scan, { env: caches });
  expect(second).toMatchObject({ code: 3, stdout: first.stdout });
  expect(new Set(database.asked.slice(from).map(({ status }) => status))).toEqual(new Set([304]));

  const network = await closedNetwork();
  await database.close();
  const args = [CLI, 'run', '--store', job.store, '--', ...scan];
  const third = await run(...network.wrap(process.execPath, args), {
    cwd: job.project,
    env: { ...job.world.env, ...caches, ...network.env },
  });
  expect(third).toMatchObject({ code: 3, stdout: first.stdout });
  expect(third.stderr).toMatch(
    /vulnerability database comes from the store and may be out of date: .*could not deliver index\//,
  );
});
