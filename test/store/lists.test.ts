import { expect, test } from 'vitest';
import { latestOf, listed } from '../../src/store/lists.ts';

const pseudo = 'v0.0.0-20240613232115-7f521ea00fb8';

test('the list is in the order of versions and without pseudo-versions', () => {
  expect(listed(['v1.10.0', 'v1.9.0', pseudo, 'v1.10.0-rc.1', 'v2.0.0+incompatible'])).toEqual([
    'v1.9.0',
    'v1.10.0-rc.1',
    'v1.10.0',
    'v2.0.0+incompatible',
  ]);
});

test.each([
  [['v1.9.0', 'v1.10.0', 'v2.0.0-rc.1', pseudo], 'v1.10.0'],
  [['v2.0.0-rc.1', 'v2.0.0-rc.2', pseudo], 'v2.0.0-rc.2'],
  [[pseudo, 'v0.0.0-20250613232115-7f521ea00fb8'], 'v0.0.0-20250613232115-7f521ea00fb8'],
  [[], undefined],
])('the latest of %j is %s', (versions, latest) => {
  expect(latestOf(versions)).toBe(latest);
});
