import { isPseudo, isValid } from '../../gomod/version.ts';
import type { Found } from '../finding.ts';
import { flagOption } from '../options.ts';
import { placeOf } from '../place.ts';
import { isLocal, isRemote, type Replace, replacesOf } from '../replaces.ts';
import type { Rule } from '../rule.ts';
import { argument, shown, shownModule } from '../words.ts';

/** Replaces that do not say which version stands for which. */
export const replaceUnpinned: Rule = {
  id: 'replace/unpinned',
  page: {
    summary: 'A replace does not say which version stands for which one.',
    why:
      'A branch on the right means other code every day. Without a version on the left the replacement also takes ' +
      'the place of every later version, and so hides its fixes for as long as the line stays.',
    limits:
      'With `tag: true` the version on the right must be a tag and not a commit. Replaces by a directory have no ' +
      'versions and are left to replace/local-*. go itself refuses a branch name, too: see gomod/invalid.',
    config: 'rules:\n  replace/unpinned: {level: warning, tag: true}',
    bad: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart => example.com/fork/cart v1.0.1\n',
    },
    good: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1.0.0\n\nreplace example.com/cart v1.0.0 => example.com/fork/cart v1.0.1\n',
    },
  },
  check: function* ({ tree, options }) {
    const tag = flagOption(options, 'tag');
    for (const replace of replacesOf(tree)) {
      const found =
        noVersion(replace) ?? branch(replace) ?? everyVersion(replace) ?? (tag ? commit(replace) : undefined);
      if (found !== undefined) yield found;
    }
  },
};

type Words = Pick<Found, 'message' | 'why' | 'fix'>;

function finding(replace: Replace, token: Replace['newPath'], rest: Words & Pick<Found, 'level'>): Found {
  const { file, oldPath, newPath } = replace;
  return { place: placeOf(file, token.span), module: oldPath.value, key: newPath.value, ...rest };
}

function noVersion(replace: Replace): Found | undefined {
  const { oldPath, newPath, newVersion, refused } = replace;
  if (!refused || newVersion !== undefined || isLocal(replace)) return undefined;
  return finding(replace, newPath, {
    level: 'error',
    message: `${shown(oldPath.value)} is replaced by module ${shown(newPath.value)} without a version`,
    why: 'go refuses the line: only a directory has no version, and a directory is written with ./ or ../ in front.',
    fix: `Add the version: go list -m -versions ${argument(newPath.value)} tells which there are.`,
  });
}

function branch(replace: Replace): Found | undefined {
  const { oldPath, newPath, newVersion, refused } = replace;
  if (!refused || newVersion === undefined || isValid(newVersion.value) || isLocal(replace)) return undefined;
  const query = argument(`${newPath.value}@${newVersion.value}`);
  return {
    ...finding(replace, newVersion, {
      level: 'error',
      message: `${shown(oldPath.value)} is replaced by ${shown(newPath.value)} at ${shown(newVersion.value)}, which is no version`,
      why: 'A branch or other name means another commit tomorrow; go refuses the line, and a tool that resolves it builds what nobody reviewed.',
      fix: `Write the version that is meant: go list -m -f {{.Version}} ${query} prints it.`,
    }),
    version: newVersion.value,
  };
}

function everyVersion(replace: Replace): Found | undefined {
  const { oldPath, oldVersion, newPath, newVersion } = replace;
  if (!isRemote(replace) || oldVersion !== undefined) return undefined;
  const target = shownModule(newPath.value, newVersion?.value);
  return finding(replace, oldPath, {
    level: 'warning',
    message: `every version of ${shown(oldPath.value)} is replaced by ${target}`,
    why: 'Later versions with their fixes are replaced as well, and nobody is told.',
    fix: 'Write the version that is replaced behind the path on the left.',
  });
}

function commit(replace: Replace): Found | undefined {
  const { oldPath, newPath, newVersion } = replace;
  if (!isRemote(replace) || newVersion === undefined || !isPseudo(newVersion.value)) return undefined;
  return {
    ...finding(replace, newVersion, {
      level: 'warning',
      message: `${shown(oldPath.value)} is replaced by ${shown(newPath.value)} at commit ${shown(newVersion.value)}`,
      why: 'The policy wants replacements by a tagged version: a commit has no release notes, and no advisory names it.',
      fix: `Tag the commit in ${argument(newPath.value)} and write the tag.`,
    }),
    version: newVersion.value,
  };
}
