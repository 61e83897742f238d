import { describe, expect, it } from 'vitest';
import { gomodInvalid } from '../../../src/policy/rules/gomod-invalid.ts';
import { writeProject } from '../../support/go.ts';
import { type Files, found, marked, said } from './found.ts';
import { goScript, publishedFiles, realGo } from './real.ts';

const mod = (text: string) => ({ 'go.mod': `module example.com/shop\n\n${text}` });

describe('gomod/invalid', () => {
  it('reports every line that go refuses, in go’s words and at its place', () => {
    const files = mod(
      'require example.com/cart v1\nrequires example.com/till v1.2.0\nrequire example.com/bag/v2 v1.2.0\n',
    );
    expect(said(files, found(gomodInvalid, files))).toEqual([
      expect.stringMatching(/^go\.mod:4 «requires.*» unknown directive: requires$/),
      expect.stringMatching(
        /^go\.mod:5 «.*» require example\.com\/bag\/v2: version "v1\.2\.0" invalid: should be v2, not v1$/,
      ),
    ]);
  });

  it('reports a version that is a branch, also on the right of a replace, and how to pin it', () => {
    for (const line of [
      'require example.com/cart main',
      'replace example.com/cart => example.com/fork main',
    ]) {
      const [one, ...more] = found(gomodInvalid, mod(`${line}\n`));
      expect(more).toEqual([]);
      expect(one?.message).toContain('must be of the form v1.2.3');
      expect(one?.module).toBe('example.com/cart');
      expect(one?.fix).toContain('go list -m');
    }
  });

  it('reports a syntax error once, and what cannot be told after it not at all', () => {
    const files = { 'go.mod': 'module example.com/shop\n\nrequire (\n\texample.com/cart v1.0.0\n' };
    const all = found(gomodInvalid, files);
    expect(all).toHaveLength(1);
    expect(all[0]?.message).toMatch(/^syntax error \(unterminated block started at /);
  });

  it('reports a go.mod without module line, at the root in any case', () => {
    const messages = (files: Files) => found(gomodInvalid, files).map(one => one.message);
    expect(messages({ 'go.mod': '' })).toEqual(['missing module declaration']);
    expect(messages({ 'go.mod': 'go 1.26\n' })).toEqual(['missing module declaration']);
    expect(messages({ 'sub/go.mod': 'require example.com/cart v1.0.0\n' })).toEqual([
      'missing module declaration',
    ]);
  });

  it('leaves alone a go.mod that only keeps its directory out of the module above', () => {
    expect(
      found(gomodInvalid, { 'web/node_modules/go.mod': '// not a module\n', 'docs/go.mod': '' }),
    ).toEqual([]);
  });

  it('reports a directory or module that a go.work uses twice', () => {
    const files = {
      'go.work': 'go 1.26\n\nuse ./cart\nuse (\n\tcart/\n\t./copy\n)\n',
      'cart/go.mod': 'module example.com/cart\n',
      'copy/go.mod': 'module example.com/cart\n',
    };
    expect(said(files, found(gomodInvalid, files))).toEqual([
      'go.work:5 «cart/» path "cart/" appears multiple times in workspace',
      'go.work:6 «./copy» module "example.com/cart" appears multiple times in workspace: "./cart" declares it, too',
    ]);
  });

  it('says of what cannot be read that it cannot be checked', () => {
    const all = found(gomodInvalid, {
      'go.mod': 'module example.com/shop\n',
      'a/go.mod': { unread: 'a symbolic link to nothing' },
    });
    expect(all.map(one => [one.place.file, one.place.line, one.message])).toEqual([
      ['a/go.mod', 1, '"a/go.mod" cannot be read: a symbolic link to nothing'],
    ]);
  });

  it('reports what is left of a merge in go.sum', () => {
    const files = { 'go.sum': 'example.com/cart v1.2.0 h1:x=\n<<<<<<< HEAD\n=======\n' };
    expect(said(files, found(gomodInvalid, files))).toEqual([
      'go.sum:2 «<<<<<<< HEAD» wrong number of fields 2, not 3 (module, version, hash): "<<<<<<< HEAD"',
    ]);
  });

  it('reports a go.sum that hides lines behind the bounds of what is read', () => {
    const hash = `h1:${'A'.repeat(43)}=`;
    const padded = { 'go.sum': `example.com/cart v1.2.0 ${' '.repeat(9_000)}${hash}\n` };
    expect(found(gomodInvalid, padded).map(one => one.message)).toEqual([
      'the line cannot be checked: longer than 8192 bytes',
    ]);
    const crowd = `${'example.com/cart main h1:x\n'.repeat(101)}${padded['go.sum']}`;
    expect(found(gomodInvalid, { 'go.sum': crowd }).map(one => one.message)).toEqual([
      'the file cannot be checked: 2 more lines could not be used',
    ]);
    const long = { 'go.sum': '\n'.repeat(200_001) };
    expect(found(gomodInvalid, long).map(one => [one.place.line, one.message])).toEqual([
      [200_001, 'the file cannot be checked: more than 200000 lines: the rest was not read'],
    ]);
  });

  it('agrees with go’s own test of positions in go.work', async () => {
    const script = await goScript('work_errors_pos');
    const files = (name: string) => ({
      'go.work': script[name] ?? '',
      'foo/go.mod': script['foo/go.mod'] ?? '',
    });
    const repeated = files('go.work.repeated.txt');
    // go.work:4: path .* appears multiple times in workspace
    expect(said(repeated, found(gomodInvalid, repeated))).toEqual([
      'go.work:4 «foo» path "foo" appears multiple times in workspace',
    ]);
    // go.work:5: unknown directive: notadirective
    const unparsable = files('go.work.unparsable.txt');
    expect(said(unparsable, found(gomodInvalid, unparsable))).toEqual([
      'go.work:5 «notadirective» unknown directive: notadirective',
    ]);
  });

  it('agrees with go’s own test of a malformed go.sum, and with go', async () => {
    const script = await goScript('malformed_gosum_issue62345');
    const files = { 'go.mod': script['go.mod'] ?? '', 'go.sum': script['go.sum'] ?? '' };
    const [one, ...more] = found(gomodInvalid, files);
    expect([one?.place.line, one?.message, more]).toEqual([
      3,
      expect.stringMatching(/^wrong number of fields 5/),
      [],
    ]);
    await using go = await realGo();
    await writeProject(go.dir.join('p'), files);
    const refused = await go.go(['mod', 'download'], { cwd: go.dir.join('p') });
    expect(refused.stderr).toMatch(/go\.sum:3: wrong number of fields 5/);
  });

  it('finds nothing in real modules', async () => {
    await using go = await realGo();
    for (const [module, version] of [
      ['github.com/go-openapi/testify/v2', 'v2.6.0'],
      ['github.com/containerd/containerd', 'v1.7.28'],
    ] as const) {
      const files = await publishedFiles(go, module, version, ['go.mod', 'go.sum', 'go.work', 'go.work.sum']);
      expect(Object.keys(files)).toContain('go.mod');
      expect(found(gomodInvalid, files)).toEqual([]);
    }
  });

  it('takes binary files, hostile names and many problems', () => {
    const files = {
      'go.mod': Buffer.from([0xff, 0xfe, 0, 0x6d]),
      'a/go.mod': `module m\n${'::error::x\u202e\u001b[31m'.repeat(1_000)}\n`,
      'b/go.mod': `module m\n${'nonsense x\n'.repeat(10_000)}`,
      'c/go.work': `go 1.26\n${'use ./x\n'.repeat(10_000)}`,
    };
    const all = found(gomodInvalid, files);
    expect(new Set(all.map(one => one.place.file))).toEqual(new Set(Object.keys(files)));
    expect(all.filter(one => one.place.file === 'b/go.mod')).toHaveLength(10_000);
    for (const one of all) {
      expect(one.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(one.message.length).toBeLessThan(500);
    }
    expect(all.filter(one => one.place.file === 'c/go.work').map(one => marked(files, one))).toContain('./x');
  });
});
