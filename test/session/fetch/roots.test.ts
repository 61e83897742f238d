import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SumTable } from '../../../src/gomod/sum.ts';
import { Roots } from '../../../src/session/fetch/roots.ts';
import { findModuleFiles, governing, readBounded } from '../../../src/session/workspace.ts';
import { writeProject } from '../../support/go.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

const H1 = 'h1:W5quZX/G/csjUnuI8SUYlsHs9M38FC7znL0lIO+DvMg=';
const mod = (name: string, ...requires: string[]) =>
  `module ${name}\n\ngo 1.24\n\n${requires.map(line => `require ${line}\n`).join('')}`;
const sum = (...names: string[]) => names.map(name => `${name} ${H1}\n${name}/go.mod ${H1}\n`).join('');

let dir: TempDir;
let warnings: string[];
let sums: SumTable;
beforeEach(async () => {
  dir = await tempDir('roots');
  warnings = [];
  sums = new SumTable();
});
afterEach(() => dir[Symbol.asyncDispose]());

const roots = (cwd = dir.path, skipped = '') =>
  new Roots({
    workspace: dir.path,
    cwd,
    skips: module => module.startsWith(`${skipped}/`),
    sums,
    warn: line => warnings.push(line),
  });
const names = (items: readonly { path: string; version: string; kind: string }[]) =>
  items.map(item => `${item.path}@${item.version}.${item.kind}`).toSorted();
const all = (name: string) => ['info', 'mod', 'zip'].map(kind => `${name}.${kind}`);

describe('the module roots of a checkout', () => {
  it('prepare the module that the working directory is in, and others once they are asked for', async () => {
    await writeProject(dir.path, {
      'a/go.mod': mod('m.test/a', 'x.test/x v1.0.0'),
      'a/go.sum': sum('x.test/x v1.0.0'),
      'b/go.mod': mod('m.test/b', 'x.test/x v1.0.0', 'y.test/y v1.0.0'),
      'b/go.sum': sum('x.test/x v1.0.0', 'y.test/y v1.0.0'),
    });
    await mkdir(dir.join('a', 'deep'));
    const here = roots(dir.join('a', 'deep'));
    expect(names(await here.scan())).toEqual(all('x.test/x@v1.0.0'));
    expect(await here.asked('x.test/x', 'v1.0.0')).toEqual([]);
    expect(await here.asked('z.test/z', 'v1.0.0')).toEqual([]);
    expect(names(await here.asked('y.test/y', 'v1.0.0'))).toEqual([
      ...all('x.test/x@v1.0.0'),
      ...all('y.test/y@v1.0.0'),
    ]);
    expect(sums.hashes('y.test/y', 'v1.0.0', 'zip')).toEqual([H1]);
  });

  it('take a go.work with its modules, their sums and its replaces as one', async () => {
    await writeProject(dir.path, {
      'go.work': 'go 1.24\n\nuse ./a\n\nuse ./b\n\nreplace y.test/y => z.test/z v1.2.0\n',
      'go.work.sum': sum('z.test/z v1.2.0'),
      'a/go.mod': mod('m.test/a', 'x.test/x v1.0.0'),
      'a/go.sum': sum('x.test/x v1.0.0'),
      'b/go.mod': mod('m.test/b', 'y.test/y v1.0.0'),
      'c/go.mod': mod('m.test/c', 'w.test/w v1.0.0'),
      'c/go.sum': sum('w.test/w v1.0.0'),
    });
    expect(names(await roots(dir.join('a')).scan())).toEqual([
      ...all('x.test/x@v1.0.0'),
      ...all('z.test/z@v1.2.0'),
    ]);
  });

  it('never name what go fetches by itself', async () => {
    await writeProject(dir.path, {
      'go.mod': mod('m.test/a', 'corp.test/secret v1.0.0', 'x.test/x v1.0.0'),
      'go.sum': sum('corp.test/secret v1.0.0', 'corp.test/deep/er v1.0.0', 'x.test/x v1.0.0'),
    });
    expect(names(await roots(dir.path, 'corp.test').scan())).toEqual(all('x.test/x@v1.0.0'));
  });

  it('are looked for again until the checkout is there', async () => {
    const late = roots();
    expect(await late.scan()).toEqual([]);
    expect(late.found).toBe(false);
    await writeProject(dir.path, {
      'go.mod': mod('m.test/a', 'x.test/x v1.0.0'),
      'go.sum': sum('x.test/x v1.0.0'),
    });
    await vi.waitFor(async () => {
      const items = await late.scan();
      expect(late.found).toBe(true);
      expect(names(items)).toEqual(all('x.test/x@v1.0.0'));
    });
  });

  it('are told of with file and line where a go.sum cannot be used', async () => {
    await writeProject(dir.path, {
      'go.mod': mod('m.test/a'),
      'go.sum': `${sum('x.test/x v1.0.0')}garbage\n`,
    });
    await roots().scan();
    expect(warnings).toEqual([expect.stringContaining(`${dir.join('go.sum')}:3: `)]);
    expect(sums.hashes('x.test/x', 'v1.0.0', 'zip')).toEqual([H1]);
  });
});

describe('the walk over a checkout', () => {
  it('passes over vendored code, test data, node_modules and hidden directories', async () => {
    await writeProject(dir.path, {
      'go.mod': mod('m.test/a'),
      ...Object.fromEntries(
        ['vendor', 'testdata', 'node_modules', '.git'].map(name => [`${name}/go.mod`, mod('m.test/no')]),
      ),
    });
    const files = await findModuleFiles(dir.path);
    expect(files).toEqual({ goMods: [dir.join('go.mod')], goWorks: [], goSums: [], cut: false });
  });

  it('ends at a bounded depth and says so', async () => {
    const deep = Array.from({ length: 20 }, () => 'd').join('/');
    await writeProject(dir.path, { [`${deep}/go.mod`]: mod('m.test/deep') });
    expect(await findModuleFiles(dir.path)).toMatchObject({ goMods: [], cut: true });
  });

  it('a file governs what is below it, but never beyond the root', () => {
    const root = path.resolve('/w/repo');
    const file = path.join(root, 'a', 'go.mod');
    expect(governing([file], path.join(root, 'a', 'b', 'c'), root)).toBe(file);
    expect(governing([file], root, root)).toBeUndefined();
    expect(governing([path.resolve('/w/go.mod')], path.join(root, 'a'), root)).toBeUndefined();
  });

  it('reads no more of a file than it was told', async () => {
    await writeFile(dir.join('big'), 'x'.repeat(1000));
    expect((await readBounded(dir.join('big'), 100))?.length).toBe(100);
    expect(await readBounded(dir.join('missing'), 100)).toBeUndefined();
  });
});
