import { timingSafeEqual } from 'node:crypto';

/** True when `given` is the secret; takes the same time however much of it is right. */
export function secretMatches(given: string, secret: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(secret);
  return a.length === b.length && timingSafeEqual(a, b);
}
