import type { Found } from '../finding.ts';
import { placeOf } from '../place.ts';
import { isRemote, type Replace, replaceCommand, replacesOf } from '../replaces.ts';
import { cleanPath, isAbsolutePath } from '../repo-path.ts';
import type { Rule } from '../rule.ts';
import type { Tree } from '../tree.ts';
import { argument, shown, shownModule } from '../words.ts';
import { membersOf, modsByPath } from '../workspaces.ts';

/** Two replaces of one module that disagree. */
export const replaceConflict: Rule = {
  id: 'replace/conflict',
  page: {
    summary: 'Two lines replace the same module by different ones, in one file or in one workspace.',
    why:
      'go stops at conflicting replaces. Tools that read go.mod by themselves take the first, or the last, so ' +
      'that what is scanned is not what is built once somebody takes one of the lines out.',
    limits:
      'A line for one version and a line for all of them do not conflict: the one version wins. What a go.work ' +
      'replaces itself is settled for its modules.',
    config: 'rules:\n  replace/conflict: error',
    bad: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1.5.0\n\nreplace example.com/cart => example.com/one/cart v1.5.1\n\nreplace example.com/cart => example.com/two/cart v1.5.1\n',
    },
    good: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire example.com/cart v1.5.0\n\nreplace example.com/cart => example.com/one/cart v1.5.1\n',
    },
  },
  check: function* ({ tree }) {
    const byFile = groupByFile(tree);
    for (const replaces of byFile.values()) yield* inOneFile(replaces);
    yield* inWorkspaces(tree, byFile);
  },
};

type ByFile = ReadonlyMap<string, readonly Replace[]>;

function groupByFile(tree: Tree): ByFile {
  const groups = new Map<string, Replace[]>();
  for (const replace of replacesOf(tree)) {
    if (replace.refused) continue;
    groups.set(replace.file, [...(groups.get(replace.file) ?? []), replace]);
  }
  return groups;
}

function oldOf({ oldPath, oldVersion }: Replace): string {
  return `${oldPath.value}\0${oldVersion?.value ?? ''}`;
}

/** As go compares targets within one file: letter by letter. */
function written({ newPath, newVersion }: Replace): string {
  return `${newPath.value}\0${newVersion?.value ?? ''}`;
}

/** As go compares them across files: directories from where the files are. */
function meant(replace: Replace): string {
  const { newPath } = replace;
  if (isRemote(replace) || isAbsolutePath(newPath.value)) return written(replace);
  return `${cleanPath(replace.dir, newPath.value)}\0directory`;
}

function* inOneFile(replaces: readonly Replace[]): Generator<Found> {
  const first = new Map<string, Replace>();
  for (const replace of replaces) {
    const other = first.get(oldOf(replace));
    if (other === undefined) first.set(oldOf(replace), replace);
    else if (written(other) !== written(replace)) yield conflict(replace, other, 'this file');
  }
}

function* inWorkspaces(tree: Tree, byFile: ByFile): Generator<Found> {
  const mods = modsByPath(tree);
  for (const work of tree.works) {
    // go leaves out all that the workspace replaces, whatever the version.
    const settled = new Set((byFile.get(work.path) ?? []).map(replace => replace.oldPath.value));
    const first = new Map<string, Replace>();
    for (const { path } of membersOf(work, mods)) {
      for (const replace of byFile.get(path) ?? []) {
        if (settled.has(replace.oldPath.value)) continue;
        const other = first.get(oldOf(replace));
        if (other === undefined) first.set(oldOf(replace), replace);
        else if (other.file !== path && meant(other) !== meant(replace)) {
          yield conflict(replace, other, shown(other.file, 80), work.path);
        }
      }
    }
  }
}

function conflict(replace: Replace, other: Replace, where: string, work?: string): Found {
  const { file, oldPath, oldVersion, newPath, newVersion } = replace;
  const old = shownModule(oldPath.value, oldVersion?.value);
  const theirs = shownModule(other.newPath.value, other.newVersion?.value);
  const within = work === undefined ? '' : ` (workspace ${shown(work, 80)})`;
  const target = argument(newVersion === undefined ? newPath.value : `${newPath.value}@${newVersion.value}`);
  return {
    place: placeOf(file, newPath.span),
    module: oldPath.value,
    ...(newVersion === undefined ? {} : { version: newVersion.value }),
    message: `${old} is replaced by ${shownModule(newPath.value, newVersion?.value)} here and by ${theirs} in ${where}${within}`,
    why: 'go refuses to build with both, and other tools pick one without a word.',
    fix:
      work === undefined
        ? `Keep one of the two lines; this command leaves this one: ${replaceCommand(replace, target)}`
        : `Let both agree, or settle it for the workspace: ${replaceCommand({ ...replace, file: work, inWork: true }, 'MODULE@VERSION')}`,
    key: work === undefined ? (oldVersion === undefined ? '' : 'one version') : 'workspace',
  };
}
