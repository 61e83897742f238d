import { cp, readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../support/s3/gateway.ts';
import { type Job, makeJob } from '../support/session.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { smallProject } from './small-project.ts';

let upstream: Upstream;
let gateway: Gateway;
/** Where go has filled a GOMODCACHE with the small project. */
let filled: Job;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway();
  filled = await makeJob(upstream.url, { CI: '', ...gateway.env() });
  await smallProject(filled.checkout);
  await filled.goOk(['mod', 'download', 'all'], { cwd: filled.checkout });
});
afterAll(async () => {
  await filled[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

async function report(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const done = await filled.modgate(['cache', 'import', ...args, '--format', 'json'], { env });
  return {
    code: done.code,
    stderr: done.stderr,
    said: JSON.parse(done.stdout || '{}') as Record<string, unknown>,
  };
}

describe('modgate cache import into a bucket', () => {
  it('brings in what is vouched for, once; a job builds from it with nothing else', async () => {
    const prefix = gateway.prefix();
    const store = gateway.url(prefix);
    const dry = await report([filled.modcache, '--store', store, '--dry-run']);
    expect(dry.said).toMatchObject({ exitCode: 0, imported: { versions: 7, files: 21 } });
    expect(await readdir(path.join(gateway.dir, prefix)).catch(() => [])).toEqual([]);
    const first = await report([filled.modcache, '--store', store]);
    expect(first).toMatchObject({
      code: 0,
      stderr: '',
      said: { imported: { versions: 7, files: 21 }, vouched: { sumdb: 14 }, findings: [] },
    });
    expect(JSON.stringify(first.said)).not.toContain('endpoint');
    const again = await report([filled.modcache, '--store', store]);
    expect(again.said).toMatchObject({ imported: { files: 0 }, present: { versions: 7, files: 21 } });
    expect((await filled.modgate(['cache', 'verify', '--store', store])).code).toBe(0);

    const dead = await deadUrl();
    await using job = await makeJob(dead, { CI: '', ...gateway.env() });
    await cp(filled.checkout, job.checkout, { recursive: true });
    const built = await job.modgate([
      'run',
      '--store',
      store,
      '--',
      'go',
      'build',
      '-o',
      job.dir.join('app'),
      '.',
    ]);
    expect(built).toMatchObject({ code: 0 });
  });

  it('3 with the missing right when the credentials may only read, and nothing is there', async () => {
    const prefix = gateway.prefix();
    const denied = await report([filled.modcache, '--store', gateway.url(prefix)], gateway.env('reader'));
    expect(denied.code).toBe(3);
    expect(denied.stderr).toContain('s3:PutObject');
    expect(await readdir(path.join(gateway.dir, prefix)).catch(() => [])).toEqual([]);
  });
});
