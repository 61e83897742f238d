import type { Found } from '../finding.ts';
import { judgeOf, type LayerJudge } from '../judge.ts';
import { flagOption } from '../options.ts';
import { sameOwner } from '../owner.ts';
import { placeOf } from '../place.ts';
import { dropCommand, isRemote, type Replace, replacesOf } from '../replaces.ts';
import type { Rule } from '../rule.ts';
import type { Tree } from '../tree.ts';
import { shown, shownModule } from '../words.ts';
import { membersOf, modsByPath } from '../workspaces.ts';

/** Replacements that the lists keep out, or that come from a stranger where no list speaks. */
export const replaceTargetNotAllowed: Rule = {
  id: 'replace/target-not-allowed',
  page: {
    summary: 'A module is replaced by one that the policy does not allow, or by that of another owner.',
    why:
      'The path on the left stays in every import, so nobody sees that other code is built. Whoever gets a fork ' +
      'into a replace owns what the whole program believes to be the well-known module.',
    limits:
      'The lists of hosts and modules judge the right-hand side as they do a required module, and ' +
      '`replace.remote.allow` besides. Where no list allows anything, targets of another owner than the replaced ' +
      'module and the module itself are reported as warnings (`strangers: false` stops that); the owner is the ' +
      'first element behind the host on the large forges, elsewhere the host, and well-known projects with a ' +
      'host of their own count as one with their forge. Major versions and forks of the same owner are not told apart.',
    config: 'replace:\n  remote:\n    allow: [github.com/acme/*]',
    bad: {
      file: 'go.mod',
      text: 'module github.com/acme/shop\n\nrequire github.com/pkg/errors v0.9.1\n\nreplace github.com/pkg/errors => github.com/stranger/errors v0.9.2\n',
    },
    good: {
      file: 'go.mod',
      text: 'module github.com/acme/shop\n\nrequire github.com/pkg/errors v0.9.1\n\nreplace github.com/pkg/errors => github.com/acme/errors v0.9.2\n',
    },
  },
  check: function* ({ tree, layer, options }) {
    const judge = judgeOf(layer);
    const strangers = flagOption(options, 'strangers') && !judge.allowsTargets;
    const mains = mainModules(tree);
    for (const replace of replacesOf(tree)) {
      if (!isRemote(replace)) continue;
      const found = listed(judge, replace) ?? (strangers ? stranger(replace, mains) : undefined);
      if (found !== undefined) yield found;
    }
  },
};

function about({
  file,
  oldPath,
  newPath,
  newVersion,
}: Replace): Pick<Found, 'place' | 'module' | 'version' | 'key'> {
  return {
    place: placeOf(file, newPath.span),
    module: oldPath.value,
    ...(newVersion === undefined ? {} : { version: newVersion.value }),
    key: newPath.value,
  };
}

function listed(judge: LayerJudge, replace: Replace): Found | undefined {
  const { oldPath, newPath, newVersion } = replace;
  const refusal = judge.target(newPath.value, newVersion?.value);
  if (refusal === undefined) return undefined;
  return {
    ...about(replace),
    level: 'error',
    message: `${shown(oldPath.value)} is replaced, but its target must not be: ${refusal.message}`,
    why: refusal.reason,
    fix: `Remove it: ${dropCommand(replace)}. ${refusal.fix}`,
  };
}

function stranger(replace: Replace, mains: ReadonlyMap<string, readonly string[]>): Found | undefined {
  const { file, oldPath, newPath, newVersion } = replace;
  const target = newPath.value;
  if (sameOwner(target, oldPath.value)) return undefined;
  if (mains.get(file)?.some(main => sameOwner(target, main))) return undefined;
  return {
    ...about(replace),
    level: 'warning',
    message: `${shown(oldPath.value)} is replaced by ${shownModule(target, newVersion?.value)} of another owner`,
    why: 'Every import still shows the old path, so the code of another owner is built unseen; no list of the policy says that it may be.',
    fix: `Remove it: ${dropCommand(replace)}; or name the target under replace.remote.allow once somebody has looked at it.`,
  };
}

/** The main modules that a file speaks for: its own, or those of the workspace. */
function mainModules(tree: Tree): ReadonlyMap<string, readonly string[]> {
  const byPath = modsByPath(tree);
  const pathOf = (file: Tree['mods'][number]) =>
    file.mod.module === undefined ? [] : [file.mod.module.path.value];
  return new Map([
    ...tree.mods.map(file => [file.path, pathOf(file)] as const),
    ...tree.works.map(work => [work.path, membersOf(work, byPath).flatMap(pathOf)] as const),
  ]);
}
