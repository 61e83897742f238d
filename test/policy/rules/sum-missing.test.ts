import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { sumMissing } from '../../../src/policy/rules/sum-missing.ts';
import { writeProject } from '../../support/go.ts';
import { found, said } from './found.ts';
import { publishedFiles, realGo } from './real.ts';

const H1 = `h1:${'A'.repeat(43)}=`;
const zip = (module: string, version = 'v1.2.0') => `${module} ${version} ${H1}\n`;
const gomod = (module: string, version = 'v1.2.0') => `${module} ${version}/go.mod ${H1}\n`;
const both = (module: string, version = 'v1.2.0') => zip(module, version) + gomod(module, version);
const mod = (text: string, go = '1.26') => `module example.com/shop\n\ngo ${go}\n\n${text}\n`;
const CART = 'require example.com/cart v1.2.0';

describe('sum/missing', () => {
  it('marks the require line, and says which hash is missing', () => {
    const files = {
      'go.mod': mod(`${CART}\nrequire example.com/till v1.2.0\nrequire example.com/bag v1.2.0`),
      'go.sum': both('example.com/cart') + gomod('example.com/till') + zip('example.com/bag'),
    };
    expect(said(files, found(sumMissing, files))).toEqual([
      'go.mod:6 «require example.com/till v1.2.0» missing go.sum entry for the code of "example.com/till@v1.2.0"',
      'go.mod:7 «require example.com/bag v1.2.0» missing go.sum entry for go.mod file of "example.com/bag@v1.2.0"',
    ]);
  });

  it('asks for the code only where the require is direct', () => {
    const files = { 'go.mod': mod(`${CART} // indirect`), 'go.sum': gomod('example.com/cart') };
    expect(found(sumMissing, files)).toEqual([]);
  });

  it('reports a go.sum that is not there once', () => {
    const files = {
      'go.mod': mod(`${CART}\nrequire example.com/till v1.2.0`),
      'sub/go.sum': both('example.com/cart'),
    };
    expect(said(files, found(sumMissing, files))).toEqual([
      'go.mod:5 «require example.com/cart v1.2.0» there is no "go.sum", though 2 modules are required',
    ]);
    expect(found(sumMissing, { 'go.mod': mod('') })).toEqual([]);
  });

  it('needs none for a directory, an excluded version, or a go.mod that lists not all it needs', () => {
    const sum = { 'go.sum': '' };
    expect(
      found(sumMissing, { ...sum, 'go.mod': mod(`${CART}\nreplace example.com/cart => ../cart`) }),
    ).toEqual([]);
    expect(found(sumMissing, { ...sum, 'go.mod': mod(`${CART}\nexclude example.com/cart v1.2.0`) })).toEqual(
      [],
    );
    expect(found(sumMissing, { ...sum, 'go.mod': mod(CART, '1.16') })).toEqual([]);
    expect(found(sumMissing, { ...sum, 'go.mod': `module m\n${CART}\n` })).toEqual([]);
  });

  it('asks for the hash of what replaces a module, the exact replace before the other', () => {
    const text = `${CART}\nreplace example.com/cart => example.com/fork v1.9.0\n`;
    const exact = `${text}replace example.com/cart v1.2.0 => example.com/exact v1.8.0\n`;
    const messages = (go: string, sum: string) =>
      found(sumMissing, { 'go.mod': mod(go), 'go.sum': sum }).map(one => one.message);
    expect(messages(text, both('example.com/cart'))).toEqual([
      'missing go.sum entry for go.mod file of "example.com/fork@v1.9.0", which replaces "example.com/cart"',
    ]);
    expect(messages(text, both('example.com/fork', 'v1.9.0'))).toEqual([]);
    expect(messages(exact, both('example.com/exact', 'v1.8.0'))).toEqual([]);
    expect(messages(exact, both('example.com/fork', 'v1.9.0'))).toHaveLength(1);
  });

  it('takes the hashes of a workspace together, and its members for its own', () => {
    const files = {
      'go.work': 'go 1.26\n\nuse (\n\t./a\n\t./b\n)\n',
      'a/go.mod': `module example.com/a\n\ngo 1.26\n\n${CART}\nrequire example.com/b v0.0.0\nrequire example.com/till v1.2.0\n`,
      'b/go.mod': 'module example.com/b\n\ngo 1.26\n',
      'b/go.sum': both('example.com/cart'),
      'go.work.sum': both('example.com/till'),
    };
    expect(found(sumMissing, files)).toEqual([]);
    expect(found(sumMissing, { ...files, 'go.work.sum': '' }).map(one => one.module)).toEqual([
      'example.com/till',
    ]);
  });

  it('says the same as go: no go.sum, none of the code, an unknown algorithm, all there', async () => {
    await using go = await realGo();
    const tidy = go.dir.join('tidy');
    const code = { 'use.go': 'package use\n\nimport _ "rsc.io/quote"\n' };
    await writeProject(tidy, { ...code, 'go.mod': 'module m\n\ngo 1.21\n\nrequire rsc.io/quote v1.5.2\n' });
    await go.goOk(['mod', 'tidy'], { cwd: tidy });
    const gomod = await readFile(path.join(tidy, 'go.mod'), 'utf8');
    const all = await readFile(path.join(tidy, 'go.sum'), 'utf8');
    const sums: Readonly<Record<string, string | undefined>> = {
      none: undefined,
      'go.mod files only': all.replace(/^\S+ \S+(?<!\/go\.mod) h1:.*\n/gm, ''),
      'another algorithm': all.replaceAll(' h1:', ' h2:'),
      all,
    };
    const verdicts: Record<string, readonly [go: boolean, rule: boolean]> = {};
    for (const [name, sum] of Object.entries(sums)) {
      const files = { ...code, 'go.mod': gomod, ...(sum === undefined ? {} : { 'go.sum': sum }) };
      const dir = go.dir.join(`project${Object.keys(verdicts).length}`);
      await writeProject(dir, files);
      const listed = await go.go(['list', '-deps', '.'], { cwd: dir, env: { GOFLAGS: '-mod=readonly' } });
      if (listed.code !== 0) expect(listed.stderr).toContain('missing go.sum entry');
      verdicts[name] = [listed.code === 0, found(sumMissing, files).length === 0];
    }
    expect(verdicts).toEqual({
      none: [false, false],
      'go.mod files only': [false, false],
      'another algorithm': [false, false],
      all: [true, true],
    });
  });

  it('finds nothing in real modules', async () => {
    await using go = await realGo();
    for (const [module, version] of [
      ['github.com/containerd/containerd', 'v1.7.28'],
      ['github.com/spf13/cobra', 'v1.10.1'],
      ['go.mongodb.org/mongo-driver', 'v1.17.7'],
    ] as const) {
      const files = await publishedFiles(go, module, version, ['go.mod', 'go.sum']);
      expect(Object.keys(files)).toEqual(['go.mod', 'go.sum']);
      expect(found(sumMissing, files)).toEqual([]);
    }
  });

  it('says nothing of a go.sum that was not read to its end, and takes 10,000 requires', () => {
    const text = mod(Array.from({ length: 10_000 }, (_, i) => `require example.com/m${i} v1.0.0`).join('\n'));
    expect(found(sumMissing, { 'go.mod': text, 'go.sum': both('example.com/x') })).toHaveLength(10_000);
    expect(found(sumMissing, { 'go.mod': text, 'go.sum': '\n'.repeat(200_001) })).toEqual([]);
    expect(found(sumMissing, { 'go.mod': text, 'go.sum': Buffer.from([0, 255, 10, 254]) })).toHaveLength(
      10_000,
    );
  });
});
