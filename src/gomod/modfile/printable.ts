import { ADDED_IN_17, PRINTABLE_15 } from './ident-ranges.ts';

/** Unicode of Go 1.26 (15) or of Go 1.27 (17). */
export type UnicodeVersion = 15 | 17;

/** Whether Go's `unicode.IsPrint` holds. Not a class of an expression: those follow the Unicode of this process. */
export function isPrint(rune: number, version: UnicodeVersion): boolean {
  if (rune < 0x7f) return rune >= 0x20;
  edges15 ??= edges(PRINTABLE_15);
  if (within(edges15, rune)) return true;
  if (version === 15) return false;
  edges17 ??= edges(ADDED_IN_17);
  return within(edges17, rune);
}

let edges15: Int32Array | undefined;
let edges17: Int32Array | undefined;

function edges(distances: readonly number[]): Int32Array {
  const out = new Int32Array(distances.length);
  let at = 0;
  for (const [i, distance] of distances.entries()) {
    at += distance;
    out[i] = at;
  }
  return out;
}

/** Whether an odd number of edges lies at or before the rune. */
function within(sorted: Int32Array, rune: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= rune) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}
