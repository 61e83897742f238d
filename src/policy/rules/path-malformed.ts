import type { ReplaceDirective } from '../../gomod/modfile/types.ts';
import { checkImportPath, checkPath } from '../../gomod/module-path.ts';
import type { Found } from '../finding.ts';
import { asciiLook } from '../look-alike.ts';
import { type NamedPath, pathsOfMod, pathsOfWork } from '../named-paths.ts';
import { placeOf } from '../place.ts';
import type { Rule } from '../rule.ts';
import { plain } from '../words.ts';

/** Paths that go would refuse to fetch, though it reads the file without a word. */
export const pathMalformed: Rule = {
  id: 'path/malformed',
  page: {
    summary: 'A path in go.mod or go.work is no module path: go would refuse to fetch it.',
    why:
      'go reads such a file without a word and complains only once it needs the module, so a path with a letter ' +
      'of another alphabet, an upper-case host, a port or a user name can wait there for its day, and looks like ' +
      'the one that it imitates. Hosts and modules of the policy are compared with paths as they are written: ' +
      'what is no path is never allowed.',
    limits:
      'The module’s own path, tools, and what they name in the standard library need no dot in the first element. ' +
      'A required path without a dot is a note where a replace maps it to a directory: go builds that.',
    config: 'rules:\n  path/malformed: error',
    bad: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire Example.com/cart v1.0.0\n\nreplace example.com/till => ex\u0430mple.com/till v1.2.0\n',
    },
    good: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/till => example.com/till v1.2.0\n',
    },
  },
  check: function* ({ tree }) {
    for (const file of tree.mods) {
      const local = mappedToDirectories(file.mod.replace);
      for (const named of pathsOfMod(file)) yield* malformed(file.path, named, local);
    }
    for (const file of tree.works) {
      const local = mappedToDirectories(file.work.replace);
      for (const named of pathsOfWork(file)) yield* malformed(file.path, named, local);
    }
  },
};

function mappedToDirectories(replaces: readonly ReplaceDirective[]): ReadonlySet<string> {
  return new Set(replaces.filter(line => line.newVersion === undefined).map(line => line.oldPath.value));
}

function* malformed(
  file: string,
  { role, path, module }: NamedPath,
  local: ReadonlySet<string>,
): Generator<Found> {
  const package_ = role === 'module' || role === 'tool';
  const refused = package_ ? checkImportPath(path.value) : checkPath(path.value);
  if (refused === undefined || path.value === 'std' || path.value === 'cmd') return;
  const dotless = refused.endsWith(': missing dot in first path element');
  yield {
    place: placeOf(file, path.span),
    module,
    message:
      inAscii(package_ ? refused.replace(/^malformed import/, `malformed ${role}`) : refused) +
      looks(path.value),
    why: WHY,
    fix: dotless
      ? 'Give the module a path that begins with a host name, or map it to its directory with a replace.'
      : 'Write the path as its author publishes it, in lower-case ASCII letters up to the first slash, or take the line out.',
    key: `${role} ${path.value}`,
    ...(dotless && role !== 'replacement' && local.has(path.value) ? { level: 'note' as const } : {}),
  };
}

const WHY = 'go refuses to fetch such a path, and a reader takes it for the one that it looks like.';

/** Go's words, cut, with all that is not ASCII by its number: a look-alike must not look alike here. */
function inAscii(words: string): string {
  return plain(words).replace(/[^\0-\x7f…]/gu, codePointEscape);
}

function codePointEscape(ch: string): string {
  const hex = (ch.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
}

const SHOWN_CHARACTERS = 3;

/** `; U+0456 looks like "i"` for the first characters that are not ASCII. */
function looks(path: string): string {
  const strange = new Set(path.match(/[^\0-\x7f\ud800-\udfff]/gu));
  const words = [...strange].slice(0, SHOWN_CHARACTERS).map(ch => {
    const number = (ch.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const look = asciiLook(ch);
    return look === undefined ? `it holds U+${number}` : `U+${number} looks like "${look}"`;
  });
  const more = strange.size - words.length;
  return words.map(word => `; ${word}`).join('') + (more > 0 ? `; and ${more} more such characters` : '');
}
