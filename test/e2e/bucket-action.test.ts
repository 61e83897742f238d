import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtAction } from '../support/github/built-action.ts';
import { SMALL_COUNT } from '../support/github/small-project.ts';
import { type Gateway, startGateway, type Who } from '../support/s3/gateway.ts';
import type { TempDir } from '../support/temp.ts';
import { deadUrl } from '../support/upstream/dead.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { type MachineOptions, type Machines, startMachines } from './action-machine.ts';

let built: TempDir;
let upstream: Upstream;
let gateway: Gateway;
let machines: Machines;
beforeAll(async () => {
  [built, upstream, gateway, machines] = await Promise.all([
    builtAction(),
    startUpstream(),
    startGateway(),
    startMachines(),
  ]);
});
afterAll(async () => {
  await machines?.[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
  await built?.[Symbol.asyncDispose]();
});

/** A job that lists what its program needs, with these places as its store. Ends when its post phase has. */
async function job(url: string, store: string, who: Who, options: Partial<MachineOptions> = {}) {
  const actionEnv = { ...machines.service.env('v2'), ...gateway.env(who) };
  const machine = await machines.machine(url, { ...options, actionEnv });
  const started = await machine.uses(built.join('dist', 'actions', 'proxy.js'), { store });
  expect(started).toMatchObject({ code: 0 });
  const listed = await machine.run('go', ['list', '-deps', './...']);
  expect(listed).toMatchObject({ code: 0 });
  const { posts, killed } = await machine.finish();
  expect(killed).toEqual([]);
  const log = [started, ...posts].map(step => step.log).join('\n');
  expect(log).not.toContain(gateway.env(who).AWS_SECRET_ACCESS_KEY);
  return { log, summary: machine.summary };
}

it('a push fills a bucket, and another job takes all from it, without the cache service', async () => {
  const store = gateway.url(gateway.prefix());
  const first = await job(upstream.url, store, 'owner');
  expect(first.log).not.toContain('::warning::');
  expect(first.summary).toMatch(new RegExp(`${SMALL_COUNT} module versions .* were written to`));
  const second = await job(await deadUrl(), store, 'reader');
  expect(second.summary).toMatch(/files .* came from/);
  expect(machines.service.log).toEqual([]);
});

it('a pull request reads the bucket, and tries to write nothing, whatever its credentials may do', async () => {
  const prefix = gateway.prefix();
  const options = {
    event: 'pull_request',
    ref: 'refs/pull/7/merge',
    payload: {
      repository: { id: 1001, default_branch: 'main' },
      pull_request: {
        number: 7,
        head: { sha: '3'.repeat(40), ref: 'topic', repo: { id: 1001, full_name: 'acme/demo', fork: false } },
        base: { sha: '4'.repeat(40), ref: 'main', repo: { id: 1001, full_name: 'acme/demo' } },
      },
    },
  };
  const { log, summary } = await job(upstream.url, gateway.url(prefix), 'owner', options);
  expect(log).not.toContain('nothing more is written');
  expect(summary).not.toContain('were written to');
  const found = await gateway.client().send(
    new (await import('@aws-sdk/client-s3')).ListObjectsV2Command({
      Bucket: gateway.bucket,
      Prefix: `${prefix}/`,
    }),
  );
  expect(found.KeyCount).toBe(0);
});

it('before a bucket the cache service is used where auto stands first', async () => {
  const prefix = gateway.prefix();
  const from = machines.service.log.length;
  await job(upstream.url, `auto\n${gateway.url(prefix)}`, 'owner');
  const steps = machines.service.log.slice(from).map(({ step }) => step);
  expect(steps).toContain('finalize');
});
