import { describe, expect, it } from 'vitest';
import { toolchainNotAllowed } from '../../../src/policy/rules/toolchain-not-allowed.ts';
import { found, said } from './found.ts';
import { publishedFiles, publishedGoMod, realGo } from './real.ts';

const mod = (toolchain: string) => ({ 'go.mod': `module m\n\ngo 1.26\n\ntoolchain ${toolchain}\n` });
const reported = (toolchain: string, allow: readonly string[]) =>
  found(toolchainNotAllowed, mod(toolchain), { options: { allow } }).length > 0;

describe('toolchain/not-allowed', () => {
  it('marks the name, in go.mod and go.work, and says what is allowed', () => {
    const files = { ...mod('go1.26.4'), 'go.work': 'go 1.26\n\ntoolchain go1.26.5\n' };
    const all = found(toolchainNotAllowed, files, { options: { allow: ['go1.26.3', 'go1.25.*'] } });
    expect(said(files, all)).toEqual([
      'go.mod:5 «go1.26.4» toolchain "go1.26.4" is not allowed',
      'go.work:3 «go1.26.5» toolchain "go1.26.5" is not allowed',
    ]);
    expect(all[0]?.why).toContain('go1.26.3, go1.25.*');
    expect(all[1]?.fix).toContain('go work edit -toolchain=none go.work');
  });

  it.each([
    ['go1.26.3', ['go1.26.3']],
    ['go1.26.3', ['go1.25.1', 'go1.26.*']],
    ['go1.26.3', ['>=go1.25 <go1.27']],
    ['go1.26.3-acme', ['go1.26.3-acme']],
    ['default', []],
  ])('allows %s under %j', (name, allow) => {
    expect(reported(name, allow)).toBe(false);
  });

  it.each([
    ['go1.26.3', []],
    ['go1.26.3', ['go1.26.30', 'go1.26']],
    ['go1.26.3-acme', ['go1.26.3', 'go1.26.*', '>=go1.25']],
    ['go1.x', ['>=go1.1', 'go1.*']],
    ['go1.26.3', ['nonsense']],
  ])('reports %s under %j', (name, allow) => {
    expect(reported(name, allow)).toBe(true);
  });

  it('takes another maker for another finding, and another release for the same', () => {
    const key = (name: string) => found(toolchainNotAllowed, mod(name))[0]?.key;
    expect(key('go1.26.3-acme')).toBe(key('go1.26.4-acme'));
    expect(key('go1.26.3-acme')).not.toBe(key('go1.26.3-evil'));
    expect(key('go1.26.3')).not.toBe(key('go1.26.3-evil'));
  });

  it('judges the toolchains of real files', async () => {
    await using go = await realGo();
    const bbolt = { 'go.mod': await publishedGoMod(go, 'go.etcd.io/bbolt', 'v1.4.3') };
    expect(said(bbolt, found(toolchainNotAllowed, bbolt))).toEqual([
      'go.mod:5 «go1.23.12» toolchain "go1.23.12" is not allowed',
    ]);
    const testify = await publishedFiles(go, 'github.com/go-openapi/testify/v2', 'v2.6.0', [
      'go.mod',
      'go.work',
    ]);
    expect(found(toolchainNotAllowed, testify).map(one => [one.place.file, one.version])).toEqual([
      ['go.work', 'go1.26.0'],
    ]);
    expect(found(toolchainNotAllowed, testify, { options: { allow: ['>=go1.26'] } })).toEqual([]);
    const cobra = { 'go.mod': await publishedGoMod(go, 'github.com/spf13/cobra', 'v1.9.1') };
    expect(found(toolchainNotAllowed, cobra)).toEqual([]);
  });

  it('takes hostile names and broken files', () => {
    const [one] = found(toolchainNotAllowed, mod(`go1.26-${'\u0430::error::'.repeat(50_000)}`));
    expect(one?.message.length).toBeLessThan(500);
    expect(found(toolchainNotAllowed, { 'go.mod': Buffer.from([0, 255, 40]) })).toEqual([]);
    const many = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, i) => [`d${i}/go.mod`, 'module m\ntoolchain go1.26.3\n']),
    );
    const allow = Array.from({ length: 1_000 }, (_, i) => `go1.25.${i}`);
    expect(found(toolchainNotAllowed, many, { options: { allow } })).toHaveLength(2_000);
  });
});
