import { describe, expect, it } from 'vitest';
import { networkWords, shown } from '../../../src/platform/cache/words.ts';

const SECRETS = ['0123456789abcdef', 'short'];

describe('the words of a service', () => {
  it.each([
    ['cache write denied: read-only token', 'cache write denied: read-only token'],
    ['at https://x.example.test:8/p/q?sig=a%2Fb&se=1 now', 'at x.example.test:8 now'],
    ['at http://me:pw@x.example.test/p now', 'at x.example.test now'],
    ['path /0123456789abcdef/_apis', 'path /***/_apis'],
    ['bad sig=a%2Fb, X-Amz-Signature=0a1b', 'bad sig=*** X-Amz-Signature=***'],
    ['with eyJhbGciOi.eyJhYyI6.abc-_x end', 'with *** end'],
    [' two\nlines\u001b[31m\u202e ', 'two\\nlines\\u001b[31m\\u202e'],
  ])('%j is shown as %j', (text, expected) => {
    expect(shown(text, SECRETS)).toBe(expected);
  });

  it('are bounded, also in time', () => {
    expect(shown('x'.repeat(10_000_000), SECRETS)).toHaveLength(301);
    expect(shown(`${'a://'.repeat(1_000_000)}@`, SECRETS).length).toBeLessThanOrEqual(301);
  });

  it('of the network are a code where there is one', () => {
    expect(
      networkWords(Object.assign(new Error('connect http://x/?sig=1'), { code: 'ECONNRESET' }), []),
    ).toBe('ECONNRESET');
    expect(networkWords(Object.assign(new Error('other side'), { code: 'UND_ERR_SOCKET' }), [])).toBe(
      'the connection was closed',
    );
    expect(networkWords(new Error('see http://x.example.test/?sig=1'), [])).toBe('see x.example.test');
    expect(networkWords(undefined, [])).toBe('undefined');
  });
});
