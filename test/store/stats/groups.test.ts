import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RunningGroups } from '../../../src/store/stats/groups.ts';

test('the largest groups are exact, whatever the number of groups', () => {
  const group = fc.record({
    amounts: fc.array(fc.nat(1000), { minLength: 1, maxLength: 5 }),
  });
  fc.assert(
    fc.property(
      fc.array(group, { maxLength: 400, size: 'max' }),
      fc.integer({ min: 1, max: 5 }),
      (all, max) => {
        const groups = new RunningGroups(max);
        const model = all.map(({ amounts }, at) => {
          const name = `g${String(at).padStart(4, '0')}`;
          for (const bytes of amounts) groups.add(name, { bytes, versions: 1 });
          return { name, versions: amounts.length, bytes: amounts.reduce((a, b) => a + b) };
        });
        model.sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
        expect(groups.end()).toEqual({ count: all.length, top: model.slice(0, max) });
      },
    ),
    { numRuns: 60 },
  );
});
