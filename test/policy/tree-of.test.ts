import { describe, expect, it } from 'vitest';
import { treeOf } from '../../src/policy/tree-of.ts';
import { realMod } from './real.ts';
import { repository } from './repository.ts';

describe('a tree', () => {
  it('sorts files by what they are', () => {
    const tree = repository({
      'z/go.mod': 'module example.com/z\n',
      'go.mod': realMod('traefik'),
      'go.work': 'go 1.26\n\nuse ./z\n',
      'go.work.sum': '',
      'go.sum': `example.com/a v1.0.0 h1:${'A'.repeat(43)}=\n`,
      'tools/lint.mod': 'module example.com/lint\n',
      'z/vendor/modules.txt': '# example.com/a v1.0.0\n## explicit\nexample.com/a\n',
      'z/modules.txt': 'just a text',
      Makefile: 'all:\n',
    });
    expect(tree.mods.map(file => [file.path, file.dir, file.mod.module?.path.value])).toEqual([
      ['go.mod', '', 'github.com/traefik/traefik/v3'],
      ['tools/lint.mod', 'tools', 'example.com/lint'],
      ['z/go.mod', 'z', 'example.com/z'],
    ]);
    expect(tree.works.map(file => file.work.use.map(use => use.value.value))).toEqual([['./z']]);
    expect(tree.sums.map(file => [file.path, file.sum.entries.length])).toEqual([
      ['go.sum', 1],
      ['go.work.sum', 0],
    ]);
    expect(tree.vendors.map(file => [file.path, file.dir, file.modules.length])).toEqual([
      ['z/vendor/modules.txt', 'z', 1],
    ]);
    expect(tree.texts.map(file => file.path)).toEqual(['Makefile', 'z/modules.txt']);
  });

  it('knows directories from the paths in them, and links and submodules by their kind', () => {
    const tree = repository({
      'a/b/c/go.mod': 'module m\n',
      link: { link: '../x' },
      sub: { submodule: true },
      'lost/go.mod': { unread: 'permission denied' },
    });
    expect(['', 'a', 'a/b', 'a/b/c', 'lost'].map(path => tree.kind(path))).toEqual(
      Array(5).fill('directory'),
    );
    expect(tree.kind('a/b/c/go.mod')).toBe('file');
    expect(tree.kind('a/b/other')).toBeUndefined();
    expect([tree.kind('link'), tree.link('link')]).toEqual(['symlink', '../x']);
    expect([tree.kind('sub'), tree.link('sub')]).toEqual(['submodule', undefined]);
    expect(tree.unread).toEqual([{ path: 'lost/go.mod', why: 'permission denied' }]);
    expect(tree.mods.map(file => file.path)).toEqual(['a/b/c/go.mod']);
  });

  it('takes names that objects have of their own, and any bytes', () => {
    const tree = repository({
      '__proto__/go.mod': 'module m\n',
      'constructor/go.work': Uint8Array.from({ length: 4096 }, (_, i) => (i * 37) % 256),
      'hasOwnProperty.sum': Uint8Array.of(0, 255, 10, 254),
      'vendor/modules.txt': Uint8Array.of(0x23, 0x20, 0xff, 0x0a),
      'bad/go.mod': Uint8Array.of(0x6d, 0xff, 0x00, 0x28, 0x0a),
    });
    expect(tree.kind('toString')).toBeUndefined();
    expect(tree.kind('__proto__')).toBe('directory');
    expect(tree.works[0]?.problems.length).toBeGreaterThan(0);
    expect(tree.mods.find(file => file.path === 'bad/go.mod')?.problems.length).toBeGreaterThan(0);
  });

  it('a link that is a module file and has no contents is known by its kind alone', () => {
    const tree = treeOf([{ path: 'go.mod', kind: 'symlink', link: 'other.mod' }]);
    expect(tree.mods).toEqual([]);
    expect(tree.kind('go.mod')).toBe('symlink');
  });
});
