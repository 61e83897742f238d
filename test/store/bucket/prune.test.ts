import { afterAll, beforeAll } from 'vitest';
import { createHasher, type Hasher } from '../../../src/store/hasher.ts';
import { type Buckets, buckets } from '../places.ts';
import { pruneSuite } from '../prune/suite.ts';

let hasher: Hasher;
let place: Buckets;
beforeAll(async () => {
  hasher = createHasher();
  place = await buckets(hasher);
});
afterAll(async () => {
  await place[Symbol.asyncDispose]();
  await hasher.close();
});

pruneSuite(() => place, 8);
