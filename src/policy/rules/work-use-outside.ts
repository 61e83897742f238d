import type { Found } from '../finding.ts';
import { placeOf } from '../place.ts';
import { cleanPath, isAbsolutePath, isOutside, resolveLinks } from '../repo-path.ts';
import type { Rule } from '../rule.ts';
import type { Tree } from '../tree.ts';
import { argument, shown } from '../words.ts';

/** Directories of a go.work that are no module of this repository. */
export const workUseOutside: Rule = {
  id: 'work/use-outside',
  page: {
    summary: 'A go.work uses a directory that is outside the repository, or not in it.',
    why:
      'What lies outside is whatever the machine happens to have there: nobody reviewed it, and every build may ' +
      'be of other code. What is missing stops go altogether.',
    limits:
      'Decided on what git tracks, links included, and not on the disk. A go.work in a directory above the ' +
      'repository cannot be seen.',
    config: 'rules:\n  work/use-outside: error',
    bad: { file: 'go.work', text: 'go 1.26\n\nuse (\n\t./cart\n\t../till\n)\n' },
    good: { file: 'go.work', text: 'go 1.26\n\nuse ./cart\n' },
  },
  check: function* ({ tree }) {
    for (const { path, dir, work } of tree.works) {
      for (const { value } of work.use) {
        const problem = problemOf(tree, dir, value.value);
        if (problem !== undefined)
          yield { place: placeOf(path, value.span), ...inWords(path, value.value, problem) };
      }
    }
  },
};

interface Problem {
  readonly what: string;
  readonly missing: boolean;
}

function problemOf(tree: Tree, dir: string, used: string): Problem | undefined {
  const outside = (what: string): Problem => ({ what, missing: false });
  const missing = (what: string): Problem => ({ what, missing: true });
  if (isAbsolutePath(used)) return outside('is an absolute path');
  const cleaned = cleanPath(dir, used);
  if (isOutside(cleaned)) return outside('leaves the repository');
  const resolved = resolveLinks(tree, cleaned);
  if (resolved.kind === 'outside') {
    return outside(`leaves the repository by the symbolic link ${shown(resolved.link)}`);
  }
  if (resolved.kind === 'loop')
    return missing(`runs in a circle of symbolic links at ${shown(resolved.link)}`);
  if (resolved.kind === 'submodule') return outside('is in a git submodule, which is another repository');
  if (tree.kind(resolved.path) !== 'directory') return missing('is not tracked by git');
  const file = resolveLinks(tree, resolved.path === '' ? 'go.mod' : `${resolved.path}/go.mod`);
  if (file.kind === 'outside') return outside('has a go.mod that is a symbolic link out of the repository');
  if (file.kind === 'loop' || tree.kind(file.path) !== 'file')
    return missing('has no go.mod that git tracks');
  return undefined;
}

function inWords(path: string, used: string, { what, missing }: Problem): Omit<Found, 'place'> {
  const drop = `go work edit -dropuse=${argument(used)} ${argument(path)}`;
  return {
    message: `use ${shown(used)} ${what}`,
    why: missing
      ? 'go stops at a workspace with a directory that is not there or no module.'
      : 'The build takes whatever the machine has at that place; nothing of it is reviewed or recorded here.',
    fix: missing
      ? `Commit the module, or take the line out: ${drop}`
      : `Require the module by path and version instead, and take the line out: ${drop}`,
    key: used,
  };
}
