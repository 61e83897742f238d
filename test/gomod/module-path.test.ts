import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkFilePath,
  checkImportPath,
  checkModule,
  checkPath,
  checkPathMajor,
  escapePath,
  escapeVersion,
  isDirectoryPath,
  ModuleError,
  matchGlobs,
  splitPathVersion,
  unescapePath,
  unescapeVersion,
} from '../../src/gomod/module-path.ts';
import { jsonFile, jsonLines, type PathRow, pathOf } from './vectors.ts';

/** The result, or the message of the ModuleError, in one comparable value. */
function outcome(run: () => string): { out?: string; error?: string } {
  try {
    return { out: run() };
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    return { error: error.message };
  }
}

describe('checkPath', () => {
  test.each(jsonLines<PathRow & { error: string | null }>('gomod/checkpath.jsonl'))(
    'says of $path$path_b64 what Go says',
    row => {
      expect(checkPath(pathOf(row)) ?? null).toBe(row.error);
    },
  );

  test('never throws and is quick on long hostile input', () => {
    const why = [
      'a.b/'.repeat(100_000),
      `a.b/${'~1'.repeat(100_000)}x~1`,
      `gopkg.in/${'x.v1'.repeat(50_000)}y`,
    ].map(text => checkPath(text)?.replace(/^.*": /, ''));
    expect(why).toEqual(['trailing slash', 'trailing tilde and digits in path element', 'invalid version']);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => checkPath(text) !== ''));
    fc.assert(fc.property(fc.uint8Array(), bytes => checkPath(bytes) !== ''));
  });
});

test('import and file paths allow more than module paths', () => {
  expect(checkImportPath('example/a+b')).toBeUndefined();
  expect(checkImportPath('a/b c')).toBe(`malformed import path "a/b c": invalid char ' '`);
  expect(checkFilePath('a b/größe (1).txt')).toBeUndefined();
  expect(checkFilePath('-x/.hidden~1')).toBeUndefined();
  expect(checkFilePath('a\\b')).toBe(`malformed file path "a\\\\b": invalid char '\\\\'`);
  expect(checkFilePath('a/con.txt')).toBe(
    'malformed file path "a/con.txt": "con" disallowed as path element component on Windows',
  );
  expect(checkFilePath('a/\u{1f600}')).toBe(`malformed file path "a/\u{1f600}": invalid char '\u{1f600}'`);
});

interface VersionRow {
  readonly op: string;
  readonly in: string;
  readonly path: string;
  readonly version: string;
  readonly pathMajor: string;
  readonly prefix: string;
  readonly ok: boolean;
  readonly error: string | null;
  readonly result: boolean;
}

const versionRows = jsonLines<VersionRow>('gomod/versions.jsonl');
const rowsOf = (op: string) => {
  const rows = versionRows.filter(row => row.op === op);
  expect(rows.length).toBeGreaterThan(0);
  return rows;
};

describe('path and version together', () => {
  test.each(rowsOf('splitPathVersion'))('splitPathVersion $in', row => {
    expect(splitPathVersion(row.in)).toEqual({ prefix: row.prefix, pathMajor: row.pathMajor, ok: row.ok });
  });
  test.each(rowsOf('checkPathMajor'))('checkPathMajor $version with $pathMajor', row => {
    expect(checkPathMajor(row.version, row.pathMajor) ?? null).toBe(row.error);
  });
  test.each(rowsOf('checkModule'))('checkModule $path@$version', row => {
    expect(checkModule(row.path, row.version) ?? null).toBe(row.error);
  });
  test.each(rowsOf('isDirectoryPath'))('isDirectoryPath $in', row => {
    expect(isDirectoryPath(row.in)).toBe(row.result);
  });
});

interface EscapeRow {
  readonly in: string;
  readonly kind: 'path' | 'version';
  readonly op: 'escape' | 'unescape';
  readonly out?: string;
  readonly error?: string;
}

describe('escaping', () => {
  const verbs = {
    escape: { path: escapePath, version: escapeVersion },
    unescape: { path: unescapePath, version: unescapeVersion },
  };
  test.each(jsonLines<EscapeRow>('gomod/escape.jsonl'))('$op $kind $in', row => {
    const want = row.error === undefined ? { out: row.out } : { error: row.error };
    expect(outcome(() => verbs[row.op][row.kind](row.in))).toEqual(want);
  });

  interface WireRow {
    readonly in: string;
    readonly escaped?: string;
    readonly path?: string;
    readonly error?: string;
  }
  const wire = jsonFile<Record<'paths' | 'unescape_paths' | 'versions', WireRow[]>>('goproxy/escape.json');
  const tables = [
    ['paths', escapePath],
    ['unescape_paths', unescapePath],
    ['versions', escapeVersion],
  ] as const;
  test.each(tables)('%s as on the wire', (table, verb) => {
    expect(wire[table].length).toBeGreaterThan(5);
    for (const row of wire[table]) {
      const want = row.error === undefined ? { out: row.escaped ?? row.path } : { error: row.error };
      expect(
        outcome(() => verb(row.in)),
        row.in,
      ).toEqual(want);
    }
  });

  const element = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
  const modulePath = fc
    .tuple(fc.stringMatching(/^[a-z0-9]{1,8}\.[a-z]{2,5}$/), fc.array(element, { maxLength: 4 }))
    .map(([host, rest]) => [host, ...rest].join('/'))
    .filter(path => checkPath(path) === undefined);

  test('unescape undoes escape, and no two paths share an escaped form that a file system could confuse', () => {
    fc.assert(
      fc.property(modulePath, path => {
        const escaped = escapePath(path);
        expect(unescapePath(escaped)).toBe(path);
        expect(escaped).toBe(escaped.toLowerCase());
      }),
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9.+_-]{1,30}$/), version => {
        const { out } = outcome(() => escapeVersion(version));
        if (out !== undefined) expect(unescapeVersion(out)).toBe(version);
      }),
    );
  });

  test('whatever can be unescaped is what escape would have written', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z.]{3,8}\/[a-z!A-Z0-9]{1,10}$/), escaped => {
        const { out } = outcome(() => unescapePath(escaped));
        if (out !== undefined) expect(escapePath(out)).toBe(escaped);
      }),
    );
  });
});

describe('matchGlobs', () => {
  test.each(jsonLines<PathRow & { pattern: string; match: boolean }>('gomod/hosts.jsonl'))(
    '$pattern with $path$path_b64',
    row => {
      expect(matchGlobs(row.pattern, pathOf(row))).toBe(row.match);
    },
  );

  test('a list means the same as its items with commas', () => {
    expect(matchGlobs(['a.b', 'c.d/*'], 'c.d/x/y')).toBe(true);
    expect(matchGlobs(['a.b', 'c.d/*'], 'c.d')).toBe(false);
    expect(matchGlobs([], 'c.d')).toBe(false);
  });

  test('stars do not make it slow', () => {
    const glob = `${'*a'.repeat(200)}b`;
    expect(matchGlobs(glob, 'a'.repeat(4000))).toBe(false);
  });

  test('a star tries every byte, as in Go', () => {
    // The three bytes of U+4E2D: the range takes the second one, the question mark the third.
    expect(matchGlobs('*[^a]?', '中')).toBe(true);
    expect(matchGlobs('*[^a]???', '中')).toBe(false);
  });
});
