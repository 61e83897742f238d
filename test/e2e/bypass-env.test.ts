import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeProject } from '../support/go.ts';
import { type BypassWorld, bypassWorld, LIB } from './bypass-job.ts';
import { TINY } from './small-project.ts';

let world: BypassWorld;
beforeAll(async () => {
  world = await bypassWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

it('what later steps change for all steps after them is told at the end', async () => {
  const file = world.dir.join('go.env');
  await writeFile(file, `GOPROXY=${world.upstream.url}\n`);
  await using my = await world.job({ env: { GOENV: file, GOPROXY: '' } });
  const env = await my.start();
  const kept = await my.go(['env', '-w', 'GOPRIVATE=example.test', 'GOFLAGS=-overlay=x.json', 'GOVCS=*:off']);
  expect(kept.stderr).toContain('warning: go env -w GOFLAGS=... does not override');
  // The variable hides it from this go, but not from one that somebody runs without the variable.
  await my.go(['env', '-w', 'GOPROXY=https://user:secret@proxy.example.test,direct']);
  await writeFile(path.join(my.job.checkout, 'go.work'), 'go 1.24\n\nuse .\n');
  const { code, summary, findings } = await my.stop({
    GOPROXY: `${env.GOPROXY},https://user:secret@proxy.example.test,direct`,
    GOSUMDB: 'off',
    GOMODCACHE: my.job.dir.join('other'),
    GOFLAGS: '-mod=mod -modcacherw -v',
  });
  expect(findings.map(({ rule, level }) => `${rule} ${level}`)).toEqual(
    findings.map(() => 'bypass/env warning'),
  );
  expect(findings.map(({ message }) => message)).toEqual([
    `GOPROXY was given other entries behind modgate while the session ran: ${world.upstream.url},https://***@proxy.example.test,direct`,
    expect.stringMatching(/^GOMODCACHE became \S+other while the session ran; it was \S+modcache$/),
    expect.stringMatching(/go\.work was written while the session ran, and go builds in that workspace/),
    expect.stringMatching(
      /^GOFLAGS with "-mod=mod" in the environment of the job, set while the session ran, lets go/,
    ),
    expect.stringMatching(
      /^GOSUMDB="off" in the environment of the job, set while the session ran, switches/,
    ),
    expect.stringMatching(
      /^GOPRIVATE="example\.test" in the file of go env -w, written while the session ran, fetches/,
    ),
    'GOPROXY=https://***@proxy.example.test,direct was written with go env -w, or into the file that go reads, while the session ran',
  ]);
  expect(JSON.stringify(summary)).not.toContain('secret@');
  expect(JSON.stringify(summary)).not.toMatch(/[0-9a-f]{32}/);
  expect(code).toBe(0);
});

it('nothing changed, and what only forbids, is nothing to tell; what was there from the start neither', async () => {
  const file = world.dir.join('own.env');
  await writeFile(file, 'GOPRIVATE=example.test\nGOSUMDB=off\n');
  await using my = await world.job({ env: { GOENV: file, GOFLAGS: '-mod=mod -modcacherw -trimpath' } });
  await my.start();
  // An empty variable does not override what the file says.
  await my.go(['mod', 'download', `${LIB}@v1.0.0`], { env: { GOPRIVATE: '' } });
  const { findings } = await my.stop({ GOVCS: '*:off', GOWORK: 'off', GOFLAGS: '-mod=readonly' });
  expect(findings.map(({ rule }) => rule)).toEqual(['bypass/unserved', 'bypass/vcs']);
  await my.start();
  // Asked for what is private the proxy fetches it from version control, and shows the name to nobody.
  for (const env of [{ GONOPROXY: 'none' }, { GOENV: 'off' }]) {
    await my.go(['mod', 'download', `${LIB}@v1.1.0`], { env });
  }
  expect(world.upstream.requests.filter(({ path }) => path.includes('v1.1.0'))).toEqual([]);
  expect((await my.stop()).findings).toEqual([]);
});

it('a policy that can refuse something fails the job for another GOPROXY, and judges what was set before it', async () => {
  const policy = (rules: string) => `version: 1\nhosts: {allow: [github.com]}\n${rules}`;
  await using my = await world.job({
    files: { ...TINY, '.modgate.yaml': policy('') },
    env: { GOSUMDB: 'off' },
  });
  const env = await my.start();
  const past = { GOPROXY: `https://proxy.example.test,${env.GOPROXY}` };
  const first = await my.stop(past);
  expect(first.findings).toMatchObject([
    {
      rule: 'bypass/env',
      level: 'error',
      message: expect.stringMatching(/^GOPROXY was set to another proxy while the session ran: https/),
    },
    {
      rule: 'bypass/env',
      level: 'warning',
      message: expect.stringMatching(/^GOSUMDB="off" in the environment of the job switches/),
    },
  ]);
  expect(first.code).toBe(1);
  const rules = 'rules: {bypass/env: {level: warning, allow: [GOSUMDB]}}\n';
  await writeProject(my.job.checkout, { '.modgate.yaml': policy(rules) });
  await my.start();
  const second = await my.stop({ GOPROXY: 'direct' });
  expect(second.findings).toMatchObject([
    { rule: 'bypass/env', level: 'warning', message: expect.stringMatching(/another proxy/) },
  ]);
  expect(second.code).toBe(0);
});

it('what the session itself told go of private modules is nothing that the job did', async () => {
  const policy =
    'version: 1\nproxy: {private: [corp.example.test]}\nhosts: {deny: [evil.example.test]}\nrules: {bypass/env: {level: error, all: true}}\n';
  await using my = await world.job({ files: { ...TINY, '.modgate.yaml': policy } });
  const env = await my.start();
  expect(env).toMatchObject({ GONOPROXY: 'none', GONOSUMDB: 'example.test,corp.example.test' });
  const { findings } = await my.stop();
  const told = findings.map(({ message }) => message).filter(message => /^GONO/.test(message));
  expect(told).toEqual([expect.stringMatching(/^GONOSUMDB="example\.test" in the environment of the job/)]);
});
