/** A number of a module version, whether its code came in, and whether its hash is not told. */
export interface Touched {
  readonly id: number;
  readonly member: boolean;
  readonly bare: boolean;
}

/**
 * Numbers (ascending, distinct, below 2^50) as text: differences in base 128 with continuation bits, then base64.
 * A set of 200 needs about 300 characters instead of 200 rows.
 */
export function encodeIds(ids: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(ids.length * 8);
  let at = 0;
  let last = 0;
  for (const id of ids) {
    let rest = id - last;
    last = id;
    while (rest > 127) {
      bytes[at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    bytes[at++] = rest;
  }
  return bytes.toString('base64', 0, at);
}

/** The numbers of `encodeIds`. */
export function decodeIds(text: string): number[] {
  const out: number[] = [];
  let last = 0;
  let value = 0;
  let scale = 1;
  for (const byte of Buffer.from(text, 'base64')) {
    value += (byte & 127) * scale;
    if (byte > 127) {
      scale *= 128;
      continue;
    }
    last += value;
    out.push(last);
    value = 0;
    scale = 1;
  }
  return out;
}

/** As `encodeIds`, with the flags of each; `touched` ascends by id and names each once. */
export function encodeTouched(touched: readonly Touched[]): string {
  return encodeIds(touched.map(({ id, member, bare }) => id * 4 + (member ? 1 : 0) + (bare ? 2 : 0)));
}

/** What `encodeTouched` made text of. */
export function decodeTouched(text: string): Touched[] {
  return decodeIds(text).map(value => ({
    id: Math.floor(value / 4),
    member: value % 2 === 1,
    bare: value % 4 > 1,
  }));
}
