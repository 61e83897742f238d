import { compareGoVersions } from '../../gomod/go-version.ts';
import type { Found } from '../finding.ts';
import { placeOf } from '../place.ts';
import { dropCommand, type Replace, replacesOf } from '../replaces.ts';
import type { Rule } from '../rule.ts';
import type { ModFile, Tree } from '../tree.ts';
import { shown, shownModule } from '../words.ts';
import { buildUnits } from '../workspaces.ts';

/** Replaces that have no effect. */
export const replaceStale: Rule = {
  id: 'replace/stale',
  page: {
    summary: 'A replace has no effect: nothing requires the module, or not in that version.',
    why:
      'A line without effect is one that nobody looks at. It waits until the module, or the version, comes back, ' +
      'and then builds other code than anybody expects.',
    limits:
      'Judged only where the go line is 1.17 or later, because an older go.mod does not name all modules; and ' +
      'modules that stand in the graph without any of their packages being built are not seen. In a workspace ' +
      'the requirements of all its modules count.',
    config: 'rules:\n  replace/stale: warning',
    bad: {
      file: 'go.mod',
      text: 'module example.com/shop\n\ngo 1.26\n\nrequire example.com/cart v1.5.0\n\nreplace example.com/cart v1.2.0 => example.com/fork/cart v1.2.1\n',
    },
    good: {
      file: 'go.mod',
      text: 'module example.com/shop\n\ngo 1.26\n\nrequire example.com/cart v1.5.0\n\nreplace example.com/cart v1.5.0 => example.com/fork/cart v1.5.1\n',
    },
  },
  check: function* ({ tree }) {
    const required = requiredBy(tree);
    const seen = new Set<string>();
    for (const replace of replacesOf(tree)) {
      if (replace.refused) continue;
      const why = withoutEffect(replace, required.get(replace.file)) ?? repeated(replace, seen);
      if (why !== undefined) yield finding(replace, why);
    }
  },
};

type Required = ReadonlyMap<string, ReadonlySet<string>>;

function finding(replace: Replace, why: string): Found {
  const { file, oldPath, oldVersion } = replace;
  return {
    place: placeOf(file, oldVersion?.span ?? oldPath.span),
    module: oldPath.value,
    ...(oldVersion === undefined ? {} : { version: oldVersion.value }),
    message: `the replace of ${shownModule(oldPath.value, oldVersion?.value)} has no effect: ${why}`,
    why: 'It takes effect on the day when the module or the version comes back, and nobody will think of it then.',
    fix: `Remove it: ${dropCommand(replace)}`,
    key: oldVersion === undefined ? '' : 'one version',
  };
}

function withoutEffect(
  { oldPath, oldVersion, newPath, newVersion }: Replace,
  required: Required | undefined,
): string | undefined {
  if (oldVersion !== undefined && newPath.value === oldPath.value && newVersion?.value === oldVersion.value) {
    return 'it replaces a version by itself';
  }
  if (required === undefined) return undefined;
  const versions = required.get(oldPath.value);
  if (versions === undefined) return 'nothing requires the module';
  if (oldVersion === undefined || versions.has(oldVersion.value)) return undefined;
  const [first = ''] = versions;
  return `what is required is ${shown(first)}`;
}

function repeated(
  { file, oldPath, oldVersion, newPath, newVersion }: Replace,
  seen: Set<string>,
): string | undefined {
  const words = [file, oldPath.value, oldVersion?.value, newPath.value, newVersion?.value].join('\0');
  if (seen.has(words)) return 'the same line stands above';
  seen.add(words);
  return undefined;
}

/** What is required where each file counts; no entry where that cannot be told from go.mod files alone. */
function requiredBy(tree: Tree): ReadonlyMap<string, Required> {
  const byFile = new Map<string, Required>();
  for (const { work, mods } of buildUnits(tree)) {
    if (mods.length === 0 || !mods.every(isComplete)) continue;
    const required = new Map<string, Set<string>>();
    for (const { mod } of mods) {
      for (const { path, version } of mod.require) {
        const versions = required.get(path.value);
        if (versions === undefined) required.set(path.value, new Set([version.value]));
        else versions.add(version.value);
      }
    }
    if (work !== undefined) byFile.set(work.path, required);
    for (const file of mods) byFile.set(file.path, required);
  }
  return byFile;
}

function isComplete({ mod, problems }: ModFile): boolean {
  const go = mod.go?.value.value;
  return problems.length === 0 && go !== undefined && compareGoVersions(go, '1.17') >= 0;
}
