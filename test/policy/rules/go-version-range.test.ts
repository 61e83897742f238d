import { describe, expect, it } from 'vitest';
import { goVersionRange } from '../../../src/policy/rules/go-version-range.ts';
import { found, said } from './found.ts';
import { publishedGoMod, realGo } from './real.ts';

const mod = (go: string) => ({ 'go.mod': `module m\n\ngo ${go}\n` });
const reported = (go: string, options: { readonly min?: string; readonly max?: string }) =>
  found(goVersionRange, mod(go), { options }).map(one => one.key)[0];

describe('go/version-range', () => {
  it('marks the version, in go.mod and go.work', () => {
    const files = { ...mod('1.17'), 'go.work': 'go 1.28\n' };
    const all = found(goVersionRange, files, { options: { min: '1.25', max: '1.26' } });
    expect(said(files, all)).toEqual([
      'go.mod:3 «1.17» go "1.17" is older than 1.25, the oldest that the policy allows',
      'go.work:1 «1.28» go "1.28" is newer than 1.26, the newest that the policy allows',
    ]);
    expect(all.map(one => one.fix)).toEqual(['go mod edit -go=1.25 go.mod', 'go work edit -go=1.26 go.work']);
  });

  it('takes a missing line for what go takes it for', () => {
    const files = { 'go.mod': 'module m\n', 'go.work': 'use .\n' };
    expect(
      found(goVersionRange, files, { options: { min: '1.17' } }).map(one => [one.place.file, one.version]),
    ).toEqual([['go.mod', '1.16']]);
    expect(found(goVersionRange, files, { options: { min: '1.19' } }).map(one => one.version)).toEqual([
      '1.16',
      '1.18',
    ]);
    expect(found(goVersionRange, files, { options: { min: '1.16' } })).toEqual([]);
  });

  it.each([
    ['1.24.9', { min: '1.25' }, 'min'],
    ['1.25', { min: '1.25.0' }, 'min'],
    ['1.25rc1', { min: '1.25' }, undefined],
    ['1.25', { min: 'go1.25' }, undefined],
    ['1.26.3', { max: '1.26' }, undefined],
    ['1.27rc1', { max: '1.26' }, 'max'],
    ['1.26.4', { max: '1.26.3' }, 'max'],
    ['1.9', { min: '1.10' }, 'min'],
    ['1.30', {}, undefined],
  ])('go %s under %j: %s', (go, options, expected) => {
    expect(reported(go, options)).toBe(expected);
  });

  it('judges real files', async () => {
    await using go = await realGo();
    const mergo = { 'go.mod': await publishedGoMod(go, 'dario.cat/mergo', 'v1.0.2') };
    expect(said(mergo, found(goVersionRange, mergo, { options: { min: '1.21' } }))).toEqual([
      'go.mod:3 «1.13» go "1.13" is older than 1.21, the oldest that the policy allows',
    ]);
    const old = { 'go.mod': await publishedGoMod(go, 'gotest.tools', 'v1.4.0') };
    expect(found(goVersionRange, old, { options: { min: '1.21' } }).map(one => one.version)).toEqual([
      '1.16',
    ]);
    const bbolt = { 'go.mod': await publishedGoMod(go, 'go.etcd.io/bbolt', 'v1.4.3') };
    expect(found(goVersionRange, bbolt, { options: { min: '1.21', max: '1.23' } })).toEqual([]);
  });

  it('says nothing of a file that cannot be read to its end', () => {
    const broken = { 'go.mod': 'module m\nrequire (\n', 'go.work': Buffer.from([0, 255, 40]) };
    expect(found(goVersionRange, broken, { options: { min: '1.25' } })).toEqual([]);
    const [one] = found(goVersionRange, mod(`1.${'9'.repeat(500_000)}`), { options: { max: '1.26' } });
    expect(one?.message.length).toBeLessThan(500);
  });
});
