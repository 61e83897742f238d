import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorBody, parseRange } from '../../src/proxy/respond.ts';

describe('parseRange', () => {
  it.each([
    ['bytes=0-', 10, { start: 0, end: 9 }],
    ['bytes=3-5', 10, { start: 3, end: 5 }],
    ['bytes=3-99', 10, { start: 3, end: 9 }],
    ['bytes=-4', 10, { start: 6, end: 9 }],
    ['bytes=-99', 10, { start: 0, end: 9 }],
    ['bytes=9-9', 10, { start: 9, end: 9 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    // Not understood or not valid: RFC 9110 has these ignored.
    ['bytes=5-3', 10, undefined],
    ['bytes=-', 10, undefined],
    ['bytes=0-1,4-5', 10, undefined],
    ['bytes=a-b', 10, undefined],
    ['lines=0-1', 10, undefined],
    [`bytes=${'9'.repeat(40)}-`, 10, undefined],
  ])('%s of %i bytes', (header, size, want) => {
    expect(parseRange(header, size)).toEqual(want);
  });

  it('a range it gives lies inside the file', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(99), fc.integer({ min: 1, max: 50 }), (first, last, size) => {
        const range = parseRange(`bytes=${first}-${last}`, size);
        if (range === undefined || range === 'unsatisfiable') return;
        expect(range.start).toBeLessThanOrEqual(range.end);
        expect(range.end).toBeLessThan(size);
      }),
    );
  });
});

describe('errorBody', () => {
  it('is what go prints whole: 8 lines, 648 bytes, no blank line, no control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), text => {
        const body = errorBody(text);
        expect(body.length).toBeLessThanOrEqual(648);
        const lines = body.toString('latin1').replace(/\n$/, '').split('\n');
        expect(lines.length).toBeLessThanOrEqual(8);
        expect(Buffer.from(body.toString()).equals(body)).toBe(true);
        expect(body.toString()).toMatch(/^(?:[\x20-\x7e\u2192]+\n)*\n?$/);
      }),
    );
  });
  it('keeps a text that is fine', () => {
    expect(errorBody('modgate: no\n\nfix: yes \n').toString()).toBe('modgate: no\nfix: yes\n');
  });
});
