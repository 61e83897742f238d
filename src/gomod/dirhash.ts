import { createHash, hash } from 'node:crypto';

/** The `h1:` hash of go.sum and the checksum database (`golang.org/x/mod/sumdb/dirhash`). */

/** A file of the tree: its name with slashes and the lower-case hex SHA-256 of its content. */
export interface HashLine {
  readonly name: string;
  readonly sha256hex: string;
}

/** A file name that `h1:` cannot express. */
export class DirhashError extends Error {
  override readonly name = 'DirhashError';
  readonly code = 'newline-in-name';
}

/**
 * Order of the UTF-8 bytes. It differs from the order of UTF-16 units only where surrogates meet U+E000 to
 * U+FFFF.
 */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}

function compareUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `h1:` over the lines, sorted by name. Throws `DirhashError` for a name with a newline, as Go does. */
export function hash1(lines: Iterable<HashLine>): string {
  const sorted = [...lines];
  const beyond = sorted.some(({ name }) => /[\ud800-\udfff]/.test(name));
  const compare = beyond ? compareBytes : compareUnits;
  sorted.sort((a, b) => compare(a.name, b.name));
  const sum = createHash('sha256');
  for (const { name, sha256hex } of sorted) {
    if (name.includes('\n')) throw new DirhashError('dirhash: filenames with newlines are not supported');
    sum.update(`${sha256hex}  ${name}\n`, 'utf8');
  }
  return `h1:${sum.digest('base64')}`;
}

/** The `h1:` that stands in a `/go.mod` line of go.sum, of the bytes of a go.mod file. */
export function hashGoMod(bytes: Uint8Array): string {
  return hash1([{ name: 'go.mod', sha256hex: hash('sha256', bytes, 'hex') }]);
}
