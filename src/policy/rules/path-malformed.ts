import { quote } from '../../gomod/go-text.ts';
import type { ReplaceDirective } from '../../gomod/modfile/types.ts';
import { checkImportPath, checkPath } from '../../gomod/module-path.ts';
import type { Found } from '../finding.ts';
import { asciiLook } from '../look-alike.ts';
import { type NamedPath, pathsOfMod, pathsOfWork } from '../named-paths.ts';
import { placeOf } from '../place.ts';
import type { Rule } from '../rule.ts';
import { plain, shown } from '../words.ts';

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
      text: 'module example.com/shop\n\nrequire Example.com/cart v1.0.0\n\nreplace example.com/till => root@example.com/till v1.2.0\n',
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

function* malformed(file: string, named: NamedPath, local: ReadonlySet<string>): Generator<Found> {
  const { role, path, module } = named;
  const why = refusal(named);
  if (why === undefined) return;
  const dotless = why === 'missing dot in first path element';
  const kind = role === 'tool' ? 'tool' : 'module';
  yield {
    place: placeOf(file, path.span),
    module,
    message: `malformed ${kind} path ${inAscii(path.value)}: ${escaped(plain(why))}${looks(path.value)}`,
    why: 'go refuses to fetch such a path, and a reader takes it for the one that it looks like.',
    fix: dotless
      ? 'Give the module a path that begins with a host name, or map it to its directory with a replace.'
      : 'Write the path as its author publishes it, in ASCII letters, lower case up to the first slash, or take the line out.',
    key: `${role} ${path.value}`,
    ...(dotless && role !== 'replacement' && local.has(path.value) ? { level: 'note' as const } : {}),
  };
}

/** Why go would refuse the path, in go's words without the path itself. */
function refusal({ role, path }: NamedPath): string | undefined {
  if (path.value === 'std' || path.value === 'cmd') return undefined;
  const isPackage = role === 'module' || role === 'tool';
  const words = isPackage ? checkImportPath(path.value) : checkPath(path.value);
  return words?.slice(`malformed ${isPackage ? 'import' : 'module'} path ${quote(path.value)}: `.length);
}

/** The path in quotes, cut, with all that is not ASCII by its number: a look-alike must not look alike here. */
function inAscii(path: string): string {
  return escaped(shown(path, /^[\0-\x7f]*$/.test(path) ? 120 : 40));
}

function escaped(words: string): string {
  return words.replace(/[^\0-\x7f…]/gu, ch => {
    const hex = (ch.codePointAt(0) ?? 0).toString(16);
    return hex.length > 4 ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
  });
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
