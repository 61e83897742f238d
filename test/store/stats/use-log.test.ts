import { appendFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { appendUse, readUse, type Use } from '../../../src/store/stats/use-log.ts';
import { tempDir } from '../../support/temp.ts';

const use = (t: string, requests = 3): Use => ({
  t,
  requests,
  fromStore: 2,
  fromUpstream: 1,
  bytesFromStore: 2000,
  bytesFromUpstream: 1000,
  added: 1,
});

async function all(dir: string, since = 0): Promise<Use[]> {
  const found: Use[] = [];
  for await (const line of readUse({ location: dir }, since)) found.push(line);
  return found;
}

test('what sessions wrote is read again, in the order of months and from a date on', async () => {
  await using dir = await tempDir('use');
  const store = { location: dir.path, writable: true };
  const times = ['2026-11-02T10:00:00.000Z', '2026-10-31T23:59:59Z', '2026-11-01T00:00:00Z'];
  for (const t of times) expect(await appendUse(store, use(t))).toBe(true);
  expect((await all(dir.path)).map(({ t }) => t)).toEqual([times[1], times[0], times[2]]);
  expect(await all(dir.path, Date.parse('2026-11-01T12:00:00Z'))).toEqual([use('2026-11-02T10:00:00.000Z')]);
});

test('sessions that end together leave a whole line each', async () => {
  await using dir = await tempDir('use');
  const store = { location: dir.path, writable: true };
  const each = Array.from({ length: 200 }, (_, n) => use('2026-11-02T10:00:00Z', n));
  await Promise.all(each.map(line => appendUse(store, line)));
  expect((await all(dir.path)).map(({ requests }) => requests).sort((a, b) => a - b)).toEqual(
    each.map((_, n) => n),
  );
});

test('torn and foreign lines are passed over, and cost their neighbours nothing', async () => {
  await using dir = await tempDir('use');
  const store = { location: dir.path, writable: true };
  await appendUse(store, use('2026-11-02T10:00:00Z', 1));
  const file = dir.join('modgate', 'log', '2026-11.jsonl');
  const whole = await readFile(file, 'utf8');
  await appendFile(file, whole.slice(1, 40));
  await appendUse(store, use('2026-11-02T10:00:00Z', 2));
  for (const bad of [
    'null',
    '[]',
    '7',
    '{"t":"2026-11-02T10:00:00Z"}',
    JSON.stringify({ ...use('2026-11-02T10:00:00Z'), requests: -1 }),
    JSON.stringify({ ...use('2026-11-02T10:00:00Z'), added: 1e300 }),
    JSON.stringify(use('yesterday')),
    'x'.repeat(300_000),
  ]) {
    await appendFile(file, `${bad}\n`);
  }
  await appendUse(store, { ...use('2026-11-02T10:00:00Z', 4), repository: 'acme/secret' } as Use);
  expect((await all(dir.path)).map(({ requests }) => requests)).toEqual([1, 2, 4]);
  expect(await readFile(file, 'utf8')).not.toContain('acme/secret');
});

test('links lead nowhere, and a store that cannot be written is left alone', async () => {
  await using dir = await tempDir('use');
  await using other = await tempDir('other');
  expect(await appendUse({ location: dir.path, writable: false }, use('2026-11-02T10:00:00Z'))).toBe(false);
  await mkdir(dir.join('modgate'));
  await symlink(other.path, dir.join('modgate', 'log'));
  expect(await appendUse({ location: dir.path, writable: true }, use('2026-11-02T10:00:00Z'))).toBe(false);
  await appendUse({ location: other.path, writable: true }, use('2026-11-02T10:00:00Z'));
  expect(await all(dir.path)).toEqual([]);

  await using third = await tempDir('third');
  await mkdir(third.join('modgate', 'log'), { recursive: true });
  await writeFile(third.join('target'), '');
  await symlink(third.join('target'), third.join('modgate', 'log', '2026-11.jsonl'));
  expect(await appendUse({ location: third.path, writable: true }, use('2026-11-02T10:00:00Z'))).toBe(false);
  expect(await readFile(third.join('target'), 'utf8')).toBe('');
});
