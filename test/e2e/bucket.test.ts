import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Faults, startFaults } from '../support/s3/faults.ts';
import { type Gateway, startGateway } from '../support/s3/gateway.ts';
import { gone, type Job, makeJob } from '../support/session.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { smallProject } from './small-project.ts';

let gateway: Gateway;
let faults: Faults;
let upstream: Upstream;
beforeAll(async () => {
  gateway = await startGateway();
  faults = await startFaults(gateway);
  upstream = await startUpstream();
});
afterAll(async () => {
  await faults?.[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
  await upstream?.close();
});

/** A machine of its own with the small project; it may do in the bucket what `who` may. */
async function machine(proxy: string, who: 'owner' | 'reader' = 'owner'): Promise<Job> {
  const job = await makeJob(proxy, gateway.env(who));
  await smallProject(job.checkout);
  return job;
}

/** What a build needs of modules, without compiling anything. */
const load = ['list', '-mod=mod', '-deps', '.'] as const;

/** A bucket's prefix with all that a build of the small project needs. */
async function filled(): Promise<string> {
  const prefix = gateway.prefix();
  await using job = await machine(upstream.url);
  await using session = await job.start(['--store', gateway.url(prefix)]);
  expect(await session.go(load)).toMatchObject({ code: 0 });
  const { summary } = await session.stop();
  expect(summary.warnings).toEqual([]);
  expect(summary.layers?.written).toMatchObject({ left: 0, location: `s3://${gateway.bucket}/${prefix}` });
  expect(summary.layers?.written?.versions).toBeGreaterThanOrEqual(7);
  return prefix;
}

/** Every file below a directory as one text. */
async function allText(dir: string): Promise<string> {
  let text = '';
  for (const name of await readdir(dir, { recursive: true })) {
    const file = join(dir, name);
    if ((await stat(file)).isFile()) text += `${name}\n${await readFile(file, 'latin1')}\n`;
  }
  return text;
}

it('a build on another machine takes all from the bucket, with every upstream dead', async () => {
  const prefix = await filled();
  await using job = await machine(await deadUrl());
  await using session = await job.start(['--store', gateway.url(prefix)]);
  expect(await session.go(['build', '-mod=mod', '-o', 'program', '.'])).toMatchObject({ code: 0 });
  const { summary } = await session.stop();
  expect(summary).toMatchObject({ modulesFromUpstream: 0, failed: 0 });
  expect(summary.modulesFromStore).toBeGreaterThanOrEqual(7);
  const [layer] = summary.layers?.layers ?? [];
  expect(layer?.files).toBeGreaterThanOrEqual(14);
  // The local store keeps what came: nothing is asked for twice.
  await rm(join(gateway.dir, prefix), { recursive: true });
  await using again = await job.start(['--store', gateway.url(prefix)]);
  expect(await again.go(['mod', 'download', 'github.com/pkg/errors@v0.9.1'])).toMatchObject({ code: 0 });
  await again.stop();
});

it('the closing words tell what came from where and what was written', async () => {
  const prefix = gateway.prefix();
  const url = gateway.url(prefix);
  const words = async () => {
    await using job = await machine(upstream.url);
    const args = ['run', '--store', job.store, '--store', url, '--', 'go', ...load];
    const done = await job.modgate(args);
    expect(done.code).toBe(0);
    return done.stderr;
  };
  const where = `s3://${gateway.bucket}/${prefix}`;
  expect(await words()).toMatch(
    new RegExp(`\\d+ module versions \\([^)]*\\) were written to ${where}$`, 'm'),
  );
  expect(await words()).toMatch(new RegExp(`\\d+ files \\([^)]*\\) came from ${where}$`, 'm'));
});

it('a job that may not write leaves the bucket as it is, and one with save: never does not even try', async () => {
  const prefix = gateway.prefix();
  {
    await using job = await machine(upstream.url, 'reader');
    await using session = await job.start(['--store', gateway.url(prefix)]);
    expect(await session.go(load)).toMatchObject({ code: 0 });
    const { summary } = await session.stop();
    expect(summary.warnings.filter(line => line.includes('nothing more is written'))).toHaveLength(1);
  }
  faults.forget();
  await using job = await machine(upstream.url);
  const url = gateway.url(prefix, faults.endpoint);
  await using session = await job.start(['--save', 'never', '--store', url]);
  expect(await session.go(load)).toMatchObject({ code: 0 });
  const { summary } = await session.stop();
  expect(summary.warnings).toEqual([]);
  expect(faults.asked.filter(({ method }) => method !== 'GET')).toEqual([]);
  expect(await readdir(join(gateway.dir, prefix)).catch(() => [])).toEqual([]);
});

it('a bucket that nobody can reach costs a warning', async () => {
  await using job = await machine(upstream.url);
  const url = gateway.url(gateway.prefix(), await deadUrl());
  await using session = await job.start(['--store', url]);
  expect(await session.go(load)).toMatchObject({ code: 0 });
  const { summary } = await session.stop();
  expect(summary.failed).toBe(0);
  expect(summary.warnings.filter(line => line.includes('cannot be reached'))).toHaveLength(1);
});

it('what opens the bucket stands in no file and in no environment', async () => {
  const prefix = gateway.prefix();
  await using job = await machine(upstream.url);
  await using session = await job.start(['--store', gateway.url(prefix)]);
  expect(await session.go(load)).toMatchObject({ code: 0 });
  const { AWS_SECRET_ACCESS_KEY: secret = '' } = gateway.env();
  expect(secret.length).toBeGreaterThan(20);
  if (process.platform === 'linux') {
    expect(await readFile(`/proc/${session.file.pid}/environ`, 'latin1')).not.toContain(secret);
  }
  await session.stop();
  expect(await allText(session.dir)).not.toContain(secret);
  expect(await allText(join(gateway.dir, prefix))).not.toContain(secret);
});

it('a daemon that is killed while it writes leaves nothing half visible', async () => {
  const prefix = gateway.prefix();
  faults.set(({ method, index }) =>
    method === 'PUT' && index % 2 === 0 ? { kind: 'latency', ms: 150 } : undefined,
  );
  {
    await using job = await machine(upstream.url);
    await using session = await job.start(['--store', gateway.url(prefix, faults.endpoint)]);
    expect(await session.go(load)).toMatchObject({ code: 0 });
    process.kill(session.file.pid, 'SIGKILL');
    await gone(session.file.pid);
    expect((await session.stop()).summary.daemonDied).toBe(true);
  }
  faults.set();
  await using job = await machine(upstream.url);
  await using session = await job.start(['--store', gateway.url(prefix)]);
  expect(await session.go(load)).toMatchObject({ code: 0 });
  const { summary } = await session.stop();
  expect(summary.warnings).toEqual([]);
  // What was cut short is there now.
  await using last = await machine(await deadUrl());
  await using whole = await last.start(['--store', gateway.url(prefix)]);
  expect(await whole.go(load)).toMatchObject({ code: 0 });
  expect((await whole.stop()).summary.warnings).toEqual([]);
});
