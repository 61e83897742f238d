import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapePath, escapeVersion } from '../../src/gomod/module-path.ts';
import { type ProxyRequest, parseRequest } from '../../src/proxy/request.ts';

const parsed = (target: string): ProxyRequest | string => {
  const result = parseRequest(target);
  return result.ok ? result.request : result.reason;
};

describe('parseRequest', () => {
  it.each<[string, ProxyRequest]>([
    ['rsc.io/quote/@v/list', { op: 'list', module: 'rsc.io/quote' }],
    ['rsc.io/quote/@latest', { op: 'latest', module: 'rsc.io/quote' }],
    [
      'github.com/%21burnt%21sushi/toml/@v/v1.5.0.zip',
      { op: 'zip', module: 'github.com/BurntSushi/toml', version: 'v1.5.0', canonical: true },
    ],
    [
      'example.com/m/@v/v2.0.0+incompatible.mod',
      { op: 'mod', module: 'example.com/m', version: 'v2.0.0+incompatible', canonical: true },
    ],
    [
      'example.com/m/@v/v1.1.0-%21r%21c.1.info',
      { op: 'info', module: 'example.com/m', version: 'v1.1.0-RC.1', canonical: true },
    ],
    [
      'example.com/m/@v/%21feature.info',
      { op: 'info', module: 'example.com/m', version: 'Feature', canonical: false },
    ],
    [
      'example.com/m/@v/v1.0.0+build5.info',
      { op: 'info', module: 'example.com/m', version: 'v1.0.0+build5', canonical: false },
    ],
    ['sumdb/db.example.com/supported', { op: 'sumdb', name: 'db.example.com', path: '/supported' }],
    ['sumdb/db.example.com/latest', { op: 'sumdb', name: 'db.example.com', path: '/latest' }],
    [
      'sumdb/db.example.com/deep/er/tile/8/1/x001/234.p/5',
      { op: 'sumdb', name: 'db.example.com/deep/er', path: '/tile/8/1/x001/234.p/5' },
    ],
    [
      'sumdb/db.example.com/lookup/example.com/%21big@v1.0.0',
      { op: 'sumdb', name: 'db.example.com', path: '/lookup/example.com/!big@v1.0.0' },
    ],
  ])('%s', (target, request) => {
    expect(parsed(target)).toEqual(request);
  });

  it.each([
    ['sumdb/', /checksum database path/],
    ['sumdb/db.example.com', /checksum database path/],
    ['sumdb/db.example.com/', /checksum database path/],
    ['sumdb/db.example.com/lookup/nothing', /checksum database path/],
    ['sumdb/db.example.com/lookup/a@v1/../../x@y/z', /checksum database path/],
    ['sumdb/db.example.com/tile/9/0/000', /checksum database path/],
    ['sumdb/db.example.com/tile/8/0/000/../001', /checksum database path/],
    ['sumdb/../supported/x', /checksum database path/],
    ['@v/list', /not a path/],
    ['/@v/list', /not a path/],
    ['rsc.io/quote/@v/list?x', /unknown file/],
    ['rsc.io/quote/@v/.info', /unknown file/],
    ['rsc.io/quote/@v/v1.5.2', /unknown file/],
    ['rsc.io/%2e%2e/@v/list', /invalid path element/],
    ['rsc.io/%252e%252e/@v/list', /invalid char '%'/],
  ])('%s is refused', (target, why) => {
    expect(parsed(target)).toMatch(why);
  });

  it('takes every path and version in go’s own escaped form back to what it was', () => {
    const element = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_-]{0,8}$/);
    const numbers = fc.tuple(fc.nat(9), fc.nat(99), fc.nat(99));
    fc.assert(
      fc.property(fc.array(element, { minLength: 1, maxLength: 4 }), numbers, (rest, [x, y, z]) => {
        const module = ['example.com', ...rest].join('/');
        const version = `v${Math.min(x, 1)}.${y}.${z}-RC.1`;
        let escaped: string;
        try {
          escaped = escapePath(module);
        } catch {
          return;
        }
        const wire = `${escaped}/@v/${escapeVersion(version)}.info`;
        const request = { op: 'info', module, version, canonical: true };
        expect(parsed(wire)).toEqual(request);
        expect(parsed(wire.replaceAll('!', '%21'))).toEqual(request);
      }),
    );
  });

  it('never throws and never lets a dot-dot, NUL or backslash through', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc.constantFrom('', '/@v/list', '/@latest'),
        (text, end) => {
          const result = parseRequest(text + end);
          if (!result.ok || result.request.op === 'sumdb') return;
          expect(result.request.module).not.toMatch(/(^|\/)\.\.?(\/|$)|[\0\\%]/);
        },
      ),
    );
  });
});
