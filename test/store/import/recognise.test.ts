import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recognise } from '../../../src/store/import/recognise.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

let dir: TempDir;
beforeAll(async () => {
  dir = await tempDir('recognise');
  for (const file of [
    'gopath/pkg/mod/cache/download/example.com/a/@v/v1.0.0.zip',
    'gopath/pkg/mod/example.com/a@v1.0.0/go.mod',
    'unpacked/example.com/a@v1.0.0/a.go',
    'unpacked/a@v1.0.0/a.go',
    'tree/example.com/!big/@v/v1.0.0.mod',
    'outer/mirror/example.com/a/b/@v/list',
    'athens/example.com/Big/v1.0.0/source.zip',
    'athens/example.com/Big/v1.0.0/go.mod',
    'athens/example.com/Big/v1.0.0/v1.0.0.info',
    'checkout/go.mod',
    'checkout/vendor/example.com/a/a.go',
    'workspace/go.work',
    'nothing/a/b/c.txt',
    'repository/.git/HEAD',
    'repository/main.c',
    'kept/.git/HEAD',
    'kept/example.com/a/@v/v1.0.0.zip',
    'file.tar.zst',
  ]) {
    await mkdir(path.dirname(dir.join(file)), { recursive: true });
    await writeFile(dir.join(file), 'x');
  }
  await mkdir(dir.join('empty'));
  await symlink(dir.join('tree'), dir.join('link'));
});
afterAll(() => dir[Symbol.asyncDispose]());

describe('what a source is', () => {
  it.each([
    ['gopath/pkg/mod', 'gomodcache', 'it has cache/download in it'],
    ['gopath/pkg/mod/cache/download', 'tree', 'it has example.com/a/@v in it'],
    ['tree', 'tree', 'it has example.com/!big/@v in it'],
    ['kept', 'tree', 'it has example.com/a/@v in it'],
    ['outer/mirror', 'tree', 'it has example.com/a/b/@v in it'],
    ['athens', 'athens', 'it has example.com/Big with source.zip in it'],
    ['file.tar.zst', 'archive', 'it is a file'],
  ])('%s: %s', async (name, kind, why) => {
    expect(await recognise(dir.join(name))).toEqual({ kind, root: dir.join(name), why });
  });

  it('a link is what it leads to; a kind that was named is kept', async () => {
    expect(await recognise(dir.join('link'))).toMatchObject({ kind: 'tree', root: dir.join('tree') });
    expect(await recognise(dir.join('tree'), 'goproxy')).toMatchObject({ kind: 'goproxy' });
    expect(await recognise(dir.join('athens'), 'athens')).toMatchObject({ kind: 'athens' });
  });

  it.each([
    ['gopath', undefined, /is a GOPATH, not a GOMODCACHE; did you mean .*gopath\/pkg\/mod\?$/],
    ['gopath/pkg', undefined, /is the pkg directory of a GOPATH.*; did you mean .*gopath\/pkg\/mod\?$/],
    ['gopath/pkg/mod/cache', undefined, /is the cache directory of a GOMODCACHE; did you mean .*pkg\/mod\?$/],
    ['gopath', 'gomodcache', /is a GOPATH/],
    ['unpacked', undefined, /nothing to import from: it has unpacked modules, and no @v directory with zips/],
    ['unpacked', 'gomodcache', /is no GOMODCACHE: it has no cache\/download in it/],
    ['athens/example.com', undefined, /lies within a disk storage of Athens; did you mean .*\/athens\?$/],
    [
      'athens/example.com/Big/v1.0.0',
      undefined,
      /is one version in the disk storage of Athens; name the top/,
    ],
    ['tree/example.com', undefined, /lies within a GOPROXY tree; did you mean .*\/tree\?$/],
    ['outer', undefined, /has a GOPROXY tree further down in it; did you mean .*outer\/mirror\?$/],
    ['checkout', undefined, /is a source checkout \(it has go.mod in it\).*go env GOMODCACHE/],
    ['workspace', undefined, /is a source checkout \(it has go.work in it\)/],
    ['repository', undefined, /is a source checkout \(it has .git in it\)/],
    ['nothing', undefined, /is nothing to import from: no @v directory/],
    ['empty', undefined, /is nothing to import from/],
    ['tree', 'athens', /is no disk storage of Athens/],
    ['tree', 'archive', /is a directory, and an archive is one file; leave --from away/],
    ['file.tar.zst', 'tree', /is a file; name the directory of the GOPROXY tree/],
    ['missing', undefined, /there is no .*missing; name a GOMODCACHE/],
  ] as const)('%s as %s: says what to name instead', async (name, kind, why) => {
    await expect(recognise(dir.join(name), kind)).rejects.toThrow(why);
    await expect(recognise(dir.join(name), kind)).rejects.toMatchObject({ name: 'ImportError' });
  });
});
