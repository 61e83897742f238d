import { compareGoVersions } from '../../gomod/go-version.ts';
import type { ReplaceDirective, RequireDirective } from '../../gomod/modfile/types.ts';
import { SumTable } from '../../gomod/sum.ts';
import type { Found } from '../finding.ts';
import { placeOf } from '../place.ts';
import type { Rule } from '../rule.ts';
import type { ModFile, SumFile } from '../tree.ts';
import { argument, shown, shownModule } from '../words.ts';
import { type BuildUnit, buildUnits } from '../workspaces.ts';

/** Requirements without a hash that pins them. */
export const sumMissing: Rule = {
  id: 'sum/missing',
  page: {
    summary: 'A required module has no hash in go.sum.',
    why:
      'Without a hash nothing pins what the version stands for: `go mod tidy` or -mod=mod writes down whatever the ' +
      'mirror delivers at that moment. go build refuses such a module, so a change that lacks hashes was never built.',
    limits:
      'Only for go.mod files of go 1.17 and later, which list every module they need. All of them need the hash of ' +
      'their go.mod; the hash of the code is asked for only where the require is not marked indirect. ' +
      'Modules replaced by a directory, excluded versions, and members of the same go.work need none; in a ' +
      'workspace the hashes of go.work.sum and of all members count.',
    config: 'rules:\n  sum/missing: warning',
    bad: { file: 'go.mod', text: 'module example.com/shop\n\ngo 1.26\n\nrequire example.com/cart v1.2.0\n' },
    good: { file: 'go.mod', text: 'module example.com/shop\n\ngo 1.26\n' },
  },
  check: function* ({ tree }) {
    const sums = new Map(tree.sums.map(file => [file.path, file]));
    const reported = new Set<string>();
    for (const unit of buildUnits(tree)) {
      const members = new Set(unit.mods.map(file => file.mod.module?.path.value));
      const workspace = unit.work === undefined ? [] : sumsOf(unit, sums);
      for (const file of unit.mods) {
        if (reported.has(file.path)) continue;
        reported.add(file.path);
        const own = sums.get(sumPath(file));
        yield* missingIn(file, own === undefined ? workspace : [own, ...workspace], members, unit);
      }
    }
  },
};

function sumPath({ path }: ModFile): string {
  return `${path.slice(0, -'.mod'.length)}.sum`;
}

function sumsOf({ work, mods }: BuildUnit, sums: ReadonlyMap<string, SumFile>): SumFile[] {
  const paths = mods.map(sumPath);
  if (work !== undefined) paths.push(`${work.path}.sum`);
  return paths.flatMap(path => sums.get(path) ?? []);
}

function* missingIn(
  file: ModFile,
  sums: readonly SumFile[],
  members: ReadonlySet<string | undefined>,
  { work }: BuildUnit,
): Generator<Found> {
  const { path, mod } = file;
  if (compareGoVersions(mod.go?.value.value ?? '1.16', '1.17') < 0) return;
  // Hashes behind the bounds of what is read are not missing: gomod/invalid tells of such a file.
  if (sums.some(({ sum }) => sum.problems.some(problem => problem.reason.endsWith('was not read')))) return;
  const table = new SumTable();
  for (const { sum } of sums) table.add(sum.entries);
  const replaced = replacements([...mod.replace, ...(work?.work.replace ?? [])]);
  const excluded = new Set(mod.exclude.map(line => `${line.path.value} ${line.version.value}`));

  const missing: Missing[] = [];
  for (const line of mod.require) {
    if (members.has(line.path.value) || excluded.has(`${line.path.value} ${line.version.value}`)) continue;
    const module = replaced(line);
    if (module === undefined) continue;
    const noMod = table.hashes(module.path, module.version, 'mod').length === 0;
    const noZip = !line.indirect && table.hashes(module.path, module.version, 'zip').length === 0;
    if (noMod || noZip) missing.push({ line, module, what: noMod ? 'go.mod' : 'code' });
  }
  const [first] = missing;
  if (first === undefined) return;
  if (sums.length === 0) yield noSumFile(path, first, missing.length);
  else for (const one of missing) yield noHash(path, one);
}

interface Module {
  readonly path: string;
  readonly version: string;
}

interface Missing {
  readonly line: RequireDirective;
  /** What is fetched for it: another module where a replace says so. */
  readonly module: Module;
  readonly what: 'go.mod' | 'code';
}

/** What is fetched for a required version; undefined when a directory stands for it. */
function replacements(replaces: readonly ReplaceDirective[]): (line: RequireDirective) => Module | undefined {
  // The replaces of a go.work come last and win; in a map the last one stays.
  const exact = new Map<string, ReplaceDirective>();
  const all = new Map<string, ReplaceDirective>();
  for (const line of replaces) {
    if (line.oldVersion === undefined) all.set(line.oldPath.value, line);
    else exact.set(`${line.oldPath.value} ${line.oldVersion.value}`, line);
  }
  return ({ path, version }) => {
    const line = exact.get(`${path.value} ${version.value}`) ?? all.get(path.value);
    if (line === undefined) return { path: path.value, version: version.value };
    if (line.newVersion === undefined) return undefined;
    return { path: line.newPath.value, version: line.newVersion.value };
  };
}

function noSumFile(path: string, { line }: Missing, count: number): Found {
  const sum = `${path.slice(0, -'.mod'.length)}.sum`;
  return {
    place: placeOf(path, line.span),
    message: `there is no ${shown(sum)}, though ${count === 1 ? 'a module is' : `${count} modules are`} required`,
    why: 'Nothing pins what the required versions stand for, and go build refuses them.',
    fix: `go mod tidy in ${argument(path.slice(0, path.lastIndexOf('/') + 1) || '.')} writes it; commit it with go.mod.`,
    key: 'no go.sum',
  };
}

function noHash(path: string, { line, module, what }: Missing): Found {
  const replaced = module.path !== line.path.value;
  return {
    place: placeOf(path, line.span),
    module: line.path.value,
    version: line.version.value,
    message:
      `missing go.sum entry for ${what === 'go.mod' ? 'go.mod file' : 'the code'} of ${shownModule(module.path, module.version)}` +
      (replaced ? `, which replaces ${shown(line.path.value)}` : ''),
    why: 'Nothing pins what the version stands for, and go build refuses it.',
    fix: `go mod download ${argument(line.path.value)} writes it, checked against the checksum database; commit go.sum with go.mod.`,
    key: what,
  };
}
