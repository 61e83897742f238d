import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseModulesTxt } from '../../../src/gomod/modfile/modules-txt.ts';
import { goWorld, realUpstream, writeProject } from '../../support/go.ts';

const parse = (text: string) => parseModulesTxt(Buffer.from(text));

describe('vendor/modules.txt', () => {
  it('is read as go wrote it', async () => {
    await using world = await goWorld(await realUpstream());
    const cwd = world.dir.join('project');
    await writeProject(cwd, {
      'go.mod': [
        'module example.test/m',
        'go 1.25',
        'require (\n\tgolang.org/x/mod v0.30.0\n\tgithub.com/google/uuid v1.6.0\n\texample.test/near v1.0.0\n)',
        'replace github.com/google/uuid v1.6.0 => github.com/google/uuid v1.5.0',
        'replace example.test/near => ./near',
        'replace example.test/unused => ./near',
        '',
      ].join('\n'),
      'near/go.mod': 'module example.test/near\n\ngo 1.24\n',
      'near/near.go': 'package near\n',
      'main.go': [
        'package main',
        'import (\n\t_ "example.test/near"\n\t_ "github.com/google/uuid"\n\t_ "golang.org/x/mod/module"\n)',
        'func main() {}\n',
      ].join('\n'),
    });
    await world.goOk(['mod', 'tidy'], { cwd });
    await world.goOk(['mod', 'vendor'], { cwd });
    const { modules, problems } = parseModulesTxt(await readFile(`${cwd}/vendor/modules.txt`));
    expect(problems).toEqual([]);
    const listed = await world.goOk(
      [
        'list',
        '-mod=vendor',
        '-deps',
        '-f',
        '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{$.ImportPath}}{{end}}{{end}}',
        '.',
      ],
      { cwd },
    );
    const packages = modules.flatMap(module =>
      module.packages.map(name => `${module.path} ${module.version} ${name}`),
    );
    expect(packages.sort()).toEqual(listed.stdout.trim().split(/\n+/).sort());
    const byPath = Object.fromEntries(modules.map(module => [`${module.path} ${module.version}`, module]));
    expect(byPath['github.com/google/uuid v1.6.0']).toMatchObject({
      explicit: true,
      replacement: { path: 'github.com/google/uuid', version: 'v1.5.0' },
    });
    expect(byPath['example.test/near v1.0.0']).toMatchObject({
      explicit: true,
      goVersion: '1.24',
      replacement: { path: './near', version: '' },
      packages: ['example.test/near'],
    });
    expect(byPath['example.test/unused ']).toMatchObject({
      explicit: false,
      packages: [],
      replacement: { path: './near', version: '' },
    });
    expect(byPath['golang.org/x/mod v0.30.0']).toMatchObject({ explicit: true, replacement: undefined });
  });

  it('puts together what several lines say of a module', () => {
    const { modules } = parse(
      '# a.b/c v1.0.0\n## explicit\na.b/c/x\n# d.e/f v1.0.0\n# a.b/c v1.0.0\n## go 1.20; other\na.b/c/y\n',
    );
    expect(modules).toEqual([
      {
        path: 'a.b/c',
        version: 'v1.0.0',
        replacement: undefined,
        explicit: true,
        goVersion: '1.20',
        packages: ['a.b/c/x', 'a.b/c/y'],
        line: 1,
      },
      expect.objectContaining({ path: 'd.e/f', line: 4, packages: [] }),
    ]);
  });

  it.each([
    ['a branch for a version', '# a.b/c master\na.b/c\n', [1, 2]],
    ['no version', '# a.b/c\n', [1]],
    ['a package without a module', 'a.b/c\n', [1]],
    ['no import path', '# a.b/c v1.0.0\na.b/c!\n', [2]],
    ['two words', '# a.b/c v1.0.0\na.b/c a.b/d\n', [2]],
    ['a replacement with a branch', '# a.b/c v1.0.0 => d.e/f master\n', [1]],
  ])('says where go passes something over: %s', (_what, text, lines) => {
    expect(parse(text).problems.map(({ line }) => line)).toEqual(lines);
  });

  it('goes on with the module before when a line has too few words, as go does', () => {
    expect(parse('# a.b/c v1.0.0\n# x\na.b/c\n').modules[0]?.packages).toEqual(['a.b/c']);
    expect(parse('# a.b/c v1.0.0\n# x y\na.b/c\n').modules[0]?.packages).toEqual([]);
  });

  it('never throws', () => {
    const line = fc.constantFrom(
      '# a.b/c v1.0.0',
      '# a.b/c =>',
      '=> ',
      '## explicit',
      '## ',
      '\ufeff',
      'a.b/c',
      '#',
      ' ',
      '__proto__',
    );
    fc.assert(fc.property(fc.array(line), lines => void parse(lines.join('\n'))));
    fc.assert(fc.property(fc.uint8Array(), bytes => void parseModulesTxt(bytes)));
  });
});
