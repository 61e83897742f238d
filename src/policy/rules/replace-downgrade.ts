import { compareVersions } from '../../gomod/version.ts';
import { placeOf } from '../place.ts';
import { dropCommand, isRemote, type Replace, replacesOf } from '../replaces.ts';
import type { Rule } from '../rule.ts';
import type { ModFile, Tree } from '../tree.ts';
import { shown, shownModule } from '../words.ts';
import { membersOf, modsByPath } from '../workspaces.ts';

/** Modules whose old tags have higher numbers than their new ones, which everybody pins by a replace. */
const RENUMBERED: ReadonlySet<string> = new Set(['k8s.io/client-go']);

/** Replaces that set a module back to an older version of itself. */
export const replaceDowngrade: Rule = {
  id: 'replace/downgrade',
  page: {
    summary: 'A module is replaced by an older version of itself.',
    why:
      'The require line, every scanner and every reader show the newer version, while the older one is built, ' +
      'with all that was mended since.',
    limits:
      'Compared with the version on the left, else with the highest that the file requires; in a go.work with ' +
      'what its modules require. Versions of a fork are not comparable and left ' +
      'alone, and so are the tags of k8s.io/client-go up to v12, which are older than v0.15.',
    config: 'replace:\n  downgrade: deny',
    bad: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1.5.0\n\nreplace example.com/cart => example.com/cart v1.2.0\n',
    },
    good: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1.5.0\n\nreplace example.com/cart => example.com/cart v1.5.1\n',
    },
  },
  check: function* ({ tree }) {
    const requiredIn = requirements(tree);
    for (const replace of replacesOf(tree)) {
      const { file, oldPath, oldVersion, newPath, newVersion } = replace;
      if (!isRemote(replace) || newVersion === undefined || newPath.value !== oldPath.value) continue;
      const built = oldVersion?.value ?? requiredIn(file).get(oldPath.value);
      if (built?.endsWith('+incompatible') && RENUMBERED.has(oldPath.value)) continue;
      if (built === undefined || compareVersions(newVersion.value, built) >= 0) continue;
      yield {
        place: placeOf(file, newVersion.span),
        module: oldPath.value,
        version: newVersion.value,
        message: `${shownModule(oldPath.value, built)} is replaced by the older ${shown(newVersion.value)}`,
        why: 'What was mended between the two comes back, while everything that reads the require line sees the newer version.',
        fix: `Remove it: ${dropCommand(replace)}; a version to stay below is better said by exclude, or by requiring the older one.`,
      };
    }
  },
};

/** The highest version that a file, or the modules of a go.work, requires of each module; made when asked for. */
function requirements(tree: Tree): (file: Replace['file']) => ReadonlyMap<string, string> {
  const byPath = modsByPath(tree);
  const works = new Map(tree.works.map(work => [work.path, work]));
  const known = new Map<string, ReadonlyMap<string, string>>();
  return file => {
    let versions = known.get(file);
    if (versions === undefined) {
      const work = works.get(file);
      const mod = byPath.get(file);
      versions = highest(work !== undefined ? membersOf(work, byPath) : mod === undefined ? [] : [mod]);
      known.set(file, versions);
    }
    return versions;
  };
}

function highest(files: readonly ModFile[]): ReadonlyMap<string, string> {
  const versions = new Map<string, string>();
  for (const { mod } of files) {
    for (const { path, version } of mod.require) {
      const known = versions.get(path.value);
      if (known === undefined || compareVersions(known, version.value) < 0) {
        versions.set(path.value, version.value);
      }
    }
  }
  return versions;
}
