import { describe, expect, it } from 'vitest';
import { CollectorError } from '../../src/collector/errors.ts';
import { openGuard, readTokens, tokenGuard } from '../../src/collector/tokens.ts';

const LONG = 'a-token-that-is-long-enough';
const NONE = { writers: [], readers: [] };

describe('tokens', () => {
  it('come from the variables that the configuration names', () => {
    const settings = {
      writers: [{ name: 'ci', 'token-env': 'W' }],
      readers: [
        { name: 'all', 'token-env': 'R' },
        { name: 'team', 'token-env': 'T', owners: ['acme'] },
      ],
    };
    const env = { W: `${LONG}1`, R: `${LONG}2`, T: `${LONG}3`, MODGATE_WRITE_TOKEN: `${LONG}4` };
    const guard = tokenGuard(readTokens(settings, env));
    expect(guard(`Bearer ${LONG}1`)).toEqual({ name: 'ci', rights: ['write'] });
    expect(guard(`bearer ${LONG}2`)).toEqual({ name: 'all', rights: ['read'] });
    expect(guard(`Bearer ${LONG}3`)).toEqual({ name: 'team', rights: ['read'], owners: ['acme'] });
    // Those of the environment alone count only where the configuration names none.
    expect(guard(`Bearer ${LONG}4`)).toBeUndefined();
  });

  it('come from two variables where the configuration names none', () => {
    const env = { MODGATE_WRITE_TOKEN: `${LONG}1`, MODGATE_READ_TOKEN: `${LONG}2` };
    const guard = tokenGuard(readTokens(NONE, env));
    expect(guard(`Bearer ${LONG}1`)?.rights).toEqual(['write']);
    expect(guard(`Bearer ${LONG}2`)?.rights).toEqual(['read']);
    expect(readTokens(NONE, {})).toEqual([]);
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Bearer  `,
    LONG,
    `Basic ${LONG}`,
    `Bearer ${LONG} ${LONG}`,
    `Bearer ${LONG}x`,
  ])('knows nobody by %j', header => {
    const guard = tokenGuard(readTokens(NONE, { MODGATE_READ_TOKEN: LONG }));
    expect(guard(header)).toBeUndefined();
    expect(guard(`Bearer ${LONG}`)).toBeDefined();
  });

  it.each([
    ['is not set', {}],
    ['has only 15', { W: 'a'.repeat(15) }],
    ['is longer than', { W: 'a'.repeat(2000) }],
    ['no header may have', { W: `${LONG} with a space` }],
    ['no header may have', { W: `${LONG}\u00e9` }],
    ['are the same text', { W: LONG, R: LONG }],
  ])('are refused when one %s', (words, env) => {
    const settings = {
      writers: [{ name: 'ci', 'token-env': 'W' }],
      readers: [{ name: 'r', 'token-env': 'R' }],
    };
    const read = (): unknown => readTokens(settings, { R: `${LONG}2`, ...env });
    expect(read).toThrow(CollectorError);
    expect(read).toThrow(words);
    expect(read).not.toThrow(LONG);
  });

  it('are not asked for by a collector that has none', () => {
    expect(openGuard(undefined)).toEqual({ name: 'anonymous', rights: ['write', 'read'] });
  });
});
