import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Needed, type NeededRequest, neededBy } from '../../../src/session/fetch/needed.ts';
import { writeProject } from '../../support/go.ts';
import { type TempDir, tempDir } from '../../support/temp.ts';

const H1 = `h1:${'A'.repeat(43)}=`;

let dir: TempDir;
beforeEach(async () => {
  dir = await tempDir('needed');
});
afterEach(async () => {
  await dir[Symbol.asyncDispose]();
});

async function needed(
  files: Readonly<Record<string, string>>,
  request: Partial<NeededRequest> = {},
): Promise<Needed> {
  await writeProject(dir.path, files);
  return await neededBy({
    dirs: [dir.path],
    sums: [],
    local: 'go1.26.8',
    platform: 'linux-amd64',
    ...request,
  });
}

/** `path@version kind`, sorted, of what is required. */
function required({ needs }: Needed): string[] {
  const names = needs.filter(need => need.required).map(n => `${n.path}@${n.version} ${n.kind}`);
  return [...new Set(names)].sort();
}

function optional({ needs }: Needed): string[] {
  const names = needs.filter(need => !need.required).map(n => `${n.path}@${n.version} ${n.kind}`);
  return [...new Set(names)].sort();
}

function sum(...lines: readonly string[]): string {
  return lines.map(line => `${line} ${H1}\n`).join('');
}

describe('a module', () => {
  it('needs what it requires, and the go.mod files of the graph', async () => {
    const found = await needed({
      'go.mod': 'module example.com/a\n\ngo 1.24\n\nrequire example.com/b v1.1.0\n',
      'go.sum': sum(
        'example.com/b v1.0.0',
        'example.com/b v1.0.0/go.mod',
        'example.com/b v1.1.0',
        'example.com/b v1.1.0/go.mod',
        'example.com/c v1.0.0/go.mod',
        'example.com/test v1.0.0',
        'example.com/test v1.0.0/go.mod',
      ),
    });
    expect(required(found)).toEqual([
      'example.com/b@v1.0.0 mod',
      'example.com/b@v1.1.0 info',
      'example.com/b@v1.1.0 mod',
      'example.com/b@v1.1.0 zip',
      'example.com/c@v1.0.0 mod',
      'example.com/test@v1.0.0 mod',
    ]);
    // A zip hash may be stale, or of what only tests of others need.
    expect(optional(found)).toContain('example.com/b@v1.0.0 zip');
    expect(optional(found)).toContain('example.com/test@v1.0.0 zip');
    expect(found.problems).toEqual([]);
  });

  it('needs all of what its go.sum does not know yet', async () => {
    const found = await needed({
      'go.mod':
        'module example.com/a\n\ngo 1.24\n\nrequire (\n\texample.com/b v1.1.0\n\texample.com/c v1.0.0 // indirect\n\texample.com/d v1.0.0\n)\n',
      'go.sum': sum('example.com/c v1.0.0/go.mod', 'example.com/d v1.0.0/go.mod'),
    });
    expect(required(found)).toEqual([
      'example.com/b@v1.1.0 info',
      'example.com/b@v1.1.0 mod',
      'example.com/b@v1.1.0 zip',
      'example.com/c@v1.0.0 mod',
      'example.com/d@v1.0.0 info',
      'example.com/d@v1.0.0 mod',
      'example.com/d@v1.0.0 zip',
    ]);
  });

  it('of before go 1.17 needs the newest of what its go.sum lists', async () => {
    const found = await needed({
      'go.mod': 'module example.com/a\n\ngo 1.16\n\nrequire example.com/b v1.1.0\n',
      'go.sum': sum('example.com/b v1.1.0', 'example.com/c v1.0.0', 'example.com/c v1.2.0'),
    });
    expect(required(found)).toContain('example.com/c@v1.2.0 zip');
    expect(required(found)).not.toContain('example.com/c@v1.0.0 zip');
    expect(optional(found)).toContain('example.com/c@v1.0.0 zip');
  });

  it('needs what it replaces something by, and not what is replaced', async () => {
    const found = await needed({
      'go.mod':
        'module example.com/a\n\ngo 1.16\n\nrequire (\n\texample.com/b v1.1.0\n\texample.com/d v1.0.0\n)\n\nreplace example.com/b => example.com/fork v1.1.1\n\nreplace example.com/d => ./d\n',
      'go.sum': sum('example.com/b v1.1.0', 'example.com/fork v1.1.1'),
      'd/go.mod': 'module example.com/d\n\ngo 1.24\n',
    });
    expect(required(found).filter(name => /zip$|\/d@|\/b@/.test(name))).toEqual([
      'example.com/fork@v1.1.1 zip',
    ]);
  });
});

