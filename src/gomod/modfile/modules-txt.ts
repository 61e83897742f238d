import { decodeGoText, fields, trimSpace } from '../go-text.ts';
import { checkImportPath } from '../module-path.ts';
import { isValid } from '../version.ts';

/** A module in vendor/modules.txt, all that its lines say put together. */
export interface VendoredModule {
  readonly path: string;
  /** Empty for a replacement of all versions that vendors nothing. */
  readonly version: string;
  /** What stands for it; the version is empty for a directory. */
  readonly replacement: { readonly path: string; readonly version: string } | undefined;
  /** Whether go.mod requires it by name. */
  readonly explicit: boolean;
  readonly goVersion: string | undefined;
  /** Import paths of the packages that are vendored. */
  readonly packages: readonly string[];
  /** Its first line, from 1. */
  readonly line: number;
}

/** A line that go passes over in silence. */
export interface ModulesTxtProblem {
  readonly line: number;
  readonly message: string;
}

interface Draft {
  path: string;
  version: string;
  replacement: VendoredModule['replacement'];
  explicit: boolean;
  goVersion: string | undefined;
  packages: string[];
  line: number;
}

/**
 * Reads a vendor/modules.txt as go does (`readVendorList` of cmd/go): a module that is named twice is one, and what go
 * passes over is told in `problems`. Never throws.
 */
export function parseModulesTxt(bytes: Uint8Array): {
  readonly modules: readonly VendoredModule[];
  readonly problems: readonly ModulesTxtProblem[];
} {
  const drafts = new Map<string, Draft>();
  const problems: ModulesTxtProblem[] = [];
  let current: Draft | undefined;
  const lines = decodeGoText(bytes).split('\n');
  for (const [index, text] of lines.entries()) {
    const line = index + 1;
    if (text.startsWith('# ')) {
      const words = fields(text);
      // Go leaves the module before in place when there are too few words, and drops it otherwise.
      if (words.length < 3) {
        problems.push({ line, message: 'a module line needs a path and a version or a replacement' });
        continue;
      }
      current = moduleOf(words, line, drafts);
      if (current === undefined) problems.push({ line, message: 'not a module version and no replacement' });
      else readReplacement(current, words, line, problems);
    } else if (current === undefined || current.path === '') {
      if (trimSpace(text) !== '') problems.push({ line, message: 'belongs to no module' });
    } else if (text.startsWith('## ')) {
      annotate(current, text.slice('## '.length));
    } else {
      const words = fields(text);
      if (words.length === 1 && checkImportPath(words[0] ?? '') === undefined) {
        current.packages.push(words[0] ?? '');
      } else if (words.length > 0) {
        problems.push({ line, message: 'not an import path' });
      }
    }
  }
  return { modules: [...drafts.values()], problems };
}

function moduleOf(words: readonly string[], line: number, drafts: Map<string, Draft>): Draft | undefined {
  const [, path = '', second = ''] = words;
  const version = isValid(second) ? second : second === '=>' ? '' : undefined;
  if (version === undefined) return undefined;
  const key = `${path}\n${version}`;
  const known = drafts.get(key);
  if (known !== undefined) return known;
  const draft: Draft = {
    path,
    version,
    replacement: undefined,
    explicit: false,
    goVersion: undefined,
    packages: [],
    line,
  };
  drafts.set(key, draft);
  return draft;
}

function readReplacement(
  draft: Draft,
  words: readonly string[],
  line: number,
  problems: ModulesTxtProblem[],
): void {
  const rest = words.slice(draft.version === '' ? 2 : 3);
  if (rest.length < 2 || rest[0] !== '=>') return;
  const [, path = '', version = ''] = rest;
  if (rest.length === 2) draft.replacement = { path, version: '' };
  else if (rest.length === 3 && isValid(version)) draft.replacement = { path, version };
  else problems.push({ line, message: 'not a replacement that go understands' });
}

function annotate(draft: Draft, annotations: string): void {
  for (const part of annotations.split(';')) {
    const entry = trimSpace(part);
    if (entry === 'explicit') draft.explicit = true;
    if (entry.startsWith('go ')) draft.goVersion = entry.slice('go '.length);
  }
}
