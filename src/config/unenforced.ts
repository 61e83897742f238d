import type { FileConfig } from './schema.ts';

/**
 * Keys that the schema knows but that nothing acts on in this version. Saying nothing about them would let
 * an author believe in a rule that is not there.
 */
const UNENFORCED: readonly { readonly key: string; set(values: FileConfig): boolean }[] = [
  { key: 'proxy.ca', set: v => v.proxy.ca.length > 0 },
];

/** One line for each key of the file that is accepted but has no effect yet. */
export function notInForce(values: FileConfig, lines: ReadonlyMap<string, number>, file: string): string[] {
  return UNENFORCED.filter(({ key, set }) => lines.has(key) && set(values)).map(
    ({ key }) => `${file}:${lines.get(key)}: ${key} is accepted but not enforced by this version`,
  );
}
