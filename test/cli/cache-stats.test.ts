import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { openDiskStore } from '../../src/store/disk.ts';
import { createHasher } from '../../src/store/hasher.ts';
import { versionKeys } from '../../src/store/layout.ts';
import { appendUse } from '../../src/store/stats/use-log.ts';
import { type Job, makeJob } from '../support/session.ts';
import { commitModule, type RealModule, realModules } from '../support/store-modules.ts';

let modules: RealModule[];
beforeAll(async () => {
  modules = await realModules();
});

const DAY = 86_400_000;

/** A job with a store of seven modules, the first of which has not been used for 50 days. */
async function filledJob(): Promise<Job> {
  const job = await makeJob('off', { CI: '' });
  const hasher = createHasher();
  const store = await openDiskStore(job.store, { hasher });
  for (const m of modules) await commitModule(store, m);
  await store.flush();
  await hasher.close();
  const keys = versionKeys(modules[0] as RealModule);
  const { utimes } = await import('node:fs/promises');
  const then = (Date.now() - 50 * DAY) / 1000;
  for (const key of [keys?.index, ...Object.values(keys?.files ?? {})]) {
    await utimes(path.join(job.store, key ?? ''), then, then);
  }
  return job;
}

it('tells in 80 columns what is there, how it is used, and what a prune would do', async () => {
  await using job = await filledJob();
  const use = {
    requests: 40,
    fromStore: 30,
    fromUpstream: 10,
    bytesFromStore: 900,
    bytesFromUpstream: 100,
    added: 3,
  };
  await appendUse({ location: job.store, writable: true }, { t: new Date().toISOString(), ...use });
  const done = await job.modgate(['cache', 'stats', job.store]);
  expect(done).toMatchObject({ code: 0, stderr: '' });
  const text = done.stdout;
  expect(
    Math.max(
      ...text
        .split('\n')
        .filter(line => !line.startsWith('Store'))
        .map(line => line.length),
    ),
  ).toBeLessThanOrEqual(80);
  expect(text).toContain('7 modules in 7 versions, 21 files');
  expect(text).toMatch(/^ {2}golang\.org\/x\/text +1 +/m);
  expect(text).toMatch(/^ {2}30 to 90 days ago +1 +/m);
  const flat = text.replaceAll(/\s+/g, ' ');
  expect(flat).toContain(
    'last 30 days: 75.0 % of 40 requests and 90.0 % of 1.0 kB came from the store, in 1 session; 3 versions came in',
  );
  expect(flat).toMatch(
    /1 version \([^)]*\) would go: 1 version \([^)]*\) unused for long, 0 versions \(0 B\) to make room/,
  );
});

it('JSON is one contract, with the settings of the configuration in it', async () => {
  await using job = await filledJob();
  await writeFile(
    path.join(job.checkout, '.modgate.yaml'),
    'version: 1\ncache: {keep-since: 60d, max-size: 1MB, keep-refs: [main]}\n',
  );
  const done = await job.modgate([
    'cache',
    'stats',
    '--store',
    job.store,
    '--format',
    'json',
    '--top',
    '2',
    '--output',
    's.json',
  ]);
  expect(done).toMatchObject({ code: 0, stdout: '' });
  const said = JSON.parse(await readFile(path.join(job.checkout, 's.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  expect(said).toMatchObject({
    schema: 1,
    modules: { versions: 7, files: 21 },
    toolchains: { versions: 0 },
    byModule: { count: 7, top: [{ name: 'golang.org/x/text' }, {}] },
    prune: {
      rules: { keepSinceMs: 60 * DAY, maxBytes: 1_000_000 },
      unknownRefs: expect.any(String) as string,
      before: { versions: 7 },
    },
  });
});

it.each([
  [['nowhere'], /there is no directory .*nowhere/],
  [['.'], /is no store of modgate/],
  [['--top', '0'], /--top wants a number from 1 to 10000/],
  [['--format', 'xml'], /--format wants text or json/],
] as const)('2 for %j', async (args, why) => {
  await using job = await makeJob('off');
  const done = await job.modgate(['cache', 'stats', ...args]);
  expect(done.stderr).toMatch(why);
  expect(done).toMatchObject({ code: 2, stdout: '' });
});

it('text from a store acts on no terminal and no log', async () => {
  await using job = await filledJob();
  const evil = path.join(job.store, 'example.com', '\u001b[31m\n::error::x', '@v');
  await mkdir(evil, { recursive: true });
  await writeFile(path.join(evil, 'v1.0.0.zip'), 'x');
  for (const format of ['text', 'json']) {
    const done = await job.modgate(['cache', 'stats', job.store, '--format', format]);
    expect(done.code).toBe(0);
    expect(done.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|^::/m);
  }
});
