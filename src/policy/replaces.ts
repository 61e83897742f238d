import type { Located, RejectedLine, ReplaceDirective, Span } from '../gomod/modfile/types.ts';
import { isDirectoryPath } from '../gomod/module-path.ts';
import { isValid } from '../gomod/version.ts';
import type { ModFile, Tree, WorkFile } from './tree.ts';
import { argument } from './words.ts';

/** A replace of a go.mod or go.work; those that go refuses too, where their words still tell what is meant. */
export interface Replace {
  /** Repo-relative path of the file, and its directory. */
  readonly file: string;
  readonly dir: string;
  readonly inWork: boolean;
  readonly oldPath: Located;
  readonly oldVersion: Located | undefined;
  readonly newPath: Located;
  /** Undefined for a directory. */
  readonly newVersion: Located | undefined;
  readonly comments: readonly string[];
  readonly span: Span;
  /** True when go refuses the line, for instance because its version is the name of a branch. */
  readonly refused: boolean;
}

type File = Pick<ModFile | WorkFile, 'path' | 'dir'>;

const known = new WeakMap<Tree, readonly Replace[]>();

/** Every replace of a tree, file by file in the order of the lines. */
export function replacesOf(tree: Tree): readonly Replace[] {
  let all = known.get(tree);
  if (all === undefined) {
    all = [
      ...tree.mods.flatMap(file => replacesIn(file, file.mod, false)),
      ...tree.works.flatMap(file => replacesIn(file, file.work, true)),
    ];
    known.set(tree, all);
  }
  return all;
}

function replacesIn(
  { path: file, dir }: File,
  parsed: { readonly replace: readonly ReplaceDirective[]; readonly rejected: readonly RejectedLine[] },
  inWork: boolean,
): Replace[] {
  const at = { file, dir, inWork };
  const good = parsed.replace.map(line => ({ ...at, ...line, refused: false }));
  const bad = parsed.rejected.flatMap(line => {
    const words = line.verb === 'replace' ? splitWords(line.words) : undefined;
    return words === undefined ? [] : [{ ...at, ...words, comments: [], span: line.span, refused: true }];
  });
  return bad.length === 0 ? good : [...good, ...bad].sort((a, b) => a.span.start.byte - b.span.start.byte);
}

/** `old [v] => new [v]`; undefined when the words do not have that form. */
function splitWords(
  words: readonly Located[],
): Pick<Replace, 'oldPath' | 'oldVersion' | 'newPath' | 'newVersion'> | undefined {
  const arrow = words.findIndex(word => word.value === '=>');
  const [oldPath, oldVersion] = words.slice(0, arrow);
  const [newPath, newVersion] = words.slice(arrow + 1);
  if (arrow < 1 || arrow > 2 || words.length - arrow > 3) return undefined;
  return oldPath === undefined || newPath === undefined
    ? undefined
    : { oldPath, oldVersion, newPath, newVersion };
}

/** Whether the right-hand side is a directory and no module. */
export function isLocal({ newPath, newVersion, refused }: Replace): boolean {
  return refused ? isDirectoryPath(newPath.value) : newVersion === undefined;
}

/** Whether it names a module in a version that go takes. */
export function isRemote({ newPath, newVersion, refused }: Replace): boolean {
  if (newVersion === undefined) return false;
  return !refused || (isValid(newVersion.value) && !isDirectoryPath(newPath.value));
}

/** `path` or `path@version`, as -dropreplace wants it. */
function oldKey({ oldPath, oldVersion }: Replace): string {
  return oldVersion === undefined ? oldPath.value : `${oldPath.value}@${oldVersion.value}`;
}

/** The command that takes the line out. */
export function dropCommand(replace: Replace): string {
  const verb = replace.inWork ? 'go work edit' : 'go mod edit';
  return `${verb} -dropreplace=${argument(oldKey(replace))} ${argument(replace.file)}`;
}

/** The command that gives the line another right-hand side. */
export function replaceCommand(replace: Replace, target: string): string {
  const verb = replace.inWork ? 'go work edit' : 'go mod edit';
  return `${verb} -replace=${argument(oldKey(replace))}=${target} ${argument(replace.file)}`;
}
