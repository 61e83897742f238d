import { foldCase } from '../../gomod/case-fold.ts';
import type { Located } from '../../gomod/modfile/types.ts';
import type { Found } from '../finding.ts';
import { placeOf } from '../place.ts';
import type { Rule } from '../rule.ts';
import type { SumFile } from '../tree.ts';
import { argument, shown } from '../words.ts';
import { type BuildUnit, buildUnits } from '../workspaces.ts';

/** Two module paths of one build that differ in upper and lower case only. */
export const pathCaseCollision: Rule = {
  id: 'path/case-collision',
  page: {
    summary: 'Two module paths of one build differ in upper and lower case only.',
    why:
      'For go they are two modules, for the forge that serves them mostly one: the code is there twice, in two ' +
      'versions, and on a file system that ignores case go refuses the build. An owner’s name in another case ' +
      'can also be another owner.',
    limits:
      'Looked for in the go.mod files of a module or workspace, and among the modules whose code go.sum names. ' +
      'A path that a replace maps away does not count: that is how such a collision is mended.',
    config: 'rules:\n  path/case-collision: error',
    bad: {
      file: 'go.mod',
      text: 'module example.com/shop\n\nrequire (\n\texample.com/acme/cart v1.2.0\n\texample.com/Acme/cart v1.0.0\n)\n',
    },
    good: { file: 'go.mod', text: 'module example.com/shop\n\nrequire example.com/acme/cart v1.2.0\n' },
  },
  check: function* ({ tree }) {
    const sums = new Map(tree.sums.map(file => [file.path, file]));
    const reported = new Set<string>();
    for (const unit of buildUnits(tree)) {
      for (const found of collisions(unit, sums)) {
        const { file, line, column } = found.place;
        const key = `${line}:${column}:${file}`;
        // A module can be in several workspaces.
        if (!reported.has(key)) yield found;
        reported.add(key);
      }
    }
  },
};

interface Seen {
  readonly file: string;
  readonly path: string;
  readonly line: number;
}

function* collisions(unit: BuildUnit, sums: ReadonlyMap<string, SumFile>): Generator<Found> {
  const mapped = new Set(replacesOf(unit).map(line => line.oldPath.value));
  const seen = new Map<string, Seen>();
  const fetched = [...fetchedBy(unit, mapped)];
  const named = new Set(fetched.map(({ path }) => path.value));
  const strays = new Map<string, Seen[]>();
  for (const { path, sum } of sumsOf(unit, sums)) {
    for (const { module, file, line } of sum.entries) {
      if (file !== 'zip' || mapped.has(module) || named.has(module)) continue;
      note(strays, { file: path, path: module, line });
    }
  }
  for (const { file, path } of fetched) {
    const folded = foldCase(path.value);
    const other = seen.get(folded);
    const stray = strays.get(folded)?.find(one => one.path !== path.value);
    if (other === undefined) seen.set(folded, { file, path: path.value, line: path.span.start.line });
    if (other !== undefined && other.path !== path.value) yield collision(file, path, other);
    else if (other === undefined && stray !== undefined) yield collision(file, path, stray);
  }
}

/** Two that differ are enough: one of them is another one than any third. */
function note(strays: Map<string, Seen[]>, stray: Seen): void {
  const folded = foldCase(stray.path);
  const known = strays.get(folded);
  if (known === undefined) strays.set(folded, [stray]);
  else if (known.length < 2 && known[0]?.path !== stray.path) known.push(stray);
}

function replacesOf({ work, mods }: BuildUnit) {
  return [...(work?.work.replace ?? []), ...mods.flatMap(file => file.mod.replace)];
}

function sumsOf({ work, mods }: BuildUnit, sums: ReadonlyMap<string, SumFile>): SumFile[] {
  const paths = mods.map(file => `${file.path.slice(0, -'.mod'.length)}.sum`);
  if (work !== undefined) paths.push(`${work.path}.sum`);
  return paths.flatMap(path => sums.get(path) ?? []);
}

/** Paths whose code the build may fetch: required ones that stay, and what replaces the others. */
function* fetchedBy(
  { work, mods }: BuildUnit,
  mapped: ReadonlySet<string>,
): Generator<{ file: string; path: Located }> {
  for (const { path: file, mod } of mods) {
    for (const { path } of mod.require) if (!mapped.has(path.value)) yield { file, path };
  }
  for (const { path: file, mod } of mods) {
    for (const { newPath, newVersion } of mod.replace)
      if (newVersion !== undefined) yield { file, path: newPath };
  }
  if (work === undefined) return;
  for (const { newPath, newVersion } of work.work.replace) {
    if (newVersion !== undefined) yield { file: work.path, path: newPath };
  }
}

function collision(file: string, path: Located, other: Seen): Found {
  return {
    place: placeOf(file, path.span),
    module: path.value,
    message: `${shown(path.value)} differs from ${shown(other.path)} in ${other.file === file ? '' : `${shown(other.file)} `}line ${other.line} in upper and lower case only`,
    why: 'For go they are two modules, so the code is there twice; where case is ignored, go refuses the build.',
    fix:
      'Import it everywhere by the path in its own go.mod, then go mod tidy; for what dependencies still import: ' +
      `go mod edit -replace=${argument(`${path.value}=${other.path}@VERSION`)}, whichever of the two is right.`,
  };
}
