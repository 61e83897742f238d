import { describe, expect, it } from 'vitest';
import { pathCaseCollision } from '../../../src/policy/rules/path-case-collision.ts';
import { writeProject } from '../../support/go.ts';
import { found, said } from './found.ts';
import { publishedFiles, realGo } from './real.ts';

const mod = (text: string) => `module example.com/shop\n\ngo 1.26\n\n${text}\n`;
const H1 = `h1:${'A'.repeat(43)}=`;

describe('path/case-collision', () => {
  it('marks the later one and names the first', () => {
    const files = {
      'go.mod': mod('require (\n\texample.com/acme/cart v1.2.0\n\texample.com/Acme/cart v1.0.0\n)'),
    };
    expect(said(files, found(pathCaseCollision, files))).toEqual([
      'go.mod:7 «example.com/Acme/cart» "example.com/Acme/cart" differs from "example.com/acme/cart" in line 6 in upper and lower case only',
    ]);
  });

  it('folds as a file system may: the Kelvin sign is a k', () => {
    const files = { 'go.mod': mod('require example.com/k v1.0.0\nrequire "example.com/\\u212a" v1.0.0') };
    expect(found(pathCaseCollision, files)).toHaveLength(1);
  });

  it('sees what go.sum has the code of, but never reports a line of go.sum', () => {
    const gomod = mod('require example.com/acme/cart v1.2.0');
    const zip = `example.com/Acme/cart v1.0.0 ${H1}\nexample.com/acme/cart v1.2.0 ${H1}\n`;
    const files = { 'go.mod': gomod, 'go.sum': zip };
    expect(said(files, found(pathCaseCollision, files))).toEqual([
      'go.mod:5 «example.com/acme/cart» "example.com/acme/cart" differs from "example.com/Acme/cart" in "go.sum" line 1 in upper and lower case only',
    ]);
    // Only in the graph, or only in go.sum: what old requirements of others leave behind.
    const graph = `example.com/Acme/cart v1.0.0/go.mod ${H1}\n`;
    expect(found(pathCaseCollision, { 'go.mod': gomod, 'go.sum': graph })).toEqual([]);
    const others = `example.com/Till v1.0.0 ${H1}\nexample.com/till v1.0.0 ${H1}\n`;
    expect(found(pathCaseCollision, { 'go.mod': gomod, 'go.sum': others })).toEqual([]);
  });

  it('is silent where a replace maps the one to the other', () => {
    expect(
      found(pathCaseCollision, {
        'go.mod': mod(
          'require (\n\texample.com/acme/cart v1.2.0\n\texample.com/Acme/cart v1.0.0\n)\n' +
            'replace example.com/Acme/cart => example.com/acme/cart v1.2.0',
        ),
      }),
    ).toEqual([]);
  });

  it('looks across the modules of a workspace, and not across modules that are built alone', () => {
    const modules = {
      'a/go.mod': 'module example.com/a\n\nrequire example.com/acme/cart v1.2.0\n',
      'b/go.mod': 'module example.com/b\n\nrequire example.com/Acme/cart v1.2.0\n',
    };
    expect(found(pathCaseCollision, modules)).toEqual([]);
    const work = 'go 1.26\n\nuse (\n\t./a\n\t./b\n)\n';
    const files = { ...modules, 'go.work': work, 'other/go.work': 'use (\n\t../a\n\t../b\n)\n' };
    expect(said(files, found(pathCaseCollision, files))).toEqual([
      'b/go.mod:3 «example.com/Acme/cart» "example.com/Acme/cart" differs from "example.com/acme/cart" in "a/go.mod" line 3 in upper and lower case only',
    ]);
    const replaced = {
      'a/go.mod': modules['a/go.mod'],
      'go.work': 'use ./a\nreplace x.y/z => example.com/ACME/cart v1.0.0\n',
    };
    expect(found(pathCaseCollision, replaced).map(one => one.place.file)).toEqual(['go.work']);
  });

  it('reports what go refuses to build: logrus under both of its names', async () => {
    await using go = await realGo();
    const dir = go.dir.join('p');
    await writeProject(dir, {
      'go.mod': 'module example.com/p\n\ngo 1.24\n',
      'p.go':
        'package p\n\nimport (\n\t_ "github.com/Sirupsen/logrus"\n\t_ "github.com/sirupsen/logrus"\n)\n',
    });
    const env = { GOFLAGS: '-mod=mod' };
    await go.goOk(
      [
        'mod',
        'edit',
        '-require=github.com/Sirupsen/logrus@v1.0.6',
        '-require=github.com/sirupsen/logrus@v1.9.3',
      ],
      { cwd: dir },
    );
    const refused = await go.go(['build', './...'], { cwd: dir, env });
    expect(refused.stderr).toContain('case-insensitive import collision');
    const { stdout } = await go.goOk(['mod', 'edit', '-print'], { cwd: dir });
    expect(found(pathCaseCollision, { 'go.mod': stdout }).map(one => one.module)).toEqual([
      'github.com/sirupsen/logrus',
    ]);
  });

  it('finds nothing in real modules', async () => {
    await using go = await realGo();
    const files = await publishedFiles(go, 'github.com/containerd/containerd', 'v1.7.28', [
      'go.mod',
      'go.sum',
    ]);
    expect(Object.keys(files)).toEqual(['go.mod', 'go.sum']);
    expect(found(pathCaseCollision, files)).toEqual([]);
  });

  it('takes 10,000 spellings of one path', () => {
    const spellings = Array.from({ length: 10_000 }, (_, i) =>
      [...'abcdefghijklmnop'].map((ch, bit) => ((i >> bit) & 1 ? ch.toUpperCase() : ch)).join(''),
    );
    const files = {
      'go.mod': mod(spellings.map(name => `require example.com/${name} v1.0.0`).join('\n')),
      'go.sum': spellings.map(name => `example.com/${name} v1.0.0 ${H1}`).join('\n'),
    };
    expect(found(pathCaseCollision, files)).toHaveLength(9_999);
  });
});
