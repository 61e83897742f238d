/**
 * A process that prunes a store again and again, to be killed at any point:
 * `node store-pruner.ts STORE OPTIONS`, where OPTIONS is JSON: `aheadMs` (how far its clock is ahead), `keepSinceMs`,
 * `maxBytes`, `rounds`. Prints `start` before the first round, and a report as JSON after each.
 */

import { openExisting } from '../../src/store/existing.ts';
import { createHasher } from '../../src/store/hasher.ts';
import { prune } from '../../src/store/prune/prune.ts';

const [dir, json] = process.argv.slice(2);
if (dir === undefined || json === undefined) throw new Error('STORE OPTIONS');
const { aheadMs, keepSinceMs, maxBytes, rounds } = JSON.parse(json) as Record<string, number>;
const hasher = createHasher();
const store = await openExisting(dir, { hasher, purpose: 'tidy' });
process.stdout.write('start\n');
for (let round = 0; round < (rounds ?? 1); round++) {
  const report = await prune(store, {
    now: Date.now() + (aheadMs ?? 0),
    keepSinceMs: keepSinceMs ?? Number.POSITIVE_INFINITY,
    maxBytes: maxBytes ?? Number.POSITIVE_INFINITY,
    dryRun: false,
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
await hasher.close();
