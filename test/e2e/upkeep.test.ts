import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { versionKeys } from '../../src/store/layout.ts';
import { makeJob } from '../support/session.ts';
import { startUpstream } from '../support/upstream/upstream.ts';
import { smallProject } from './small-project.ts';

const DAY_S = 86_400;

it('the end of a session notes how the store was used and removes what nobody used for long', async () => {
  await using upstream = await startUpstream();
  await using job = await makeJob(upstream.url);
  await smallProject(job.checkout);
  writeFileSync(path.join(job.checkout, '.modgate.yaml'), 'cache: {keep-since: 7d}\n');
  const first = await job.start([]);
  expect(await first.go(['mod', 'download'])).toMatchObject({ code: 0 });
  expect(await first.go(['mod', 'download', 'github.com/pkg/errors@v0.9.1'])).toMatchObject({ code: 0 });
  await first.stop();
  const log = path.join(job.store, 'modgate', 'log');
  const [month = ''] = readdirSync(log);
  expect(month).toMatch(/^\d{4}-\d\d\.jsonl$/);
  const use = JSON.parse(readFileSync(path.join(log, month), 'utf8')) as Record<string, number>;
  expect(use).toMatchObject({ fromStore: 0, requests: use.fromUpstream });
  expect(use.added).toBeGreaterThanOrEqual(7);

  const keys = versionKeys({ path: 'github.com/pkg/errors', version: 'v0.9.1' });
  const index = path.join(job.store, keys?.index ?? '');
  const then = Date.now() / 1000 - 8 * DAY_S;
  for (const file of [keys?.index, ...Object.values(keys?.files ?? {})])
    utimesSync(path.join(job.store, file ?? ''), then, then);
  // A prune that ended within the last day is enough.
  const marker = path.join(job.store, 'modgate', 'pruned.json');
  expect(existsSync(marker)).toBe(true);
  await (await job.start([])).stop();
  expect(existsSync(index)).toBe(true);

  utimesSync(marker, then, then);
  await (await job.start([])).stop();
  expect(existsSync(index)).toBe(false);
  expect(existsSync(path.join(job.store, keys?.files.zip ?? ''))).toBe(false);
  // What the project needs is there still.
  const last = await job.start(['--upstream', 'off', '--on-failure', 'fail']);
  expect(await last.go(['mod', 'download'])).toMatchObject({ code: 0 });
  await last.stop();
});
