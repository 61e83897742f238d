import type { KeyPath } from './document.ts';
import type { ParsedFile } from './parse.ts';
import { patternWarning } from './patterns.ts';

/** What the author of a file should know though the file is valid, one line each, with its place. */
export function warningsOf(file: ParsedFile): string[] {
  return [...patternWarnings(file), ...ruleWarnings(file)];
}

function* patternWarnings(file: ParsedFile): Generator<string> {
  const { hosts, modules, replace } = file.values;
  for (const [path, entries] of [
    [['hosts', 'allow'], hosts.allow],
    [['hosts', 'deny'], hosts.deny],
    [['modules', 'allow'], modules.allow],
    [['modules', 'deny'], modules.deny],
    [['replace', 'remote', 'allow'], replace.remote.allow],
  ] as const) {
    const patterns = entries.map(entry => (typeof entry === 'string' ? entry : entry.pattern));
    const known = new Set(patterns);
    for (const [index, pattern] of patterns.entries()) {
      const warning = patternWarning(pattern, known);
      if (warning !== undefined) {
        yield `${at(file, [...path, index])}: ${path.join('.')}: ${JSON.stringify(pattern)} ${warning}`;
      }
    }
  }
}

function* ruleWarnings(file: ParsedFile): Generator<string> {
  const range = file.values.rules['go/version-range'];
  if (range === undefined || range === 'off') return;
  if (typeof range !== 'string' && (range.min !== undefined || range.max !== undefined)) return;
  yield `${at(file, ['rules', 'go/version-range'])}: rules.go/version-range has neither min nor max, so it reports nothing`;
}

function at({ name, place }: ParsedFile, path: KeyPath): string {
  return `${name}:${place(path).line}`;
}
