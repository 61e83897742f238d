import { describe, expect, it } from 'vitest';
import { versionDowngrade } from '../../../src/policy/rules/version-downgrade.ts';
import { found, said } from './found.ts';
import { publishedGoMod, realGo } from './real.ts';

const mod = (text: string, file = 'go.mod') => ({ [file]: `module example.com/shop\n\n${text}\n` });

describe('version/downgrade', () => {
  it('marks the version and names both', () => {
    const files = mod('require example.com/cart v1.9.0');
    expect(
      said(files, found(versionDowngrade, files, { base: mod('require example.com/cart v1.10.0') })),
    ).toEqual([
      'go.mod:3 «v1.9.0» "example.com/cart@v1.9.0" is older than "v1.10.0", which the base requires',
    ]);
  });

  it.each([
    ['v1.2.0', 'v1.2.0'],
    ['v1.2.1', 'v1.2.0'],
    ['v1.2.0', 'v1.2.0-rc1'],
    ['v1.2.1-0.20240102030405-0123456789ab', 'v1.2.0'],
  ])('is silent about %s after %s, and not the other way round', (newer, older) => {
    const [to, from] = [mod(`require example.com/cart ${newer}`), mod(`require example.com/cart ${older}`)];
    expect(found(versionDowngrade, to, { base: from })).toEqual([]);
    expect(found(versionDowngrade, from, { base: to })).toHaveLength(newer === older ? 0 : 1);
  });

  it('compares files of the same name only, and needs a base', () => {
    const old = mod('require example.com/cart v1.0.0', 'a/go.mod');
    expect(
      found(versionDowngrade, old, { base: mod('require example.com/cart v1.1.0', 'b/go.mod') }),
    ).toEqual([]);
    expect(found(versionDowngrade, old)).toEqual([]);
  });

  it('goes by the highest of several lines for one module, as go does', () => {
    const both = mod('require example.com/cart v1.0.0\nrequire example.com/cart v1.2.0');
    expect(found(versionDowngrade, both, { base: mod('require example.com/cart v1.2.0') })).toEqual([]);
    const files = mod('require example.com/cart v1.1.0');
    expect(found(versionDowngrade, files, { base: both })).toHaveLength(1);
  });

  it('finds nothing between two releases of a real module, and everything on the way back', async () => {
    await using go = await realGo();
    const old = { 'go.mod': await publishedGoMod(go, 'github.com/spf13/cobra', 'v1.8.1') };
    const new_ = { 'go.mod': await publishedGoMod(go, 'github.com/spf13/cobra', 'v1.10.1') };
    expect(found(versionDowngrade, new_, { base: old })).toEqual([]);
    expect(found(versionDowngrade, old, { base: new_ }).map(one => one.module)).toEqual([
      'github.com/cpuguy83/go-md2man/v2',
      'github.com/spf13/pflag',
    ]);
  });

  it('takes 10,000 of them, and a broken file on either side', () => {
    const lines = (version: string) =>
      mod(Array.from({ length: 10_000 }, (_, i) => `require example.com/m${i} ${version}`).join('\n'));
    expect(found(versionDowngrade, lines('v1.0.0'), { base: lines('v1.0.1') })).toHaveLength(10_000);
    const broken = { 'go.mod': Buffer.from([0xff, 0, 0x28]) };
    expect(found(versionDowngrade, broken, { base: lines('v1.0.0') })).toEqual([]);
    expect(found(versionDowngrade, lines('v1.0.0'), { base: broken })).toEqual([]);
  });
});
