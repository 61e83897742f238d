import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJournal } from '../../src/audit/journal-read.ts';
import { type ClosedNetwork, closedNetwork } from '../support/closed-network.ts';
import { CLI } from '../support/modgate.ts';
import { type Finished, run } from '../support/process.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { freshCaches, type Job, startJob } from './go-job.ts';

const FILES = {
  'go.mod': 'module example.com/app\n\ngo 1.24\n\nrequire github.com/google/uuid v1.6.0\n',
  'main.go': 'package main\n\nimport "github.com/google/uuid"\n\nfunc main() { println(uuid.NewString()) }\n',
};
const BRANCH = '{"Version":"v1.6.0","Time":"2024-01-23T18:54:04Z"}';
/** With no go.sum, so that each module needs its record of the checksum database. */
const WORK = [
  'go build -o app .',
  'go list -m -versions github.com/google/uuid',
  'go list -m github.com/google/uuid@latest',
  'go list -m github.com/google/uuid@master',
  'go get github.com/hashicorp/go-multierror@v1.1.1',
].join(' && ');

let job: Job;
let network: ClosedNetwork;
/** What the commands print where there is a network. */
let told: string;

/** Runs the commands with no module cache and no go.sum. */
async function work(goproxy: string | undefined, closed: boolean): Promise<Finished> {
  await writeFile(path.join(job.project, 'go.mod'), FILES['go.mod']);
  await writeFile(path.join(job.project, 'go.sum'), '');
  const flags = ['run', '--on-failure', 'fail', '--store', job.store, '--', 'sh', '-c', WORK];
  const [command, args] = closed
    ? network.wrap(process.execPath, [CLI, ...flags])
    : ([process.execPath, [CLI, ...flags]] as const);
  return await run(command, args, {
    cwd: job.project,
    env: {
      ...job.world.env,
      ...freshCaches(job.world),
      TMPDIR: job.world.dir.path,
      ...(closed ? network.env : {}),
      ...(goproxy === undefined ? {} : { GOPROXY: goproxy }),
    },
  });
}

beforeAll(async () => {
  network = await closedNetwork();
  // What the real mirror says of a branch is another thing every day.
  await using upstream = await startUpstream({
    made: asked => (asked.endsWith('/google/uuid/@v/master.info') ? { body: BRANCH } : undefined),
  });
  job = await startJob(upstream.url, FILES, { GOFLAGS: '-mod=mod -modcacherw -trimpath' });
  const open = await work(undefined, false);
  expect(open.code, open.stderr).toBe(0);
  told = open.stdout;
});
afterAll(async () => {
  await job[Symbol.asyncDispose]();
});

/** A list has what can be had. */
const inStore = () => told.replace(/^(github\.com\/google\/uuid) v.* v1\.6\.0$/m, '$1 v1.6.0');

describe('a store that was filled serves a job', () => {
  it.each([
    // Nothing answers on the port, and in a namespace the name cannot be looked up.
    ['whose upstream does not answer', undefined],
    ['whose upstream has a name that cannot be looked up', 'https://goproxy.example.test'],
    ['with GOPROXY=off', 'off'],
  ])('%s', async (_, goproxy) => {
    const done = await work(goproxy, true);
    expect(done).toMatchObject({ code: 0, stdout: inStore() });
    expect(done.stderr).toMatch(/from upstream +0 +0 B/);
    expect(done.stderr).toMatch(/warning: .*comes from the store and may be out of date/);
    expect(done.stderr).toMatch(/[1-9]\d* answered from the store because the upstream was gone/);
    expect(await readFile(path.join(job.project, 'go.sum'), 'utf8')).toMatch(/go-multierror v1\.1\.1 h1:/);
  });

  it('and its records tell which answers may be out of date', async () => {
    await using session = await job.start({ env: { GOPROXY: 'off' } });
    const list = await fetch(`${session.url}/github.com/google/uuid/@v/list`);
    expect(await list.text()).toBe('v1.6.0\n');
    const mod = await fetch(`${session.url}/github.com/google/uuid/@v/v1.6.0.mod`);
    expect(mod.status).toBe(200);
    await mod.arrayBuffer();
    await session.stop();
    const stale = new Map<string, boolean>();
    await readJournal(path.join(session.dir, 'journal'), record => {
      if (record.kind === 'req') stale.set(record.op, record.stale === true);
    });
    expect(Object.fromEntries(stale)).toEqual({ list: true, mod: false });
  });
});
