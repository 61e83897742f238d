import { describe, expect, it } from 'vitest';
import { workUseOutside } from '../../../src/policy/rules/work-use-outside.ts';
import { found, said } from './found.ts';
import { goScript } from './real.ts';

const CART = { 'cart/go.mod': 'module example.com/cart\n' };
const use = (...dirs: string[]) => ({ 'go.work': `go 1.26\n\n${dirs.map(dir => `use ${dir}\n`).join('')}` });

/** What is said of a directory of a go.work at the root. */
function says(dir: string, files = {}): readonly string[] {
  return found(workUseOutside, { ...CART, ...files, ...use(dir) }).map(one => one.message);
}

describe('work/use-outside', () => {
  it('marks the directory', () => {
    const files = { ...CART, ...use('./cart', '../till') };
    expect(said(files, found(workUseOutside, files))).toEqual([
      'go.work:4 «../till» use "../till" leaves the repository',
    ]);
  });

  it.each(['./cart', 'cart', 'cart/', './x/../cart', './link/../cart', '"./cart"', '.\\cart'])(
    'allows %s',
    dir => {
      expect(says(dir)).toEqual([]);
    },
  );

  it.each([
    ['..', 'leaves the repository'],
    ['./x/../../y', 'leaves the repository'],
    ['/srv/cart', 'is an absolute path'],
    ['C:/cart', 'is an absolute path'],
    ['"\\\\\\\\host\\\\cart"', 'is an absolute path'],
    ['.\\..\\..\\cart', 'leaves the repository'],
    ['./till', 'is not tracked by git'],
    ['./cart/go.mod', 'is not tracked by git'],
    ['.', 'has no go.mod that git tracks'],
  ])('reports %s: %s', (dir, what) => {
    expect(says(dir)).toEqual([expect.stringMatching(new RegExp(`${what}$`))]);
  });

  it('is relative to the directory of the go.work', () => {
    const files = { ...CART, 'a/go.work': 'use ../cart\nuse ../../out\n' };
    expect(found(workUseOutside, files).map(one => one.place.line)).toEqual([2]);
    expect(found(workUseOutside, { 'go.mod': 'module m\n', 'go.work': 'use .\n' })).toEqual([]);
  });

  it('follows the links that git tracks', () => {
    expect(says('./in', { in: { link: 'cart' } })).toEqual([]);
    expect(says('./a/b/in', { 'a/b': { link: '../dir' }, 'dir/in': { link: '../cart' } })).toEqual([]);
    expect(says('./out', { out: { link: '../elsewhere' } })).toEqual([
      'use "./out" leaves the repository by the symbolic link "out"',
    ]);
    expect(says('./out/cart', { out: { link: '/srv' } })).toEqual([
      'use "./out/cart" leaves the repository by the symbolic link "out"',
    ]);
    expect(says('./a', { a: { link: 'b' }, b: { link: 'a' } })).toEqual([
      expect.stringContaining('runs in a circle of symbolic links'),
    ]);
    expect(says('./till', { 'till/go.mod': { link: '../../till/go.mod' } })).toEqual([
      'use "./till" has a go.mod that is a symbolic link out of the repository',
    ]);
  });

  it('takes a submodule for another repository', () => {
    const lib = { lib: { submodule: true } } as const;
    for (const dir of ['./lib', './lib/cart']) {
      expect(says(dir, lib)).toEqual([expect.stringContaining('is in a git submodule')]);
    }
  });

  it('reports what go’s own test has deleted, and nothing of one that builds', async () => {
    const script = await goScript('work_use_deleted');
    const files = { 'go.work': script['go.work'] ?? '', 'sub/dir/go.mod': script['sub/dir/go.mod'] ?? '' };
    expect(said(files, found(workUseOutside, files)).map(line => line.replace(/ use .*/, ''))).toEqual([
      'go.work:4 «.»',
      'go.work:5 «./sub»',
      'go.work:6 «./sub/dir/deleted»',
    ]);
    const wanted = { ...files, 'go.work': script['go.work.want'] ?? '' };
    expect(found(workUseOutside, wanted)).toEqual([]);
    const other = await goScript('work_sum_mismatch');
    delete other[''];
    expect(found(workUseOutside, other)).toEqual([]);
  });

  it('takes a path of half a million components and 10,000 directories', () => {
    expect(says(`./${'a/'.repeat(500_000)}`)[0]?.length).toBeLessThan(500);
    expect(says(`./${'../'.repeat(300_000)}`)).toEqual([expect.stringMatching(/leaves the repository$/)]);
    const many = use(...Array.from({ length: 10_000 }, (_, i) => `./d${i}`));
    expect(found(workUseOutside, many)).toHaveLength(10_000);
  });
});
