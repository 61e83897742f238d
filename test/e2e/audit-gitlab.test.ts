import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { gitlabProject } from '../support/gitlab/pipeline.ts';
import { modgate } from '../support/modgate.ts';
import { runOk } from '../support/process.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { startCentral } from './audit-central.ts';

const MODULE = 'github.com/hashicorp/go-multierror';
/** Of the demo project's go.sum. */
const H1 = 'h1:H5DkEtf6CXdFp0N0Em5UCwQpXMWke8IA0+lD48awMYo=';
const DENIED = 'github.com/pkg/errors';

it('jobs of GitLab: what they send, what is refused, and what lies in artifacts until somebody uploads it', async () => {
  await using central = await startCentral();
  await using upstream = await startUpstream();
  await using pipeline = await gitlabProject();
  await writeFile(
    path.join(pipeline.dir, '.modgate.yaml'),
    `version: 1\nmodules: {deny: [{pattern: ${DENIED}, reason: not reviewed}]}\n`,
  );
  await pipeline.define(
    `
first: {extends: .kept, script: [go build -o bin/demo .]}
second: {extends: .modgate, script: [go build -o bin/demo .]}
refused: {extends: .modgate, script: [go mod download ${DENIED}@v0.9.1]}
`,
    { 'audit-store': 'artifact', job: '.kept' },
    { 'audit-store': central.url },
  );
  const sha = (await runOk('git', ['rev-parse', 'HEAD'], { cwd: pipeline.dir })).stdout.trim();

  const first = await pipeline.job('first', { proxy: upstream.url });
  expect(first.code, first.stdout).toBe(0);
  expect(first.stdout).toMatch(/Audit: \d batches, 12 records sent to artifact/);
  await pipeline.forgetModules();
  const keyed = { proxy: upstream.url, variables: { MODGATE_AUDIT_TOKEN: central.token } };
  const second = await pipeline.job('second', keyed);
  expect(second.code, second.stdout).toBe(0);
  const refused = await pipeline.job('refused', keyed);
  expect(refused.code, refused.stdout).not.toBe(0);
  expect(second.stdout + second.stderr + refused.stdout + refused.stderr).not.toContain(central.token);
  await central.settled();

  const whose = { repository: 'acme/demo', ref: 'main', sha, actor: 'dev', assurance: 'relayed' };
  const page = expect.stringMatching(/^https:\/\/gitlab\.example\.test\/acme\/demo\/-\/jobs\/\d+$/);
  const jobs = async () => {
    const told = await central.ask('jobs', '--state', 'any', '--older', '0');
    return Object.fromEntries(told.jobs.map(job => [job.name, job]));
  };
  const { assurance: _, ...job } = { ...whose, url: page, state: 'closed', dropped: 0 };
  expect(await jobs()).toEqual({
    second: expect.objectContaining({ ...job, records: 12 }),
    refused: expect.objectContaining({ ...job, records: 1 }),
  });
  const before = await central.ask('who', MODULE);
  expect(before.first).toMatchObject({ ...whose, job: (await jobs()).second?.job });
  const denials = await central.ask('log', '--decision', 'deny');
  expect(denials.records).toEqual([
    expect.objectContaining({
      ...whose,
      job: (await jobs()).refused?.job,
      url: page,
      module: DENIED,
      version: 'v0.9.1',
      status: 403,
      rule: 'module/denied',
    }),
  ]);

  // As somebody does it who has downloaded the artifacts of a job.
  const files = path.join(pipeline.dir, '.gitlab-ci-local', 'artifacts', 'first', '.modgate', 'reports');
  const upload = async () => {
    const done = await modgate(['audit', 'upload', files, '--store', central.url, '--format', 'json'], {
      cwd: pipeline.dir,
      env: { PATH: process.env.PATH, MODGATE_AUDIT_TOKEN: central.token },
    });
    expect(done.code, done.stderr).toBe(0);
    await central.settled();
    return JSON.parse(done.stdout) as Record<string, unknown>;
  };
  expect(await upload()).toMatchObject({ records: 12, duplicates: 0, left: 0 });
  const late = await jobs();
  expect(late.first).toEqual(expect.objectContaining({ ...job, records: 12 }));
  const after = await central.ask('who', MODULE);
  expect(after).toMatchObject({
    first: { ...whose, job: late.first?.job },
    versions: [{ version: 'v1.1.1', h1: H1, first: { job: late.first?.job } }],
  });
  expect(Date.parse(after.first?.time ?? '')).toBeLessThan(Date.parse(before.first?.time ?? ''));
  expect(central.collector.log()).toMatch(/came late: first seen is earlier now for .*go-multierror/);
  // The newest job counts, whose module cache and go.sum have it.
  expect((await central.ask('used', MODULE)).uses).toEqual([
    {
      repository: 'acme/demo',
      version: 'v1.1.1',
      h1: H1,
      first: after.first?.time,
      last: late.refused?.last,
      ref: 'main',
      job: late.refused?.job,
    },
  ]);

  // Twice is once.
  const again = await upload();
  expect(again.duplicates).toBe(again.sent);
  expect(await jobs()).toEqual(late);
});
