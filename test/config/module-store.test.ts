import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { layersProblem, moduleStoreProblem, parseModuleStore } from '../../src/config/module-store.ts';
import { envOverrides } from '../../src/config/overrides.ts';
import { tempDir } from '../support/temp.ts';

describe('a place of cache.store', () => {
  it.each([
    ['auto', { kind: 'auto' }],
    ['.modgate/store', { kind: 'directory', path: '.modgate/store', readOnly: false }],
    ['C:\\modules', { kind: 'directory', path: 'C:\\modules', readOnly: false }],
    ['file:///srv/modules', { kind: 'directory', path: 'file:///srv/modules', readOnly: false }],
    ['file:///srv/modules?mode=read', { kind: 'directory', path: 'file:///srv/modules', readOnly: true }],
    ['s3://modules/go?mode=read', { kind: 'bucket', place: { bucket: 'modules', readOnly: true } }],
  ])('%s', (text, place) => {
    expect(parseModuleStore(text)).toMatchObject(place);
  });

  it.each([
    ['', /is empty/],
    ['a\nb', /control character/],
    ['gs://bucket/x', /not a store that this version knows \(gs\)/],
    ['s3://UPPER/x', /names a bucket that there cannot be/],
    ['s3://bucket/x?regoin=a', /did you mean region\?/],
    ['file:relative', /write file:\/\/\/directory/],
    ['file:///srv?mode=rw', /there is mode=read/],
  ])('%j is refused', (text, problem) => {
    expect(moduleStoreProblem(text)).toMatch(problem);
  });

  it('stands once in a list, which is not endless', () => {
    expect(layersProblem(['auto', 's3://bucket/a', 's3://bucket/b'])).toBeUndefined();
    expect(layersProblem(['s3://bucket/a?mode=read', 's3://bucket/a'])).toMatch(
      /names s3:\/\/bucket\/a twice/,
    );
    expect(layersProblem([])).toMatch(/names no store/);
    expect(layersProblem(Array.from({ length: 9 }, (_, i) => `/srv/${i}`))).toMatch(/more than 8/);
    const secret = 'gs://user:canary@host/x';
    expect(layersProblem([secret])).not.toContain('canary');
  });
});

it('a file, a variable and a flag name one place or several', async () => {
  await using dir = await tempDir('config');
  const load = async (layers: Partial<Parameters<typeof loadConfig>[0]>) => {
    const { config } = await loadConfig({ workspace: dir.path, cwd: dir.path, ...layers });
    return config.cache.store;
  };
  const write = (text: string) => writeFile(dir.join('.modgate.yaml'), text);
  expect(await load({})).toBe('auto');
  expect(await load({ env: envOverrides({ MODGATE_STORE: '/srv/my modules' }) })).toBe('/srv/my modules');
  expect(await load({ env: envOverrides({ MODGATE_STORE: ' auto\n\n s3://bucket/a \n' }) })).toEqual([
    'auto',
    's3://bucket/a',
  ]);
  expect(await load({ flags: { store: ['/srv/a', 's3://bucket/a'] } })).toEqual(['/srv/a', 's3://bucket/a']);
  await write('cache: {store: [auto, "s3://bucket/a?mode=read"]}\n');
  expect(await load({})).toEqual(['auto', 's3://bucket/a?mode=read']);
  await write('cache: {store: [auto, "s3://bucket/a?mode=red"]}\n');
  await expect(load({})).rejects.toThrow(/mode/);
  await write('cache: {store: [auto, auto]}\n');
  await expect(load({})).rejects.toThrow(/twice/);
  await write('');
  await expect(load({ flags: { store: ['/srv/a', 'gs://b'] } })).rejects.toThrow(/--store/);
});
