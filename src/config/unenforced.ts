import type { FileConfig } from './schema.ts';

/**
 * Keys that the schema knows but that nothing acts on in this version. Saying nothing about them would let
 * an author believe in a rule that is not there.
 */
const UNENFORCED: readonly { readonly key: string; set(values: FileConfig): boolean }[] = [
  { key: 'extends', set: v => v.extends.length > 0 },
  { key: 'proxy.strict-graph', set: v => v.proxy['strict-graph'] },
  { key: 'proxy.private', set: v => v.proxy.private.length > 0 },
  { key: 'proxy.ca', set: v => v.proxy.ca.length > 0 },
  { key: 'proxy.credentials', set: v => v.proxy.credentials.length > 0 },
  { key: 'hosts', set: v => v.hosts.allow.length + v.hosts.deny.length > 0 },
  { key: 'modules', set: v => v.modules.allow.length + v.modules.deny.length > 0 },
  { key: 'replace', set: () => true },
  { key: 'rules', set: v => Object.keys(v.rules).length > 0 },
  { key: 'waivers', set: v => v.waivers.length > 0 },
  { key: 'audit.store', set: v => v.audit.store !== null },
  { key: 'audit.required', set: v => v.audit.required },
  { key: 'fail-on', set: () => true },
];

/** One line for each key of the file that is accepted but has no effect yet. */
export function notInForce(values: FileConfig, lines: ReadonlyMap<string, number>, file: string): string[] {
  return UNENFORCED.filter(({ key, set }) => lines.has(key) && set(values)).map(
    ({ key }) => `${file}:${lines.get(key)}: ${key} is accepted but not enforced by this version`,
  );
}
