import { describe, expect, it } from 'vitest';
import { goRange } from '../../src/gomod/go-range.ts';

describe('sets of Go versions', () => {
  it.each([
    [
      'go1.26.3',
      ['go1.26.3', '1.26.3'],
      ['go1.26.4', 'go1.26', 'go1.26.30', 'go1.26.3-acme', 'default', 'x', ''],
    ],
    ['1.26', ['go1.26'], ['go1.26.0', 'go1.26rc1']],
    [
      'go1.26.*',
      ['go1.26', 'go1.26rc1', 'go1.26.0', 'go1.26.13'],
      ['go1.2', 'go1.260.1', 'go1.27.0', 'go1.26.3-acme'],
    ],
    ['go1.*', ['go1.2', 'go1.26.3'], ['go2.0', 'go1.26.3-acme']],
    ['>=go1.25', ['go1.25', 'go1.25rc1', 'go1.25.0', 'go1.30'], ['go1.24.13', 'go1.25.1-acme']],
    ['>=go1.25.3 <go1.27', ['go1.25.3', 'go1.26.9'], ['go1.25.2', 'go1.27', 'go1.27rc1']],
    ['<=go1.26', ['go1.26', 'go1.26.9', 'go1.25'], ['go1.27', 'go1.27rc1']],
    ['>go1.26', ['go1.27rc1', 'go1.27'], ['go1.26', 'go1.26.9']],
    ['<=go1.26.3', ['go1.26.3', 'go1.26'], ['go1.26.4']],
    ['go1.25.3 || go1.26.*', ['go1.25.3', 'go1.26.1'], ['go1.25.4']],
    ['go1.26.3-acme', ['go1.26.3-acme'], ['go1.26.3', 'go1.26.3-acme2', 'go1.26.4-acme']],
    ['go1.26.*-acme', ['go1.26.4-acme'], ['go1.26.4', 'go1.26.4-evil']],
  ])('%s', (text, members, others) => {
    const range = goRange(text);
    expect(members.filter(name => range?.(name) !== true)).toEqual([]);
    expect(others.filter(name => range?.(name) !== false)).toEqual([]);
  });

  it.each([
    '',
    ' ',
    '*',
    'go',
    'latest',
    '>=',
    '>=go1.26.*',
    'go1.26.3.*',
    '1.x',
    'go01.2',
    '||',
    'go1.26 ||',
    '~go1.26',
  ])('refuses %j', text => {
    expect(goRange(text)).toBeUndefined();
  });

  it('takes long text', () => {
    expect(goRange('1.'.repeat(100_000))).toBeUndefined();
    expect(goRange(`go1.26.3${'-a'.repeat(100_000)} !`)).toBeUndefined();
  });
});
