import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesOf, type ListedModule, listedModules } from '../../../src/store/bucket/contents.ts';
import type { Bucket, ObjectFacts } from '../../../src/store/bucket/types.ts';
import { versionKeys } from '../../../src/store/layout.ts';
import type { FileKind, ModVer } from '../../../src/store/types.ts';

/** The listing of a service that has these keys, each with its number as size. */
function listing(keys: readonly string[], order = byBytes): Pick<Bucket, 'list' | 'location'> {
  const sorted = keys.toSorted(order);
  return {
    location: 's3://example/store',
    list: async function* (prefix, { after } = {}): AsyncGenerator<ObjectFacts> {
      for (const key of sorted) {
        if (!key.startsWith(prefix) || (after !== undefined && byBytes(key, after) <= 0)) continue;
        const size = keys.indexOf(key);
        yield { key, size, etag: `"${size}"`, modified: size };
      }
    },
  };
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

async function all(
  keys: readonly string[],
  options?: Parameters<typeof listedModules>[1],
  order = byBytes,
): Promise<ListedModule[]> {
  const found: ListedModule[] = [];
  for await (const module of listedModules(listing(keys, order) as Bucket, options)) found.push(module);
  return found;
}

/** Paths that are beginnings of each other, and those that stand on either side of our own directories. */
const PATHS = [
  'example.com/a',
  'example.com/a-b',
  'example.com/a/b',
  'example.com/A',
  'example.com/a.b',
  'modgate.com/x',
  'modgate-x.org/y',
  'sumdb.net/z',
  'zoo.test/m',
];
/** Stems that are beginnings of each other, with the names of kinds in them. */
const VERSIONS = [
  'v1.0.0',
  'v1.0.0-rc',
  'v1.0.0-rc.info',
  'v1.0.0-rc.j',
  'v1.0.0-rc.mod.1',
  'v1.0.0-rc.zip',
  'v1.0.0-RC',
  'v0.0.0-20260101000000-abcdefabcdef',
];
const KINDS: readonly (FileKind | 'index')[] = ['info', 'mod', 'zip', 'index'];

const objects = fc.uniqueArray(
  fc.record({
    path: fc.constantFrom(...PATHS),
    version: fc.constantFrom(...VERSIONS),
    kind: fc.constantFrom(...KINDS),
  }),
  { selector: ({ path, version, kind }) => `${path} ${version} ${kind}`, maxLength: 80 },
);

function keyOf({ path, version, kind }: ModVer & { readonly kind: FileKind | 'index' }): string {
  const keys = versionKeys({ path, version });
  if (keys === undefined) throw new Error(`no version: ${path}@${version}`);
  return kind === 'index' ? keys.index : keys.files[kind];
}

it('every object comes with its version and its module, whatever names lie side by side', async () => {
  const beside = ['modgate/uses/2026-01-01/x', 'sumdb/sum.example.com/latest', 'modgate/pruned.json'];
  await fc.assert(
    fc.asyncProperty(objects, async list => {
      const keys = [...list.map(keyOf), ...beside];
      const found = (await all(keys)).flatMap(module =>
        [...module.versions.values()].flatMap(({ version, files, index }) => [
          ...Object.entries(files).map(([kind, { size }]) => [module.path, version, kind, size]),
          ...(index === undefined ? [] : [[module.path, version, 'index', index.size]]),
        ]),
      );
      const wanted = list.map((each, at) => [each.path, each.version, each.kind, at]);
      expect(found.map(String).toSorted()).toEqual(wanted.map(String).toSorted());
      const dirs = (await all(keys)).map(({ dir }) => dir);
      expect(new Set(dirs).size).toBe(dirs.length);
    }),
    { numRuns: 200 },
  );
});

it('a part of it begins and ends with the modules that are named', async () => {
  const keys = PATHS.flatMap(path =>
    KINDS.map(kind => keyOf({ path, version: 'v1.0.0', kind })).concat(
      `${versionKeys({ path, version: 'v1.0.0' })?.dir}/list`,
    ),
  );
  const dirs = (await all(keys)).map(({ dir }) => dir);
  expect(dirs).toHaveLength(PATHS.length);
  for (const [i, from] of dirs.entries()) {
    for (const [j, to] of dirs.entries()) {
      if (j < i) continue;
      const part = await all(keys, { from, to });
      expect(part.map(({ dir }) => dir)).toEqual(dirs.slice(i, j + 1));
      for (const { list, versions } of part) {
        expect(list).toBeDefined();
        expect([...versions.values()].every(version => bytesOf(version) > 0)).toBe(true);
      }
    }
  }
});

it('what is none of a store is told of, and nothing else', async () => {
  const strange = [
    'README',
    'example.com/a/@v/v1.0.0.zip.tmp',
    'example.com/a/@v/v1.0.zip',
    'example.com/a/notes',
    'example.com/UPPER/@v/v1.0.0.mod',
    'modgate/index/example.com/a/@v/list',
    'modgate/index/example.com/a/@v/v1.0.0.json.pruned',
    'nodots/a/@v/v1.0.0.mod',
    'example.com/Ω/@v/v1.0.0.mod',
  ];
  const told: string[] = [];
  const found = await all([...strange, 'example.com/a/@latest', 'example.com/a/@v/list'], {
    foreign: key => told.push(key),
  });
  expect(told.toSorted()).toEqual(strange.toSorted());
  expect(found).toMatchObject([{ path: 'example.com/a', list: { size: 10 }, latest: { size: 9 } }]);
});

it('a service that lists in another order is refused, rather than believed', async () => {
  const keys = ['example.com/a/@v/v1.0.0.mod', 'example.com/b/@v/v1.0.0.mod'];
  await expect(all(keys, {}, (a, b) => byBytes(b, a))).rejects.toMatchObject({ code: 'store-io' });
});