it('modules of a workspace are fetched from nowhere, and are one with it', async () => {
  const found = await needed({
    'go.work': 'go 1.24\n\nuse (\n\t./a\n\t./b\n)\n',
    'go.work.sum': sum('example.com/x v1.2.0/go.mod'),
    'a/go.mod':
      'module example.com/a\n\ngo 1.24\n\nrequire (\n\texample.com/b v0.0.0\n\texample.com/x v1.0.0\n)\n',
    'a/go.sum': sum('example.com/x v1.0.0', 'example.com/x v1.0.0/go.mod'),
    'b/go.mod': 'module example.com/b\n\ngo 1.24\n\nrequire example.com/x v1.1.0\n',
    'b/go.sum': sum('example.com/x v1.1.0', 'example.com/x v1.1.0/go.mod'),
    'c/go.mod': 'module example.com/c\n\ngo 1.24\n\nrequire example.com/x v1.3.0\n',
    'c/go.sum': sum('example.com/x v1.3.0', 'example.com/x v1.3.0/go.mod'),
  });
  const names = required(found);
  expect(names.filter(name => name.includes('/b@'))).toEqual([]);
  expect(names.filter(name => name.endsWith('zip'))).toEqual([
    'example.com/x@v1.1.0 zip',
    'example.com/x@v1.3.0 zip',
  ]);
});

describe('a toolchain', () => {
  const mod = (go: string, toolchain = '') =>
    `module example.com/a\n\ngo ${go}\n${toolchain === '' ? '' : `\ntoolchain ${toolchain}\n`}`;
  it.each([
    ['1.24', '', [], []],
    ['1.24.0', 'go1.26.3', [], ['go1.26.3']],
    ['1.26.0', 'go1.26.9', ['golang.org/toolchain@v0.0.1-go1.26.9.linux-amd64 zip'], ['go1.26.9']],
    ['1.27rc2', '', ['golang.org/toolchain@v0.0.1-go1.27rc2.linux-amd64 zip'], ['go1.27rc2']],
    ['1.27.1', 'go1.26.9', ['golang.org/toolchain@v0.0.1-go1.27.1.linux-amd64 zip'], ['go1.27.1']],
    ['1.24', 'default', [], []],
  ])('of go %s and toolchain %s', async (go, toolchain, needs, releases) => {
    const found = await needed({ 'go.mod': mod(go, toolchain) });
    expect(required(found)).toEqual(needs);
    expect([...found.toolchains]).toEqual(releases);
  });

  it('is nobody’s need where the go here is not known', async () => {
    const found = await needed({ 'go.mod': mod('1.99.0') }, { local: undefined });
    expect(required(found)).toEqual([]);
    expect([...found.toolchains]).toEqual(['go1.99.0']);
  });
});

it('a go.sum by itself needs the newest of each module', async () => {
  const file = dir.join('go.sum');
  const found = await needed(
    { 'go.sum': sum('example.com/b v1.0.0', 'example.com/b v1.1.0', 'example.com/b v1.1.0/go.mod') },
    { dirs: [], sums: [file] },
  );
  expect(required(found)).toEqual([
    'example.com/b@v1.1.0 info',
    'example.com/b@v1.1.0 mod',
    'example.com/b@v1.1.0 zip',
  ]);
  expect(found.needs.every(need => need.from === file)).toBe(true);
});

it('what go would refuse is told, and does not count', async () => {
  const found = await needed({
    'go.mod': 'module example.com/a\nrequire\n',
    'b/go.mod': 'module example.com/b\n',
  });
  expect(found.problems).toEqual([expect.stringMatching(/a?go\.mod cannot be read as go reads it/)]);
  expect(found.files).toEqual([dir.join('b', 'go.mod')]);
});
