import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuditStore, auditStore } from '../support/audit-store.ts';
import { builtAction } from '../support/github/built-action.ts';
import { processesWith } from '../support/github/runner.ts';
import { realUpstream } from '../support/go.ts';
import type { TempDir } from '../support/temp.ts';
import { type Machines, startMachines } from './action-machine.ts';

const TOKEN = 'audit-s3cret-token';

let built: TempDir;
let ACTION: string;
beforeAll(async () => {
  built = await builtAction();
  ACTION = built.join('dist', 'actions', 'proxy.js');
});
afterAll(async () => {
  await built[Symbol.asyncDispose]();
});

let machines: Machines;
let store: AuditStore;
beforeEach(async () => {
  machines = await startMachines();
  store = await auditStore(TOKEN);
});
afterEach(async () => {
  await machines[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

const inputs = (more: Readonly<Record<string, string>> = {}) => ({
  'audit-store': store.url,
  'audit-token': TOKEN,
  ...more,
});
const files = (dir: string) => readdirSync(dir).filter(name => name.endsWith('.ndjson.gz'));

describe('actions/proxy with an audit store', () => {
  it('sends the records of the job, says so on its page, and shows the token to nobody', async () => {
    const job = await machines.machine(await realUpstream());
    const start = await job.uses(ACTION, inputs());
    expect(start).toMatchObject({ code: 0 });
    expect((await job.run('echo', [TOKEN])).log).toBe('***\n');
    expect(await job.run('go', ['mod', 'download'])).toMatchObject({ code: 0 });
    const ours = processesWith(job.trackingId);
    expect(ours.length).toBeGreaterThan(0);
    for (const { command, environ } of ours) expect(`${command} ${environ}`).not.toContain(TOKEN);
    const { posts } = await job.finish();
    expect(posts).toMatchObject([{ code: 0 }]);
    expect(posts[0]?.log).not.toContain('::warning::');
    const batches = store.batches.toSorted((a, b) => a.header.batch - b.header.batch);
    expect(batches.at(-1)?.header).toMatchObject({
      phase: 'close',
      forge: 'github',
      iss: 'https://token.actions.githubusercontent.com',
      claimed: {
        repository: 'acme/demo',
        default_branch: 'main',
        ref: 'refs/heads/main',
        url: 'https://github.com/acme/demo/actions/runs/77',
      },
    });
    const records = batches.flatMap(({ requests }) => requests);
    expect(records.filter(({ op }) => op === 'zip').length).toBeGreaterThan(2);
    const told = `${batches.length} batches, ${records.length} records sent to ${store.url}`;
    expect(posts[0]?.log).toContain(`modgate: Audit: ${told}`);
    expect(job.summary).toMatch(/^- Audit&#58; \d+ batches, \d+ records sent to http/m);
    for (const log of [start.log, posts[0]?.log, job.summary]) expect(log).not.toContain(TOKEN);
  });

  it('starts nothing without the store where records are required, whatever on-failure says', async () => {
    const job = await machines.machine(await realUpstream());
    const wrong = { 'audit-token': 'another-s3cret', 'audit-required': 'true', 'on-failure': 'fallback' };
    const start = await job.uses(ACTION, inputs(wrong));
    expect(start.code).toBe(1);
    expect(start.log).toMatch(/^::error::audit\.required is on, .*answered 401: who are you/m);
    expect(start.log).not.toContain('s3cret');
    expect(job.env.GOPROXY).not.toContain('127.0.0.1');
    expect((await job.finish()).posts).toMatchObject([{ code: 0, log: '' }]);
  });

  it.each([
    ['true', 1, /^::error::modgate: audit\.required is on, and not all audit records were delivered/m],
    ['false', 0, /^::warning::modgate: \d batch(?:es)? of audit records could not be sent: .*not any more/m],
  ])('with audit-required: %s ends with %s when records are left', async (required, code, said) => {
    store.answer = n => (n === 0 ? 'take' : { status: 403, message: 'not any more' });
    const job = await machines.machine(await realUpstream());
    expect(await job.uses(ACTION, inputs({ 'audit-required': required }))).toMatchObject({ code: 0 });
    // The opening batch is not waited for where it is not required.
    while (store.batches.length === 0) await new Promise(done => setTimeout(done, 20));
    const { posts } = await job.finish();
    expect(posts[0]).toMatchObject({ code });
    expect(posts[0]?.log).toMatch(said);
    expect(job.summary).toMatch(/⚠️ Audit&#58; 1 of \d batches.* left/);
  });

  it('gives a stop step the files that are left, and the post phase sends them when the store is back', async () => {
    store.answer = () => ({ status: 403 });
    const job = await machines.machine(await realUpstream());
    await job.uses(ACTION, inputs());
    const stop = await job.uses(ACTION, { command: 'stop', 'audit-token': TOKEN });
    const spool = stop.outputs['audit-spool'] ?? '';
    expect(spool).toBe(join(job.temp, 'modgate', 'spool'));
    expect(files(spool).length).toBeGreaterThan(1);
    store.answer = () => 'take';
    expect((await job.finish()).posts.map(({ code }) => code)).toEqual([0, 0]);
    expect(store.batches.at(-1)?.header.phase).toBe('close');
    expect(files(spool)).toEqual([]);
  });

  it('leaves the records as files for actions/upload-artifact', async () => {
    const job = await machines.machine(await realUpstream());
    await job.uses(ACTION, { 'audit-store': 'artifact' });
    const stop = await job.uses(ACTION, { command: 'stop' });
    expect(files(stop.outputs['audit-spool'] ?? '').length).toBeGreaterThan(1);
    expect(stop.log).not.toContain('::warning::');
    expect(readFileSync(join(job.temp, 'modgate', 'audit-report.json'), 'utf8')).toContain('"left":0');
  });
});
