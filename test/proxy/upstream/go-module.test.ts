import { expect, it } from 'vitest';
import { parseModules, repositoryOf } from '../../../src/proxy/upstream/go-module.ts';

it('reads what go prints one after the other, and leaves out what is no JSON', () => {
  const one = '{\n\t"Path": "a",\n\t"Origin": {\n\t\t"URL": "x"\n\t}\n}\n';
  expect(parseModules(`${one}{\n\t"Path": "b"\n}\n`).map(({ Path }) => Path)).toEqual(['a', 'b']);
  expect(parseModules(`${one}{\n\t"Path": "b`).map(({ Path }) => Path)).toEqual(['a']);
  expect(parseModules(one.replaceAll('\n', '\r\n'))).toHaveLength(1);
  expect(parseModules('')).toEqual([]);
});

it.each([
  ['g.test/mono/one', 'one', 'g.test/mono'],
  ['g.test/mono/deep/two', 'deep/two', 'g.test/mono'],
  ['g.test/mono/three/v2', 'three', 'g.test/mono'],
  ['g.test/mono/three/v2', 'three/v2', 'g.test/mono'],
  ['go.test/vanity', 'elsewhere', undefined],
  ['g.test/lib', '', undefined],
])('the repository of %s, in its directory %j, begins at %s', (module, Subdir, expected) => {
  expect(repositoryOf(module, { Origin: { Subdir } })).toBe(expected);
});
