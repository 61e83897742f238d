import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeIds, decodeTouched, encodeIds, encodeTouched } from '../../../src/collector/index/id-list.ts';

const ids = fc
  .uniqueArray(fc.oneof(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 2 ** 50 - 1 })))
  .map(list => list.sort((a, b) => a - b));

describe('a list of numbers as text', () => {
  it('comes back', () => {
    fc.assert(
      fc.property(ids, list => {
        expect(decodeIds(encodeIds(list))).toEqual(list);
      }),
    );
    fc.assert(
      fc.property(ids, fc.infiniteStream(fc.boolean()), (list, flags) => {
        const flag = () => flags.next().value === true;
        const touched = list.map(id => ({ id, member: flag(), bare: flag() }));
        expect(decodeTouched(encodeTouched(touched))).toEqual(touched);
      }),
    );
  });

  it('is short for neighbours', () => {
    expect(encodeIds([])).toBe('');
    expect(encodeIds(Array.from({ length: 300 }, (_, i) => i * 3)).length).toBe(400);
  });
});
