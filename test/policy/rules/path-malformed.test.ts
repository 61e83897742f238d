import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { quote } from '../../../src/gomod/go-text.ts';
import { gomodInvalid } from '../../../src/policy/rules/gomod-invalid.ts';
import { pathMalformed } from '../../../src/policy/rules/path-malformed.ts';
import { findingsOf } from '../policy-of.ts';
import { found, said } from './found.ts';
import { goScript, publishedGoMod, realGo } from './real.ts';

const mod = (text: string) => ({ 'go.mod': `module example.com/shop\n\ngo 1.26\n\n${text}\n` });
const messages = (text: string) => found(pathMalformed, mod(text)).map(one => one.message);

interface Row {
  readonly path?: string;
  readonly path_b64?: string;
  readonly ok: boolean;
}

const ROWS = readFileSync(new URL('../../fixtures/gomod/checkpath.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as Row);

/** The path as a string of Go’s syntax, byte by byte where it is not ASCII. */
function goString({ path, path_b64 }: Row): string {
  const bytes = path_b64 === undefined ? Buffer.from(path ?? '', 'utf8') : Buffer.from(path_b64, 'base64');
  const escapes = [...bytes].map(byte =>
    byte > 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`,
  );
  return `"${escapes.join('')}"`;
}

describe('path/malformed', () => {
  it('marks the path, and says what it looks like', () => {
    const files = mod('require g\u0456thub.com/acme/cart v1.0.0');
    expect(said(files, found(pathMalformed, files))).toEqual([
      'go.mod:5 «g\u0456thub.com/acme/cart» malformed module path "g\\u0456thub.com/acme/cart": invalid char \'\\u0456\'; U+0456 looks like "i"',
    ]);
  });

  it('knows look-alikes of other alphabets, and says of the rest that it is there', () => {
    expect(messages('require ex\u0430mpl\u0435.com/c v1.0.0')[0]).toMatch(
      /; U\+0430 looks like "a"; U\+0435 looks like "e"$/,
    );
    expect(messages('require \uff45xample.com/c v1.0.0')[0]).toMatch(/; U\+FF45 looks like "e"$/);
    expect(messages('require example.com/\u{1d41a}\u4e2d v1.0.0')[0]).toMatch(
      /"example\.com\/\\U0001d41a\\u4e2d".*; U\+1D41A looks like "a"; it holds U\+4E2D$/,
    );
    expect(messages('require \u0430\u0435\u043e\u0440\u0441.com/c v1.0.0')[0]).toMatch(
      /; and 2 more such characters$/,
    );
  });

  it('judges every path that code could come by, and each where it stands', () => {
    const files = {
      ...mod(
        'require Example.com/a v1.0.0\nexclude example.com:80/b v1.0.0\n' +
          'replace (\n\texample.com/c+ => example.com/d v1.0.0\n\texample.com/e => user@example.com/f v1.0.0\n)\n' +
          'tool example.com/g\u0456/cmd',
      ),
      'go.work': 'go 1.26\n\nreplace example.com/x => exa_mple.com/y v1.0.0\n',
    };
    expect(said(files, found(pathMalformed, files)).map(line => line.replace(/ malformed .*/, ''))).toEqual([
      'go.mod:5 «Example.com/a»',
      'go.mod:6 «example.com:80/b»',
      'go.mod:8 «example.com/c+»',
      'go.mod:9 «user@example.com/f»',
      'go.mod:11 «example.com/g\u0456/cmd»',
      'go.work:3 «exa_mple.com/y»',
    ]);
    // A finding about the target of a replace is about the module that is replaced.
    expect(found(pathMalformed, files).map(one => one.module)[3]).toBe('example.com/e');
  });

  it('leaves directories, packages of the standard library and a local main module alone', () => {
    expect(
      found(pathMalformed, {
        'go.mod': 'module shop\n\ngo 1.26\n\nreplace example.com/cart => ../C\u0430rt\n\ntool cmd/vet\n',
        'b/go.mod': 'module Shop.Example/b+c\n',
      }),
    ).toEqual([]);
    const [one] = found(pathMalformed, { 'go.mod': 'module sh\u043ep\n' });
    expect(one?.message).toBe(
      'malformed module path "sh\\u043ep": invalid char \'\\u043e\'; U+043E looks like "o"',
    );
  });

  it('makes a note of a path without a dot that a directory stands for, and an error of any other', async () => {
    const files = mod('require shared v0.0.0\n\nreplace shared => ./shared\n\nrequire other v1.0.0');
    const all = await findingsOf({ ...files, 'shared/go.mod': 'module shared\n' });
    expect(all.filter(one => one.rule === 'path/malformed').map(one => [one.module, one.level])).toEqual([
      ['shared', 'note'],
      ['shared', 'note'],
      ['other', 'error'],
    ]);
  });

  it(`agrees with module.CheckPath on all ${ROWS.length} vectors`, () => {
    const differing = ROWS.filter(row => {
      const files = mod(`replace example.com/x => ${goString(row)} v1.0.0`);
      // Some paths are refused by the parser already; a directory with a version is one of them.
      const refused = found(gomodInvalid, files).length + found(pathMalformed, files).length > 0;
      // Go's own two modules are exempt.
      return refused === (row.ok || row.path === 'std' || row.path === 'cmd');
    });
    expect(differing).toEqual([]);
  });

  it('agrees with go’s own tests of bad paths', async () => {
    const script = await goScript('mod_invalid_path');
    const files = { 'go.mod': script['badname/go.mod'] ?? '' };
    expect(found(pathMalformed, files).map(one => one.message)).toEqual([
      expect.stringContaining(`malformed module path ${quote('.\\.')}`),
    ]);
    expect(found(pathMalformed, { 'go.mod': script['dotname/go.mod'] ?? '' })).toEqual([]);
    expect((await goScript('mod_bad_domain'))['']).toContain(
      'malformed module path "appengine": missing dot in first path element',
    );
    expect(messages('require appengine v1.0.0')).toEqual([
      'malformed module path "appengine": missing dot in first path element',
    ]);
  });

  it('finds nothing in real modules', async () => {
    await using go = await realGo();
    for (const [module, version] of [
      ['github.com/containerd/containerd', 'v1.7.28'],
      ['github.com/quic-go/quic-go', 'v0.59.0'],
      ['go.opentelemetry.io/otel/trace', 'v1.43.0'],
    ] as const) {
      expect(found(pathMalformed, { 'go.mod': await publishedGoMod(go, module, version) })).toEqual([]);
    }
  });

  it('takes paths of a megabyte and 10,000 bad ones', () => {
    const [long] = found(pathMalformed, mod(`require example.com/${'\u0430'.repeat(500_000)} v1.0.0`));
    expect(long?.message.length).toBeLessThan(500);
    const many = mod(
      Array.from({ length: 10_000 }, (_, i) => `require X${i}.example.com/a v1.0.0`).join('\n'),
    );
    expect(found(pathMalformed, many)).toHaveLength(10_000);
    for (const { message } of found(
      pathMalformed,
      mod('require "example.com/\\u202e\\x1b[31m\\n::error::" v1.0.0'),
    )) {
      expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });
});
