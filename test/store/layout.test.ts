import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  makerOfTemp,
  moduleOfDir,
  quarantineName,
  softKey,
  tempName,
  versionKeys,
  versionOfName,
} from '../../src/store/layout.ts';

test('keys are escaped as on the wire, index beside the tree', () => {
  expect(versionKeys({ path: 'github.com/BurntSushi/toml', version: 'v1.1.0-RC.1' })).toEqual({
    dir: 'github.com/!burnt!sushi/toml/@v',
    files: {
      info: 'github.com/!burnt!sushi/toml/@v/v1.1.0-!r!c.1.info',
      mod: 'github.com/!burnt!sushi/toml/@v/v1.1.0-!r!c.1.mod',
      zip: 'github.com/!burnt!sushi/toml/@v/v1.1.0-!r!c.1.zip',
    },
    indexDir: 'modgate/index/github.com/!burnt!sushi/toml/@v',
    index: 'modgate/index/github.com/!burnt!sushi/toml/@v/v1.1.0-!r!c.1.json',
  });
});

test.each([
  'v2.0.0+incompatible',
  'v0.0.0-20240613232115-7f521ea00fb8',
  'v0.0.1-go1.25.0.linux-amd64',
  'v1.0.0-RC',
])('file names of %s lead back to it', version => {
  const keys = versionKeys({ path: 'golang.org/x/exp', version });
  for (const kind of ['info', 'mod', 'zip'] as const) {
    expect(versionOfName(keys?.files[kind].split('/').at(-1) ?? '')).toEqual({ version, kind });
  }
  expect(moduleOfDir(keys?.dir.split('/').slice(0, -1) ?? [])).toBe('golang.org/x/exp');
});

test.each([
  'list',
  'v1.0.0',
  'v1.0.0.ziphash',
  'v1.0.0.lock',
  'V1.0.0.zip',
  'main.zip',
  'v1.zip',
  '.zip',
  'v1.0.0+b.mod',
])('%s is no file of a version', name => {
  expect(versionOfName(name)).toBeUndefined();
});

test.each([
  ['modgate/index', 'v1.0.0'],
  ['sumdb/x', 'v1.0.0'],
  ['example.com/../x', 'v1.0.0'],
  ['example.com/a', 'v1.0.0/../../x'],
  ['example.com/a', 'latest'],
  ['example.com/aux', 'v1.0.0'],
  ['', 'v1.0.0'],
])('%j at %j has no keys', (path, version) => {
  expect(versionKeys({ path, version })).toBeUndefined();
});

test('keys of hostile names never leave the store, nor meet its own directories', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (path, version) => {
      const keys = versionKeys({ path, version });
      for (const key of keys === undefined ? [] : Object.values(keys.files)) {
        expect(key.split('/')).not.toContain('..');
        expect(key).not.toMatch(/^(\/|modgate\/|sumdb\/)|\\|\0/);
      }
      const soft = softKey(path);
      if (soft !== undefined) expect(soft.split('/')).not.toContain('..');
    }),
  );
});

test.each([
  [
    'sumdb/sum.example.com/lookup/example.com/!a@v1.0.0',
    'sumdb/sum.example.com/lookup/example.com/!a@v1.0.0',
  ],
  ['sumdb/sum.example.com/supported', 'modgate/soft/sumdb/sum.example.com/supported'],
  ['example.com/a/@v/list', 'modgate/soft/example.com/a/@v/list'],
  ['example.com/a/@latest', 'modgate/soft/example.com/a/@latest'],
  ['example.com/a/@v/v1.0.0.info', undefined],
  ['modgate/index/a/@v/list', undefined],
  ['../a/@v/list', undefined],
  ['a//@v/list', undefined],
  ['a/b\n/@v/list', undefined],
  ['sumdb', undefined],
])('soft key %j is kept at %j', (key, kept) => {
  expect(softKey(key)).toBe(kept);
});

test('the maker of a temp file can be told from its name, and no other name has one', () => {
  expect(makerOfTemp(tempName('0123456789ab', 42, 'x-1'))).toEqual({ host: '0123456789ab', pid: 42 });
  for (const name of ['x.tmp', '0123456789ab-0-x.tmp', '0123456789ab-42-x', '../0123456789ab-42-x.tmp']) {
    expect(makerOfTemp(name)).toBeUndefined();
  }
});

test('names in quarantine are short and apart', () => {
  const long = `example.com/${'a'.repeat(300)}/@v/v1.0.0-${'b'.repeat(180)}.zip`;
  expect(quarantineName(long, 1, 'u').length).toBeLessThan(200);
  expect(quarantineName('a/@v/v1.0.0.zip', 1, 'u')).not.toBe(quarantineName('b/@v/v1.0.0.zip', 1, 'u'));
});
