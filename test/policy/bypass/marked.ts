import { loadSurfaceParsers } from '../../../src/policy/bypass/parsers.ts';
import type { Found } from '../../../src/policy/finding.ts';
import type { RuleContext } from '../../../src/policy/rule.ts';
import { envBypass } from '../../../src/policy/rules/env-bypass.ts';
import type { TextFile } from '../../../src/policy/tree.ts';
import { repository } from '../repository.ts';

export interface BypassOptions {
  readonly all?: boolean;
  readonly allow?: readonly string[];
}

/** What env/bypass finds in files, in order. */
export async function bypasses(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: BypassOptions = {},
): Promise<Found[]> {
  const tree = repository(files);
  await loadSurfaceParsers(tree.texts);
  return check(tree.texts, tree, options);
}

function check(texts: readonly TextFile[], tree: RuleContext['tree'], options: BypassOptions): Found[] {
  const layer = { name: 'test', hosts: { allow: [], deny: [] }, modules: { allow: [], deny: [] } };
  return [
    ...envBypass.check({
      tree: { ...tree, texts },
      base: undefined,
      layer: { ...layer, replaceAllow: [], rules: new Map() },
      options: { all: false, allow: [], ...options },
    }),
  ];
}

/**
 * Compares the findings of one file with the marks in its text: what stands between « and » is what must be
 * found, all of it and nothing else. Both sides come as the text with marks, so that a difference can be read.
 */
export async function marks(
  path: string,
  marked: string,
  options: BypassOptions = {},
): Promise<{ readonly found: string; readonly wanted: string; readonly findings: readonly Found[] }> {
  const text = marked.replaceAll(/[«»]/g, '');
  const findings = await bypasses({ [path]: text }, options);
  const lines = text.split('\n');
  for (const { place } of [...findings].reverse()) {
    const line = lines[place.line - 1] ?? '';
    lines[place.line - 1] =
      `${line.slice(0, place.column - 1)}«${line.slice(place.column - 1, place.endColumn - 1)}»${line.slice(place.endColumn - 1)}`;
  }
  return { found: lines.join('\n'), wanted: marked, findings };
}
